"""Blocking checks of a document month: nothing lost, nothing twice, every amount where it belongs.

What belongs here: the checks of the raw and recognition assets. What does not: computing the figures
(`assets.recognition_ties`).
"""

import dagster as dg

from assets.expectations import expect_ties
from assets.partitions import MONTHS
from assets.recognition_ties import lines_accounted_for, obligations_and_invoices, runs_and_obligations
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.quarantine import quarantine_key, read_quarantine
from resources.ui_metadata import rejection_table
from revrec.policy import Policy
from revrec.rejections import Rejection
from revrec.schemas import DATASETS


@dg.asset_check(asset="obligations", partitions_def=MONTHS, blocking=True)
def every_line_has_one_obligation_or_a_recorded_exclusion(
    context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake], store: dg.ResourceParam[ObjectStore]
) -> dg.AssetCheckResult:
    """Each landed line became one obligation, or is excluded with a reason, or is in quarantine: exactly one of
    these."""
    month = context.partition_key
    tie = lines_accounted_for(lake, store, month)
    return expect_ties(
        tie.frame,
        zero=tie.zero,
        ok="every line is accounted for once",
        failed=f"lines of {month} are lost or counted twice: materialize the month's recognition assets again",
    )


@dg.asset_check(asset="obligations", partitions_def=MONTHS, blocking=True)
def obligations_equal_invoices(
    context: dg.AssetCheckExecutionContext,
    lake: dg.ResourceParam[Lake],
    store: dg.ResourceParam[ObjectStore],
    policy: dg.ResourceParam[Policy],
) -> dg.AssetCheckResult:
    """Per ledger, obligations add up to the net totals of the invoices that post and no other month supersedes."""
    month = context.partition_key
    tie = obligations_and_invoices(lake, store, policy, month)
    return expect_ties(
        tie.frame,
        equal=tie.equal,
        ok="obligations add up to the invoices",
        failed=f"obligations of {month} differ from what was invoiced: materialize the month's recognition assets "
        "again",
    )


@dg.asset_check(asset="recognized_schedules", partitions_def=MONTHS, blocking=True)
def runs_equal_obligations(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Each obligation is billed once and earned once, less what credit notes and voids take back, to the minor unit."""
    month = context.partition_key
    tie = runs_and_obligations(lake, month)
    return expect_ties(
        tie.frame,
        equal=tie.equal,
        zero=tie.zero,
        ok="every obligation is billed and earned in full, less its credit notes",
        failed=f"schedules of {month} do not add up to their obligations: materialize the month's recognition "
        "assets again",
    )


def _quarantine_check(asset: str, monthly: bool) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=asset, name="nothing_in_quarantine", partitions_def=MONTHS if monthly else None)
    def nothing_in_quarantine(
        context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[ObjectStore]
    ) -> dg.AssetCheckResult:
        """Warns of landed rows that are kept out of the books, with file, row, field and reason."""
        month = context.partition_key if monthly else None
        # credit grants and billing schedules are refused with the amendments of every month, and lie in none
        months = (None, month) if asset == "amendments" else (month,)
        found = {quarantine_key(asset, each): read_quarantine(store, asset, each) for each in months}
        return _quarantine_result(
            [item for items in found.values() for item in items],
            ", ".join(store.uri(key) for key, items in found.items() if items),
        )

    return nothing_in_quarantine


def _quarantine_result(rejections: list[Rejection], uris: str) -> dg.AssetCheckResult:
    """A warning where there is anything. A count needs no expectation: 130 validations a year would take longer than
    closing."""
    rows = len({(item.dataset, item.file, item.row) for item in rejections})
    return dg.AssetCheckResult(
        passed=not rejections,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{rows} landed row(s) are in quarantine and in no figure: correct them in the billing system and "
        f"land them again; all of them: {uris}"
        if rejections
        else "nothing is in quarantine",
        metadata={"rows_in_quarantine": rows, "reasons": rejection_table(rejections)},
    )


# One warning per asset that may put rows into quarantine.
QUARANTINE_CHECKS = [
    *(_quarantine_check(dataset.name, dataset.monthly) for dataset in DATASETS.values()),
    _quarantine_check("line_allocations", monthly=True),
    _quarantine_check("amendments", monthly=True),
]

RECOGNITION_CHECKS = [
    every_line_has_one_obligation_or_a_recorded_exclusion,
    obligations_equal_invoices,
    runs_equal_obligations,
    *QUARANTINE_CHECKS,
]
