"""Landed rows as a reader hands them over, before anything is known about their content.

What belongs here: the shape of a batch of raw rows, and the rows that no reader can split into fields. What does not:
readers (`resources.landing`) and the meaning of fields (`revrec.parsing.fields`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from revrec.arrays import Int64Array

# A row as it landed: field name to text, None where the field is absent. A row that cannot be split into fields stands
# under "" whole.
Record = dict[str, str | None]


@dataclass(frozen=True)
class UnreadableRow:
    """A row whose fields cannot be told apart.

    Attributes:
        number: row in the file as a person sees it.
        text: the row whole.
        reason: what is wrong, as a sentence.
    """

    number: int
    text: str
    reason: str


@dataclass(frozen=True)
class RawRows:
    """Consecutive rows of one landed file.

    Attributes:
        columns: binary columns named as the file names them, null or empty where a field is absent; a field that the
            file does not have at all may be left out. Text is not known to be UTF-8 yet.
        row_numbers: int64, the row of each in the file as a person sees it.
        unreadable: rows of the same stretch that are not in `columns`.
        full_records: gives the records at these positions where `columns` does not hold all that landed; None where it
            does.
    """

    columns: pa.RecordBatch
    row_numbers: Int64Array
    unreadable: tuple[UnreadableRow, ...] = ()
    full_records: Callable[[Int64Array], list[Record]] | None = None

    def records(self, positions: Int64Array) -> list[Record]:
        """The rows at these positions (0-based, within the batch) as they landed."""
        if self.full_records is not None:
            return self.full_records(positions)
        chosen = self.columns.take(pa.array(positions))
        names = self.columns.schema.names
        by_column = [[readable(value) for value in column.to_pylist()] for column in chosen.columns]
        return [dict(zip(names, values, strict=True)) for values in zip(*by_column, strict=True)]

    @staticmethod
    def only_unreadable(rows: tuple[UnreadableRow, ...]) -> "RawRows":
        """A batch of nothing but unreadable rows."""
        return RawRows(pa.RecordBatch.from_pydict({}), np.zeros(0, dtype=np.int64), rows)


def readable(value: bytes | None) -> str | None:
    r"""Text of a raw value for people: bytes that are not UTF-8 are shown as \xff, empty text is absent."""
    return value.decode("utf-8", "backslashreplace") if value else None
