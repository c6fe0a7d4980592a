"""Remaining performance obligations by time band, billed and unbilled (SPEC 8; ASC 606-10-50-13).

What belongs here: its bands and rows. What does not: movements (`revrec.reports.month_end`).
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.reports.query import rows
from revrec.reports.schemas import REMAINING_PERFORMANCE_OBLIGATIONS

# Last month of each band, counted from the month after the report's, and its name.
BANDS = (
    (3, "months 1 to 3"),
    (6, "months 4 to 6"),
    (12, "months 7 to 12"),
    (24, "months 13 to 24"),
    (36, "months 25 to 36"),
)
LATER, UNSCHEDULED = "after month 36", "no date yet"


def remaining_performance_obligations(connection: duckdb.DuckDBPyConnection, month: str) -> Iterator[pa.RecordBatch]:
    """Rows of `REMAINING_PERFORMANCE_OBLIGATIONS` from the table `movement` of `MONTHLY_MOVEMENTS`; every band of every
    ledger, also the empty ones."""
    return rows(connection, _RPO, REMAINING_PERFORMANCE_OBLIGATIONS, month)


_NAMES = [name for _, name in BANDS] + [LATER, UNSCHEDULED]
_CASES = " ".join(f"WHEN ahead <= {last} THEN {place}" for place, (last, _) in enumerate(BANDS))
_VALUES = ", ".join(f"({place}, '{name}')" for place, name in enumerate(_NAMES))
_RPO = f"""
WITH band(position, band) AS (VALUES {_VALUES}), ledger AS (SELECT DISTINCT entity, currency FROM movement), part AS (
    SELECT entity, currency,
           datediff('month', CAST(getvariable('month') || '-01' AS DATE), CAST(movement_month || '-01' AS DATE))
           AS ahead, -deferred_minor AS billed, 0 AS unbilled
    FROM movement WHERE is_billed AND movement_month > getvariable('month')
    UNION ALL
    SELECT entity, currency, datediff('month', CAST(getvariable('month') || '-01' AS DATE),
                                      CAST(movement_month || '-01' AS DATE)), 0, recognized_minor
    FROM movement WHERE NOT is_billed AND movement_month > getvariable('month')
    UNION ALL
    SELECT entity, currency, NULL, deferred_minor, 0 FROM movement
    WHERE is_billed OR coalesce(movement_month <= getvariable('month'), true)
    UNION ALL
    SELECT entity, currency, NULL, 0, contracted_minor - recognized_minor FROM movement WHERE NOT is_billed
), placed AS (
    SELECT entity, currency, CASE WHEN ahead IS NULL THEN {len(BANDS) + 1} {_CASES} ELSE {len(BANDS)} END AS position,
           sum(billed) AS billed, sum(unbilled) AS unbilled
    FROM part GROUP BY ALL
)
SELECT getvariable('month') AS month, entity, currency, position, band,
       CAST(coalesce(billed, 0) AS BIGINT) AS billed_minor, CAST(coalesce(unbilled, 0) AS BIGINT) AS unbilled_minor,
       CAST(coalesce(billed, 0) + coalesce(unbilled, 0) AS BIGINT) AS total_minor
FROM ledger CROSS JOIN band LEFT JOIN placed USING (entity, currency, position)
ORDER BY entity, currency, position
"""  # noqa: S608 - our own constants
