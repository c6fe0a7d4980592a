"""Cutting a ledger-month's journals into files.

What belongs here: which journals go into which file, given their sizes and the format's caps. What does not: sizes
(`revrec.exports.lines`), writing (`revrec.exports.files`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from revrec.arrays import Int64Array
from revrec.exports.cells import header_line
from revrec.exports.layout import FileLayout
from revrec.exports.lines import JournalSizes

# Room that no sum of sizes uses up.
_NO_LIMIT = int(np.iinfo(np.int64).max) // 2


@dataclass(frozen=True)
class PlannedFile:
    """What one file will hold.

    Attributes:
        journals: how many journals, as the target counts them.
        lines: lines after the header.
        debit_minor: sum of debits in minor units, as the run-length journals have it.
    """

    journals: int = 0
    lines: int = 0
    debit_minor: int = 0


def plan_files(layout: FileLayout, sizes: Iterable[JournalSizes]) -> list[PlannedFile]:
    """Decide which journals go into which file: in order, as many as fit, at least one file.

    Raises:
        ExportLimitError: a journal that fits no file.
    """
    header_bytes = len(header_line(layout.header))
    most_bytes = _NO_LIMIT if layout.caps.size_bytes is None else layout.caps.size_bytes
    files, file_bytes = [PlannedFile()], header_bytes
    for batch in sizes:
        journal_bytes = np.zeros_like(batch.lines) if batch.size_bytes is None else batch.size_bytes
        layout.caps.refuse_larger(batch.numbers, batch.lines, journal_bytes + header_bytes, layout.advice)
        lines, size = running_total(batch.lines), running_total(journal_bytes)
        start, end = 0, len(batch.lines)
        while start < end:
            file = files[-1]
            stop = min(
                _last_within(lines, start, layout.caps.lines - file.lines),
                _last_within(size, start, most_bytes - file_bytes),
            )
            files[-1] = PlannedFile(
                file.journals + stop - start,
                file.lines + int(lines[stop] - lines[start]),
                file.debit_minor + total(batch.debit_minor[start:stop]),
            )
            file_bytes += int(size[stop] - size[start])
            if stop < end:
                files.append(PlannedFile())
                file_bytes = header_bytes
            start = stop
    return files


def total(amounts: Int64Array) -> int:
    """The sum as Python's integer: that of a file may exceed int64."""
    return sum(amounts.tolist())


def running_total(sizes: Int64Array) -> Int64Array:
    """0, then the sum of the first, of the first two, and so on."""
    return np.concatenate(([0], np.cumsum(sizes)))


def _last_within(sums: Int64Array, start: int, room: int) -> int:
    """Where to stop so that what lies between there and `start` does not exceed the room, of running totals."""
    return int(np.searchsorted(sums, sums[start] + room, side="right")) - 1
