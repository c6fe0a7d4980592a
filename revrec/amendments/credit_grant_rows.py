"""The rows of `tables.AMENDMENTS` that follow from credit grants.

What belongs here: queries from the tables of `revrec.amendments.credit_grants` to rows. What does not: how those tables
come about.
"""

# What a grant pays is earned as the line is that it pays for. Where there is none, or the line has no schedule of its
# own, on the day it is consumed.
_DRAWN = """
INSERT INTO amendment BY NAME
WITH paid AS (
    SELECT billed.* FROM billed JOIN line_home USING (invoice_id, line_id)
    WHERE recognition_method IN ('STRAIGHT_LINE', 'POINT_IN_TIME', 'USAGE')
), outcome AS (
    SELECT d.*, drawn.earned_minor, drawn.fault, g.entity, g.currency, g.customer_id, g.purchase_product_id,
           g.purchase_month, g.obligation_id, g.invoice_id, g.invoice_number, g.document_id AS grant_document_id,
           coalesce(line.recognition_method, own.recognition_method) AS method,
           coalesce(line.service_start, own.service_start) AS service_start,
           coalesce(line.service_end, own.service_end) AS service_end,
           coalesce(line.recognition_date, own.recognition_date) AS line_recognition_date,
           coalesce(line.accounting_date, own.accounting_date) AS line_date,
           drawn.earned_minor <> 0 AS earns
    FROM drawdown AS d JOIN drawn USING (drawdown_no)
    JOIN credit_grant AS g ON g.document_id = d.grant_id AND g.newer_month IS NULL
    LEFT JOIN paid AS own ON d.is_line AND own.invoice_id = d.document_id AND own.line_id = d.line_id
    LEFT JOIN paid AS line ON NOT d.is_line AND line.line_id = d.line_id
    WHERE d.is_line OR drawn.fault IS NULL
)
SELECT purchase_month AS home, 'CONSUMPTION' AS event, if(earns, 'APPLIED', 'NOTHING_TO_RECOGNIZE') AS disposition,
       CASE WHEN earns THEN '' ELSE coalesce(fault, 'rounds to nothing') END AS reason,
       CASE WHEN earns THEN obligation_id END AS obligation_id, line_id, date AS event_date,
       earned_minor AS amount_minor, entity, currency, customer_id, purchase_product_id AS product_id, invoice_id,
       invoice_number, document_id,
       document_id AS document_number, row_id, CASE WHEN earns THEN method END AS recognition_method,
       CASE WHEN earns THEN service_start END AS service_start, CASE WHEN earns THEN service_end END AS service_end,
       CASE WHEN NOT earns THEN NULL
            WHEN method = 'POINT_IN_TIME' THEN coalesce(line_recognition_date, service_end, line_date)
            ELSE line_recognition_date END AS recognition_date,
       CASE WHEN earns AND gives_back THEN date END AS posting_floor, landed_dataset, landed_file, landed_row
FROM outcome
"""

# One row for the grant, whatever came of it, and one for each give-back after its expiry.
_BREAKAGE = """
INSERT INTO amendment BY NAME
WITH sound AS (
    SELECT g.*, strftime(effective_date, '%Y-%m') AS start_month
    FROM credit_grant AS g ANTI JOIN (SELECT grant_id AS document_id FROM rejected_grant) USING (document_id)
), expired AS (
    SELECT grant_id, date, earned_minor, coalesce(d.row_id, b.grant_id) AS cause_id
    FROM breakage AS b LEFT JOIN (SELECT drawdown_no AS cause_no, row_id FROM drawdown) AS d USING (cause_no)
), outcome AS (
    SELECT sound.*, expired.date, expired.earned_minor, coalesce(expired.cause_id, sound.document_id) AS cause_id,
           sound.idle_because IS NULL AND expired.grant_id IS NOT NULL AS earns
    FROM sound LEFT JOIN expired ON expired.grant_id = sound.document_id
)
SELECT if(idle_because IS NULL, purchase_month, start_month) AS home, 'BREAKAGE' AS event,
       CASE WHEN earns THEN 'APPLIED' WHEN unposted THEN 'NOT_POSTED' ELSE 'NOTHING_TO_RECOGNIZE' END AS disposition,
       CASE WHEN earns THEN '' WHEN idle_because IS NOT NULL THEN idle_because
            WHEN expiry_date IS NULL THEN format('credit grant {} does not expire', document_id)
            ELSE format('nothing of credit grant {} is left on its expiry', document_id) END AS reason,
       CASE WHEN earns THEN obligation_id END AS obligation_id, line_id,
       coalesce(date, expiry_date, effective_date) AS event_date, coalesce(earned_minor, 0) AS amount_minor,
       coalesce(outcome.entity, home_entity.entity) AS entity, currency, customer_id, purchase_product_id AS product_id,
       coalesce(invoice_id, '') AS invoice_id, coalesce(invoice_number, '') AS invoice_number, document_id,
       name AS document_number, cause_id AS row_id, 'credit_grants' AS landed_dataset, landed_file, landed_row
FROM outcome CROSS JOIN home_entity
"""

_IDLE = """
INSERT INTO amendment BY NAME
SELECT month AS home, 'CONSUMPTION' AS event,
       CASE WHEN newer_month IS NOT NULL THEN 'SUPERSEDED' WHEN unposted THEN 'NOT_POSTED'
            ELSE 'NOTHING_TO_RECOGNIZE' END AS disposition,
       CASE WHEN newer_month IS NOT NULL THEN format('a later version of the transaction landed in {}', newer_month)
            ELSE idle_because END AS reason,
       invoice_line_item_id AS line_id, date AS event_date, coalesce(amount_minor, 0) AS amount_minor,
       home_entity.entity, coalesce(t.currency, '') AS currency, coalesce(g.customer_id, '') AS customer_id,
       '' AS invoice_id, '' AS invoice_number, t.document_id, t.document_id AS document_number, t.row_id,
       'credit_grant_transactions' AS landed_dataset, t.landed_file, t.landed_row
FROM (
    FROM grant_transaction ANTI JOIN (FROM fault WHERE dataset = 'credit_grant_transactions') AS faulty
        USING (landed_file, landed_row)
    WHERE newer_month IS NOT NULL OR idle_because IS NOT NULL
) AS t
CROSS JOIN home_entity
LEFT JOIN (SELECT document_id, any_value(customer_id) AS customer_id FROM credit_grant GROUP BY document_id) AS g
    ON g.document_id = t.credit_grant_id
"""

CREDIT_GRANT_ROWS = (_DRAWN, _BREAKAGE, _IDLE)
