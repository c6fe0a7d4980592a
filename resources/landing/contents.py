"""What the readers of all formats need: a first look at a file, the check of its columns, raw text as Arrow columns.

What belongs here: things that do not depend on the format. What does not: splitting a file into rows (the readers).
"""

import codecs
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from revrec.errors import RevrecError
from revrec.schemas import Dataset

_SURVEY_BYTES = 1024 * 1024

# Long enough for the last row of any billing extract.
TAIL_BYTES = 128 * 1024


@dataclass(frozen=True)
class Survey:
    """What one pass over a file's bytes tells.

    Attributes:
        sha256: hex digest of the content.
        size_bytes: its length.
        tail: its last bytes, at most TAIL_BYTES.
        is_utf8: whether the whole file is UTF-8.
    """

    sha256: str
    size_bytes: int
    tail: bytes
    is_utf8: bool


class FileRefusedError(RevrecError, ValueError):
    """A landed file of which no row can be read.

    Attributes:
        reason: what is wrong, as the end of a sentence that starts with "the file".
        action: what to do about it.
        row_count: how many rows are left out; 0 where they cannot be counted.
    """

    def __init__(self, reason: str, action: str, row_count: int = 0) -> None:
        """Say what is wrong with the file and what to do."""
        super().__init__(f"the file {reason}: {action}")
        self.reason, self.action, self.row_count = reason, action, row_count


def survey(stream: BinaryIO) -> Survey:
    """Look at every byte of a file once, from where the stream stands to its end."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size_bytes, tail, is_utf8, chunk = 0, b"", True, b"-"
    while chunk:
        chunk = stream.read(_SURVEY_BYTES)
        digest.update(chunk)
        size_bytes += len(chunk)
        tail = (tail + chunk if len(chunk) < TAIL_BYTES else chunk)[-TAIL_BYTES:]
        is_utf8 = is_utf8 and _continues_utf8(decoder, chunk)
    return Survey(digest.hexdigest(), size_bytes, tail, is_utf8)


def column_problem(dataset: Dataset, names: Sequence[str]) -> str | None:
    """What is wrong with a file's column names, as the end of a sentence; None where the dataset can be read from them.

    Columns that the dataset does not know are left alone, and optional ones may be missing.
    """
    missing = [field.name for field in dataset.fields if field.required and field.name not in names]
    if missing:
        return f"has no column {', '.join(missing)}"
    repeated = [name for name, count in Counter(names).items() if count > 1 and name in dataset]
    return f"has more than one column {', '.join(repeated)}" if repeated else None


def refused_columns(problem: str, row_count: int) -> FileRefusedError:
    """The refusal of a file whose columns are wrong (`problem` as `column_problem` gives it)."""
    return FileRefusedError(
        f"{problem} (rows: {row_count:,})", "correct the columns and land the file again", row_count
    )


def binary_column(values: Sequence[str | None]) -> pa.Array:
    """Binary array of texts decoded with `surrogateescape`: bytes that are not UTF-8 come back as they were."""
    try:
        return pc.cast(pa.array(values, pa.string()), pa.binary())
    except UnicodeEncodeError:
        return pa.array([None if value is None else _encoded(value) for value in values], pa.binary())


def printable(text: str) -> str:
    r"""Text that was decoded with `surrogateescape`, with bytes that are not UTF-8 shown as \xff."""
    return _encoded(text).decode("utf-8", "backslashreplace")


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # JSON can name half of a surrogate pair: no Unicode text, and found to be so when the column is parsed.
        return text.encode("utf-8", "surrogatepass")


def _continues_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError:
        return False
    return True
