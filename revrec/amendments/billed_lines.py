"""The invoice lines that other documents bear on.

What belongs here: loading those lines, and no others, out of all months; what they say per line, per invoice and per
obligation. What does not: what happens to them.

Tables made here, without versions of invoices that are out of force: `arrived_line` (rows of `tables.LINE_ALLOCATIONS`
with their `month`), `part` (one row per obligation), `billed` (one per line), `billed_invoice`, `line_home` (a line
id's invoices), `quarantined_invoice` and `quarantined_line` (why they are in quarantine).
"""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from revrec import tables
from revrec.amendments.workspace import Workspace

_WANTED = (
    """CREATE TABLE wanted_line AS
    SELECT invoice_line_item_id AS line_id FROM raw_credit_note_line_items WHERE line_id IS NOT NULL
    UNION SELECT invoice_line_item_id FROM raw_milestones
    UNION SELECT invoice_line_item_id FROM raw_credit_grant_transactions WHERE invoice_line_item_id IS NOT NULL""",
    "CREATE TABLE wanted_invoice AS SELECT DISTINCT invoice_id FROM raw_credit_notes WHERE invoice_id IS NOT NULL",
    # Such a line may be a discount that lowered the invoice's other lines, and only it says which invoice that is.
    """CREATE TABLE loose_line AS
    SELECT DISTINCT l.invoice_line_item_id AS line_id
    FROM raw_credit_note_line_items AS l JOIN raw_credit_notes AS n ON n.month = l.month AND n.id = l.credit_note_id
    WHERE n.invoice_id IS NULL AND l.invoice_line_item_id IS NOT NULL""",
    "CREATE TABLE wanted_usage AS SELECT DISTINCT customer_id, product_id FROM raw_usage",
)

_LOOSE_INVOICES = """
INSERT INTO wanted_invoice SELECT DISTINCT invoice_id FROM month_line SEMI JOIN loose_line USING (line_id)
"""

_INSERT = """
INSERT INTO arrived_line
SELECT getvariable('month'), * FROM {source}
WHERE disposition <> 'SUPERSEDED' AND (
    line_id IN (SELECT line_id FROM wanted_line)
    OR invoice_id IN (SELECT invoice_id FROM wanted_invoice)
    OR billing_schedule_id IN (SELECT id FROM raw_billing_schedules)
    OR credit_grant_id IN (SELECT id FROM raw_credit_grants)
    OR (recognition_method = 'USAGE'
        AND (customer_id, product_id) IN (SELECT (customer_id, product_id) FROM wanted_usage))
)
"""

_PART = """
CREATE TABLE part AS
SELECT invoice_id, line_id, group_id, product_id, obligation_id, allocated_minor FROM arrived_line
WHERE disposition = 'RECOGNIZED' AND obligation_id IS NOT NULL
"""

# A minimum fee may have several rows: it has no one obligation then.
_BILLED = """
CREATE TABLE billed AS
SELECT invoice_id, line_id, min(month) AS month, min(entity) AS entity, min(currency) AS currency,
       min(customer_id) AS customer_id, min(product_id) AS product_id, min(invoice_number) AS invoice_number,
       min(invoice_status) AS invoice_status, min(accounting_date) AS accounting_date, min(group_id) AS group_id,
       min(kind) AS kind, min(net_minor) AS net_minor, CAST(sum(allocated_minor) AS BIGINT) AS allocated_minor,
       max(disposition) AS disposition, min(reason) AS reason,
       CASE WHEN count(DISTINCT obligation_id) = 1 THEN min(obligation_id) END AS obligation_id,
       min(recognition_method) AS recognition_method, min(service_start) AS service_start,
       min(service_end) AS service_end, min(recognition_date) AS recognition_date, min(voided_on) AS voided_on,
       min(billing_schedule_id) AS billing_schedule_id, min(price_id) AS price_id,
       min(credit_grant_id) AS credit_grant_id, min(credit_grant_minor) AS credit_grant_minor,
       min(landed_file) AS landed_file, min(landed_row) AS landed_row
FROM arrived_line GROUP BY invoice_id, line_id
"""

_BILLED_INVOICE = """
CREATE TABLE billed_invoice AS
SELECT invoice_id, min(month) AS invoice_month, min(entity) AS entity, min(currency) AS invoice_currency,
       min(customer_id) AS invoice_customer_id, min(invoice_number) AS invoice_number,
       min(invoice_status) AS invoice_status, min(accounting_date) AS invoice_date,
       bool_or(invoice_status = 'VOIDED' OR voided_on IS NOT NULL) AS invoice_voided,
       NOT bool_or(disposition = 'NOT_POSTED') AS invoice_posts
FROM billed GROUP BY invoice_id
"""

_LINE_HOME = """
CREATE TABLE line_home AS
SELECT line_id, min(invoice_id) AS invoice_id, count(*) AS line_invoices FROM billed GROUP BY line_id
"""

_QUARANTINED = (
    """CREATE TABLE quarantined_invoice AS
    WITH fault AS (
        SELECT id AS invoice_id, 0 AS place, reason FROM rejected_invoices WHERE id IS NOT NULL
        UNION ALL SELECT invoice_id, 1, reason FROM rejected_invoice_line_items WHERE invoice_id IS NOT NULL
    )
    SELECT invoice_id, arg_min(reason, (place, reason)) AS invoice_quarantine FROM fault GROUP BY invoice_id""",
    """CREATE TABLE quarantined_line AS
    SELECT id AS line_id, min(reason) AS line_quarantine FROM rejected_invoice_line_items WHERE id IS NOT NULL
    GROUP BY id""",
)


def load_lines(work: Workspace, months: Mapping[str, Iterable[pa.RecordBatch]]) -> None:
    """Make the tables of this module's docstring; each month's batches are read once, as a stream."""
    work.run(*_WANTED)
    work.create("line_schema", tables.LINE_ALLOCATIONS, [])
    work.run("CREATE TABLE arrived_line AS SELECT '' AS month, * FROM line_schema")
    any_loose = bool(work.rows("SELECT 1 AS found FROM loose_line LIMIT 1"))
    for month, batches in months.items():
        work.connection.execute("SET VARIABLE month = ?", [month])
        if any_loose:
            work.read(tables.LINE_ALLOCATIONS, batches, "CREATE OR REPLACE TABLE month_line AS FROM arriving")
            work.run(_LOOSE_INVOICES, _INSERT.format(source="month_line"), "DROP TABLE month_line")
        else:
            work.read(tables.LINE_ALLOCATIONS, batches, _INSERT.format(source="arriving"))
    work.run(_PART, _BILLED, _BILLED_INVOICE, _LINE_HOME, *_QUARANTINED)
