"""The rules that usage and billing schedules must keep (SPEC 3, rule 6; SPEC 10).

What belongs here: one rule per way such a row can be wrong. What does not: what becomes of sound ones
(`revrec.amendments.accruals`).

The rules look at the tables `schedule`, `usage_row` and `usage_sum` (`revrec.amendments.accruals`).
"""

from revrec.amendments.rules import AmendmentRule, arrival_rules, known_rule

_SCHEDULES, _USAGE = "billing_schedules", "usage"

SCHEDULE_RULES: tuple[AmendmentRule, ...] = (
    *arrival_rules(_SCHEDULES, "schedule", "billing schedule"),
    known_rule(_SCHEDULES, "schedule", "customer"),
    known_rule(_SCHEDULES, "schedule", "product"),
)


def _mismatch(field: str) -> AmendmentRule:
    """The obligation of a schedule has one customer, product, price and currency: the schedule's."""
    return AmendmentRule(
        f"{field}_is_that_of_the_schedule",
        _USAGE,
        "usage_row",
        f"schedule_found AND schedule_quarantine IS NULL AND {field} IS NOT NULL AND {field} <> schedule_{field}",
        field,
        f"""format('{field} {{}} is not {{}}, that of its billing schedule {{}}', {field}, schedule_{field},
                   billing_schedule_id)""",
        f"'correct {field} or billing_schedule_id'",
    )


USAGE_RULES: tuple[AmendmentRule, ...] = (
    *arrival_rules(_USAGE, "usage_row", "usage"),
    known_rule(_USAGE, "usage_row", "customer"),
    known_rule(_USAGE, "usage_row", "product"),
    AmendmentRule(
        "its_schedule_is_known",
        _USAGE,
        "usage_row",
        "billing_schedule_id IS NOT NULL AND (NOT schedule_found OR schedule_quarantine IS NOT NULL)",
        "billing_schedule_id",
        """CASE WHEN schedule_quarantine IS NOT NULL
                THEN format('its billing schedule {} is in quarantine: {}', billing_schedule_id, schedule_quarantine)
                ELSE format('billing schedule {} is not in landing/billing_schedules', billing_schedule_id) END""",
        """CASE WHEN schedule_quarantine IS NOT NULL THEN 'correct the billing schedule and land it again'
                ELSE 'land the billing schedule, or correct billing_schedule_id' END""",
    ),
    *(_mismatch(field) for field in ("customer_id", "product_id", "price_id", "currency")),
)

SUM_RULES: tuple[AmendmentRule, ...] = (
    AmendmentRule(
        "usage_of_a_period_is_computed_exactly",
        _USAGE,
        "usage_sum",
        "abs(together_minor) > getvariable('largest_amount_minor')",
        "amount",
        "'the usage of its period adds up to more than the largest amount revrec computes exactly'",
        "'correct the amounts and land them again'",
        "amount_text(amount_minor, exponent)",
    ),
)
