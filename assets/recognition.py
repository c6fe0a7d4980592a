"""From landed documents to obligations and their schedules.

What belongs here: the recognition assets of a document month. What does not: the accounting (`revrec`), checks
(`assets.recognition_checks`).
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import dagster as dg
import pyarrow as pa

from assets.attributes import Group, layer
from assets.partitions import MONTHS
from assets.recognition_inputs import ReferenceData, digest, noted_inputs, rules_digest, superseded_invoices
from assets.recognition_log import record_recognition
from resources.books import Books
from resources.lake import Lake, TableStream
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from resources.quarantine import quarantine_key, read_quarantine, write_quarantine
from resources.workspace import workspace
from revrec import tables
from revrec.line_allocations import LineAllocator, MonthDocuments
from revrec.obligations import LOWERING_EFFECTS
from revrec.obligations import obligations as make_obligations
from revrec.policy import Policy
from revrec.rejections import Rejection
from revrec.row_digests import RowsDigest
from revrec.schedules import ledger_starts
from revrec.schedules import recognized_schedules as make_schedules

# Enough to tell the runs of one company apart for ever; short enough to read.
_RUN_ID_DIGITS = 16


def allocate_lines(
    month: str,
    invoices: LakeTable,
    invoice_line_items: LakeTable,
    references: ReferenceData,
    newer: Mapping[str, str],
    policy: Policy,
    store: ObjectStore,
) -> tuple[TableStream, list[Rejection]]:
    """Allocate a month's lines, and put what cannot be recognized into quarantine.

    Args:
        month: document month.
        invoices: raw table of the month.
        invoice_line_items: raw table of the month.
        references: customers, products and credit grants.
        newer: invoices that another month has a later version of, to that month.
        policy: entities, posting statuses and versions.
        store: where quarantine is.

    Returns:
        (table, rejections): the table of `tables.LINE_ALLOCATIONS`; what was rejected.
    """
    documents = MonthDocuments(
        month=month,
        invoices=invoices.batches(),
        lines=invoice_line_items.batches(),
        customers=references.customers,
        products=references.methods,
        # of a duplicate, the first row stands: the others say nothing new about the invoice
        rejected_invoices=_reasons(
            [item for item in read_quarantine(store, "invoices", month) if item.field != "id"], "id"
        ),
        rejected_lines=_reasons(read_quarantine(store, "invoice_line_items", month), "invoice_id"),
        superseded=newer,
        credit_grants=references.credit_grants,
    )
    with ExitStack() as stack:
        allocator = LineAllocator(stack.enter_context(workspace()), documents, policy)
        rejections = allocator.rejections()
        write_quarantine(store, "line_allocations", month, rejections)
        # the database lives until the last batch is written
        open_workspace = stack.pop_all()
    inputs = noted_inputs(invoices, invoice_line_items, references, newer, policy)
    batches = _named(_closing(allocator.allocations(), open_workspace), inputs)
    return TableStream(tables.LINE_ALLOCATIONS, batches, inputs), rejections


def _named(batches: Iterator[pa.RecordBatch], metadata: dict[str, str]) -> Iterator[pa.RecordBatch]:
    """The rows; behind the last one, `metadata` names them (`RowsDigest`)."""
    with workspace() as connection:
        named = RowsDigest(connection)
        yield from named.watch(batches)
    metadata["rows"] = str(named)


def _closing(batches: Iterator[pa.RecordBatch], resources: ExitStack) -> Iterator[pa.RecordBatch]:
    with resources:
        yield from batches


def _reasons(rejections: list[Rejection], id_field: str) -> dict[str, str]:
    """Document id to the first reason; rows so broken that they name no document cannot be assigned to one."""
    reasons: dict[str, str] = {}
    for rejection in rejections:
        document = rejection.record.get(id_field)
        if document:
            reasons.setdefault(document, f"{rejection.file} row {rejection.row}: {rejection.reason}")
    return reasons


def recognize(allocations: LakeTable, amendments: LakeTable, policy: Policy) -> TableStream:
    """Obligations of a document month. The run id names the documents and rules they follow from, whatever files the
    documents landed in: the same documents are the same run."""
    inputs = {"inputs": recognition_inputs(allocations, amendments), "amendments": amendments.metadata["content"]}
    named = [allocations.metadata["rows"], amendments.metadata["rows"], rules_digest(policy)]
    run_id = digest(named)[:_RUN_ID_DIGITS]
    return TableStream(
        tables.OBLIGATIONS, make_obligations(allocations.batches(), amendments.read(), policy, run_id), inputs
    )


def recognition_inputs(allocations: LakeTable, amendments: LakeTable) -> str:
    """Digest of all that obligations and schedules of a document month follow from."""
    return digest([allocations.metadata, amendments.metadata["content"]])


def schedule(obligations: LakeTable, amendments: LakeTable) -> TableStream:
    """Schedules of a document month; the metadata says per ledger in which month its first movement falls."""
    metadata = dict(obligations.metadata)
    starts: dict[str, str] = {}
    effects = [obligations.read_where({"effect": effect}) for effect in LOWERING_EFFECTS]

    def batches() -> Iterator[pa.RecordBatch]:
        for batch, runs in make_schedules(obligations.batches(), pa.concat_tables(effects), amendments.read()):
            ledger_starts(batch, runs, starts)
            yield runs
        metadata["ledger_starts"] = json.dumps(starts, sort_keys=True)

    return TableStream(tables.RECOGNIZED_SCHEDULES, batches(), metadata)


@dg.asset(partitions_def=MONTHS, **layer(Group.RECOGNITION, "duckdb", "parquet"))
def line_allocations(
    context: dg.AssetExecutionContext,
    invoices: LakeTable,
    invoice_line_items: LakeTable,
    customers: LakeTable,
    products: LakeTable,
    credit_grants: LakeTable,
    policy: dg.ResourceParam[Policy],
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
) -> dg.Output[TableStream]:
    """Where each invoice line's amount goes: to an obligation of its own, netted or allocated into others, or nowhere
    and why.

    Invoices that break a rule across rows or datasets are kept out whole and listed in quarantine.
    """
    month = context.partition_key
    references = ReferenceData.of(customers, products, credit_grants)
    newer = superseded_invoices(lake).get(month, {})
    table, rejections = allocate_lines(month, invoices, invoice_line_items, references, newer, policy, store)
    rows = {(rejection.dataset, rejection.file, rejection.row) for rejection in rejections}
    return dg.Output(
        table,
        metadata={
            "rows_quarantined": len(rows),
            "quarantine": store.uri(quarantine_key("line_allocations", month)) if rows else "empty",
            "reasons": dg.MetadataValue.json(counted(rejections)),
        },
    )


def counted(rejections: list[Rejection]) -> Mapping[str, int]:
    """Rejections by dataset and field; of rows that are kept out with their document, `document`."""
    return dict(
        sorted(Counter(f"{rejection.dataset}.{rejection.field or 'document'}" for rejection in rejections).items())
    )


@dg.asset(partitions_def=MONTHS, **layer(Group.RECOGNITION, "parquet", "python"))
def obligations(line_allocations: LakeTable, amendments: LakeTable, policy: dg.ResourceParam[Policy]) -> TableStream:
    """One row per obligation: a net amount with one method, one period and the policy version in force on its
    accounting date; and one per credit note and void that lowers one."""
    return recognize(line_allocations, amendments, policy)


@dg.asset(partitions_def=MONTHS, **layer(Group.RECOGNITION, "numpy", "parquet"))
def recognized_schedules(
    context: dg.AssetExecutionContext,
    obligations: LakeTable,
    amendments: LakeTable,
    policy: dg.ResourceParam[Policy],
    store: dg.ResourceParam[ObjectStore],
    books: dg.ResourceParam[Books],
) -> TableStream:
    """The whole life of the month's obligations as runs of equal days: billed, earned, credited and voided, before and
    after the invoice.

    The run that made the obligations is in the activity log from here on.
    """
    record_recognition(context.partition_key, obligations, amendments, store, books, policy)
    return schedule(obligations, amendments)


RECOGNITION_ASSETS = [line_allocations, obligations, recognized_schedules]
