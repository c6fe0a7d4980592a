"""Digests of a table's rows that say nothing of their order, nor of the files they landed in.

What belongs here: naming the content of a table. What does not: what a table is named for.
"""

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

# Where a row landed: the same document in another file, or another row of it, is the same document.
LANDED_COLUMNS = ("landed_file", "landed_row")

# 64 bits of a hash per row: two sets of rows whose sums agree by chance would share a name, and nothing else.
_DIGEST = """
SELECT count(*), coalesce(sum(CAST(md5_number_lower(concat_ws(chr(31), {texts})) AS HUGEINT)), 0) FROM arriving
"""


class RowsDigest:
    """Names rows that pass by: the same rows give the same name, in whatever order and from whatever files they come.

    `str` of it is the name of the rows so far.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Hash on a DuckDB database, which is used for nothing else meanwhile."""
        self._connection = connection
        self._rows = self._sum = 0

    def watch(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass batches of one schema on, and take their rows in."""
        for batch in batches:
            self._add(batch)
            yield batch

    def _add(self, batch: pa.RecordBatch) -> None:
        columns = [name for name in batch.schema.names if name not in LANDED_COLUMNS]
        texts = ", ".join(f"coalesce(CAST({name} AS VARCHAR), chr(30))" for name in columns)
        self._connection.register("arriving", batch.select(columns))
        [(rows, total)] = self._connection.execute(_DIGEST.format(texts=texts)).fetchall()
        self._connection.unregister("arriving")
        # sums of hashes do not depend on the order of rows, and tell a row from the same row twice
        self._rows, self._sum = self._rows + rows, self._sum + total

    def __str__(self) -> str:
        """Number of rows, and the sum of their hashes."""
        return f"{self._rows}-{self._sum}"
