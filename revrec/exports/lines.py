"""Journals as lines of CSV.

What belongs here: turning a batch of whole journals into lines by a `FileLayout`, vectorised. What does not: cutting
lines into files (`revrec.exports.files`), and what a format's columns hold (its module).

A month of days has few distinct texts: a row's lines differ by their date, and those of its last day by the amount.
So texts are built per row of the run-length batch, and lines are put together by index: one gather of pieces gives
the bytes of the file, at little more than the cost of copying them.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import Direction
from revrec.arrays import DateArray, Int32Array, Int64Array
from revrec.columns import days, integers
from revrec.entries import (
    account_index,
    day_movements,
    monthly_totals,
    movements_of_row,
    refuse_broken_stretches,
    refuse_overflow,
)
from revrec.errors import RevrecError
from revrec.exports.cells import date_cells, text_cells
from revrec.exports.chart import account_cells
from revrec.exports.layout import AccountTarget, FileLayout, Sides
from revrec.journal_stream import JOURNAL_KEY, first_rows
from revrec.policy import Granularity

# The text columns of entries that an export may show.
_TEXTS = ("narrative", "product_name", "customer_id", "customer_name", "invoice_id", "invoice_number")

# What tells the lines of a monthly export apart. No format shows the obligation, so those of an invoice are added up.
_MONTHLY_KEY = (*JOURNAL_KEY, "narrative", "product_id", "customer_id", "direction", "account", "invoice_id")


class JournalNumberError(RevrecError, ValueError):
    """A journal number that the target cannot take."""


@dataclass(frozen=True, eq=False)
class JournalSizes:
    """How large journals are in the file.

    Attributes:
        numbers: string array, the journals' cells in the file's first column.
        lines: int64, lines of each journal.
        debit_minor: int64, debits of each journal in minor units.
        size_bytes: int64, bytes of each journal's lines; None where the target does not count them.
    """

    numbers: pa.Array
    lines: Int64Array
    debit_minor: Int64Array
    size_bytes: Int64Array | None


@dataclass(frozen=True, eq=False)
class RenderedJournals:
    """Lines of whole journals, as the target counts journals. The text is only put together when it is asked for.

    Attributes:
        pieces: large_string array of pieces of lines.
        order: int32, the pieces that make the text, one after the other.
        first_piece: int64, where in `order` each journal begins.
        numbers: string array, the journals' cells in the file's first column.
        lines: int64, lines of each journal.
        debit_minor: int64, debits of each journal in minor units.
        credit_minor: int64, credits of each journal in minor units.
    """

    pieces: pa.Array
    order: Int32Array
    first_piece: Int64Array
    numbers: pa.Array
    lines: Int64Array
    debit_minor: Int64Array
    credit_minor: Int64Array

    def size_bytes(self) -> Int64Array:
        """Bytes of each journal's lines."""
        sizes: Int64Array = np.add.reduceat(integers(pc.binary_length(self.pieces))[self.order], self.first_piece)
        return sizes

    def text(self) -> memoryview:
        """UTF-8 text of all lines."""
        content = self.pieces.take(pa.array(self.order)).buffers()[2]
        return memoryview(content if content else b"")


def render(layout: FileLayout, batch: pa.RecordBatch) -> RenderedJournals:
    """Lines of a batch.

    Args:
        layout: the kind of file.
        batch: of `tables.DAILY_JOURNALS`: whole journals of the layout's ledger.

    Raises:
        JournalNumberError: a number is too long for the target, or would need quotes.
        BrokenStretchError, UnbalancedJournalError, AmountError: see `revrec.entries`.
    """
    return _monthly_lines(layout, batch) if layout.granularity is Granularity.MONTHLY else _daily_lines(layout, batch)


def measure(layout: FileLayout, batch: pa.RecordBatch) -> JournalSizes:
    """Sizes of the journals that `render` would give, and the errors it would raise.

    Where the target counts lines alone, days are counted and not laid out: the one journal of a whole ledger may be too
    large for a file, and even for memory.
    """
    if layout.granularity is Granularity.DAILY and not layout.one_date_per_journal and layout.caps.size_bytes is None:
        refuse_broken_stretches(batch)
        starts = first_rows(batch, JOURNAL_KEY)
        numbers = _checked_numbers(layout, _journal_cells(layout, batch).take(pa.array(starts)))
        lines = 2 * np.add.reduceat(movements_of_row(batch), starts)
        return JournalSizes(numbers, lines, _sums(integers(batch["amount_minor"]), starts), None)
    rendered = render(layout, batch)
    return JournalSizes(rendered.numbers, rendered.lines, rendered.debit_minor, rendered.size_bytes())


