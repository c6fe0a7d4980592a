"""CSV record by record: slower than pyarrow by far, and able to go on after anything.

What belongs here: telling records apart in a file that is not well formed. What does not: well-formed files
(`csv_files`).
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from resources.landing.contents import binary_column, printable
from revrec.parsing import RawRows, UnreadableRow

# Longer than any row of a billing extract. A quoted value that runs on for longer has lost its closing quote, and what
# it swallowed are rows. It is also the longest field that Python's csv reads.
MAX_RECORD_LENGTH = 131_072

_BATCH_ROWS = 65_536

# Row number, and the cells or what is wrong with the record.
_NumberedRecord = tuple[int, list[str] | UnreadableRow]


class CarefulCsv:
    """A CSV file that may have unclosed quotes, bytes that are not UTF-8, and records of any length.

    A record that cannot be read costs one line: the next line is read as a record of its own.

    Attributes:
        names: names of the columns.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Read the header of the file that starts here."""
        self._lines = _Lines(stream)
        self._records = self._numbered_records()
        header = next(self._records, None)
        self.names = [printable(name) for name in header[1]] if header and isinstance(header[1], list) else []

    def batches(self, after_row: int) -> Iterator[RawRows]:
        """Yield the rows with higher numbers than this, once."""
        records = (record for record in self._records if record[0] > after_row)
        while batch := list(islice(records, _BATCH_ROWS)):
            yield self._rows(batch)

    def _rows(self, records: list[_NumberedRecord]) -> RawRows:
        width = len(self.names)
        whole = [(number, cells) for number, cells in records if isinstance(cells, list)]
        columns = [binary_column([cells[at] or None for _, cells in whole]) for at in range(width)] if whole else []
        return RawRows(
            pa.RecordBatch.from_arrays(columns, names=self.names if columns else []),
            np.array([number for number, _ in whole], dtype=np.int64),
            tuple(cells for _, cells in records if isinstance(cells, UnreadableRow)),
        )

    def _numbered_records(self) -> Iterator[_NumberedRecord]:
        """Yield (row number, cells or what is wrong), without blank rows; the first one is the header."""
        number, width, reader = 0, None, csv.reader(self._lines)
        while True:
            number += 1
            self._lines.start_record()
            try:
                cells = next(reader)
                self._lines.check_record()
            except StopIteration:
                return
            except (_UnclosedQuoteError, _LineTooLongError, csv.Error) as error:
                yield number, UnreadableRow(number, self._lines.give_back(), f"the row {error}")
                reader = csv.reader(self._lines)
                continue
            if width is None:
                width = len(cells)
                yield number, cells
            elif not cells or (len(cells) == width and not any(cells)):
                continue
            elif len(cells) != width:
                reason = f"the row has {len(cells)} columns, the header has {width}"
                yield number, UnreadableRow(number, self._lines.record_text(), reason)
            else:
                yield number, cells


class _UnclosedQuoteError(Exception):
    def __str__(self) -> str:
        return "opens a quote that is never closed"


class _LineTooLongError(Exception):
    def __str__(self) -> str:
        return f"is longer than {MAX_RECORD_LENGTH:,} characters"


class _Lines:
    """The lines of a file for csv.reader, which asks for a second line of a record only while a quote is open."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._given_back: deque[str] = deque()
        self._record: list[str] = []
        self._record_length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else self._text.readline(MAX_RECORD_LENGTH)
        if self._record and (not line or self._record_length + len(line) > MAX_RECORD_LENGTH):
            if line:
                self._given_back.appendleft(line)
            raise _UnclosedQuoteError
        if not line:
            raise StopIteration
        self._record.append(line)
        self._record_length += len(line)
        if len(line) == MAX_RECORD_LENGTH and not line.endswith(("\n", "\r")):
            self._skip_line()
            raise _LineTooLongError
        return line

    def start_record(self) -> None:
        """Forget the lines of the record before."""
        self._record, self._record_length = [], 0

    def check_record(self) -> None:
        """See that a record of several lines is well formed: else its quote was closed by that of a later row.

        Raises:
            _UnclosedQuoteError: it is not.
        """
        if len(self._record) > 1:
            try:
                next(csv.reader(self._record, strict=True))
            except csv.Error as error:
                raise _UnclosedQuoteError from error

    def record_text(self) -> str:
        """The record whole, without the end of its last line."""
        return printable("".join(self._record).rstrip("\r\n"))

    def give_back(self) -> str:
        """Give all lines of the record but the first back to be read again; returns the first."""
        first, *others = self._record
        self._given_back.extendleft(reversed(others))
        return printable(first.rstrip("\r\n"))

    def _skip_line(self) -> None:
        while (rest := self._text.readline(MAX_RECORD_LENGTH)) and not rest.endswith(("\n", "\r")):
            continue
