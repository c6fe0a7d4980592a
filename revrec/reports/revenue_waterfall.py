"""The revenue waterfall: booked, recognized and remaining per customer and product, and when the rest is released.

What belongs here: its rows, and its CSV file, which has a column per future month. What does not: movements
(`revrec.reports.month_end`). Source: SPEC 8.
"""

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import BoolArray, Int64Array
from revrec.columns import integers
from revrec.journal_stream import first_rows
from revrec.reports.csv_lines import table_lines
from revrec.reports.query import rows
from revrec.reports.schemas import REVENUE_WATERFALL

FIGURES = ("BOOKED", "RECOGNIZED", "UNBILLED", "REMAINING", "RELEASE", "UNSCHEDULED")
# What tells a row of the CSV file from the one before.
_ROW_KEY = ("level", "customer_id", "product_id")


def revenue_waterfall(connection: duckdb.DuckDBPyConnection, month: str) -> Iterator[pa.RecordBatch]:
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


def waterfall_lines(waterfall: pa.Table, currency: str) -> Iterator[bytes]:
    """One ledger's waterfall as a CSV file: a row per customer and per product below it, a column per future month.

    Args:
        waterfall: rows of `REVENUE_WATERFALL` of the ledger, in order.
        currency: the ledger's.
    """
    table = _wide(waterfall)
    return table_lines(table.to_batches(), table.schema, currency)


def _wide(waterfall: pa.Table) -> pa.Table:
    """A row per customer or product: each figure is a column of the rows that are its own, in the order of the rows."""
    names = ["month", "entity", "currency", "level", "customer_id", "customer_name", "product_id", "product_name"]
    starts = np.array([], dtype=np.int64)
    if waterfall.num_rows:
        starts = first_rows(waterfall.select(names).combine_chunks().to_batches()[0], _ROW_KEY)
    row = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, waterfall.num_rows)))
    months = pc.unique(waterfall["release_month"].drop_null()).sort()
    figure, release = _places(waterfall["figure"], pa.array(FIGURES)), _places(waterfall["release_month"], months)
    amount = integers(waterfall["amount_minor"].combine_chunks())

    def column(chosen: BoolArray) -> pa.Array:
        amounts = np.zeros(len(starts), dtype=np.int64)
        amounts[row[chosen]] = amount[chosen]
        return pa.array(amounts)

    columns = {name: waterfall[name].take(pa.array(starts)) for name in names}
    columns |= {f"{name.lower()}_minor": column(figure == place) for place, name in enumerate(FIGURES[:4])}
    columns |= {f"{month}_minor": column(release == place) for place, month in enumerate(months.to_pylist())}
    return pa.table({**columns, "unscheduled_minor": column(figure == FIGURES.index("UNSCHEDULED"))})


def _places(texts: pa.ChunkedArray, of: pa.Array) -> Int64Array:
    """Place of each text among some; -1 where it is none of them."""
    return integers(pc.fill_null(pc.index_in(texts, of), -1).combine_chunks())
