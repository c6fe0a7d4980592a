"""The revenue waterfall: booked, recognized and remaining per customer and product, and when the rest is released.

What belongs here: its rows, and its CSV file, which has a column per future month. What does not: movements
(`revrec.reports.month_end`). Source: SPEC 8.
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.reports.csv_lines import table_lines
from revrec.reports.query import load, rows
from revrec.reports.schemas import REVENUE_WATERFALL

FIGURES = ("BOOKED", "RECOGNIZED", "UNBILLED", "REMAINING", "RELEASE", "UNSCHEDULED")


def revenue_waterfall(connection: duckdb.DuckDBPyConnection, month: str) -> pa.Table:
    """Rows of `REVENUE_WATERFALL` from the table `movement` of `MONTHLY_MOVEMENTS`."""
    return rows(connection, _WATERFALL, REVENUE_WATERFALL, month)


# What is contracted moves nothing, but makes a row for customers who have been neither invoiced nor earned from yet.
_WATERFALL = """
WITH past AS (
    FROM movement WHERE coalesce(movement_month <= getvariable('month'), true)
), figure AS (
    SELECT entity, currency, customer_id, customer_name, product_id, product_name, 1 AS place, 'BOOKED' AS figure,
           NULL AS release_month, billed_minor AS amount FROM past
    UNION ALL SELECT entity, currency, customer_id, customer_name, product_id, product_name, 2, 'RECOGNIZED', NULL,
                     recognized_minor FROM past
    UNION ALL SELECT entity, currency, customer_id, customer_name, product_id, product_name, 3, 'UNBILLED', NULL,
                     unbilled_minor FROM past
    UNION ALL SELECT entity, currency, customer_id, customer_name, product_id, product_name, 4, 'REMAINING', NULL,
                     deferred_minor FROM past
    UNION ALL SELECT entity, currency, customer_id, customer_name, product_id, product_name, 5, 'RELEASE',
                     movement_month, -deferred_minor FROM movement
              WHERE is_billed AND movement_month > getvariable('month')
    UNION ALL SELECT entity, currency, customer_id, customer_name, product_id, product_name, 6, 'UNSCHEDULED', NULL,
                     deferred_minor FROM movement
              WHERE is_billed OR coalesce(movement_month <= getvariable('month'), true)
)
SELECT getvariable('month') AS month, entity, currency, if(grouping(product_id) = 1, 'CUSTOMER', 'PRODUCT') AS level,
       customer_id, customer_name, coalesce(product_id, '') AS product_id, coalesce(product_name, '') AS product_name,
       figure, release_month, CAST(sum(amount) AS BIGINT) AS amount_minor
FROM figure
GROUP BY GROUPING SETS (
    (entity, currency, customer_id, customer_name, place, figure, release_month),
    (entity, currency, customer_id, customer_name, product_id, product_name, place, figure, release_month)
)
HAVING figure <> 'RELEASE' OR sum(amount) <> 0
ORDER BY entity, currency, customer_id, level, product_id, place, release_month
"""


def waterfall_lines(
    connection: duckdb.DuckDBPyConnection, waterfall: pa.Table, months: pa.Table, currency: str
) -> Iterator[bytes]:
    """One ledger's waterfall as a CSV file: a row per customer and per product below it, a column per future month.

    Args:
        connection: a DuckDB database.
        waterfall: rows of `REVENUE_WATERFALL` of the ledger.
        months: one column `release_month`: those that get a column, in order.
        currency: the ledger's.
    """
    releases = months["release_month"].to_pylist()
    load(connection, "waterfall", waterfall.to_batches(), REVENUE_WATERFALL)
    figures = [figure for figure in FIGURES if figure != "RELEASE"]
    columns = [
        *(f"CAST(coalesce(sum(amount_minor) FILTER (figure = '{figure}'), 0) AS BIGINT) AS {figure.lower()}_minor"
          for figure in figures[:-1]),
        *(f"CAST(coalesce(sum(amount_minor) FILTER (release_month = '{release}'), 0) AS BIGINT) AS \"{release}_minor\""
          for release in releases),
        "CAST(coalesce(sum(amount_minor) FILTER (figure = 'UNSCHEDULED'), 0) AS BIGINT) AS unscheduled_minor",
    ]  # fmt: skip
    table = connection.sql(
        f"""SELECT month, entity, currency, level, customer_id, customer_name, product_id, product_name,
            {", ".join(columns)} FROM waterfall
            GROUP BY month, entity, currency, level, customer_id, customer_name, product_id, product_name
            ORDER BY customer_id, level, product_id"""  # noqa: S608 - our own constants and months
    ).to_arrow_table()
    return table_lines(table.to_batches(), table.schema, currency)
