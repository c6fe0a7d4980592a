"""CSV files: RFC 4180 with a header, UTF-8 with or without byte order mark.

What belongs here: the fast reader, and when to leave a file to the careful one (`careful_csv`). What does not: what the
cells mean.

Rows are counted by record, the header being row 1; blank lines are counted and passed over.
"""

import csv as python_csv
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from resources.landing.careful_csv import MAX_RECORD_LENGTH, CarefulCsv
from resources.landing.contents import FileRefusedError, Survey, column_problem, refused_columns
from revrec.arrays import BoolArray, Int64Array
from revrec.parsing import RawRows, UnreadableRow
from revrec.schemas import Dataset

# Large enough that the cost of a batch does not count (50,000 rows or so), small enough that a batch and its columns
# stay below 100 MB.
BLOCK_BYTES = 8 * 1024 * 1024

_FIRST_DATA_ROW = 2
_LINE_FEED, _CARRIAGE_RETURN = 0x0A, 0x0D


class _NeedsCareError(Exception):
    """The fast reader may not be trusted with what comes next."""


def read_csv(stream: BinaryIO, dataset: Dataset, survey: Survey) -> Iterator[RawRows]:
    """Read a CSV file.

    pyarrow reads what is well formed. Where a file is not, or a value spans several lines, the careful reader takes
    over: pyarrow would take a quote that is never closed, and all rows after it, for one value.

    Args:
        stream: the file, at its start.
        dataset: what its rows are meant to be.
        survey: what is known of its bytes.

    Raises:
        FileRefusedError: the file is empty, or its header lacks a required column or names a column twice.
    """
    if survey.size_bytes == 0:
        raise FileRefusedError("is empty and has not even a header", "land it again, whole")
    last_row = 1
    if survey.is_utf8 and _is_last_line_whole(survey.tail):
        try:
            for rows in _read_fast(stream, dataset):
                last_row = max(
                    [last_row, *rows.row_numbers[-1:].tolist(), *(row.number for row in rows.unreadable[-1:])]
                )
                yield rows
        except (pa.ArrowInvalid, _NeedsCareError):
            stream.seek(0)
        else:
            return
    yield from _read_carefully(stream, dataset, last_row)


def _is_last_line_whole(tail: bytes) -> bool:
    """Whether the file does not end inside quotes, which pyarrow would close without a word."""
    last_line = tail.rstrip(b"\r\n").replace(b"\r", b"\n").rpartition(b"\n")[2]
    try:
        return bool(list(python_csv.reader([last_line.decode("utf-8", "replace")], strict=True)))
    except python_csv.Error:
        return False


def _read_fast(stream: BinaryIO, dataset: Dataset) -> Iterator[RawRows]:
    invalid: list[UnreadableRow] = []
    reader = _open(stream, invalid)
    if column_problem(dataset, reader.schema.names):
        raise _NeedsCareError
    yield from _numbered(reader, invalid)


def _read_carefully(stream: BinaryIO, dataset: Dataset, last_row: int) -> Iterator[RawRows]:
    careful = CarefulCsv(stream)
    if problem := column_problem(dataset, careful.names):
        row_count = sum(len(rows.row_numbers) + len(rows.unreadable) for rows in careful.batches(after_row=1))
        raise refused_columns(problem, row_count)
    yield from careful.batches(after_row=last_row)


def _open(stream: BinaryIO, invalid: list[UnreadableRow]) -> csv.CSVStreamingReader:
    def keep(row: csv.InvalidRow) -> str:
        # Without its number the row could not be reported, and over several lines it may be several rows.
        if row.number is None or "\n" in row.text or "\r" in row.text:
            return "error"
        reason = f"the row has {row.actual_columns} columns, the header has {row.expected_columns}"
        invalid.append(UnreadableRow(row.number, row.text, reason))
        return "skip"

    return csv.open_csv(
        stream,
        # pyarrow numbers invalid rows only where one thread reads.
        read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
        # Blank lines are kept for the sake of the row numbers.
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=keep),
        convert_options=csv.ConvertOptions(default_column_type=pa.binary(), strings_can_be_null=True, null_values=[""]),
    )


def _numbered(reader: csv.CSVStreamingReader, invalid: list[UnreadableRow]) -> Iterator[RawRows]:
    """Give every row its number; `invalid` is filled by the reader, in order and ahead of the batches."""
    next_row, delivered = _FIRST_DATA_ROW, 0
    for batch in reader:
        if _needs_care(batch):
            raise _NeedsCareError
        numbers = _numbers(batch.num_rows, next_row, [row.number for row in invalid[delivered:]])
        next_row = int(numbers[-1]) + 1 if len(numbers) else next_row
        due = tuple(row for row in invalid[delivered:] if row.number < next_row)
        delivered += len(due)
        filled = ~_blank(batch)
        if not bool(filled.all()):
            batch, numbers = batch.filter(pa.array(filled)), numbers[filled]
        yield RawRows(batch, numbers, due)
    if len(invalid) > delivered:
        yield RawRows.only_unreadable(tuple(invalid[delivered:]))


def _numbers(count: int, first: int, skipped: list[int]) -> Int64Array:
    """The first `count` numbers from `first` on that are not skipped."""
    index = np.arange(count, dtype=np.int64)
    rows_before_skip = np.array(skipped, dtype=np.int64) - first - np.arange(len(skipped))
    numbers: Int64Array = first + index + np.searchsorted(rows_before_skip, index, side="right")
    return numbers


def _blank(batch: pa.RecordBatch) -> BoolArray:
    """Where every cell is empty: nothing landed there."""
    blank: BoolArray = np.ones(batch.num_rows, dtype=np.bool_)
    for column in batch.columns:
        if not bool(blank.any()):
            break
        blank &= pc.is_null(column).to_numpy(zero_copy_only=False)
    return blank


def _needs_care(batch: pa.RecordBatch) -> bool:
    """Whether a value has a line break or is very long: then a quote may have been left open, and rows swallowed."""
    return any(_has_line_break(column) or _longest(column) > MAX_RECORD_LENGTH for column in batch.columns)


def _has_line_break(column: pa.Array) -> bool:
    content = column.buffers()[2]
    if content is None:
        return False
    values = np.frombuffer(content, dtype=np.uint8)
    return bool((values == _LINE_FEED).any() or (values == _CARRIAGE_RETURN).any())


def _longest(column: pa.Array) -> int:
    return int(pc.max(pc.binary_length(column)).as_py() or 0)
