"""Landed files as typed tables, one asset per dataset (SPEC 10).

What belongs here: the raw assets. What does not: reading and checking rows (`resources.landing`), rules across datasets
(`assets.recognition`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pyarrow as pa

from assets.attributes import Group, layer
from assets.partitions import MONTHS
from resources.books import Books, LandedFile
from resources.lake import TableStream
from resources.landing import LandedData, read_landed
from resources.landing.digests import landed_digest
from resources.object_store import ObjectStore
from resources.quarantine import quarantine_key, write_quarantine
from revrec.schemas import DATASETS, Dataset


def land(dataset: Dataset, month: str | None, store: ObjectStore, books: Books) -> tuple[TableStream, LandedData]:
    """Read a dataset's landed files: good rows become the table, bad rows go to quarantine, the files into the books.

    Returns:
        (table, landed): the table's metadata names the content it was read from, whatever the files are called and
        whenever they came.
    """
    landed = read_landed(store, dataset, month)
    write_quarantine(store, dataset.name, month, landed.rejections)
    books.record_landed_files(
        [
            LandedFile(
                object_key=file.object_key,
                sha256=file.sha256,
                dataset=dataset.name,
                month=month,
                size_bytes=file.size_bytes,
                etag=file.etag,
                rows_kept=file.rows_kept,
                rows_quarantined=file.rows_rejected,
            )
            for file in landed.files
        ],
        # when a file was first seen is history for the books; no figure follows from it
        now=datetime.now(UTC),
    )
    return TableStream(dataset.lake_schema, _closing(landed), {"landed": landed_digest(landed.files)}), landed


def _closing(landed: LandedData) -> Iterator[pa.RecordBatch]:
    """The rows, whose temporary files are removed behind the last one."""
    with landed:
        yield from landed.batches


def _raw_asset(dataset: Dataset) -> dg.AssetsDefinition:
    @dg.asset(
        name=dataset.name,
        partitions_def=MONTHS if dataset.monthly else None,
        description=_description(dataset),
        **layer(Group.RAW, "parquet", "python"),
    )
    def raw(
        context: dg.AssetExecutionContext, store: dg.ResourceParam[ObjectStore], books: dg.ResourceParam[Books]
    ) -> dg.Output[TableStream]:
        month = context.partition_key if dataset.monthly else None
        table, landed = land(dataset, month, store, books)
        return dg.Output(
            table,
            metadata={
                "landed_files": len(landed.files),
                "rows_landed": sum(file.rows_total for file in landed.files),
                "rows_quarantined": sum(file.rows_rejected for file in landed.files),
                "rows_superseded": sum(file.rows_superseded for file in landed.files),
                "quarantine": store.uri(quarantine_key(dataset.name, month)) if landed.rejections else "empty",
            },
        )

    return raw


def _description(dataset: Dataset) -> str:
    fields = ", ".join(f"`{field.name}`" + ("" if field.required else "?") for field in dataset.fields)
    where = f"landing/{dataset.name}/" + ("<YYYY-MM>/" if dataset.monthly else "")
    return (
        f"The versions in force of every row landed in `{where}`, typed; bad rows are in quarantine.\n\nFields: "
        f"{fields}"
    )


RAW_ASSETS = {dataset.name: _raw_asset(dataset) for dataset in DATASETS.values()}
