"""Documents that landed in more than one month: only the latest version counts (SPEC 10).

What belongs here: finding which months hold an older version of a document. What does not: versions within a month,
which reading settles (`resources.landing`).

An invoice that was billed in January and moved to February lands in both months' folders. Each month by itself is
sound; together they would bill the invoice twice.
"""

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

VERSION_COLUMNS = ["id", "updated_at"]

_SUPERSEDED = """
WITH repeated AS (SELECT id FROM version GROUP BY id HAVING count(*) > 1)
SELECT month, id, last_value(month) OVER newest AS newest_month
FROM version SEMI JOIN repeated USING (id)
WINDOW newest AS (PARTITION BY id ORDER BY updated_at, month ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
QUALIFY month <> newest_month
ORDER BY ALL
"""


def superseded(
    connection: duckdb.DuckDBPyConnection, months: Mapping[str, Iterable[pa.RecordBatch]]
) -> dict[str, dict[str, str]]:
    """Which documents of each month have a later version in another month.

    Args:
        connection: an empty DuckDB database.
        months: document month to batches with `VERSION_COLUMNS`: the versions in force of that month.

    Returns:
        month to document id to the month of the version that counts: the latest `updated_at`, of equal ones the later
        month. Every given month has an entry.
    """
    connection.execute("CREATE TABLE version (month VARCHAR, id VARCHAR, updated_at TIMESTAMPTZ)")
    for month, batches in months.items():
        for batch in batches:
            connection.register("arriving", batch)
            connection.execute("INSERT INTO version SELECT ?, id, updated_at FROM arriving", [month])
            connection.unregister("arriving")
    found: dict[str, dict[str, str]] = {month: {} for month in months}
    for month, document, newest_month in connection.execute(_SUPERSEDED).fetchall():
        found[month][document] = newest_month
    return found
