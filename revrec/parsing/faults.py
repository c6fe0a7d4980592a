"""Faults found in a batch, and the rejections they become.

What belongs here: how a fault is recorded and worded in general. What does not: which faults there are
(`revrec.parsing.fields`, `revrec.parsing.rows`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from revrec.arrays import BoolArray, Int64Array
from revrec.parsing.raw import Record
from revrec.rejections import MAX_VALUE_LENGTH, Rejection

CORRECT_AND_LAND_AGAIN = "correct the row in the billing system and land it again"

# A sentence quotes this much of a value: the rejection's `value` and `record` hold more of it.
_MAX_QUOTED_LENGTH = 60


@dataclass(frozen=True)
class Fault:
    """One way in which some rows of a batch are wrong.

    Attributes:
        positions: int64, 0-based positions of the rows within the batch.
        field: field at fault; empty where the whole row is.
        reason: the sentence for the row at a position: only bad rows pay for their words.
        action: what to do about it.
    """

    positions: Int64Array
    field: str
    reason: Callable[[int], str]
    action: str = CORRECT_AND_LAND_AGAIN


def positions_of(mask: pa.Array | BoolArray) -> Int64Array:
    """Positions where a mask is true; null counts as false."""
    if not isinstance(mask, np.ndarray):
        mask = mask.fill_null(False).to_numpy(zero_copy_only=False)
    return np.flatnonzero(mask).astype(np.int64)


def quoted(text: str) -> str:
    """A value as a sentence shows it: in quotes, control characters escaped, the middle of a long one left out."""
    return repr(text if len(text) <= _MAX_QUOTED_LENGTH else f"{text[:_MAX_QUOTED_LENGTH]}...")


def rejection(dataset: str, file: str, row: int, field: str, reason: str, action: str, record: Record) -> Rejection:
    """The rejection of one row, its value taken from the record and shortened."""
    value = record.get(field) or ""
    return Rejection(dataset, file, row, field, value[:MAX_VALUE_LENGTH], reason, action, record)


def rejections_of(
    faults: Sequence[Fault],
    dataset: str,
    file: str,
    bad: Int64Array,
    row_numbers: Int64Array,
    records: Sequence[Record],
) -> list[Rejection]:
    """One rejection per fault and row, ordered by row and then as the faults were found.

    Args:
        faults: all faults of the batch.
        dataset: name of the dataset.
        file: object key of the landed file.
        bad: sorted positions of the rows that have a fault.
        row_numbers: number of every row of the batch.
        records: the rows at `bad`.
    """
    record_at = dict(zip(bad.tolist(), records, strict=True))
    found = sorted(
        (position, order) for order, fault in enumerate(faults) for position in dict.fromkeys(fault.positions.tolist())
    )
    return [
        rejection(
            dataset,
            file,
            int(row_numbers[position]),
            faults[order].field,
            faults[order].reason(position),
            faults[order].action,
            record_at[position],
        )
        for position, order in found
    ]
