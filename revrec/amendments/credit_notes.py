"""Credit notes: which invoice each credits, and what becomes of each of its lines (SPEC 4).

What belongs here: joining notes with their lines and invoices; the rows that follow. What does not: the rules a note
must keep (`revrec.amendments.credit_note_rules`), how its lines are shared out over obligations
(`revrec.amendments.credit_note_shares`), what a note does to a schedule.

Tables made here: `note`, `note_line` (one row per landed row; both with the facts of the invoice) and `rejected_note`.
"""

from revrec.amendments.credit_note_rules import CREDITING_RULES, DOCUMENT_RULES
from revrec.amendments.credit_note_shares import refuse_what_exceeds, share_out
from revrec.amendments.rules import collect
from revrec.amendments.workspace import Workspace

_LANDED_NOTE = """
CREATE TABLE landed_note AS
SELECT n.* EXCLUDE (id, invoice_id), n.id AS note_id, n.invoice_id AS named_invoice_id, currency.exponent,
       customer.customer_id IS NOT NULL AS known_customer, posting_status.status IS NOT NULL AS status_posts,
       newer.newer_month, door.reason AS rejected_version
FROM raw_credit_notes AS n
LEFT JOIN currency USING (currency)
LEFT JOIN customer USING (customer_id)
LEFT JOIN posting_status USING (status)
LEFT JOIN newer_credit_notes AS newer ON newer.month = n.month AND newer.id = n.id
LEFT JOIN door_credit_notes AS door ON door.month = n.month AND door.id = n.id
"""

# A line id is looked up on the invoice that the note names first: ids may repeat from one invoice to the next.
_LANDED_LINE = """
CREATE TABLE landed_note_line AS
SELECT l.* EXCLUDE (id, credit_note_id), l.id AS row_id, l.credit_note_id AS note_id,
       note.note_id IS NOT NULL AS note_found, note.currency, note.exponent,
       minor(l.net_total, note.exponent) AS net_total_minor, product.product_id IS NOT NULL AS known_product,
       l.invoice_line_item_id IS NULL AND note.named_invoice_id IS NULL AS standalone,
       coalesce(own.invoice_id, anywhere.invoice_id) AS line_invoice_id,
       CASE WHEN own.invoice_id IS NULL THEN anywhere.line_invoices ELSE 1 END AS line_invoices,
       anywhere.line_id IS NOT NULL AS line_found, quarantined_line.line_quarantine, door.reason AS rejected_version
FROM raw_credit_note_line_items AS l
LEFT JOIN landed_note AS note ON note.month = l.month AND note.note_id = l.credit_note_id
LEFT JOIN product USING (product_id)
LEFT JOIN billed AS own ON own.invoice_id = note.named_invoice_id AND own.line_id = l.invoice_line_item_id
LEFT JOIN line_home AS anywhere ON anywhere.line_id = l.invoice_line_item_id
LEFT JOIN quarantined_line ON quarantined_line.line_id = l.invoice_line_item_id
LEFT JOIN door_credit_note_line_items AS door ON door.month = l.month AND door.id = l.id
"""

_NOTE = """
CREATE TABLE note AS
WITH total AS (
    SELECT month, note_id, count(*) AS lines, sum(net_total_minor) AS lines_minor,
           sum(abs(net_total_minor)) AS magnitude_minor, bool_and(net_total_minor IS NOT NULL) AS readable,
           count(DISTINCT line_invoice_id) AS line_invoices, min(line_invoice_id) AS line_invoice_id
    FROM landed_note_line GROUP BY month, note_id
), rejected_line AS (
    SELECT month, credit_note_id AS note_id, min(reason) AS rejected_line FROM rejected_credit_note_line_items
    WHERE credit_note_id IS NOT NULL GROUP BY month, credit_note_id
), resolved AS (
    SELECT landed_note.*, total.* EXCLUDE (month, note_id), rejected_line.rejected_line,
           coalesce(named_invoice_id, line_invoice_id) AS invoice_id
    FROM landed_note LEFT JOIN total USING (month, note_id) LEFT JOIN rejected_line USING (month, note_id)
)
SELECT resolved.*, note_id AS document_id, note_id AS row_id, invoice.* EXCLUDE (invoice_id),
       invoice.invoice_id IS NOT NULL AS invoice_found, quarantined_invoice.invoice_quarantine,
       coalesce(invoice.invoice_month, resolved.month) AS home, policy_version.credit_note_mode AS mode,
       status_posts AND coalesce(invoice.invoice_posts, true) AS posts
FROM resolved
LEFT JOIN billed_invoice AS invoice USING (invoice_id)
LEFT JOIN quarantined_invoice USING (invoice_id)
ASOF JOIN policy_version ON resolved.accounting_date >= policy_version.since
"""

_LINE = """
CREATE TABLE note_line AS
WITH rejected AS (SELECT month, id AS note_id, reason AS rejected_note FROM door_credit_notes)
SELECT l.*, l.note_id AS document_id, l.note_id AS credit_note_id, n.newer_month, coalesce(n.home, l.month) AS home,
       n.invoice_id, n.invoice_found, n.named_invoice_id, n.posts, rejected.rejected_note
FROM landed_note_line AS l
LEFT JOIN note AS n USING (month, note_id)
LEFT JOIN rejected USING (month, note_id)
"""

_REJECTED = """
CREATE OR REPLACE TABLE rejected_note AS
SELECT month, document_id AS note_id, any_value(home) AS home,
       arg_min(reason, (rule, dataset, row_id, reason)) AS reason
FROM fault WHERE dataset IN ('credit_notes', 'credit_note_line_items') GROUP BY month, document_id
"""

