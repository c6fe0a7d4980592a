"""Amendments: what became of every landed document that is not an invoice (SPEC 3 to 5).

What belongs here: resolving them over all document months at once, as a late credit note, milestone or invoice of a
metered period bears on a month of its own. What does not: the rules (`revrec.amendments`), bringing the tables they are
resolved from up to date (`assets.up_to_date`).
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pyarrow as pa
import pyarrow.csv as pa_csv

from assets.attributes import Group, layer
from assets.partitions import MONTHS, SAME_MONTH
from assets.recognition import counted
from assets.recognition_inputs import digest, rules_digest
from assets.up_to_date import DocumentMonth, LandedTables, OnRecomputed, Places, UpToDate, record_in_dagster
from resources.books import Books
from resources.lake import Lake, TableStream
from resources.lake_table import LakeTable
from resources.landing import landed_months
from resources.object_store import ObjectStore
from resources.quarantine import forget_withdrawn, quarantine_key, read_quarantine, write_quarantine
from resources.workspace import workspace
from revrec import tables
from revrec.amendments import AmendingDocuments, AmendmentResolver, RejectedDocument, any_documents
from revrec.amendments.documents import AMENDING_DATASETS, MONTHLY_DATASETS
from revrec.policy import Policy
from revrec.rejections import Rejection
from revrec.row_digests import RowsDigest
from revrec.schemas import DATASETS, INVOICE_LINE_ITEMS, INVOICES

# Rejections of credit grants and billing schedules, which lie in no month's folder.
_NO_MONTH = ""


def schedules_of_every_month(places: Places, on_recomputed: OnRecomputed) -> list[DocumentMonth]:
    """Obligations and schedules of every document month, recomputed where they do not follow from what has landed.

    Document months are those that documents have landed for, and those that a billing schedule begins in.

    Returns:
        the months in order.
    """
    up_to_date = UpToDate(places, on_recomputed)
    landed = up_to_date.landed_tables()
    amendments = _amendments_of_every_month(up_to_date, landed)
    found = []
    for month, table in sorted(amendments.items()):
        allocations = landed.allocations.get(month) or up_to_date.without_documents(month, landed.references)
        found.append(up_to_date.recognized(month, allocations, table))
    return found


def document_months(lake: Lake) -> list[str]:
    """Months that documents have landed for, or that a billing schedule begins in, in order."""
    landed = landed_months(lake.store)
    found = (lake.find("amendments", month) for month in landed)
    resolved = {month for table in found if table for month in json.loads(table.metadata["months"])}
    # a month that only a billing schedule begins in has no files
    return sorted({*landed, *(month for month in resolved if lake.find("obligations", month))})


def _amendments_of_every_month(up_to_date: UpToDate, landed: LandedTables) -> dict[str, LakeTable]:
    places, inputs = up_to_date.places, _inputs(landed, up_to_date.places.policy)
    kept = _kept_amendments(places.lake, landed, inputs)
    if kept is not None:
        return kept
    with _resolved(places, landed) as resolver:
        months = _document_months(landed, resolver)
        _quarantine(places.store, None, resolver.rejections(_NO_MONTH))
        forget_withdrawn(places.store, "amendments", months)
        return {
            month: up_to_date.write("amendments", month, _resolved_month(places, resolver, month, inputs, months))
            for month in months
        }


def _kept_amendments(lake: Lake, landed: LandedTables, inputs: str) -> dict[str, LakeTable] | None:
    """The tables of every month, where all of them were resolved from just these inputs; each lists the months."""
    any_table = lake.find("amendments", min(landed.allocations)) if landed.allocations else None
    if any_table is None or any_table.metadata["inputs"] != inputs:
        return None
    found = {month: lake.find("amendments", month) for month in json.loads(any_table.metadata["months"])}
    kept = {month: table for month, table in found.items() if table is not None and table.metadata["inputs"] == inputs}
    return kept if len(kept) == len(found) else None


def _inputs(landed: LandedTables, policy: Policy) -> str:
    """Digest of all that amendments follow from."""
    raw = {
        f"{dataset} {month or ''}": table.metadata["landed"]
        for (dataset, month), table in landed.raw.items()
        if dataset not in (INVOICES.name, INVOICE_LINE_ITEMS.name)
    }
    allocations = {month: table.metadata for month, table in landed.allocations.items()}
    return digest([raw, allocations, rules_digest(policy)])


def _document_months(landed: LandedTables, resolver: AmendmentResolver) -> list[str]:
    return sorted({*landed.allocations, *(month for month in resolver.months if month != _NO_MONTH)})


@contextmanager
def _resolved(places: Places, landed: LandedTables) -> Iterator[AmendmentResolver]:
    with workspace() as connection:
        yield AmendmentResolver(connection, _documents(places, landed))


def _documents(places: Places, landed: LandedTables) -> AmendingDocuments:
    rejected = _rejected(places.store, landed)
    rows = {name: sum(table.rows for (dataset, _), table in landed.raw.items() if dataset == name) for name in DATASETS}
    needs_lines = any_documents(rows)
    monthly = {
        name: {month: table.batches() for (dataset, month), table in landed.raw.items() if dataset == name and month}
        for name in MONTHLY_DATASETS
    }
    return AmendingDocuments(
        **monthly,
        billing_schedules=landed.raw["billing_schedules", None].batches(),
        credit_grants=landed.raw["credit_grants", None].batches(),
        lines={month: table.batches() for month, table in landed.allocations.items()} if needs_lines else {},
        customers=landed.references.customers,
        products=landed.references.methods,
        rejected=rejected,
        policy=places.policy,
    )


def _rejected(store: ObjectStore, landed: LandedTables) -> dict[str, list[RejectedDocument]]:
    """What is in quarantine already, by dataset. Of a duplicate the first row stands: the others say nothing new."""
    found: dict[str, list[RejectedDocument]] = {}
    for dataset, month in landed.raw:
        for item in read_quarantine(store, dataset, month):
            if item.field != "id":
                found.setdefault(dataset, []).append(RejectedDocument(month or "", item.record, _reason(item)))
    for month in landed.allocations:
        for item in read_quarantine(store, "line_allocations", month):
            found.setdefault(item.dataset, []).append(RejectedDocument(month, item.record, _reason(item)))
    return found


def _reason(item: Rejection) -> str:
    return f"{item.file} row {item.row}: {item.reason}"


def _resolved_month(
    places: Places, resolver: AmendmentResolver, month: str, inputs: str, months: list[str]
) -> TableStream:
    """A month's table; what was rejected goes to quarantine."""
    _quarantine(places.store, month, resolver.rejections(month))
    return _table(pa.Table.from_batches(resolver.amendments(month), tables.AMENDMENTS), inputs, months)


