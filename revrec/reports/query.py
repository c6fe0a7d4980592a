"""Running a report's query in DuckDB.

What belongs here: the one way to get a report's rows. What does not: any report's query.
"""

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

BATCH_ROWS = 65_536


def load(
    connection: duckdb.DuckDBPyConnection, name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema
) -> None:
    """Read a stream into a table of the database."""
    connection.register("arriving", pa.RecordBatchReader.from_batches(schema, iter(batches)))
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    connection.unregister("arriving")


def rows(connection: duckdb.DuckDBPyConnection, sql: str, schema: pa.Schema, month: str) -> Iterator[pa.RecordBatch]:
    """Rows of a report, as a stream: a register has as many as the company has obligations.

    Args:
        connection: with the tables that the query reads; not to be used for anything else before the stream has ended.
        sql: the query; `getvariable('month')` is the posting month.
        schema: of the report.
        month: posting month, e.g. 2025-01.

    Raises:
        duckdb.Error: a total that does not fit int64.
    """
    connection.execute("SET VARIABLE month = ?", [month])
    return batches(connection, sql, schema)


def batches(connection: duckdb.DuckDBPyConnection, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """What a query finds, in the columns of a schema."""
    for batch in connection.sql(sql).to_arrow_reader(BATCH_ROWS):
        yield batch.select(schema.names).cast(schema)
