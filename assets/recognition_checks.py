"""Blocking checks of a document month: nothing lost, nothing twice, every amount where it belongs.

What belongs here: the checks of the raw and recognition assets. What does not: computing the figures
(`revrec.reconciliation`).
"""

import json

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.expectations import expect_ties
from assets.partitions import MONTHS
from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.quarantine import quarantine_key, read_quarantine
from resources.ui_metadata import rejection_table
from resources.workspace import workspace
from revrec import accounted_for, reconciliation
from revrec.policy import Policy
from revrec.reconciliation import Source
from revrec.rejections import Rejection
from revrec.schemas import DATASETS

OBLIGATION_COLUMNS = [
    "obligation_no",
    "obligation_id",
    "entity",
    "currency",
    "effect",
    "recognition_method",
    "accounting_date",
    "amount_minor",
]
_ROW = pa.schema([("landed_file", pa.string()), ("landed_row", pa.int64())])


def source(lake: Lake, table: str, month: str | None, columns: list[str]) -> Source:
    """Columns of a lake table as a stream."""
    opened = lake.open(table, month)
    return Source(pa.schema([opened.schema.field(column) for column in columns]), opened.batches(columns))


def invoiced(lake: Lake, month: str, columns: list[str]) -> Source:
    """Columns of the obligations that invoices bring, without the credit notes and voids that lower them."""
    opened = lake.open("obligations", month)
    batches = (
        batch.filter(pc.and_(pc.equal(batch["source"], "INVOICE"), pc.equal(batch["effect"], "OBLIGATION")))
        for batch in opened.batches([*columns, "source", "effect"])
    )
    schema = pa.schema([opened.schema.field(column) for column in columns])
    return Source(schema, (batch.select(columns) for batch in batches))


def _rejected_rows(store: ObjectStore, month: str, dataset: str) -> Source:
    rows = sorted(
        {(item.file, item.row) for item in read_quarantine(store, "line_allocations", month) if item.dataset == dataset}
    )
    table = pa.table({"landed_file": [file for file, _ in rows], "landed_row": [row for _, row in rows]}, schema=_ROW)
    return Source(_ROW, table.to_batches())


def _superseded_rows(lake: Lake, month: str) -> list[pa.RecordBatch]:
    """Rows of invoices that another month has a later version of: they count there."""
    newer = pa.array(json.loads(lake.open("line_allocations", month).metadata["superseded"]), pa.string())
    rows = lake.open("invoices", month).read(["id", "landed_file", "landed_row"])
    batches: list[pa.RecordBatch] = rows.filter(pc.is_in(rows["id"], newer)).select(_ROW.names).cast(_ROW).to_batches()
    return batches


@dg.asset_check(asset="obligations", partitions_def=MONTHS, blocking=True)
def every_line_has_one_obligation_or_a_recorded_exclusion(
    context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake], store: dg.ResourceParam[ObjectStore]
) -> dg.AssetCheckResult:
    """Each landed line became one obligation, or is excluded with a reason, or is in quarantine: exactly one of
    these."""
    month = context.partition_key
    with workspace() as connection:
        table = accounted_for.lines_accounted_for(
            connection,
            source(lake, "invoice_line_items", month, ["id", "kind", "landed_file", "landed_row"]),
            source(lake, "line_allocations", month, ["line_id", "disposition", "reason"]),
            invoiced(lake, month, ["line_id"]),
            _rejected_rows(store, month, "invoice_line_items"),
        )
    return expect_ties(
        table.to_pandas(),
        zero=["unaccounted", "accounted_twice", "never_landed", "without_reason"],
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
    invoice_columns = ["entity_id", "currency", "status", "net_total_minor", "landed_file", "landed_row"]
    with workspace() as connection:
        table = reconciliation.obligations_and_invoices(
            connection,
            source(lake, "invoices", month, invoice_columns),
            invoiced(lake, month, ["entity", "currency", "amount_minor"]),
            Source(_ROW, [*_rejected_rows(store, month, "invoices").batches, *_superseded_rows(lake, month)]),
            # what a voided invoice posted is reversed, not undone
            {*policy.posting_statuses, "VOIDED"},
        )
    return expect_ties(
        table.to_pandas(),
        equal=[("invoiced_minor", "obligations_minor")],
        ok="obligations add up to the invoices",
        failed=f"obligations of {month} differ from what was invoiced: materialize the month's recognition assets "
        "again",
    )


@dg.asset_check(asset="recognized_schedules", partitions_def=MONTHS, blocking=True)
def runs_equal_obligations(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Each obligation is billed once and earned once, less what credit notes and voids take back, to the minor unit."""
    month = context.partition_key
    with workspace() as connection:
        table = reconciliation.runs_and_obligations(
            connection,
            source(
                lake, "recognized_schedules", month, ["obligation_no", "kind", "days", "amount_minor", "daily_minor"]
            ),
            source(lake, "obligations", month, OBLIGATION_COLUMNS),
        )
    return expect_ties(
        table.to_pandas(),
        equal=[("to_bill_minor", "billed_minor"), ("to_earn_minor", "earned_minor")],
        zero=["broken_obligations"],
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
        rejections = read_quarantine(store, asset, month)
        return _quarantine_result(rejections, store.uri(quarantine_key(asset, month)))

    return nothing_in_quarantine


def _quarantine_result(rejections: list[Rejection], uri: str) -> dg.AssetCheckResult:
    """A warning where there is anything. A count needs no expectation: 130 validations a year would take longer than
    closing."""
    rows = len({(item.dataset, item.file, item.row) for item in rejections})
    return dg.AssetCheckResult(
        passed=not rejections,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{rows} landed row(s) are in quarantine and in no figure: correct them in the billing system and "
        f"land them again; all of them: {uri}"
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
