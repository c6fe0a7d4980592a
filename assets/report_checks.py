"""Blocking checks of the monthly reports: each ties to the ledger and to the others (SPEC 8).

What belongs here: the checks. What does not: their figures (`assets.report_ties`).
"""

from collections.abc import Iterator

import dagster as dg

from assets.expectations import expect_ties
from assets.partitions import MONTHS
from assets.report_ties import OPENING, TIES, ReportTie, prior_report_is_stale, report_ties
from assets.up_to_date import Places
from resources.books import Books
from resources.lake import Lake
from resources.object_store import ObjectStore
from revrec.policy import Policy

_DESCRIPTIONS = {
    "balances_equal_schedules": "Closing balances by the journals = by the schedules; the accounts add up to 0.",
    "nothing_is_unexplained": "Opening + movements by cause = closing, per account.",
    "remaining_equals_deferred": "Remaining = the Deferred account; likewise recognized, invoiced and unbilled.",
    "totals_equal_rows": "The totals of each dimension = the rows of the deferred revenue report.",
    "waterfall_equals_ledger": "Remaining = what is released later = the Deferred account, for customers and products.",
    "register_equals_schedules": "The register's obligations add up to the schedules.",
    "rpo_equals_waterfall_and_unbilled_contracted": "RPO = the waterfall's remaining + unbilled contracted.",
    "cohorts_equal_recognized": "All cohorts add up to the Recognized account.",
    "forecast_and_recognized_equal_booked": "Forecast + recognized = booked.",
    "opening_equals_prior_closing": "Opening balances = the closing ones of the month before.",
}


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset=report, blocking=True, description=_DESCRIPTIONS[name], partitions_def=MONTHS)
        for report, name in TIES
    ],
    can_subset=True,
)
def report_checks(
    context: dg.AssetCheckExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> Iterator[dg.AssetCheckResult]:
    """Reports tie to the ledger and to each other."""
    month, places = context.partition_key, Places(store, lake, books, policy)
    selected = {(key.asset_key.to_user_string(), key.name) for key in context.selected_asset_check_keys}
    for each in report_ties(month, places):
        if (each.report, each.name) in selected:
            yield _judged(each, month, places)


def _judged(compared: ReportTie, month: str, places: Places) -> dg.AssetCheckResult:
    result = expect_ties(
        compared.tie.frame,
        equal=compared.tie.equal,
        zero=compared.tie.zero,
        ok=_DESCRIPTIONS[compared.name],
        failed=f"{compared.report} of {month} does not tie: materialize the reports of {month} again",
    )
    severity, description = result.severity, result.description
    if not result.passed and (compared.report, compared.name) == OPENING and prior_report_is_stale(month, places):
        # nothing is wrong with this month: what landed since has not reached the report of the month before
        severity = dg.AssetCheckSeverity.WARN
        description = (
            f"documents have landed since the month before was reported: materialize its reports ({description})"
        )
    return dg.AssetCheckResult(
        passed=result.passed,
        asset_key=compared.report,
        check_name=compared.name,
        severity=severity,
        description=description,
        metadata=result.metadata,
    )


REPORT_CHECKS = [report_checks]
