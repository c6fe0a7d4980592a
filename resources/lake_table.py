"""A table of the lake, read as a stream, by columns or by the rows that are wanted.

What belongs here: reading one Parquet file. What does not: where it lies (`resources.lake`).
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from revrec.errors import RevrecError

BATCH_ROWS = 65_536
META_PREFIX = "revrec."


class TableChangedError(RevrecError, OSError):
    """A table was replaced by another one while it was in use."""


class LakeTable:
    """A table in the lake.

    Its footer is read at once; its file is opened for as long as rows are read, and no longer: a posting month looks at
    a dozen tables of every document month, more than a process may have open. A table that was replaced meanwhile by
    the same rows is read on; by others, it is refused.
    """

    def __init__(self, open_file: Callable[[], BinaryIO], name: str = "a table") -> None:
        """Read the footer.

        Args:
            open_file: opens the Parquet file, as often as it is called.
            name: of the table, for messages.
        """
        self._open_file = open_file
        self._name = name
        with open_file() as file:
            parquet = pq.ParquetFile(file, pre_buffer=False)
            self._footer: pq.FileMetaData = parquet.metadata
            self._schema: pa.Schema = parquet.schema_arrow

    @classmethod
    def of_bytes(cls, content: bytes, name: str = "a table") -> "LakeTable":
        """The table of a whole file in memory."""
        return cls(lambda: BytesIO(content), name)

    @property
    def schema(self) -> pa.Schema:
        """Columns, without the file's own metadata."""
        return self._schema.remove_metadata()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self._footer.num_rows)

    @property
    def metadata(self) -> dict[str, str]:
        """What the writer noted about the table."""
        stored = self._footer.metadata or {}
        return {
            key.decode().removeprefix(META_PREFIX): value.decode()
            for key, value in stored.items()
            if key.startswith(META_PREFIX.encode())
        }

    def batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Every row in order, as batches.

        Raises:
            TableChangedError: the table was replaced since its footer was read; so do all methods that read rows.
        """
        with self._opened() as parquet:
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=columns, use_threads=False):
                yield batch.replace_schema_metadata(None)

    def read(self, columns: list[str] | None = None) -> pa.Table:
        """The whole table in memory: for small ones, and for columns of large ones."""
        with self._opened() as parquet:
            return parquet.read(columns=columns).replace_schema_metadata(None)

    def batches_where(self, equal: Mapping[str, object], columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows in which each named column holds its value, in order; row groups whose statistics exclude them are
        not read. Of these rows some columns, or all."""
        # a column that is not there is an error
        wanted = {self._schema.get_field_index(self._schema.field(name).name): value for name, value in equal.items()}
        with self._opened() as parquet:
            for group in range(parquet.num_row_groups):
                if all(self._may_hold(group, position, value) for position, value in wanted.items()):
                    table = _row_group(parquet, group, columns and [*dict.fromkeys([*equal, *columns])])
                    for column, value in equal.items():
                        table = table.filter(pc.equal(table[column], value))
                    yield from (table.select(columns) if columns else table).to_batches()

    def read_where(self, equal: Mapping[str, object]) -> pa.Table:
        """The rows of `batches_where`, in memory."""
        return pa.Table.from_batches(self.batches_where(equal), schema=self.schema)

    def read_in(self, column: str, values: Collection[str]) -> pa.Table:
        """The rows whose text in a column is one of some, in order; row groups whose statistics exclude all of them are
        not read."""
        position, ordered = self._schema.get_field_index(column), sorted(values)
        wanted = pa.array(ordered, pa.string())
        parts = [self.schema.empty_table()]
        with self._opened() as parquet:
            for group in range(parquet.num_row_groups):
                if self._may_hold_one_of(group, position, ordered):
                    # the one column first: of a few rows, most row groups have none
                    texts = parquet.read_row_group(group, columns=[column], use_threads=False)[column]
                    found = pc.is_in(texts.cast(pa.string()), wanted)
                    if pc.any(found).as_py():
                        parts.append(_row_group(parquet, group).filter(found))
        return pa.concat_tables(parts)

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        with self._open_file() as file:
            parquet = pq.ParquetFile(file, pre_buffer=False)
            if not parquet.metadata.equals(self._footer) or parquet.metadata.metadata != self._footer.metadata:
                raise TableChangedError(f"{self._name} was replaced while it was being read: run this again")
            yield parquet

    def _may_hold(self, group: int, position: int, value: object) -> bool:
        statistics = self._footer.row_group(group).column(position).statistics
        return statistics is None or not statistics.has_min_max or bool(statistics.min <= value <= statistics.max)

    def _may_hold_one_of(self, group: int, position: int, ordered: list[str]) -> bool:
        statistics = self._footer.row_group(group).column(position).statistics
        if statistics is None or not statistics.has_min_max:
            return True
        first = bisect_left(ordered, statistics.min)
        return first < len(ordered) and bool(ordered[first] <= statistics.max)


def _row_group(parquet: pq.ParquetFile, group: int, columns: list[str] | None = None) -> pa.Table:
    return parquet.read_row_group(group, columns=columns, use_threads=False).replace_schema_metadata(None)
