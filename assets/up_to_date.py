"""Bringing every landed document month up to date before a posting month reads it.

What belongs here: finding document months whose schedules do not follow from what has landed, and recomputing them.
What does not: the computation itself, which is the recognition assets' own.

A posting month takes in the schedules of all document months. Dagster orders the assets of one run or backfill, but
cannot know that files landed since, or that a single month was started on a fresh store. So that journals depend on
nothing but what has landed (DESIGN, Everything is a function of what has landed), they recompute what is missing or
stale, with the same functions and the same bytes as the document month's own run, and record it as materialized.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from assets.partitions import MONTHS
from assets.raw_billing import land
from assets.recognition import ANY, allocate_lines, customers_digest, products_digest, recognize, rules_digest, schedule
from resources.books import Books
from resources.lake import Lake, LakeTable, TableStream, WrittenTable
from resources.lake_io_manager import table_metadata
from resources.landing import landed_months
from resources.landing.digests import current_landed_digest
from resources.object_store import ObjectStore
from revrec.policy import Policy
from revrec.schemas import CUSTOMERS, DATASETS, INVOICE_LINE_ITEMS, INVOICES, PRODUCTS

RECOGNIZED_DATASETS = (INVOICES, INVOICE_LINE_ITEMS)
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
    customers, products = (_reference(places, dataset.name, on_recomputed) for dataset in (CUSTOMERS, PRODUCTS))
    for month in landed_months(places.store):
        expected = {
            **{
                dataset.name: current_landed_digest(places.store, places.books, dataset, month)
                for dataset in RECOGNIZED_DATASETS
            },
            "customers": customers_digest(customers),
            "products": products_digest(products),
            "rules": rules_digest(places.policy),
        }
        schedules = places.lake.find("recognized_schedules", month)
        if schedules is None or not _follows_from(schedules.metadata, expected):
            _recompute(places, month, customers, products, on_recomputed)
            schedules = places.lake.open("recognized_schedules", month)
        yield month, places.lake.open("obligations", month), schedules


def _follows_from(metadata: dict[str, str], expected: dict[str, str]) -> bool:
    return all(metadata.get(name) in (value, ANY) for name, value in expected.items())


def _reference(places: Places, name: str, on_recomputed: OnRecomputed) -> LakeTable:
    table = places.lake.find(name, None)
    if table is None or table.metadata.get("landed") != current_landed_digest(
        places.store, places.books, DATASETS[name], None
    ):
        on_recomputed(
            name, None, places.lake.write(name, None, land(DATASETS[name], None, places.store, places.books)[0])
        )
    return places.lake.open(name, None)


def _recompute(
    places: Places, month: str, customers: LakeTable, products: LakeTable, on_recomputed: OnRecomputed
) -> None:
    def write(name: str, table: TableStream) -> LakeTable:
        on_recomputed(name, month, places.lake.write(name, month, table))
        return places.lake.open(name, month)

    invoices, lines = (
        write(dataset.name, land(dataset, month, places.store, places.books)[0]) for dataset in RECOGNIZED_DATASETS
    )
    allocations, _ = allocate_lines(month, invoices, lines, customers, products, places.policy, places.store)
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
