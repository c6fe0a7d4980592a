"""Accruals: usage and instalments of billing schedules, before and after their invoice (SPEC 3, rule 6).

What belongs here: which obligation a usage row or an instalment belongs to, which invoice line takes it over, the rows
that follow. What does not: their rules (`revrec.amendments.accrual_rules`), cutting a schedule into instalments
(`revrec.amendments.instalments`).

Tables made here: `schedule`, `usage_row` (one row per landed row), `accrual` (one row per usage row or instalment that
accrues), `taker` (the invoice line that takes an obligation over), `resumed` (the last void of one that did) and
`billed_in_advance` (the invoice line of an instalment that is).
"""

from revrec.amendments.accrual_rules import SCHEDULE_RULES, SUM_RULES, USAGE_RULES
from revrec.amendments.instalments import BILLED_IN_ADVANCE, INSTALMENT
from revrec.amendments.rules import collect
from revrec.amendments.workspace import Workspace

_SCHEDULE = """
CREATE TABLE schedule AS
SELECT s.*, '' AS home, s.id AS document_id, s.id AS row_id, newer.newer_month, door.reason AS rejected_version,
       customer.customer_id IS NOT NULL AS known_customer, product.product_id IS NOT NULL AS known_product,
       coalesce(s.recognition_method, product.method) AS method
FROM raw_billing_schedules AS s
LEFT JOIN newer_billing_schedules AS newer ON newer.month = s.month AND newer.id = s.id
LEFT JOIN door_billing_schedules AS door ON door.month = s.month AND door.id = s.id
LEFT JOIN customer USING (customer_id)
LEFT JOIN product USING (product_id)
"""

_REJECTED_SCHEDULE = """
CREATE TABLE rejected_schedule AS
WITH known AS (
    SELECT document_id, rule, reason FROM fault WHERE dataset = 'billing_schedules'
    UNION ALL SELECT id, -1, reason FROM door_billing_schedules
)
SELECT document_id, arg_min(reason, (rule, reason)) AS schedule_quarantine FROM known GROUP BY document_id
"""

# Usage with a schedule is metered at the schedule's price.
_USAGE_ROW = """
CREATE TABLE usage_row AS
SELECT u.*, u.month AS home, u.id AS document_id, u.id AS row_id, newer.newer_month, door.reason AS rejected_version,
       customer.customer_id IS NOT NULL AS known_customer, product.product_id IS NOT NULL AS known_product,
       currency.exponent, s.document_id IS NOT NULL AS schedule_found, rejected_schedule.schedule_quarantine,
       s.price_id AS schedule_price_id, s.customer_id AS schedule_customer_id, s.product_id AS schedule_product_id,
       s.currency AS schedule_currency,
       CASE WHEN u.billing_schedule_id IS NULL
            THEN format('usage/{}/{}/{}/{}/{}', u.customer_id, u.product_id, u.currency, u.period_start, u.period_end)
            ELSE format('accrual/{}/{}/{}/{}', u.billing_schedule_id, coalesce(s.price_id, u.price_id, u.product_id),
                        u.period_start, u.period_end) END AS obligation_id
FROM raw_usage AS u
LEFT JOIN newer_usage AS newer ON newer.month = u.month AND newer.id = u.id
LEFT JOIN door_usage AS door ON door.month = u.month AND door.id = u.id
LEFT JOIN customer USING (customer_id)
LEFT JOIN product USING (product_id)
LEFT JOIN currency USING (currency)
LEFT JOIN schedule AS s ON s.document_id = u.billing_schedule_id
LEFT JOIN rejected_schedule ON rejected_schedule.document_id = u.billing_schedule_id
"""

_SOUND_USAGE = """
CREATE TABLE sound_usage AS
FROM usage_row ANTI JOIN (FROM fault WHERE dataset = 'usage') AS faulty USING (landed_file, landed_row)
WHERE newer_month IS NULL
"""

_USAGE_SUM = """
CREATE TABLE usage_sum AS
SELECT *, sum(amount_minor) OVER (PARTITION BY obligation_id) AS together_minor FROM sound_usage
"""

