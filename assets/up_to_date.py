"""Bringing every landed document month up to date before a posting month reads it.

What belongs here: finding document months whose tables do not follow from what has landed, and recomputing them. What
does not: the computation itself, which is the recognition assets' own.

A posting month takes in the schedules of all document months, and the amendments of a document month follow from
documents of all others. Dagster orders the assets of one run or backfill, but cannot know that files landed since, or
that a single month was started on a fresh store. So that journals depend on nothing but what has landed (DESIGN,
Everything is a function of what has landed), they recompute what is missing or stale, with the same functions and the
same bytes as the document month's own run, and record it as materialized.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dagster as dg

from assets.partitions import MONTHS
from assets.raw_billing import land
from assets.recognition import allocate_lines, recognition_inputs, recognize, schedule
from assets.recognition_inputs import ReferenceData, still_holds, superseded_invoices
from assets.recognition_log import record_recognition
from resources.books import Books
from resources.lake import Lake, TableStream, WrittenTable
from resources.lake_io_manager import table_metadata
from resources.lake_table import LakeTable, TableChangedError
from resources.landing import landed_months, landed_objects
from resources.landing.digests import current_landed_digest
from resources.object_store import ObjectStore
from resources.quarantine import forget_withdrawn
from revrec.policy import Policy
from revrec.schemas import (
    CREDIT_GRANTS,
    CUSTOMERS,
    DOCUMENT_DATASETS,
    INVOICE_LINE_ITEMS,
    INVOICES,
    PRODUCTS,
    REFERENCE_DATASETS,
    Dataset,
)

# Called with each table that had to be recomputed: table, month (None: reference table), what was written.
OnRecomputed = Callable[[str, str | None, WrittenTable], None]


@dataclass(frozen=True)
class Places:
    """Where a computation reads and writes."""

    store: ObjectStore
    lake: Lake
    books: Books
    policy: Policy


@dataclass(frozen=True)
class DocumentMonth:
    """A document month whose tables follow from what has landed.

    Attributes:
        month: e.g. 2025-01.
        obligations: table of `tables.OBLIGATIONS`.
        schedules: table of `tables.RECOGNIZED_SCHEDULES`.
    """

    month: str
    obligations: LakeTable
    schedules: LakeTable

    def __post_init__(self) -> None:
        """See that both tables follow from the same inputs: runs of other obligations would be joined unnoticed.

        Raises:
            TableChangedError: they do not.
        """
        if self.obligations.metadata["inputs"] != self.inputs:
            raise TableChangedError(
                f"obligations and schedules of {self.month} follow from different documents: another run is at work on "
                "them, run this again"
            )

    @property
    def inputs(self) -> str:
        """Digest of all that the schedules follow from: the same inputs are the same schedules."""
        return self.schedules.metadata["inputs"]


@dataclass(frozen=True)
class LandedTables:
    """Every landed document, as raw tables and as allocated lines that follow from them.

    Attributes:
        references: what documents refer to.
        raw: (dataset, month) to table: reference tables (month None), and of each month the datasets that have files.
        allocations: document month to `tables.LINE_ALLOCATIONS`, every month with a landed file.
    """

    references: ReferenceData
    raw: Mapping[tuple[str, str | None], LakeTable]
    allocations: Mapping[str, LakeTable]


class UpToDate:
    """Reads tables that follow from what has landed, and makes them so where they do not."""

    def __init__(self, places: Places, on_recomputed: OnRecomputed) -> None:
        """Work in some places, and tell of every table that had to be recomputed."""
        self.places = places
        self._on_recomputed = on_recomputed

    def landed_tables(self) -> LandedTables:
        """All that landed, up to and including the allocation of lines."""
        months = landed_months(self.places.store)
        raw: dict[tuple[str, str | None], LakeTable] = {
            (dataset.name, None): self.reference(dataset) for dataset in REFERENCE_DATASETS
        }
        for month in months:
            raw |= {(dataset.name, month): self._raw(dataset, month) for dataset in self._landed_datasets(month)}
        for dataset in DOCUMENT_DATASETS:
            here = [month for name, month in raw if name == dataset.name and month]
            forget_withdrawn(self.places.store, dataset.name, here)
        forget_withdrawn(self.places.store, "line_allocations", months)
        references = ReferenceData.of(*(raw[item.name, None] for item in (CUSTOMERS, PRODUCTS, CREDIT_GRANTS)))
        newer = superseded_invoices(self.places.lake)
        allocations = {month: self._allocated(month, references, newer.get(month, {})) for month in months}
        return LandedTables(references, raw, allocations)

    def reference(self, dataset: Dataset) -> LakeTable:
        """A reference dataset's table."""
        return self._raw(dataset, None)

    def _landed_datasets(self, month: str) -> list[Dataset]:
        """Every dataset that has files: a month outside of the partitions has no run of its own, and bad input there
        must be counted, too."""
        chosen = []
        for dataset in DOCUMENT_DATASETS:
            found = landed_objects(self.places.store, dataset, month)
            if dataset in (INVOICES, INVOICE_LINE_ITEMS) or found.readable or found.rejections:
                chosen.append(dataset)
        return chosen

    def _landed(self, dataset: Dataset, month: str | None) -> str:
        return current_landed_digest(self.places.store, self.places.books, dataset, month)

    def _raw(self, dataset: Dataset, month: str | None) -> LakeTable:
        table = self.places.lake.find(dataset.name, month)
        if table is not None and table.metadata["landed"] == self._landed(dataset, month):
            return table
        landed, _ = land(dataset, month, self.places.store, self.places.books)
        return self.write(dataset.name, month, landed)

    def _allocated(self, month: str, references: ReferenceData, newer: Mapping[str, str]) -> LakeTable:
        places = self.places
        landed = {dataset.name: self._landed(dataset, month) for dataset in (INVOICES, INVOICE_LINE_ITEMS)}
        invoices = places.lake.open(INVOICES.name, month)
        table = places.lake.find("line_allocations", month)
        if table is not None and still_holds(table.metadata, landed, invoices, references, newer, places.policy):
            return table
        lines = places.lake.open(INVOICE_LINE_ITEMS.name, month)
        allocations, _ = allocate_lines(month, invoices, lines, references, newer, places.policy, places.store)
        return self.write("line_allocations", month, allocations)

    def without_documents(self, month: str, references: ReferenceData) -> LakeTable:
        """The allocated lines of a month that nothing landed for, but that a billing schedule begins in: none."""
        for dataset in (INVOICES, INVOICE_LINE_ITEMS):
            self._raw(dataset, month)
        return self._allocated(month, references, {})

    def recognized(self, month: str, allocations: LakeTable, amendments: LakeTable) -> DocumentMonth:
        """Obligations and schedules of a document month."""
        lake, inputs = self.places.lake, recognition_inputs(allocations, amendments)
        # both: a run may have been stopped, or another one be, between them
        found = [lake.find(table, month) for table in ("obligations", "recognized_schedules")]
        if any(table is None or table.metadata.get("inputs") != inputs for table in found):
            places = self.places
            obligations = self.write("obligations", month, recognize(allocations, amendments, places.policy))
            record_recognition(month, obligations, amendments, places.store, places.books, places.policy)
            self.write("recognized_schedules", month, schedule(obligations, amendments))
        return DocumentMonth(month, lake.open("obligations", month), lake.open("recognized_schedules", month))

    def write(self, name: str, month: str | None, table: TableStream) -> LakeTable:
        """Replace a table and tell of it."""
        self._on_recomputed(name, month, self.places.lake.write(name, month, table))
        return self.places.lake.open(name, month)


def record_in_dagster(context: dg.AssetExecutionContext | dg.OpExecutionContext) -> OnRecomputed:
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
