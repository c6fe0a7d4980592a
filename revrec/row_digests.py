"""Digests of a table's rows that say nothing of their order, nor of the files they landed in.

What belongs here: naming the content of a table. What does not: what a table is named for.
"""

from collections.abc import Iterable

import duckdb
import pyarrow as pa

# Where a row landed: the same document in another file, or another row of it, is the same document.
LANDED_COLUMNS = ("landed_file", "landed_row")

# 64 bits of a hash per row: two sets of rows whose sums agree by chance would share a name, and nothing else.
_DIGEST = """
SELECT count(*), coalesce(sum(CAST(md5_number_lower(concat_ws(chr(31), {texts})) AS HUGEINT)), 0) FROM arriving
"""


def rows_digest(connection: duckdb.DuckDBPyConnection, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    """Text that is the same for the same rows, in whatever order and from whatever files they come.

    Args:
        connection: a DuckDB database.
        schema: of the batches.
        batches: any number of rows; they are run through once and not held.
    """
    columns = [name for name in schema.names if name not in LANDED_COLUMNS]
    chosen = pa.schema([schema.field(name) for name in columns])
    reader = pa.RecordBatchReader.from_batches(chosen, (batch.select(columns) for batch in batches))
    connection.register("arriving", reader)
    texts = ", ".join(f"coalesce(CAST({name} AS VARCHAR), chr(30))" for name in columns)
    rows = connection.execute(_DIGEST.format(texts=texts)).fetchall()
    connection.unregister("arriving")
    # sums of hashes do not depend on the order of rows, and tell a row from the same row twice
    return "-".join(str(figure) for figure in rows[0])
