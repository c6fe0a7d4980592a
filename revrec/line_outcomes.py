"""What becomes of each line: the rows of `tables.LINE_ALLOCATIONS` (SPEC 3).

What belongs here: bringing discounts, bundles, minimum fees and credit grants together into a line's obligation, or the
reason why it has none. What does not: how each of them moves amounts (`revrec.discounts`, `revrec.bundles`,
`revrec.minimum_fees`, `revrec.credit_grant_lines`).
"""

# What lines end with where that is not their net amount, and whether it goes to an obligation of the same id: the lines
# of a bundle share its discounts, a minimum fee is split.
_ENDING = """
CREATE TABLE ending AS
SELECT target_id AS line_id, share_minor AS ends_with, 'BUNDLE' AS spread_by FROM bundle_share
UNION ALL
SELECT line_id, net_total_minor + received_minor, if(kind = 'MINIMUM_FEE' AND covers, 'FEE', NULL)
FROM discounted JOIN received USING (line_id) ANTI JOIN bundle_share ON bundle_share.target_id = line_id
LEFT JOIN (SELECT line_id, covers FROM fee) AS fee USING (line_id)
"""

# A discount names the obligation it lowers where there is just one, and something is left of it.
_GIVEN = """
CREATE TABLE given AS
SELECT source_id AS line_id, count(*) AS targets,
       min(target_id) FILTER (ends_with <> 0 AND spread_by IS NULL) AS target_id
FROM share JOIN ending ON ending.line_id = share.target_id GROUP BY source_id
"""

# In this order, on the tables of discounts, bundles and minimum fees: what `ALLOCATIONS` reads beside lines and
# invoices.
ENDINGS = (_ENDING, _GIVEN)

ALLOCATIONS = """
WITH outcome AS (
    SELECT line.*, invoice.entity_id, invoice.customer_id, invoice.contract_id, invoice.invoice_number, invoice.status,
           invoice.accounting_date, invoice.voided_on, invoice.billing_schedule_id, invoice.newer_month,
           given.targets, given.target_id, ending.spread_by,
           coalesce(ending.ends_with, line.net_total_minor) AS ends_with,
           CASE WHEN invoice.newer_month IS NOT NULL THEN 'SUPERSEDED'
                WHEN NOT invoice.posts THEN 'NOT_POSTED'
                WHEN role = 'GROUP_DISCOUNT' THEN 'NETTED'
                WHEN role = 'INVOICE_DISCOUNT' THEN 'ALLOCATED'
                WHEN coalesce(ending.ends_with, line.net_total_minor) = 0 THEN 'NOTHING_TO_RECOGNIZE'
                ELSE 'RECOGNIZED' END AS disposition
    FROM line ANTI JOIN rejected USING (invoice_id)
    JOIN invoice USING (invoice_id)
    LEFT JOIN ending USING (line_id) LEFT JOIN given USING (line_id)
)
SELECT entity_id AS entity, currency, customer_id, coalesce(part.product_id, outcome.product_id) AS product_id,
       contract_id, invoice_id, invoice_number, status AS invoice_status, accounting_date, outcome.line_id, group_id,
       kind, if(part.place > 1, 0, net_total_minor) AS net_minor,
       CAST(CASE WHEN disposition = 'RECOGNIZED' THEN coalesce(part.part_minor, ends_with) ELSE 0 END AS BIGINT)
           AS allocated_minor,
       disposition,
       CASE disposition
           WHEN 'SUPERSEDED' THEN format('a later version of the invoice landed in {}', newer_month)
           WHEN 'NOT_POSTED' THEN format('invoice is {}', status)
           WHEN 'NETTED' THEN format('netted into {} line(s) of its group', targets)
           WHEN 'ALLOCATED' THEN format('allocated over {} line(s) of the invoice', targets)
           WHEN 'NOTHING_TO_RECOGNIZE'
           THEN CASE WHEN spread_by = 'BUNDLE' THEN 'its part of the bundle is 0'
                     WHEN net_total_minor = 0 AND credit_grant_amount_minor > 0 THEN 'a credit grant pays all of it'
                     WHEN net_total_minor = 0 THEN 'its amount is 0'
                     ELSE 'nothing is left after discounts' END
           ELSE '' END AS reason,
       CASE WHEN disposition = 'RECOGNIZED'
            THEN invoice_id || '/' || outcome.line_id || coalesce('/' || part.target_id, '')
            WHEN disposition IN ('NETTED', 'ALLOCATED') AND targets = 1 THEN invoice_id || '/' || outcome.target_id
            END AS obligation_id,
       CASE WHEN part.target_id IS NOT NULL THEN 'POINT_IN_TIME'
            WHEN role = 'TARGET' THEN coalesce(purchase.method, outcome.method) END AS recognition_method,
       CASE WHEN purchase.deferred IS NOT TRUE THEN service_period_start END AS service_start,
       CASE WHEN purchase.deferred IS NOT TRUE THEN service_period_end END AS service_end,
       CASE WHEN purchase.line_id IS NOT NULL THEN purchase.recognition_date
            ELSE coalesce(part.recognition_date, outcome.recognition_date) END AS recognition_date,
       voided_on, billing_schedule_id, price_id, credit_grant_id,
       CAST(if(part.place > 1, 0, coalesce(credit_grant_amount_minor, 0)) AS BIGINT) AS credit_grant_minor,
       landed_file, landed_row
FROM outcome
LEFT JOIN fee_part AS part ON part.line_id = outcome.line_id AND disposition = 'RECOGNIZED'
LEFT JOIN purchase ON purchase.line_id = outcome.line_id
ORDER BY invoice_id, length(outcome.line_id), outcome.line_id, part.place
"""
