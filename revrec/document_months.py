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

# what a rejected row has for a time may be anything
_INSERT = """
INSERT INTO version
SELECT ?, id, TRY_CAST(updated_at AS TIMESTAMPTZ), ? FROM arriving
WHERE id IS NOT NULL AND TRY_CAST(updated_at AS TIMESTAMPTZ) IS NOT NULL
"""

_SUPERSEDED = """
WITH repeated AS (SELECT id FROM version GROUP BY id HAVING count(*) > 1)
SELECT month, id, last_value(month) OVER newest AS newest_month
FROM version SEMI JOIN repeated USING (id)
WINDOW newest AS (
    PARTITION BY id ORDER BY updated_at, sound, month ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
QUALIFY month <> newest_month
ORDER BY ALL
"""


def superseded(
    connection: duckdb.DuckDBPyConnection,
    months: Mapping[str, Iterable[pa.RecordBatch]],
    rejected: Mapping[str, pa.RecordBatch] | None = None,
) -> dict[str, dict[str, str]]:
    """Which documents of each month have a later version in another month.

    Args:
        connection: an empty DuckDB database.
        months: document month to batches with `VERSION_COLUMNS`: the versions in force of that month.
        rejected: document month to the versions in quarantine, in the same columns as texts. A later version that was
            rejected replaces an earlier one all the same: what is known to be outdated is not posted.

    Returns:
        month to document id to the month of the version that counts: the latest `updated_at`, of equal ones the later
        month. Every given month has an entry.
    """
    connection.execute("CREATE TABLE version (month VARCHAR, id VARCHAR, updated_at TIMESTAMPTZ, sound BOOLEAN)")
    for month, batches in months.items():
        for batch in batches:
            _add(connection, month, batch, sound=True)
    for month, batch in (rejected or {}).items():
        _add(connection, month, batch, sound=False)
    found: dict[str, dict[str, str]] = {month: {} for month in months}
    for month, document, newest_month in connection.execute(_SUPERSEDED).fetchall():
        if month in found:
            found[month][document] = newest_month
    return found


def _add(connection: duckdb.DuckDBPyConnection, month: str, batch: pa.RecordBatch, *, sound: bool) -> None:
    connection.register("arriving", batch)
    connection.execute(_INSERT, [month, sound])
    connection.unregister("arriving")
