"""Cohorts: recognized revenue by the month of a customer's first revenue (SPEC 8).

What belongs here: its rows. What does not: movements (`revrec.reports.month_end`).
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.reports.query import rows
from revrec.reports.schemas import REVENUE_COHORTS


def revenue_cohorts(connection: duckdb.DuckDBPyConnection, month: str) -> Iterator[pa.RecordBatch]:
    """Rows of `REVENUE_COHORTS` from the table `movement` of `MONTHLY_MOVEMENTS`."""
    return rows(connection, _COHORTS, REVENUE_COHORTS, month)


_COHORTS = """
WITH by_customer AS (
    SELECT entity, currency, customer_id, movement_month, sum(recognized_minor) AS recognized
    FROM movement WHERE movement_month <= getvariable('month')
    GROUP BY ALL HAVING recognized <> 0
), cohort AS (
    SELECT entity, currency, customer_id, min(movement_month) AS cohort_month FROM by_customer GROUP BY ALL
)
SELECT getvariable('month') AS month, entity, currency, cohort_month, movement_month AS revenue_month,
       count(DISTINCT customer_id) AS customers, CAST(sum(recognized) AS BIGINT) AS recognized_minor
FROM by_customer JOIN cohort USING (entity, currency, customer_id)
GROUP BY ALL ORDER BY entity, currency, cohort_month, revenue_month
"""
