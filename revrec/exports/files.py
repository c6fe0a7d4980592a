"""Writing a ledger-month's journals as files, as a stream.

What belongs here: each file's bytes, totals and checksum. What does not: lines (`revrec.exports.lines`), which journals
go into which file (`revrec.exports.plan`), where a file is kept (the caller opens it), the manifest
(`revrec.exports.manifest`).

The stream is read twice: first to learn how many files there will be and that nothing stands in the way, then to write.
So errors that journals or policy cause come before the first file is opened, a file has its final name from the start,
and a store without a rename (S3) can take it as it is produced.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import BinaryIO

import pyarrow as pa

from revrec.arrays import Int64Array
from revrec.entries import UnbalancedJournalError
from revrec.errors import RevrecError
from revrec.exports.cells import header_line
from revrec.exports.chart import with_mapped_accounts
from revrec.exports.layout import FileLayout
from revrec.exports.lines import RenderedJournals, measure, render
from revrec.exports.plan import PlannedFile, plan_files, running_total, total
from revrec.journal_stream import LEDGER_KEY, first_rows, ledger_at, whole_journals

_CHANGED = "the month's journals changed while they were exported, run the export again"


class ForeignJournalError(RevrecError, ValueError):
    """A journal of another ledger than the one that is exported."""


class JournalsChangedError(RevrecError, RuntimeError):
    """The journals were not the same when they were read for writing as when the files were planned."""


@dataclass(frozen=True)
class FileTotals:
    """A file that was written.

    Attributes:
        name: its name, e.g. default-USD-001.csv.
        part: its place among the files of its kind, from 1.
        parts: how many files of its kind the ledger-month has.
        rows: lines after the header.
        journals: journals as the target counts them.
        debit_minor: sum of debits in minor units.
        credit_minor: sum of credits in minor units.
        size_bytes: its length.
        sha256: of all its bytes.
    """

    name: str
    part: int
    parts: int
    rows: int
    journals: int
    debit_minor: int
    credit_minor: int
    size_bytes: int
    sha256: str


def export_files(
    layout: FileLayout,
    journals: Callable[[], Iterable[pa.RecordBatch]],
    open_file: Callable[[str], AbstractContextManager[BinaryIO]],
) -> list[FileTotals]:
    """Write a ledger-month's journals as files of one kind.

    Args:
        layout: the kind of file.
        journals: starts reading the ledger's `tables.DAILY_JOURNALS` of the month; called twice. It may give no rows:
            then there is one file with a header.
        open_file: opens the file of a name for writing; called for one file after the other. A file whose block raises
            is to be discarded, as `ObjectStore.open_write` does.

    Returns:
        the files in order. Part n of m has its number in its name where m is above 1.

    Raises:
        MissingAccountMappingError: accounts without a name or code in the target; all of them are named.
        ExportLimitError: a journal that fits no file.
        JournalNumberError, ForeignJournalError, BrokenStretchError, AmountError: journals that cannot be exported.
        JournalsChangedError: the two readings differ.
    """
    plan = plan_files(layout, (measure(layout, batch) for batch in _batches(layout, journals())))
    slices = _cut(plan, _rendered(layout, _batches(layout, journals())))
    written = [
        _write(layout, plan, part, (piece for _, piece in pieces), open_file)
        for part, pieces in groupby(slices, key=itemgetter(0))
    ]
    if not written:
        written = [_write(layout, plan, 1, iter(()), open_file)]
    if len(written) < len(plan):
        raise JournalsChangedError(f"{written[-1].name} should not be the last file: {_CHANGED}")
    return written


def _batches(layout: FileLayout, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in whole_journals(with_mapped_accounts(layout, batches)):
        for row in first_rows(batch, LEDGER_KEY):
            if (found := ledger_at(batch, row)) != layout.ledger:
                raise ForeignJournalError(
                    f"a journal of ledger {found.key} came up in the export of {layout.ledger.key}: "
                    "export each ledger by itself"
                )
        yield batch


@dataclass(frozen=True, eq=False)
class _Slice:
    """Consecutive journals of one file, as text with their totals."""

    text: memoryview
    journals: int
    lines: int
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, eq=False)
class _RenderedText:
    """Lines put together: the text, and where each journal's begins and the last one's ends."""

    journals: RenderedJournals
    text: memoryview
    bounds: Int64Array


def _rendered(layout: FileLayout, batches: Iterable[pa.RecordBatch]) -> Iterator[_RenderedText]:
    """The text of each batch, put together while the one before it is written: both release Python's lock."""
    with ThreadPoolExecutor(max_workers=1) as renderer:
        ahead: Future[_RenderedText] | None = None
        for batch in batches:
            following = renderer.submit(_render_text, layout, batch)
            if ahead is not None:
                yield ahead.result()
            ahead = following
        if ahead is not None:
            yield ahead.result()


def _render_text(layout: FileLayout, batch: pa.RecordBatch) -> _RenderedText:
    journals = render(layout, batch)
    return _RenderedText(journals, journals.text(), running_total(journals.size_bytes()))


def _cut(plan: list[PlannedFile], rendered: Iterable[_RenderedText]) -> Iterator[tuple[int, _Slice]]:
    """Each planned part with its journals, a slice per batch."""
    part, room = 1, plan[0].journals
    for batch in rendered:
        journals, start, end = batch.journals, 0, len(batch.journals.lines)
        totals = (journals.lines, journals.debit_minor, journals.credit_minor)
        while start < end:
            if not room:
                if part == len(plan):
                    raise JournalsChangedError(f"part {part} of {part} would not hold the rest: {_CHANGED}")
                part, room = part + 1, plan[part].journals
            stop = min(start + room, end)
            lines, debit_minor, credit_minor = (total(each[start:stop]) for each in totals)
            text = batch.text[batch.bounds[start] : batch.bounds[stop]]
            yield part, _Slice(text, stop - start, lines, debit_minor, credit_minor)
            start, room = stop, room - (stop - start)


def _write(
    layout: FileLayout,
    plan: list[PlannedFile],
    part: int,
    slices: Iterator[_Slice],
    open_file: Callable[[str], AbstractContextManager[BinaryIO]],
) -> FileTotals:
    name, header = layout.file_name(part, len(plan)), header_line(layout.header)
    checksum, size_bytes = hashlib.sha256(header), len(header)
    journals = lines = debit_minor = credit_minor = 0
    with open_file(name) as file:
        file.write(header)
        for piece in slices:
            file.write(piece.text)
            checksum.update(piece.text)
            size_bytes += len(piece.text)
            journals, lines = journals + piece.journals, lines + piece.lines
            debit_minor, credit_minor = debit_minor + piece.debit_minor, credit_minor + piece.credit_minor
        if PlannedFile(journals, lines, debit_minor) != plan[part - 1]:
            raise JournalsChangedError(f"{name} does not hold what was planned for it: {_CHANGED}")
        if debit_minor != credit_minor:
            raise UnbalancedJournalError(
                f"{name} debits {debit_minor} and credits {credit_minor} minor units: it was not written, report this"
            )
    return FileTotals(
        name, part, len(plan), lines, journals, debit_minor, credit_minor, size_bytes, checksum.hexdigest()
    )
