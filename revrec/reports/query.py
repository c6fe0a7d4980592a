"""Running a report's query in DuckDB.

What belongs here: the one way to get a report's rows. What does not: any report's query.
"""

from collections.abc import Iterable

import duckdb
import pyarrow as pa


def load(
    connection: duckdb.DuckDBPyConnection, name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema
) -> None:
    """Read a stream into a table of the database."""
    connection.register("arriving", pa.RecordBatchReader.from_batches(schema, iter(batches)))
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    connection.unregister("arriving")


def rows(connection: duckdb.DuckDBPyConnection, sql: str, schema: pa.Schema, month: str) -> pa.Table:
    """Rows of a report.

    Args:
        connection: with the tables that the query reads.
        sql: the query; `getvariable('month')` is the posting month.
        schema: of the report.
        month: posting month, e.g. 2025-01.

    Raises:
        duckdb.Error: a total that does not fit int64.
    """
    connection.execute("SET VARIABLE month = ?", [month])
    return connection.sql(sql).to_arrow_table().select(schema.names).cast(schema)