# All rows of an obligation share a home: the month in which the first of them landed, or a schedule starts.
_ACCRUAL = """
CREATE TABLE accrual AS
SELECT 'USAGE' AS event, obligation_id, min(month) OVER (PARTITION BY obligation_id) AS home, document_id, row_id,
       billing_schedule_id, schedule_price_id AS price_id, customer_id, product_id, currency, amount_minor,
       period_start, period_end, 'USAGE' AS method, 'usage' AS landed_dataset, landed_file, landed_row
FROM sound_usage WHERE amount_minor <> 0
UNION ALL
SELECT 'BILLING_SCHEDULE', obligation_id, start_month, document_id, row_id, document_id, price_id, customer_id,
       product_id, currency, amount_minor, period_start, period_end, method, 'billing_schedules', landed_file,
       landed_row
FROM instalment WHERE nothing_because IS NULL
"""

# Invoice lines an accrual could be of. A line of a schedule belongs to the schedule's accrual before any usage without
# one.
_MATCH = """
CREATE TABLE accrual_match AS
WITH obligation AS (
    SELECT DISTINCT obligation_id, billing_schedule_id, price_id, customer_id, product_id, currency, period_start,
           period_end FROM accrual
), line AS (
    -- a line of nothing bills its period too: at 0
    FROM billed WHERE kind NOT IN ('CREDIT_GRANT', 'DISCOUNT')
                  AND (disposition = 'RECOGNIZED' AND obligation_id IS NOT NULL OR disposition = 'NOTHING_TO_RECOGNIZE')
),
scheduled AS (
    SELECT o.obligation_id AS accrual_id, line.*
    FROM obligation AS o JOIN line
        ON line.billing_schedule_id = o.billing_schedule_id AND line.service_start = o.period_start
           AND line.service_end = o.period_end AND line.currency = o.currency AND line.customer_id = o.customer_id
    WHERE CASE WHEN line.price_id IS NULL THEN line.product_id = o.product_id ELSE line.price_id = o.price_id END
), metered AS (
    SELECT o.obligation_id AS accrual_id, line.*
    FROM obligation AS o JOIN line
        ON line.customer_id = o.customer_id AND line.product_id = o.product_id AND line.currency = o.currency
           AND line.service_start = o.period_start AND line.service_end = o.period_end
    WHERE o.billing_schedule_id IS NULL AND line.recognition_method = 'USAGE'
)
FROM scheduled UNION ALL FROM metered ANTI JOIN scheduled USING (invoice_id, line_id)
"""

_TAKER = (
    """CREATE TABLE taker AS
    FROM accrual_match WHERE voided_on IS NULL
    QUALIFY row_number() OVER (PARTITION BY accrual_id
                               ORDER BY disposition <> 'RECOGNIZED', accounting_date, length(invoice_id), invoice_id,
                                        length(line_id), line_id) = 1""",
    """CREATE TABLE resumed AS
    SELECT accrual_id, max(voided_on) AS posting_floor, sum(allocated_minor) AS voided_minor
    FROM accrual_match WHERE voided_on IS NOT NULL
    GROUP BY accrual_id""",
)

# The invoice line that bills an instalment in advance: the instalment bears on its obligation.
_BILLED_IN_ADVANCE = f"""
CREATE TABLE billed_in_advance AS
SELECT i.document_id, i.period_start, line.month, line.obligation_id, line.line_id, line.invoice_id, line.invoice_number
FROM instalment AS i JOIN billed AS line
    ON line.billing_schedule_id = i.document_id AND line.service_start = i.period_start
       AND line.service_end = i.period_end AND line.currency = i.currency AND line.customer_id = i.customer_id
WHERE i.nothing_because = '{BILLED_IN_ADVANCE}' AND line.voided_on IS NULL AND line.disposition = 'RECOGNIZED'
      AND line.obligation_id IS NOT NULL
      AND CASE WHEN line.price_id IS NULL THEN line.product_id = i.product_id ELSE line.price_id = i.price_id END
QUALIFY row_number() OVER (PARTITION BY i.document_id, i.period_start
                           ORDER BY accounting_date, length(invoice_id), invoice_id, length(line_id), line_id) = 1
"""  # noqa: S608 - our own constant