def _daily_lines(layout: FileLayout, batch: pa.RecordBatch) -> RenderedJournals:
    """Per movement five pieces: journal, date, the debit's rest and the next journal, date, the credit's rest."""
    movements = day_movements(batch)
    journal = _journal_cells(layout, batch)
    first, last = (movements.date.min(), movements.date.max()) if len(movements.date) else (0, -1)
    calendar = np.arange(first, last + 1).astype("datetime64[D]")
    day = movements.date - first
    day_numbers = _day_numbers(layout, calendar)
    date = pc.binary_join_element_wise(day_numbers, ",", date_cells(calendar, layout.date_format), ",", "")
    parts = [journal, date, *_daily_rests(layout, batch, journal)]

    rows = len(batch)
    order = np.empty((len(day), 5), dtype=np.int32)
    order[:, 0] = movements.row
    order[:, 1] = order[:, 3] = rows + day
    order[:, 2] = rows + len(calendar) + movements.row + rows * movements.is_last_day
    order[:, 4] = order[:, 2] + 2 * rows

    starts = _starts(movements.journal, day) if layout.one_date_per_journal else _starts(movements.journal)
    numbers = _concatenated(journal.take(pa.array(movements.row[starts])), day_numbers.take(pa.array(day[starts])))
    totals = _sums(movements.amount_minor, starts)
    return RenderedJournals(
        pieces=pa.concat_arrays([part.cast(pa.large_string()) for part in parts]),
        order=order.ravel(),
        first_piece=5 * starts,
        numbers=_checked_numbers(layout, numbers),
        lines=2 * _lengths(starts, len(day)),
        debit_minor=totals,
        credit_minor=totals,
    )


def _daily_rests(layout: FileLayout, batch: pa.RecordBatch, journal: pa.Array) -> list[pa.Array]:
    """What follows the date, per row: a debit of an equal day, one of the last day, then credits likewise."""
    texts = {name: text_cells(batch[name]) for name in _TEXTS}
    amounts = [integers(batch[name]) for name in ("amount_a_day_minor", "amount_last_day_minor")]
    rests = []
    for is_debit, name, following in ((True, "debit_account", journal), (False, "credit_account", "")):
        account = account_index(batch[name])
        codes = _account_codes(layout, batch["product_id"], account)
        for amount in amounts:
            sides = Sides(texts, codes, account, np.full(len(batch), is_debit), amount, layout.exponent)
            rests.append(_concatenated(_rest(layout, sides), "\n", following))
    return rests


def _monthly_lines(layout: FileLayout, batch: pa.RecordBatch) -> RenderedJournals:
    """Per entry of the month one piece: its line."""
    entries = monthly_totals(batch, _MONTHLY_KEY)
    amount = integers(entries["amount_minor"])
    is_debit = pc.equal(entries["direction"], Direction.DEBIT.value).to_numpy(zero_copy_only=False)
    account = account_index(entries["account"])
    texts = {name: text_cells(entries[name]) for name in _TEXTS}
    codes = _account_codes(layout, entries["product_id"], account)
    rest = _rest(layout, Sides(texts, codes, account, is_debit, amount, layout.exponent))
    journal = _journal_cells(layout, entries)
    calendar, day = np.unique(days(entries["date"]), return_inverse=True)
    date = date_cells(calendar, layout.date_format).take(pa.array(day))
    starts = first_rows(entries, JOURNAL_KEY)
    return RenderedJournals(
        pieces=_concatenated(journal, ",", date, ",", rest, "\n").cast(pa.large_string()),
        order=np.arange(len(entries), dtype=np.int32),
        first_piece=starts,
        numbers=_checked_numbers(layout, journal.take(pa.array(starts))),
        lines=_lengths(starts, len(entries)),
        debit_minor=_sums(np.where(is_debit, amount, 0), starts),
        credit_minor=_sums(np.where(is_debit, 0, amount), starts),
    )


def _account_codes(layout: FileLayout, product_ids: pa.Array, account: Int64Array) -> dict[AccountTarget, pa.Array]:
    return {target: account_cells(layout.chart, target, product_ids, account) for target in layout.accounts}


def _rest(layout: FileLayout, sides: Sides) -> pa.Array:
    """The cells after the date."""
    return pc.binary_join_element_wise(*(column.cells(sides) for column in layout.columns), ",")


def _journal_cells(layout: FileLayout, journals: pa.RecordBatch) -> pa.Array:
    return _concatenated(layout.journal_prefix, journals["journal_number"], layout.journal_suffix)


def _day_numbers(layout: FileLayout, calendar: DateArray) -> pa.Array:
    """What is added to a journal's number for each date: its day, where the target wants a journal a day."""
    numbers = [f"-{day.day:02d}" if layout.one_date_per_journal else "" for day in calendar.tolist()]
    return pa.array(numbers, pa.string())


def _checked_numbers(layout: FileLayout, numbers: pa.Array) -> pa.Array:
    changed = pc.filter(numbers, pc.not_equal(text_cells(numbers), numbers))
    if len(changed):
        raise JournalNumberError(
            f"journal number {changed[0].as_py()!r} would need quotes: number journals with letters, digits and hyphens"
        )
    most = layout.journal_characters
    if most is not None and len(too_long := pc.filter(numbers, pc.greater(pc.utf8_length(numbers), most))):
        raise JournalNumberError(
            f"journal number {too_long[0].as_py()!r} has more than the {most} characters of {layout.caps.target}: "
            f"set exports.{layout.format}.granularity to monthly, or a coarser journal_grain"
        )
    return numbers


def _concatenated(*parts: "pa.Array | str") -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _starts(*columns: Int64Array) -> Int64Array:
    """Positions at which any of the columns differs from the position before, 0 among them; none of empty columns."""
    changes = np.zeros(len(columns[0]), dtype=bool)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changes)


def _lengths(starts: Int64Array, end: int) -> Int64Array:
    return np.diff(np.append(starts, end))


def _sums(amounts_minor: Int64Array, starts: Int64Array) -> Int64Array:
    refuse_overflow(pa.array(amounts_minor), pa.array(_lengths(starts, len(amounts_minor))))
    sums: Int64Array = np.add.reduceat(amounts_minor, starts)
    return sums
