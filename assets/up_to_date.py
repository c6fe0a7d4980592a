"""Bringing every landed document month up to date before a posting month reads it.

What belongs here: finding document months whose schedules do not follow from what has landed, and recomputing them.
What does not: the computation itself, which is the recognition assets' own.

A posting month takes in the schedules of all document months. Dagster orders the assets of one run or backfill, but
cannot know that files landed since, or that a single month was started on a fresh store. So that journals depend on
nothing but what has landed (DESIGN, Everything is a function of what has landed), they recompute what is missing or
stale, with the same functions and the same bytes as the document month's own run, and record it as materialized.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import dagster as dg

from assets.partitions import MONTHS
from assets.raw_billing import land
from assets.recognition import allocate_lines, recognize, schedule
from assets.recognition_inputs import ReferenceData, still_holds, superseded_invoices
from resources.books import Books
from resources.lake import Lake, LakeTable, TableStream, WrittenTable
from resources.lake_io_manager import table_metadata
from resources.landing import landed_months, landed_objects
from resources.landing.digests import current_landed_digest
from resources.object_store import ObjectStore
from revrec.policy import Policy
from revrec.schemas import CUSTOMERS, DOCUMENT_DATASETS, INVOICE_LINE_ITEMS, INVOICES, PRODUCTS, Dataset

# Called with each table that had to be recomputed: table, month (None: reference table), what was written.
OnRecomputed = Callable[[str, str | None, WrittenTable], None]


@dataclass(frozen=True)
class Places:
    """Where a computation reads and writes."""

    store: ObjectStore
    lake: Lake
    books: Books
    policy: Policy


def schedules_of_every_month(places: Places, on_recomputed: OnRecomputed) -> Iterator[tuple[str, LakeTable, LakeTable]]:
    """Obligations and schedules of every landed document month, recomputed where they do not follow from what has
    landed.

    Yields:
        (document month, obligations, schedules), months in order.
    """
    references = ReferenceData.of(*(_raw(places, dataset, None, on_recomputed) for dataset in (CUSTOMERS, PRODUCTS)))
    months = landed_months(places.store)
    for month in months:
        _read_landed_documents(places, month, on_recomputed)
    newer = superseded_invoices(places.lake)
    for month in months:
        landed = {dataset.name: _landed(places, dataset, month) for dataset in (INVOICES, INVOICE_LINE_ITEMS)}
        invoices = places.lake.open(INVOICES.name, month)
        schedules = places.lake.find("recognized_schedules", month)
        if schedules is None or not still_holds(
            schedules.metadata, landed, invoices, references, newer[month], places.policy
        ):
            _recompute(places, month, references, newer[month], on_recomputed)
            schedules = places.lake.open("recognized_schedules", month)
        yield month, places.lake.open("obligations", month), schedules


def _read_landed_documents(places: Places, month: str, on_recomputed: OnRecomputed) -> None:
    """Read every dataset that has files: a month outside of the partitions has no run of its own, and documents that
    are refused there must be counted, too."""
    for dataset in DOCUMENT_DATASETS:
        found = landed_objects(places.store, dataset, month)
        if dataset is INVOICES or found.readable or found.rejections:
            _raw(places, dataset, month, on_recomputed)


def _landed(places: Places, dataset: Dataset, month: str | None) -> str:
    return current_landed_digest(places.store, places.books, dataset, month)


def _raw(places: Places, dataset: Dataset, month: str | None, on_recomputed: OnRecomputed) -> LakeTable:
    """A raw table that follows from what has landed."""
    table = places.lake.find(dataset.name, month)
    if table is None or table.metadata["landed"] != _landed(places, dataset, month):
        landed, _ = land(dataset, month, places.store, places.books)
        on_recomputed(dataset.name, month, places.lake.write(dataset.name, month, landed))
        table = places.lake.open(dataset.name, month)
    return table


def _recompute(
    places: Places, month: str, references: ReferenceData, newer: Mapping[str, str], on_recomputed: OnRecomputed
) -> None:
    def write(name: str, table: TableStream) -> LakeTable:
        on_recomputed(name, month, places.lake.write(name, month, table))
        return places.lake.open(name, month)

    invoices, lines = (_raw(places, dataset, month, on_recomputed) for dataset in (INVOICES, INVOICE_LINE_ITEMS))
    allocations, _ = allocate_lines(month, invoices, lines, references, newer, places.policy, places.store)
    allocated = write("line_allocations", allocations)
    write("recognized_schedules", schedule(write("obligations", recognize(allocated, places.policy))))


def record_in_dagster(context: dg.AssetExecutionContext) -> OnRecomputed:
    """Show recomputed tables in the UI as materialized by this run; months outside of the partitions have no place
    there."""

    def record(name: str, month: str | None, written: WrittenTable) -> None:
        context.log.info(
            "recomputed %s%s: it did not follow from what has landed", name, f" of {month}" if month else ""
        )
        if month is None or MONTHS.has_partition_key(month):
            context.log_event(
                dg.AssetMaterialization(asset_key=name, partition=month, metadata=table_metadata(written))
            )

    return record
