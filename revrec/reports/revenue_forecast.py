"""The revenue forecast: what the schedules will recognize in later months (SPEC 8).

What belongs here: its rows. What does not: movements (`revrec.reports.month_end`), and any guess about renewals: only
what is contracted counts.
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.reports.query import rows
from revrec.reports.schemas import REVENUE_FORECAST


def revenue_forecast(connection: duckdb.DuckDBPyConnection, month: str) -> Iterator[pa.RecordBatch]:
    """Rows of `REVENUE_FORECAST` from the table `movement` of `MONTHLY_MOVEMENTS`."""
    return rows(connection, _FORECAST, REVENUE_FORECAST, month)


_FORECAST = """
WITH part AS (
    SELECT entity, currency, product_id, product_name, recognition_method, movement_month AS revenue_month, is_billed,
           recognized_minor AS amount
    FROM movement WHERE movement_month > getvariable('month')
    UNION ALL
    SELECT entity, currency, product_id, product_name, recognition_method, NULL, is_billed,
           contracted_minor - recognized_minor FROM movement
)
SELECT getvariable('month') AS month, entity, currency, product_id, product_name, recognition_method, revenue_month,
       CAST(coalesce(sum(amount) FILTER (is_billed), 0) AS BIGINT) AS billed_minor,
       CAST(coalesce(sum(amount) FILTER (NOT is_billed), 0) AS BIGINT) AS unbilled_minor,
       CAST(sum(amount) AS BIGINT) AS recognized_minor
FROM part GROUP BY ALL HAVING billed_minor <> 0 OR unbilled_minor <> 0
ORDER BY entity, currency, product_id, recognition_method, revenue_month NULLS LAST
"""
