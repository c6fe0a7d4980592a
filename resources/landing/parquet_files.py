"""Parquet files: columns of any type that has one exact text.

What belongs here: turning typed columns into the text that the other formats land. What does not: what the text means.

Rows are counted from 1.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from resources.landing.contents import FileRefusedError, Survey, column_problem, refused_columns
from revrec.arrays import Int64Array
from revrec.errors import RevrecError
from revrec.parsing import RawRows, Record
from revrec.schemas import Dataset, Field, FieldType

BATCH_ROWS = 65_536


def read_parquet(stream: BinaryIO, dataset: Dataset, _: Survey) -> Iterator[RawRows]:
    """Read a Parquet file.

    Args:
        stream: the file.
        dataset: what its rows are meant to be.

    Raises:
        FileRefusedError: the file is damaged, lacks a required column, or has a column of a type without one exact
            text: floating-point numbers and nested values. It may come after some of the rows.
    """
    with _refusing_damage():
        file = pq.ParquetFile(stream, page_checksum_verification=True)
        row_count = file.metadata.num_rows
        if problem := column_problem(dataset, file.schema_arrow.names):
            raise refused_columns(problem, row_count)
        next_row = 1
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            known = [name for name in batch.schema.names if name in dataset]
            columns = pa.RecordBatch.from_arrays(
                [_as_text(batch.column(name), dataset[name], row_count) for name in known], names=known
            )
            numbers = np.arange(next_row, next_row + batch.num_rows, dtype=np.int64)
            yield RawRows(columns, numbers, full_records=_records_of(columns, batch))
            next_row += batch.num_rows


@contextmanager
def _refusing_damage() -> Iterator[None]:
    try:
        yield
    except RevrecError:
        raise  # the store's own errors are OSErrors too, and say nothing about the file
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FileRefusedError(f"cannot be read as Parquet ({reason})", "land it again, whole") from error


def _as_text(column: pa.Array, field: Field, row_count: int) -> pa.Array:
    """Binary column of a typed one; null where it is null."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_floating(kind):
        return _only_absent(column, field, row_count)
    convert = next((convert for is_kind, convert in _TEXTS if is_kind(kind)), None)
    if convert is None:
        what = f"has a column {field.name} of type {kind}, which is not text (rows: {row_count:,})"
        raise FileRefusedError(what, f"land {field.name} as text", row_count)
    return pc.cast(convert(column, field), pa.binary())


def _only_absent(column: pa.Array, field: Field, row_count: int) -> pa.Array:
    """A floating-point column that holds nothing is how pandas writes an optional field that is always absent."""
    if pc.any(pc.invert(pc.is_null(column, nan_is_null=True))).as_py():
        raise FileRefusedError(
            f"has floating-point numbers in the column {field.name}, which cannot be exact (rows: {row_count:,})",
            f"land {field.name} as text or as a decimal column",
            row_count,
        )
    return pa.nulls(len(column), pa.binary())


def _plain_text(column: pa.Array, _: Field) -> pa.Array:
    return pc.cast(column, pa.string())


def _bytes(column: pa.Array, _: Field) -> pa.Array:
    return pc.cast(column, pa.binary())


def _decimal_text(column: pa.Array, _: Field) -> pa.Array:
    """Decimal text without the zeros that only the column's scale adds: NUMERIC(38, 9) holds 12.50 as 12.500000000."""
    text = pc.cast(column, pa.string())
    if pc.any(pc.match_substring(text, "E")).as_py():  # Arrow writes 0.0000001 as 1E-7
        text = pa.array([None if value is None else format(value, "f") for value in column.to_pylist()], pa.string())
    if column.type.scale <= 0:
        return text
    return pc.replace_substring_regex(pc.replace_substring_regex(text, r"(\.[0-9]*?)0+$", r"\1"), r"\.$", "")


def _timestamp_text(column: pa.Array, field: Field) -> pa.Array:
    """ISO 8601, with Z only where the column has a time zone; the date alone where the field is a date, at midnight."""
    if column.type.tz is not None:
        column = pc.cast(column, pa.timestamp(column.type.unit, "UTC"))  # Arrow holds UTC whatever the zone
    text = pc.replace_substring(pc.cast(column, pa.string()), " ", "T")
    # Nanoseconds are more than a timestamp of the lake holds: they may only be zeros.
    text = pc.replace_substring_regex(text, r"(\.[0-9]{6})000(Z?)$", r"\1\2")
    return pc.replace_substring_regex(text, r"T00:00:00(?:\.0+)?Z?$", "") if field.type is FieldType.DATE else text


def _is_bytes(kind: pa.DataType) -> bool:
    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return any(check(kind) for check in checks)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date(kind) or pa.types.is_null(kind)
    )


_TEXTS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array, Field], pa.Array]], ...] = (
    (_is_text, _bytes),
    (_is_bytes, _bytes),
    (_is_plain, _plain_text),
    (pa.types.is_decimal, _decimal_text),
    (pa.types.is_timestamp, _timestamp_text),
)


def _records_of(known: pa.RecordBatch, batch: pa.RecordBatch) -> Callable[[Int64Array], list[Record]]:
    """The records of some rows, columns that the dataset does not know included."""

    def full_records(positions: Int64Array) -> list[Record]:
        records = RawRows(known, positions).records(positions)
        for name in batch.schema.names:
            if name not in known.schema.names:
                for record, value in zip(records, batch.column(name).take(pa.array(positions)), strict=True):
                    record[name] = _shown(value)
        return records

    return full_records


def _shown(value: Any) -> str | None:
    """Text of a value of any type, for people."""
    try:
        plain = value.as_py()
    except (ValueError, OverflowError):  # a nanosecond or a date that Python has no type for
        return str(value)
    if isinstance(plain, bytes):
        return plain.decode("utf-8", "backslashreplace")
    return None if plain is None else str(plain)