_ROWS = """
INSERT INTO amendment BY NAME
SELECT coalesce(taker.month, a.home) AS home, a.event,
       if(taker.line_id IS NULL, 'ACCRUED', 'TAKEN_OVER') AS disposition,
       CASE WHEN taker.line_id IS NULL THEN '' ELSE format('billed by invoice {}', taker.invoice_id) END AS reason,
       a.obligation_id, taker.line_id, a.period_end AS event_date, a.amount_minor,
       coalesce(taker.entity, home_entity.entity) AS entity, a.currency, a.customer_id, a.product_id,
       coalesce(taker.invoice_id, '') AS invoice_id, coalesce(taker.invoice_number, '') AS invoice_number,
       a.document_id, a.document_id AS document_number, a.row_id, a.method AS recognition_method,
       a.period_start AS service_start, a.period_end AS service_end,
       -- an invoice that billed another part of the period beside the void one has posted by itself all the time
       CASE WHEN taker.line_id IS NULL
                 OR abs(taker.allocated_minor + resumed.voided_minor)
                    > abs(sum(a.amount_minor) OVER (PARTITION BY a.obligation_id))
            THEN resumed.posting_floor END AS posting_floor,
       a.landed_dataset, a.landed_file, a.landed_row
FROM accrual AS a CROSS JOIN home_entity
LEFT JOIN taker ON taker.accrual_id = a.obligation_id
LEFT JOIN resumed ON resumed.accrual_id = a.obligation_id
"""

_NOTHING = """
INSERT INTO amendment BY NAME
WITH idle AS (
    SELECT month AS home, 'USAGE' AS event, document_id, row_id, period_end AS event_date, period_start, period_end,
           amount_minor, currency, customer_id, product_id, newer_month,
           CASE WHEN newer_month IS NULL THEN 'its amount is 0'
                ELSE format('a later version of the usage landed in {}', newer_month) END AS reason,
           'usage' AS landed_dataset, landed_file, landed_row, NULL AS obligation_id, NULL AS line_id,
           NULL AS invoice_id, NULL AS invoice_number, NULL AS method
    FROM usage_row ANTI JOIN (FROM fault WHERE dataset = 'usage') AS faulty USING (landed_file, landed_row)
    WHERE newer_month IS NOT NULL OR amount_minor = 0
    UNION ALL
    SELECT coalesce(taker.month, start_month), 'BILLING_SCHEDULE', document_id, row_id, period_end, period_start,
           period_end, amount_minor, currency, customer_id, product_id, NULL, nothing_because, 'billing_schedules',
           landed_file, landed_row, taker.obligation_id, taker.line_id, taker.invoice_id, taker.invoice_number,
           method
    FROM instalment LEFT JOIN billed_in_advance AS taker USING (document_id, period_start)
    WHERE nothing_because IS NOT NULL
)
SELECT home, event, if(newer_month IS NULL, 'NOTHING_TO_RECOGNIZE', 'SUPERSEDED') AS disposition, reason, event_date,
       obligation_id, line_id, amount_minor, home_entity.entity, currency, customer_id, product_id,
       coalesce(invoice_id, '') AS invoice_id, coalesce(invoice_number, '') AS invoice_number,
       document_id, document_id AS document_number, row_id, method AS recognition_method,
       period_start AS service_start, period_end AS service_end, landed_dataset, landed_file, landed_row
FROM idle CROSS JOIN home_entity
"""


def resolve_accruals(work: Workspace) -> None:
    """Turn every usage row and billing schedule into rows of `amendment` or `fault`."""
    work.run(_SCHEDULE)
    collect(work, SCHEDULE_RULES)
    work.run(_REJECTED_SCHEDULE, _USAGE_ROW)
    collect(work, USAGE_RULES)
    work.run(_SOUND_USAGE, _USAGE_SUM)
    collect(work, SUM_RULES, first=len(USAGE_RULES))
    work.run("DROP TABLE sound_usage", _SOUND_USAGE)
    work.run(*INSTALMENT, _ACCRUAL, _MATCH, *_TAKER, _BILLED_IN_ADVANCE, _ROWS, _NOTHING)
