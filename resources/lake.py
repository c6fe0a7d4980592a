"""The lake: every asset's table of every month, as one Parquet file each (DESIGN, Storage).

What belongs here: where a table lies, and writing it whole from a stream. What does not: reading it
(`resources.lake_table`), what the tables hold (`revrec.tables`), how Dagster hands them over
(`resources.lake_io_manager`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from resources.lake_table import BATCH_ROWS, META_PREFIX, LakeTable
from resources.object_store import ObjectNotFoundError, ObjectStore
from revrec.errors import RevrecError

# DuckDB and polars work on row groups in parallel, and skip those outside of a filter; measured best near 10,000 rows
# (FACTS).
ROW_GROUP_ROWS = 16_384
PREVIEW_ROWS = 5
# Reference tables have no month.
UNPARTITIONED = "all"


class TableMissingError(RevrecError, FileNotFoundError):
    """A lake table that is needed has not been materialized."""


@dataclass(frozen=True)
class TableStream:
    """A table on its way: produced batch by batch, so that memory does not grow with the month.

    Attributes:
        schema: of every batch.
        batches: can be run through once.
        metadata: kept in the Parquet file; must follow from the inputs alone, like every byte of it. The batches may
            still add to it.
    """

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SealedTable(TableStream):
    """A table that is a whole file already: it is written byte for byte.

    Attributes:
        content: the Parquet file.
    """

    content: bytes = b""

    @classmethod
    def of(cls, content: bytes) -> "SealedTable":
        """A sealed file's table."""
        table = LakeTable.of_bytes(content)
        return cls(table.schema, table.batches(), table.metadata, content)


@dataclass(frozen=True)
class WrittenTable:
    """What was written.

    Attributes:
        key: object key.
        uri: address for people.
        rows: number of rows.
        totals_minor: per currency, the sum of each column of minor units (`..._minor`); empty where the table names no
            currency.
        sha256: of the file.
        size_bytes: of the file.
        schema: columns.
        preview: the first rows.
    """

    key: str
    uri: str
    rows: int
    totals_minor: dict[str, dict[str, int]]
    sha256: str
    size_bytes: int
    schema: pa.Schema
    preview: list[dict[str, object]]


class Lake:
    """Every table of every month in an object store."""

    def __init__(self, store: ObjectStore) -> None:
        """Use a store; tables lie under lake/."""
        self.store = store

    @staticmethod
    def key(table: str, month: str | None) -> str:
        """Object key of a table."""
        return f"lake/{table}/{month or UNPARTITIONED}.parquet"

    def months(self, table: str) -> list[str]:
        """Months a table exists for, in order."""
        names = (item.key.rpartition("/")[2] for item in self.store.list_objects(f"lake/{table}/"))
        return [name.removesuffix(".parquet") for name in names if name.endswith(".parquet")]

    def find(self, table: str, month: str | None) -> LakeTable | None:
        """A table, or None where it has not been materialized."""
        try:
            return LakeTable(lambda: self.store.open_read(self.key(table, month)), self.key(table, month))
        except ObjectNotFoundError:
            return None

    def open(self, table: str, month: str | None) -> LakeTable:
        """A table.

        Raises:
            TableMissingError: it has not been materialized.
        """
        found = self.find(table, month)
        if found is None:
            where = f" of {month}" if month else ""
            raise TableMissingError(
                f"table {table}{where} is not in the lake: materialize asset {table}{where} first, or use `revrec run`"
            )
        return found

    def write(self, table: str, month: str | None, stream: TableStream) -> WrittenTable:
        """Replace a table by a stream, in one step: readers see the old file until the new one is whole."""
        if isinstance(stream, SealedTable):
            return self._write_sealed(table, month, stream)
        key = self.key(table, month)
        schema = stream.schema
        tally = _Tally()
        with self.store.open_write(key) as file:
            hashing = _HashingWriter(file)
            with pq.ParquetWriter(hashing, schema, compression="zstd", use_dictionary=True) as writer:
                for batch in _row_groups(stream.batches, schema):
                    writer.write_batch(batch, row_group_size=ROW_GROUP_ROWS)
                    tally.add(batch)
                # after the last batch: the stream may have learned some of it on the way
                writer.add_key_value_metadata(
                    {f"{META_PREFIX}{name}": value for name, value in sorted(stream.metadata.items())}
                )
        return tally.written(key, self.store.uri(key), hashing.sha256, hashing.size_bytes, stream.schema)

    def _write_sealed(self, table: str, month: str | None, stream: SealedTable) -> WrittenTable:
        key, tally = self.key(table, month), _Tally()
        for batch in stream.batches:
            tally.add(batch)
        self.store.write_bytes(key, stream.content)
        sha256 = hashlib.sha256(stream.content).hexdigest()
        return tally.written(key, self.store.uri(key), sha256, len(stream.content), stream.schema)


class _Tally:
    """What people are told of a table, taken in while its batches pass by."""

    def __init__(self) -> None:
        self._rows = 0
        self._preview: list[dict[str, object]] = []
        self._totals: dict[str, Counter[str]] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        self._rows += batch.num_rows
        self._preview += batch.slice(0, PREVIEW_ROWS - len(self._preview)).to_pylist()
        _add_totals(self._totals, batch)

    def written(self, key: str, uri: str, sha256: str, size_bytes: int, schema: pa.Schema) -> WrittenTable:
        totals = {currency: dict(sums) for currency, sums in sorted(self._totals.items())}
        return WrittenTable(key, uri, self._rows, totals, sha256, size_bytes, schema, self._preview)


def _add_totals(totals: dict[str, Counter[str]], batch: pa.RecordBatch) -> None:
    """Add a batch to the totals by currency; Python integers across batches, as int64 sums wrap silently."""
    amounts = [name for name in batch.schema.names if name.endswith("_minor")]
    if not amounts or "currency" not in batch.schema.names:
        return
    # 65,536 rows x 1e14 (MAX_AMOUNT_MINOR) = 6.6e18 stays below 2**63
    sums = (
        pa.Table.from_batches([batch])
        .group_by("currency", use_threads=False)
        .aggregate([(name, "sum") for name in amounts])
    )
    for row in sums.to_pylist():
        currency_totals = totals.setdefault(row["currency"], Counter())
        currency_totals.update({name: row[f"{name}_sum"] or 0 for name in amounts})


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Merge and cut batches, so that a file's bytes do not depend on how its rows came."""
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        pending.append(batch)
        rows += batch.num_rows
        if rows >= BATCH_ROWS:
            table = pa.Table.from_batches(pending)
            whole = rows - rows % BATCH_ROWS
            for start in range(0, whole, BATCH_ROWS):
                yield _one_batch(table.slice(start, BATCH_ROWS), schema)
            pending, rows = table.slice(whole).to_batches(), rows - whole
    if rows:
        yield _one_batch(pa.Table.from_batches(pending), schema)


def _one_batch(table: pa.Table, schema: pa.Schema) -> pa.RecordBatch:
    """One batch whose dictionaries hold just its own values, in the order in which they first come up."""
    for place, column in enumerate(schema):
        if pa.types.is_dictionary(column.type):
            values = table.column(place).cast(column.type.value_type).combine_chunks()
            table = table.set_column(place, column, values.dictionary_encode())
    return table.combine_chunks().to_batches()[0].cast(schema)


class _HashingWriter:
    """Passes bytes on to a file and hashes them on the way."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size_bytes = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        self.size_bytes += len(data)
        self._file.write(data)
        return len(data)

    def flush(self) -> None:
        self._file.flush()

    def tell(self) -> int:
        return self.size_bytes

    def close(self) -> None:
        self.closed = True

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
