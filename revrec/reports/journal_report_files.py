"""The journal report of any range of days as files, by day or by month, as a stream (SPEC 7).

What belongs here: cutting it at a spreadsheet's rows, totals and checksums of its files. What does not: its columns
(`revrec.reports.monthly_journal_report`), which journals it takes in (`revrec.journal_selection`).

As in `revrec.exports.files` the journals are read twice: first to learn how many files there will be.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import BinaryIO, ClassVar

import numpy as np
import pyarrow as pa

from revrec.accounts import Ledger
from revrec.arrays import Int64Array
from revrec.entries import daily_entries, monthly_entries, movements_of_row, refuse_broken_stretches
from revrec.exports.caps import Caps
from revrec.exports.files import FileTotals, JournalsChangedError
from revrec.exports.generic import SPREADSHEET
from revrec.journal_stream import JOURNAL_KEY, first_rows, whole_journals
from revrec.policy import ChartOfAccounts, Granularity
from revrec.reports.monthly_journal_report import ReportTotals, report_lines

JOURNAL_REPORT = "journal-report"

_ADVICE = "ask for fewer days, or for monthly granularity"


@dataclass(frozen=True)
class JournalReportLayout:
    """The report of one ledger.

    Attributes:
        ledger: whose journals it lists.
        chart: gives the accounts' names.
        granularity: a line per entry of a day, or of a month.
        caps: what one file may hold.
    """

    ledger: Ledger
    chart: ChartOfAccounts
    granularity: Granularity
    caps: Caps = SPREADSHEET
    format: ClassVar[str] = JOURNAL_REPORT

    def file_name(self, part: int, parts: int) -> str:
        """Name of a file: the ledger and, where there are several, the part."""
        number = f"-{part:03d}" if parts > 1 else ""
        return f"{self.ledger.key}{number}.csv"


def journal_report_files(
    layout: JournalReportLayout,
    journals: Callable[[], Iterable[pa.RecordBatch]],
    open_file: Callable[[str], AbstractContextManager[BinaryIO]],
) -> list[FileTotals]:
    """Write one ledger's report.

    Args:
        layout: the report.
        journals: starts reading the ledger's `tables.DAILY_JOURNALS`; called twice. It may give no rows: then there is
            one file with a header.
        open_file: opens the file of a name for writing; called for one file after the other.

    Returns:
        the files in order: more than one where they would not fit a spreadsheet. No journal is split.

    Raises:
        ExportLimitError: a journal that fits no file.
        BrokenStretchError, UnbalancedJournalError, AmountError: journals that cannot be told.
        JournalsChangedError: the two readings differ.
    """
    planned = _Parts(layout.caps.lines)
    for batch in whole_journals(journals()):
        starts, lines = _sizes(layout, batch)
        layout.caps.refuse_larger(batch["journal_number"].take(pa.array(starts)), lines, None, _ADVICE)
        planned.cut(lines)
    count, written = len(planned.lines), _Parts(layout.caps.lines)
    totals = [
        _write(layout, layout.file_name(part, count), part, count, (rows for _, rows in slices), open_file)
        for part, slices in groupby(_slices(layout, journals(), written), key=itemgetter(0))
    ]
    if written.lines != planned.lines:
        raise _changed(layout)
    return totals or [_write(layout, layout.file_name(1, 1), 1, 1, iter(()), open_file)]


@dataclass
class _Parts:
    """Which file each journal goes into: in order, as many as fit.

    Attributes:
        most: lines of a file.
        lines: of each file so far.
    """

    most: int
    lines: list[int] = field(default_factory=lambda: [0])

    def cut(self, lines: Int64Array) -> list[tuple[int, int, int]]:
        """Place the next journals, given their lines: (part, first line, line after the last) of the batch."""
        ends, journal, start, placed = np.cumsum(lines), 0, 0, []
        while journal < len(lines):
            room = self.most - self.lines[-1]
            journal = int(np.searchsorted(ends, start + room, side="right"))
            stop = int(ends[journal - 1]) if journal else 0
            if stop > start:
                placed.append((len(self.lines), start, stop))
                self.lines[-1] += stop - start
            if journal < len(lines):
                self.lines.append(0)
            start = stop
        return placed


def _sizes(layout: JournalReportLayout, batch: pa.RecordBatch) -> tuple[Int64Array, Int64Array]:
    """First row and lines of each journal; days are counted and not laid out."""
    starts = first_rows(batch, JOURNAL_KEY)
    if layout.granularity is Granularity.DAILY:
        refuse_broken_stretches(batch)
        return starts, 2 * np.add.reduceat(movements_of_row(batch), starts)
    return starts, _lengths(monthly_entries(batch))


def _lengths(entries: pa.RecordBatch) -> Int64Array:
    return np.diff(np.append(first_rows(entries, JOURNAL_KEY), len(entries)))


def _changed(layout: JournalReportLayout) -> JournalsChangedError:
    return JournalsChangedError(
        f"the journals of {layout.ledger.key} changed while they were reported, run the export again"
    )


def _slices(
    layout: JournalReportLayout, journals: Iterable[pa.RecordBatch], parts: _Parts
) -> Iterator[tuple[int, pa.RecordBatch]]:
    for batch in whole_journals(journals):
        entries = daily_entries(batch) if layout.granularity is Granularity.DAILY else monthly_entries(batch)
        lengths = _lengths(entries)
        if len(lengths) and lengths.max() > layout.caps.lines:  # it fitted a file when the files were planned
            raise _changed(layout)
        for part, start, stop in parts.cut(lengths):
            yield part, entries.slice(start, stop - start)


def _write(
    layout: JournalReportLayout,
    name: str,
    part: int,
    parts: int,
    entries: Iterator[pa.RecordBatch],
    open_file: Callable[[str], AbstractContextManager[BinaryIO]],
) -> FileTotals:
    totals, rows, size_bytes, checksum = ReportTotals(), 0, 0, hashlib.sha256()

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in totals.watch(entries):
            rows += batch.num_rows
            yield batch

    with open_file(name) as file:
        for chunk in report_lines(counted(), layout.ledger.currency, layout.chart):
            file.write(chunk)
            checksum.update(chunk)
            size_bytes += len(chunk)
    return FileTotals(
        name=name,
        part=part,
        parts=parts,
        rows=rows,
        journals=totals.journals,
        debit_minor=totals.debit_minor,
        credit_minor=totals.credit_minor,
        size_bytes=size_bytes,
        sha256=checksum.hexdigest(),
    )
