"""Parsing one batch of raw rows: the good rows typed, and every fault of the others.

What belongs here: putting the checks of one row together. What does not: the checks themselves (`revrec.parsing.texts`,
`.fields`, `.rows`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import BoolArray, Int64Array
from revrec.parsing.faults import CORRECT_AND_LAND_AGAIN, Fault, rejection, rejections_of
from revrec.parsing.fields import read_field
from revrec.parsing.raw import RawRows, UnreadableRow
from revrec.parsing.rows import absence_faults, month_faults, period_faults
from revrec.parsing.texts import decode
from revrec.rejections import Rejection
from revrec.schemas import ARROW_TYPES, Dataset, FieldType

# What is still known of a rejected row: enough to see whether a later version of the same id has repaired it. `id` is
# null where it is not readable, `updated_at` where it is not or where the dataset has none.
REJECTED_ROWS = pa.schema(
    [
        pa.field("landed_file", pa.string(), nullable=False),
        pa.field("landed_row", pa.int64(), nullable=False),
        pa.field("id", pa.string()),
        pa.field("updated_at", ARROW_TYPES[FieldType.TIMESTAMP]),
    ]
)


@dataclass(frozen=True)
class Parsed:
    """What became of the rows of a batch: each is either good or rejected.

    Attributes:
        good: rows without a fault, in `Dataset.lake_schema` and in landing order.
        rejections: one per fault, ordered by row and then by field; a row with two faults has two.
        rejected: one row per rejected row (`REJECTED_ROWS`).
    """

    good: pa.RecordBatch
    rejections: list[Rejection]
    rejected: pa.RecordBatch

    @property
    def row_count(self) -> int:
        """Rows of the batch, good and rejected."""
        return int(self.good.num_rows + self.rejected.num_rows)


def parse_batch(dataset: Dataset, raw: RawRows, month: str | None, file: str) -> Parsed:
    """Parse raw rows into typed columns; find every fault of every row (SPEC 10).

    Args:
        dataset: what the rows are meant to be.
        raw: rows as a reader found them.
        month: month of the folder the file lies in, YYYY-MM; None for datasets without month folders.
        file: object key of the file.

    Returns:
        The good rows, and a rejection for every fault of the others.

    Raises:
        MonthError: `month` is not a month.
    """
    columns = _Columns.read(dataset, raw)
    faults = [*columns.faults, *month_faults(dataset, columns.values, month)]
    bad = _bad_rows(faults, len(raw.row_numbers))
    good = _good_rows(dataset, columns.values, raw.row_numbers, bad, file)
    bad_at = np.flatnonzero(bad).astype(np.int64)
    rejections = (
        rejections_of(faults, dataset.name, file, bad_at, raw.row_numbers, raw.records(bad_at)) if len(bad_at) else []
    )
    rejections += [_unreadable(dataset, file, row) for row in raw.unreadable]
    rejections.sort(key=lambda item: item.row)  # stable: the faults of one row keep their order
    return Parsed(good, rejections, _rejected_rows(columns, raw, bad_at, file))


@dataclass(frozen=True)
class _Columns:
    """The columns of a batch: typed values by field name, the ids that can be trusted, and the faults."""

    values: Mapping[str, pa.Array]
    readable_ids: pa.Array
    faults: list[Fault]

    @classmethod
    def read(cls, dataset: Dataset, raw: RawRows) -> "_Columns":
        rows = len(raw.row_numbers)
        texts: dict[str, pa.Array] = {}
        values: dict[str, pa.Array] = {}
        found: dict[str, list[Fault]] = {}
        for field in dataset.fields:
            position = raw.columns.schema.get_field_index(field.name)
            column = raw.columns.column(position) if position >= 0 else pa.nulls(rows, pa.binary())
            texts[field.name], invalid = decode(column)
            absent = pc.is_null(texts[field.name]).to_numpy(zero_copy_only=False) & ~invalid
            found[field.name] = [*_encoding_faults(field.name, invalid), *absence_faults(field, absent)]
        for field in dataset.fields:
            values[field.name], more = read_field(field, texts)
            found[field.name] += more
        id_at_fault = _bad_rows(found["id"], rows)
        faults = [fault for field in dataset.fields for fault in found[field.name]]
        return cls(
            values,
            pc.if_else(pa.array(id_at_fault), None, values["id"]),
            faults + period_faults(dataset, texts, values),
        )


def _encoding_faults(field: str, invalid: BoolArray) -> list[Fault]:
    if not bool(invalid.any()):
        return []
    positions = np.flatnonzero(invalid).astype(np.int64)
    return [
        Fault(
            positions,
            field,
            lambda _: f"{field} is not valid UTF-8",
            f"land the file in UTF-8: {CORRECT_AND_LAND_AGAIN}",
        )
    ]


def _bad_rows(faults: list[Fault], rows: int) -> BoolArray:
    bad = np.zeros(rows, dtype=np.bool_)
    for fault in faults:
        bad[fault.positions] = True
    return bad


def _good_rows(
    dataset: Dataset, values: Mapping[str, pa.Array], row_numbers: Int64Array, bad: BoolArray, file: str
) -> pa.RecordBatch:
    arrays = [*(values[field.name] for field in dataset.fields), pa.repeat(file, len(bad)), pa.array(row_numbers)]
    rows = pa.RecordBatch.from_arrays(arrays, schema=dataset.lake_schema)
    return rows.filter(pa.array(~bad)) if bool(bad.any()) else rows


def _rejected_rows(columns: _Columns, raw: RawRows, bad_at: Int64Array, file: str) -> pa.RecordBatch:
    instants = columns.values.get("updated_at", pa.nulls(len(raw.row_numbers), ARROW_TYPES[FieldType.TIMESTAMP]))
    chosen, unknown = pa.array(bad_at), len(raw.unreadable)
    numbers = np.concatenate(
        [raw.row_numbers[bad_at], np.array([row.number for row in raw.unreadable], dtype=np.int64)]
    )
    arrays = [
        pa.repeat(file, len(numbers)),
        pa.array(numbers),
        pa.concat_arrays([columns.readable_ids.take(chosen), pa.nulls(unknown, pa.string())]),
        pa.concat_arrays([instants.take(chosen), pa.nulls(unknown, instants.type)]),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=REJECTED_ROWS)


def _unreadable(dataset: Dataset, file: str, row: UnreadableRow) -> Rejection:
    return rejection(dataset.name, file, row.number, "", row.reason, CORRECT_AND_LAND_AGAIN, {"": row.text})
