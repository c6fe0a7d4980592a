"""The sorted stream of run-length journals (`tables.DAILY_JOURNALS`), cut at ledgers and at whole journals.

What belongs here: finding where ledgers and journals begin, and regrouping batches there without holding the stream.
What does not: what is computed of a journal (`revrec.entries`, `revrec.exports`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import Ledger
from revrec.arrays import Int64Array
from revrec.errors import RevrecError

# Rows in a batch of whole journals. A row becomes at most 31 days x 2 sides, some 200 bytes each as a line of CSV:
# 4,096 rows make about 50 MB of text, enough for the kernels to run at full speed and little enough to hold.
TARGET_ROWS = 4_096

LEDGER_KEY = ("entity", "currency")
JOURNAL_KEY = (*LEDGER_KEY, "journal_number")


class UnsortedJournalsError(RevrecError, ValueError):
    """A stream of journals in which the rows of a ledger are not consecutive."""


def by_ledger(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Ledger, Iterator[pa.RecordBatch]]]:
    """Group a sorted stream by ledger, without holding it.

    Args:
        batches: of `tables.DAILY_JOURNALS`, sorted by entity and currency.

    Yields:
        each ledger with its batches, to be used up before the next ledger is asked for (as in `itertools.groupby`).

    Raises:
        UnsortedJournalsError: a ledger comes up a second time.
    """
    seen: set[Ledger] = set()
    for ledger, parts in groupby(_ledger_slices(batches), key=itemgetter(0)):
        if ledger in seen:
            raise UnsortedJournalsError(
                f"ledger {ledger.key} comes up twice: sort daily journals by entity, currency and journal number"
            )
        seen.add(ledger)
        yield ledger, (part for _, part in parts)


def _ledger_slices(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Ledger, pa.RecordBatch]]:
    for batch in filter(len, batches):
        for start, stop in pairwise([*first_rows(batch, LEDGER_KEY), len(batch)]):
            yield ledger_at(batch, start), batch.slice(start, stop - start)


def ledger_at(batch: pa.RecordBatch, row: int) -> Ledger:
    """Ledger of one row of a batch that has `LEDGER_KEY` columns."""
    return Ledger(batch["entity"][row].as_py(), batch["currency"][row].as_py())


def first_rows(batch: pa.RecordBatch, key: Sequence[str]) -> Int64Array:
    """Rows at which any column of the key differs from the row before, row 0 among them; none of an empty batch."""
    changes = np.ones(len(batch), dtype=bool)
    changes[1:] = False
    for name in key:
        column = batch[name]
        changes[1:] |= pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return np.flatnonzero(changes)


def whole_journals(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Regroup a sorted stream so that no journal spans two batches.

    Args:
        batches: of `tables.DAILY_JOURNALS`, the rows of a journal consecutive; of any size.

    Yields:
        batches of at most `TARGET_ROWS` rows, or of one journal that has more. How the stream was cut before makes no
        difference.
    """
    pending: list[pa.RecordBatch] = []
    rows = closed = 0  # rows pending, and how many of them belong to journals that have surely ended
    for batch in filter(len, batches):
        last_start = int(first_rows(batch, JOURNAL_KEY)[-1])
        if last_start or not pending or _journal_at(pending[-1], -1) != _journal_at(batch, 0):
            closed = rows + last_start
        pending.append(batch)
        rows += len(batch)
        if closed >= TARGET_ROWS:
            joined = pa.concat_batches(pending)
            cuts = _full_batches(first_rows(joined, JOURNAL_KEY), closed)
            yield from _slices(joined, cuts)
            pending, rows, closed = [joined.slice(cuts[-1])], rows - cuts[-1], closed - cuts[-1]
    if pending:
        joined = pa.concat_batches(pending)
        cuts = _full_batches(np.append(first_rows(joined, JOURNAL_KEY), rows), rows)
        yield from _slices(joined, [*cuts, rows])


def _full_batches(bounds: Int64Array, closed: int) -> list[int]:
    """0, then where each full batch ends: at the last bound within `TARGET_ROWS`, or after one larger journal."""
    cuts = [0]
    while closed - cuts[-1] >= TARGET_ROWS:
        within = bounds[np.searchsorted(bounds, cuts[-1] + TARGET_ROWS, side="right") - 1]
        cuts.append(int(within if within > cuts[-1] else bounds[np.searchsorted(bounds, cuts[-1], side="right")]))
    return cuts


def _slices(batch: pa.RecordBatch, cuts: Sequence[int]) -> Iterator[pa.RecordBatch]:
    return (batch.slice(start, stop - start) for start, stop in pairwise(cuts) if stop > start)


def _journal_at(batch: pa.RecordBatch, row: int) -> tuple[Ledger, str]:
    position = row % len(batch)
    return ledger_at(batch, position), batch["journal_number"][position].as_py()
