"""Journal entries: the two sides of every movement, by day and by month.

What belongs here: expanding run-length journals (`tables.DAILY_JOURNALS`) to daily entries, adding them up to monthly
ones, and the invariants both hold. What does not: cutting the stream at whole journals (`revrec.journal_stream`),
numbers and narratives of daily journals (`revrec.journals`), file formats (`revrec.exports`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import tables
from revrec.accounts import Account, Direction
from revrec.arrays import BoolArray, Int64Array
from revrec.calendar import last_day_of_month, month_of
from revrec.columns import dates, days, integers, labels
from revrec.errors import RevrecError
from revrec.journal_stream import JOURNAL_KEY, first_rows, ledger_at
from revrec.money import AmountError

# What tells one monthly entry from another, so that every column of an entry is true of all it adds up. Names and
# invoice numbers follow from the ids, the month from the journal.
_MONTHLY_KEY = (
    *JOURNAL_KEY,
    "narrative",
    "product_id",
    "customer_id",
    "direction",
    "account",
    "invoice_id",
    "recognition_method",
    "source",
    "type",
    "obligation_id",
    "effective_date",
    "run_id",
)

_SIDES = [direction.value for direction in Direction]
_ACCOUNTS = [account.value for account in Account]


class UnbalancedJournalError(RevrecError, ValueError):
    """A journal whose debits and credits differ: it must not reach a ledger."""


class BrokenStretchError(RevrecError, ValueError):
    """A run-length row that contradicts itself."""


@dataclass(frozen=True, eq=False)
class DayMovements:
    """The movements of a batch of whole journals, one per row and day with an amount, by journal, then date, then row.

    Attributes:
        row: int64, row of the batch.
        journal: int64, index of the row's journal, counted from 0 in the batch.
        date: int64, days since 1970-01-01.
        amount_minor: int64, above 0.
        is_last_day: whether the amount is that of the row's last day.
    """

    row: Int64Array
    journal: Int64Array
    date: Int64Array
    amount_minor: Int64Array
    is_last_day: BoolArray


def day_movements(batch: pa.RecordBatch) -> DayMovements:
    """Expand the stretches of whole journals to days (DESIGN: run-length journals), leaving out days without an amount.

    Raises:
        BrokenStretchError: see `refuse_broken_stretches`.
    """
    refuse_broken_stretches(batch)
    daily, last_day = integers(batch["amount_a_day_minor"]), integers(batch["amount_last_day_minor"])
    length, first_date = integers(batch["days"]), days(batch["first_day"]).astype(np.int64)
    movements = movements_of_row(batch)
    equal_days = movements - (last_day > 0)
    row = np.repeat(np.arange(len(batch)), movements)
    place = np.arange(len(row)) - np.repeat(np.cumsum(movements) - movements, movements)
    date = first_date[row] + np.where(place == equal_days[row], length[row] - 1, place)
    # One integer per movement, that sorts as (journal, date, row) does: a batch of one month stays below 2**63 up to
    # five hundred million rows.
    start, span = (int(date.min()), int(np.ptp(date)) + 1) if len(date) else (0, 1)
    order = np.sort((_journal_of_row(batch)[row] * span + (date - start)) * len(batch) + row)
    journal_and_day, row = np.divmod(order, max(len(batch), 1))
    journal, day = np.divmod(journal_and_day, span)
    is_last_day = start + day - first_date[row] == length[row] - 1
    return DayMovements(row, journal, start + day, np.where(is_last_day, last_day[row], daily[row]), is_last_day)


def movements_of_row(batch: pa.RecordBatch) -> Int64Array:
    """How many days of each row's stretch have an amount."""
    equal_days = np.where(integers(batch["amount_a_day_minor"]) > 0, integers(batch["days"]) - 1, 0)
    return equal_days + (integers(batch["amount_last_day_minor"]) > 0)


def _journal_of_row(batch: pa.RecordBatch) -> Int64Array:
    begins = np.zeros(len(batch), dtype=np.int64)
    begins[first_rows(batch, JOURNAL_KEY)[1:]] = 1
    return np.cumsum(begins)


