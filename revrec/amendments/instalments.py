"""Instalments: the periods of a billing schedule and their amounts (SPEC 3, rule 6).

What belongs here: cutting schedules into periods, and which of those accrue nothing. What does not: which invoice line
takes an instalment over (`revrec.amendments.accruals`).
"""

# Why an instalment of a schedule that is billed in advance accrues nothing.
BILLED_IN_ADVANCE = "billed in advance: recognized from its invoices"

# Every period starts on the schedule's own day of the month, or the month's last day where it has no such day: counted
# from the start, so that 31 January is followed by 28 February and 31 March. A schedule that is earned by milestones,
# which name an invoice line, stands for itself in one row, and so does one of nothing.
_CUT = f"""
CREATE TABLE instalment_period AS
WITH frequency(frequency, months) AS (VALUES ('MONTHLY', 1), ('QUARTERLY', 3), ('HALF_YEARLY', 6), ('YEARLY', 12)),
sound AS (
    SELECT s.*, frequency.months,
           CASE WHEN s.method = 'MILESTONE' THEN 'earned by milestones of its invoices'
                WHEN s.amount_minor = 0 THEN 'its amount is 0'
                WHEN s.billing_type = 'IN_ADVANCE' THEN '{BILLED_IN_ADVANCE}' END AS idle_because,
           s.method = 'MILESTONE' OR s.amount_minor = 0 OR frequency.months IS NULL AS is_whole
    FROM schedule AS s ANTI JOIN rejected_schedule USING (document_id)
    LEFT JOIN frequency USING (frequency)
    WHERE s.newer_month IS NULL
), counted AS (
    SELECT *, unnest(range(CASE WHEN is_whole THEN 1
                                ELSE datediff('month', start_date, end_date) // months + 1 END)) AS number
    FROM sound
), bounded AS (
    SELECT *, CASE WHEN number = 0 THEN start_date
                   ELSE CAST(start_date + to_months(CAST(number * months AS INTEGER)) AS DATE) END AS period_start,
           CASE WHEN is_whole THEN end_date
                ELSE CAST(start_date + to_months(CAST((number + 1) * months AS INTEGER)) AS DATE) - 1 END AS full_end
    FROM counted
)
SELECT *, least(full_end, end_date) AS period_end FROM bounded WHERE period_start <= end_date
"""  # noqa: S608 - our own constant

# A last period that is cut short gets its days' part, rounded half up (half away from zero).
_AMOUNT = """
CREATE TABLE instalment AS
WITH prorated AS (
    SELECT * EXCLUDE (amount_minor), CAST(sign(amount_minor) * (
               (2 * CAST(abs(amount_minor) AS HUGEINT) * (period_end - period_start + 1)
                + (full_end - period_start + 1)) // (2 * (full_end - period_start + 1))) AS BIGINT) AS amount_minor
    FROM instalment_period
), metered AS (
    SELECT obligation_id, arg_min(document_id, (length(document_id), document_id)) AS usage_id FROM sound_usage
    WHERE billing_schedule_id IS NOT NULL GROUP BY obligation_id
), named AS (
    SELECT *, format('accrual/{}/{}/{}/{}', document_id, price_id, period_start, period_end) AS obligation_id,
           strftime(start_date, '%Y-%m') AS start_month
    FROM prorated
)
SELECT named.* EXCLUDE (row_id), CAST(period_start AS VARCHAR) AS row_id,
       CASE WHEN idle_because IS NOT NULL THEN idle_because
            WHEN metered.usage_id IS NOT NULL THEN format('metered by usage {}', metered.usage_id)
            WHEN amount_minor = 0 THEN 'rounds to nothing' END AS nothing_because
FROM named LEFT JOIN metered USING (obligation_id)
"""

# In this order, on `schedule`, `rejected_schedule` and `sound_usage`: the table `instalment`, one row per period, with
# `nothing_because` where it accrues nothing.
INSTALMENT = (_CUT, _AMOUNT)
