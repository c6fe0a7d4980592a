"""What a target takes in one file, and the error where a single journal is more.

What belongs here: the caps and their check. What does not: each format's figures (the format's module), cutting a
stream into files (`revrec.exports.files`).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from revrec.arrays import Int64Array
from revrec.errors import RevrecError

# Rows of a worksheet, header included: Excel 2007 and later, LibreOffice Calc. No format may exceed it.
SPREADSHEET_ROWS = 1_048_576


class ExportLimitError(RevrecError, ValueError):
    """A journal that is too large for one file of its format: files are cut between journals only (SPEC 9)."""


@dataclass(frozen=True)
class Caps:
    """What one file may hold.

    Attributes:
        target: who sets the cap, as a person calls it, e.g. "a Xero import file".
        rows: most rows.
        header_counts: whether the header is one of them.
        size_bytes: most bytes, header included; None where only rows count.
    """

    target: str
    rows: int
    header_counts: bool = False
    size_bytes: int | None = None

    @property
    def lines(self) -> int:
        """Most lines after the header."""
        return self.rows - self.header_counts

    def refuse_larger(self, numbers: pa.Array, lines: Int64Array, size_bytes: Int64Array | None, advice: str) -> None:
        """Make sure that each journal fits a file of its own.

        Args:
            numbers: number of each journal, for the message.
            lines: how many lines each has.
            size_bytes: how many bytes each has, the header added; None to look at lines alone.
            advice: what to change, as the end of a sentence.

        Raises:
            ExportLimitError: names the first journal that does not fit, its size and the cap.
        """
        if len(lines) and lines.max() > self.lines:
            journal = int(np.argmax(lines > self.lines))
            raise ExportLimitError(
                f"journal {numbers[journal].as_py()} has {lines[journal]} lines, {self.target} takes at most "
                f"{self.lines} and a journal cannot be split: {advice}"
            )
        if self.size_bytes is not None and size_bytes is not None and len(lines) and size_bytes.max() > self.size_bytes:
            journal = int(np.argmax(size_bytes > self.size_bytes))
            raise ExportLimitError(
                f"journal {numbers[journal].as_py()} has {lines[journal]} lines, with the header {size_bytes[journal]} "
                f"bytes, {self.target} takes at most {self.size_bytes} and a journal cannot be split: {advice}"
            )
