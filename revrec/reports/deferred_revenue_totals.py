"""Totals of the deferred revenue report by customer, product, invoice, method and service period (SPEC 8).

What belongs here: adding its rows up. What does not: the rows (`revrec.reports.month_end`).
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.reports.query import rows
from revrec.reports.schemas import DEFERRED_REVENUE_TOTALS

# Dimension to its key and its name, of a row of DEFERRED_REVENUE.
DIMENSIONS = {
    "CUSTOMER": ("customer_id", "customer_name"),
    "PRODUCT": ("product_id", "product_name"),
    "INVOICE": ("invoice_id", "invoice_number"),
    "METHOD": ("recognition_method", "recognition_method"),
    "SERVICE_PERIOD": ("service_period", "service_period"),
}

# The key of SERVICE_PERIOD, as SQL.
SERVICE_PERIOD = "CASE WHEN service_start IS NULL THEN '' ELSE format('{} to {}', service_start, service_end) END"


def deferred_revenue_totals(connection: duckdb.DuckDBPyConnection, month: str) -> Iterator[pa.RecordBatch]:
    """Rows of `DEFERRED_REVENUE_TOTALS` from the table `deferred` of `DEFERRED_REVENUE`."""
    return rows(connection, _TOTALS, DEFERRED_REVENUE_TOTALS, month)


_AMOUNTS = ("contracted", "invoiced", "recognized", "balance", "remaining", "unbilled", "current", "non_current")
_SUMS = ", ".join(f"CAST(sum({name}_minor) AS BIGINT) AS {name}_minor" for name in _AMOUNTS)
_LABELLED = " UNION ALL ".join(
    f"SELECT {place} AS place, '{dimension}' AS dimension, {key} AS key, {name} AS name, * FROM row"  # noqa: S608
    for place, (dimension, (key, name)) in enumerate(DIMENSIONS.items())
)
_TOTALS = f"""
WITH row AS (
    SELECT *, {SERVICE_PERIOD} AS service_period FROM deferred
), labelled AS ({_LABELLED})
SELECT getvariable('month') AS month, entity, currency, dimension, key, min(name) AS name, count(*) AS schedules,
       {_SUMS}
FROM labelled GROUP BY entity, currency, place, dimension, key
ORDER BY entity, currency, place, key
"""  # noqa: S608 - our own constants
