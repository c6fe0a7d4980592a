"""The obligation register: every performance obligation with what is left of it (SPEC 8; ASC 606-10-50-13).

What belongs here: folding the schedules of an obligation into its row. What does not: the schedules' figures
(`revrec.reports.month_end`).
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.reports.query import rows
from revrec.reports.schemas import OBLIGATION_REGISTER


def obligation_register(connection: duckdb.DuckDBPyConnection, month: str) -> Iterator[pa.RecordBatch]:
    """Rows of `OBLIGATION_REGISTER` from the table `deferred` of `DEFERRED_REVENUE`."""
    return rows(connection, _REGISTER, OBLIGATION_REGISTER, month)


# The obligation's own schedule speaks before what lowers it. Manual journals are no obligations.
_REGISTER = """
WITH schedule AS (
    SELECT *, row_number() OVER (PARTITION BY entity, currency, obligation_id
                                 ORDER BY document = 'VOID', document = 'CREDIT_NOTE', accounting_date, document_id) = 1
              AS is_own
    FROM deferred WHERE document <> 'MANUAL'
), total AS (
    SELECT entity, currency, obligation_id, sum(contracted_minor) AS total, sum(recognized_minor) AS earned,
           sum(invoiced_minor) AS billed, sum(remaining_minor) AS deferred, sum(unbilled_minor) AS unbilled
    FROM schedule GROUP BY ALL
)
SELECT getvariable('month') AS month, entity, currency, obligation_id, customer_id, customer_name, product_id,
       product_name, contract_id, document AS source, invoice_id, invoice_number, recognition_method, service_start,
       service_end, accounting_date, contracted_minor AS original_minor, CAST(total AS BIGINT) AS total_minor,
       CAST(earned AS BIGINT) AS earned_minor, CAST(billed AS BIGINT) AS billed_minor,
       CAST(total - earned AS BIGINT) AS remaining_minor, CAST(deferred AS BIGINT) AS deferred_minor,
       CAST(unbilled AS BIGINT) AS unbilled_minor,
       CASE WHEN total = 0 AND contracted_minor <> 0 THEN 'CANCELLED' WHEN earned = total THEN 'SATISFIED'
            WHEN earned = 0 THEN 'NOT_STARTED' ELSE 'IN_PROGRESS' END AS status,
       landed_file, landed_row
FROM schedule JOIN total USING (entity, currency, obligation_id)
WHERE is_own
ORDER BY entity, currency, customer_id, product_id, obligation_id
"""