def refuse_broken_stretches(batch: pa.RecordBatch) -> None:
    """Make sure that each row's days and amounts agree.

    Raises:
        BrokenStretchError: names the first row without an amount, with one that does not add up, or across months.
    """
    daily, last_day = integers(batch["amount_a_day_minor"]), integers(batch["amount_last_day_minor"])
    total, length, first_day = integers(batch["amount_minor"]), integers(batch["days"]), days(batch["first_day"])
    leaves_month = month_of(first_day + (length - 1).astype("timedelta64[D]")) != month_of(first_day)
    # A month has at most 31 days: amounts within MAX_AMOUNT_MINOR cannot overflow here.
    broken = (
        leaves_month
        | (length < 1)
        | (total < 1)
        | (daily < 0)
        | (last_day < 0)
        | (daily * (length - 1) + last_day != total)
    )
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise BrokenStretchError(
            f"journal {batch['journal_number'][row].as_py()}, obligation {batch['obligation_id'][row].as_py()}: "
            f"{length[row]} days from {first_day[row]} of {daily[row]} minor units, the last of {last_day[row]}, "
            f"do not make {total[row]} within one month; materialize the month's daily journals again"
        )


def daily_entries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Expand whole journals to one entry per day and side (SPEC 7).

    Args:
        batch: of `tables.DAILY_JOURNALS`, whole journals.

    Returns:
        batch of `tables.ENTRIES`: per journal by date, then in the order of the rows, the debit before its credit.

    Raises:
        BrokenStretchError: see `day_movements`.
        UnbalancedJournalError: see `require_balance`.
    """
    movements = day_movements(batch)
    row, side = _both_sides(movements.row)
    shift = days(batch["effective_first_day"]).astype(np.int64) - days(batch["first_day"]).astype(np.int64)
    date = np.repeat(movements.date, 2)
    computed = {
        "date": dates(date.astype("datetime64[D]")),
        "direction": labels(_SIDES, side),
        "account": labels(_ACCOUNTS, account_of_side(batch, row, side)),
        "amount_minor": pa.array(np.repeat(movements.amount_minor, 2)),
        "effective_date": dates((date + shift[row]).astype("datetime64[D]")),
    }
    return require_balance(_entries(batch, row, computed))


def monthly_entries(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Add whole journals up to one entry per journal, customer, product, invoice, obligation, account and side.

    Debits and credits of an account are not netted: the totals are those of the daily entries (SPEC 7). What a lock
    date moved here from another month, and manual entries, stand apart under their own narrative; one text tells all
    else.

    Args:
        batch: of `tables.DAILY_JOURNALS`, whole journals.

    Returns:
        batch of `tables.ENTRIES`, dated the last day of the month, in the order in which the entries first come up.

    Raises:
        BrokenStretchError: see `refuse_broken_stretches`.
        UnbalancedJournalError: see `require_balance`.
        AmountError: a sum might not fit int64.
    """
    return monthly_totals(batch, _MONTHLY_KEY)


def monthly_totals(batch: pa.RecordBatch, key: Sequence[str]) -> pa.RecordBatch:
    """Monthly entries as of `monthly_entries`, told apart by fewer columns: the others are those of the first row.

    Args:
        batch: of `tables.DAILY_JOURNALS`, whole journals.
        key: names of columns of `tables.ENTRIES`, the journal, account and direction among them.
    """
    refuse_broken_stretches(batch)
    sides = _monthly_sides(batch)
    first = pa.array(np.arange(len(sides)))
    groups = (
        pa.table([*(sides[name] for name in key), sides["amount_minor"], first], names=[*key, "amount_minor", "first"])
        .group_by(list(key), use_threads=False)
        .aggregate([("amount_minor", "sum"), ("amount_minor", "count"), ("first", "min")])
        .sort_by("first_min")
        .combine_chunks()
    )
    refuse_overflow(sides["amount_minor"], groups["amount_minor_count"])
    entries = sides.take(groups["first_min"].combine_chunks())
    amount = tables.ENTRIES.get_field_index("amount_minor")
    sums = groups["amount_minor_sum"].combine_chunks()
    return require_balance(entries.set_column(amount, tables.ENTRIES.field(amount), sums))