# Sound rows of a rejected note are rejected with it.
_COMPANIONS = """
INSERT INTO fault
WITH landed AS (
    SELECT 'credit_notes' AS dataset, month, note_id, note_id AS row_id, landed_file, landed_row FROM note
    UNION ALL
    SELECT 'credit_note_line_items', month, note_id, row_id, landed_file, landed_row FROM note_line
)
SELECT dataset, home, month, note_id, row_id, landed_file, landed_row, '', '',
       format('credit note {} is kept out whole: {}', note_id, reason),
       'correct the credit note''s other fault and land it again', 999
FROM landed JOIN rejected_note USING (month, note_id)
ANTI JOIN fault AS known USING (dataset, landed_file, landed_row)
"""

# A version out of force without any lines stands for itself.
_EMPTY_VERSIONS = """
INSERT INTO amendment BY NAME
SELECT month AS home, 'CREDIT_NOTE' AS event, 'SUPERSEDED' AS disposition,
       format('a later version of the credit note landed in {}', newer_month) AS reason,
       accounting_date AS event_date, net_total_minor AS amount_minor, home_entity.entity, currency, customer_id,
       coalesce(invoice_id, '') AS invoice_id, '' AS invoice_number, note_id AS document_id,
       credit_note_number AS document_number, note_id AS row_id, 'credit_notes' AS landed_dataset, landed_file,
       landed_row
FROM note CROSS JOIN home_entity WHERE newer_month IS NOT NULL AND lines IS NULL
"""

_ROWS = """
INSERT INTO amendment BY NAME
WITH outcome AS (
    SELECT l.*, n.accounting_date, n.mode, coalesce(n.entity, home_entity.entity) AS entity, n.customer_id,
           coalesce(n.invoice_number, '') AS invoice_number, n.credit_note_number, n.status, n.status_posts,
           n.invoice_status, coalesce(n.invoice_id, '') AS of_invoice,
           CASE WHEN n.newer_month IS NOT NULL THEN 'SUPERSEDED'
                WHEN NOT n.posts THEN 'NOT_POSTED'
                WHEN l.net_total_minor = 0 THEN 'NOTHING_TO_RECOGNIZE'
                WHEN l.standalone THEN 'STANDALONE'
                ELSE 'APPLIED' END AS disposition,
           service_period_start IS NOT NULL AND service_period_end IS NOT NULL AS has_period
    FROM note_line AS l JOIN note AS n USING (month, note_id) CROSS JOIN home_entity
    ANTI JOIN rejected_note USING (month, note_id)
)
SELECT CASE WHEN o.disposition = 'SUPERSEDED' THEN o.month ELSE o.home END AS home, 'CREDIT_NOTE' AS event,
       o.disposition,
       CASE o.disposition
            WHEN 'SUPERSEDED' THEN format('a later version of the credit note landed in {}', o.newer_month)
            WHEN 'NOT_POSTED' THEN CASE WHEN o.status_posts
                 THEN format('its invoice {} is {}', o.of_invoice, o.invoice_status)
                 ELSE format('credit note is {}', o.status) END
            WHEN 'NOTHING_TO_RECOGNIZE' THEN 'its amount is 0' ELSE '' END AS reason,
       CASE o.disposition WHEN 'STANDALONE' THEN o.note_id || '/' || o.row_id
                          WHEN 'APPLIED' THEN share.obligation_id END AS obligation_id,
       coalesce(share.line_id, o.invoice_line_item_id) AS line_id, o.accounting_date AS event_date,
       coalesce(share.share_minor, o.net_total_minor, 0) AS amount_minor,
       CASE WHEN o.disposition = 'APPLIED' THEN o.mode END AS mode,
       CASE WHEN o.standalone THEN home_entity.entity ELSE o.entity END AS entity, o.currency, o.customer_id,
       coalesce(share.product_id, o.product_id) AS product_id,
       CASE WHEN o.standalone THEN '' ELSE o.of_invoice END AS invoice_id,
       CASE WHEN o.standalone THEN '' ELSE o.invoice_number END AS invoice_number,
       o.note_id AS document_id, o.credit_note_number AS document_number, o.row_id,
       CASE WHEN o.disposition = 'STANDALONE'
            THEN coalesce(o.recognition_method, if(has_period, 'STRAIGHT_LINE', 'POINT_IN_TIME'))
            END AS recognition_method,
       CASE WHEN o.disposition = 'STANDALONE' THEN o.service_period_start END AS service_start,
       CASE WHEN o.disposition = 'STANDALONE' THEN o.service_period_end END AS service_end,
       'credit_note_line_items' AS landed_dataset, o.landed_file, o.landed_row
FROM outcome AS o CROSS JOIN home_entity
LEFT JOIN note_share AS share
    ON o.disposition = 'APPLIED' AND share.month = o.month AND share.note_id = o.note_id AND share.row_id = o.row_id
"""


def resolve_credit_notes(work: Workspace) -> None:
    """Turn every credit note line into rows of `amendment` or `fault`."""
    work.run(_LANDED_NOTE, _LANDED_LINE, _NOTE, _LINE)
    collect(work, DOCUMENT_RULES)
    work.run(_REJECTED)
    share_out(work)
    collect(work, CREDITING_RULES, first=len(DOCUMENT_RULES))
    work.run(_REJECTED)
    refuse_what_exceeds(work, len(DOCUMENT_RULES) + len(CREDITING_RULES))
    work.run(_REJECTED, _COMPANIONS, _EMPTY_VERSIONS, _ROWS)