def _table(rows: pa.Table, inputs: str, months: list[str]) -> TableStream:
    """A month's table, whose metadata names its rows twice: with the files they landed in (`content`: what follows from
    them is stale when it changes), and without (`rows`: for the id of the recognition run)."""
    with workspace() as connection:
        named = RowsDigest(connection)
        batches = list(named.watch(rows.to_batches()))
    metadata = {"inputs": inputs, "months": json.dumps(months), "content": _content(rows), "rows": str(named)}
    return TableStream(tables.AMENDMENTS, batches, metadata)


def _quarantine(store: ObjectStore, month: str | None, rejections: list[Rejection]) -> None:
    write_quarantine(store, "amendments", month, rejections)


def _content(table: pa.Table) -> str:
    """Digest of a table's rows."""
    sink = pa.BufferOutputStream()
    pa_csv.write_csv(table, sink)
    return hashlib.sha256(sink.getvalue()).hexdigest()


@dg.asset(
    partitions_def=MONTHS,
    deps=[
        "line_allocations",
        *(
            dg.AssetDep(name, partition_mapping=SAME_MONTH if DATASETS[name].monthly else None)
            for name in AMENDING_DATASETS
        ),
    ],
    **layer(Group.RECOGNITION, "duckdb", "parquet"),
)
def amendments(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> dg.Output[TableStream]:
    """What became of every credit note, milestone, usage record, billing schedule and credit grant: the obligation it
    bears on, or why it bears on none.

    A month has the amendments of its own obligations, whenever they landed. They are resolved over all document months;
    tables that are missing or stale are brought up to date first.
    """
    month = context.partition_key
    up_to_date = UpToDate(Places(store, lake, books, policy), record_in_dagster(context))
    landed = up_to_date.landed_tables()
    # of all months at once: the next month's run finds its table there
    resolved = _amendments_of_every_month(up_to_date, landed).get(month)
    table = _as_it_is(resolved) if resolved else _nothing(_inputs(landed, policy))
    rejections = read_quarantine(store, "amendments", month)
    return dg.Output(
        table,
        metadata={
            "rows_quarantined": len({(item.dataset, item.file, item.row) for item in rejections}),
            "quarantine": store.uri(quarantine_key("amendments", month)) if rejections else "empty",
            "reasons": dg.MetadataValue.json(counted(rejections)),
        },
    )


def _as_it_is(table: LakeTable) -> TableStream:
    return TableStream(table.schema, table.batches(), table.metadata)


def _nothing(inputs: str) -> TableStream:
    """The table of a month without any document."""
    return _table(tables.AMENDMENTS.empty_table(), inputs, [])