def refuse_overflow(amounts_minor: pa.Array, counts: pa.Array) -> None:
    """Make sure that sums of so many of these amounts fit int64, which would wrap around without a word.

    Args:
        amounts_minor: int64, none negative.
        counts: how many of them each sum adds up.

    Raises:
        AmountError: the largest amount as often as the largest count does not fit.
    """
    amount, count = pc.max(amounts_minor).as_py() or 0, pc.max(counts).as_py() or 0
    if amount * count > np.iinfo(np.int64).max:
        raise AmountError(
            f"{count} amounts of up to {amount} minor units are too much to add up exactly: check the month's invoices"
        )


def _monthly_sides(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Both sides of every row, dated and told as monthly entries are, not yet added up."""
    row, side = _both_sides(np.arange(len(batch)))
    computed = {
        "date": dates(last_day_of_month(days(batch["first_day"]))[row]),
        "narrative": _monthly_narratives(batch).take(pa.array(row)),
        "direction": labels(_SIDES, side),
        "account": labels(_ACCOUNTS, account_of_side(batch, row, side)),
        "amount_minor": pa.array(integers(batch["amount_minor"])[row]),
        "effective_date": dates(last_day_of_month(days(batch["effective_first_day"]))[row]),
    }
    return _entries(batch, row, computed)


def _monthly_narratives(batch: pa.RecordBatch) -> pa.Array:
    """One text for all that belongs to the month; the row's own for manual entries and what a lock date moved here."""
    month = month_of(days(batch["first_day"]))
    of_the_month = pa.array(month_of(days(batch["effective_first_day"])) == month)
    by_system = pc.equal(batch["type"], "SYSTEM")
    number = batch["invoice_number"]
    invoice = pc.if_else(pc.equal(number, ""), "", pc.binary_join_element_wise(", invoice ", number, ""))
    months = pa.array(month.astype(str), pa.string())
    text = pc.binary_join_element_wise("Revenue recognition ", months, ": ", batch["product_name"], invoice, "")
    return pc.if_else(pc.and_(of_the_month, by_system), text, batch["narrative"])


def _both_sides(row: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Each row twice, with the index of its side: 0 debit, 1 credit."""
    return np.repeat(row, 2), np.tile(np.arange(2), len(row))


def account_of_side(batch: pa.RecordBatch, row: Int64Array, side: Int64Array) -> Int64Array:
    """Place, in the order of `Account`, of the account that a row moves on a side: 0 debit, 1 credit."""
    debit, credit = account_index(batch["debit_account"]), account_index(batch["credit_account"])
    return np.where(side == 0, debit[row], credit[row])


def account_index(accounts: pa.Array) -> Int64Array:
    """Place of each account in the order of `Account`.

    Raises:
        BrokenStretchError: one is none of the four.
    """
    index = pc.index_in(accounts.cast(pa.string()), pa.array(_ACCOUNTS))
    if index.null_count:
        found = ", ".join(map(str, pc.unique(accounts).to_pylist()))
        raise BrokenStretchError(f"journals move {found}, but the accounts of a ledger are {', '.join(_ACCOUNTS)}")
    return integers(index)


def _entries(batch: pa.RecordBatch, row: Int64Array, computed: Mapping[str, pa.Array]) -> pa.RecordBatch:
    index = pa.array(row)
    columns = [computed[name] if name in computed else batch[name].take(index) for name in tables.ENTRIES.names]
    return pa.RecordBatch.from_arrays(columns, schema=tables.ENTRIES)


def require_balance(entries: pa.RecordBatch) -> pa.RecordBatch:
    """Return entries of whole journals unchanged if each journal balances (SPEC 1).

    Raises:
        UnbalancedJournalError: names the first journal that does not, and by how much.
    """
    is_debit = pc.equal(entries["direction"], Direction.DEBIT.value).to_numpy(zero_copy_only=False)
    amount, starts = integers(entries["amount_minor"]), first_rows(entries, JOURNAL_KEY)
    difference = np.add.reduceat(np.where(is_debit, amount, -amount), starts)
    if difference.any():
        row = int(starts[np.flatnonzero(difference)[0]])
        raise UnbalancedJournalError(
            f"journal {entries['journal_number'][row].as_py()} of ledger {ledger_at(entries, row).key} does not "
            f"balance: debits minus credits are {difference[difference != 0][0]} minor units; materialize the "
            "month's daily journals again and report this if it stays"
        )
    return entries
