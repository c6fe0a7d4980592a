"""Files that general ledgers import (SPEC 9), per ledger and month, each with a manifest.

What belongs here: the export assets, one per format of the registry. What does not: what a file holds
(`revrec.exports`).
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import BinaryIO

import dagster as dg

from assets.attributes import Group, layer
from assets.ledger_ties import require_ties
from assets.locks import Locks
from assets.partitions import MONTHS
from assets.reports import month_ledgers, of_ledger, replace_files
from assets.up_to_date import Places
from resources.books import Books, ExportFile
from resources.lake import Lake
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from revrec import ENGINE_VERSION
from revrec.accounts import Ledger
from revrec.exports import EXPORT_FORMATS
from revrec.exports.files import export_files
from revrec.exports.layout import ExportFormat
from revrec.exports.manifest import manifest, manifest_bytes, manifest_name
from revrec.policy import Policy

# What the books hold of a file as its manifest has it.
_TOLD_BY_MANIFEST = (
    "entity",
    "currency",
    "rows",
    "total_debits_minor",
    "total_credits_minor",
    "sha256",
    "policy_sha256",
    "engine_version",
)


def export_folder(export: str, month: str) -> str:
    """Prefix of a format's files of a month."""
    return f"exports/{export}/{month}"


def _export_asset(export: ExportFormat) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"{export.name}_gl_export",
        partitions_def=MONTHS,
        deps=["monthly_journal_report"],
        description=f"The month's journals as {export.name} files, one set per ledger under "
        f"exports/{export.name}/, each with a manifest.",
        **layer(Group.EXPORTS, "csv"),
    )
    def gl_export(
        context: dg.AssetExecutionContext,
        daily_journals: LakeTable,
        store: dg.ResourceParam[ObjectStore],
        lake: dg.ResourceParam[Lake],
        books: dg.ResourceParam[Books],
        policy: dg.ResourceParam[Policy],
    ) -> None:
        places = Places(store, lake, books, policy)
        files = export_month(export, context.partition_key, daily_journals, places)
        context.add_output_metadata(
            {
                "enabled": export.enabled(policy),
                "files": dg.MetadataValue.json({file.object_key: file.rows for file in files}),
                "files_by_ledger": dg.MetadataValue.json(
                    {
                        ledger.key: sum(ledger == Ledger(file.entity, file.currency) for file in files)
                        for ledger in month_ledgers(daily_journals)
                    }
                ),
                "folder": dg.MetadataValue.url(store.uri(export_folder(export.name, context.partition_key))),
            }
        )

    return gl_export


def export_month(export: ExportFormat, month: str, journals: LakeTable, places: Places) -> list[ExportFile]:
    """Replace a format's files of a month, in the store and in the books; a closed month has those it was closed with.

    Returns:
        the files, none where the format is not enabled.

    Raises:
        JournalsDoNotTieError: journals and runs differ.
        SealBrokenError: a sealed file is missing or altered.
    """
    locks = Locks.of(places.books, places.store)
    written: list[ExportFile] = []
    try:
        sealed = _restored(export, month, locks, places.store)
        if not sealed and export.enabled(places.policy):
            require_ties(places, month)
            for ledger in month_ledgers(journals):
                written += write_ledger_files(export, ledger, month, journals, places)
        written += sealed
    except Exception:
        # What an earlier run left no longer says what the journals say, and its checksums would still be right.
        written.clear()
        raise
    finally:
        keys = [file.object_key for file in written]
        replace_files(places.store, export_folder(export.name, month), [*keys, *map(manifest_name, keys)])
        _record(places.books, export.name, month, written)
    return written


def _restored(export: ExportFormat, month: str, locks: Locks, store: ObjectStore) -> list[ExportFile]:
    """The files that a month was closed with, put where they were. A format that had none then has none here: its files
    are written from the sealed journals."""
    contents = locks.sealed_files(month, export_folder(export.name, month))
    for key, content in contents.items():
        store.write_bytes(key, content)
    manifests = {key: json.loads(contents[manifest_name(key)]) for key in contents if key.endswith(".csv")}
    return [
        ExportFile(
            object_key=key,
            format=export.name,
            month=month,
            **{name: told[name] for name in _TOLD_BY_MANIFEST},
        )
        for key, told in sorted(manifests.items())
    ]


def write_ledger_files(
    export: ExportFormat, ledger: Ledger, month: str, journals: LakeTable, places: Places
) -> list[ExportFile]:
    """Write all files of a ledger, then their manifests: a manifest always speaks of a whole file."""
    folder, store, policy = export_folder(export.name, month), places.store, places.policy

    def open_file(name: str) -> AbstractContextManager[BinaryIO]:
        return store.open_write(f"{folder}/{name}")

    written = []
    for layout in export.layouts(policy, ledger):
        for totals in export_files(layout, lambda: of_ledger(journals, ledger), open_file):
            key = f"{folder}/{totals.name}"
            store.write_bytes(manifest_name(key), manifest_bytes(manifest(layout, month, totals, policy)))
            written.append(
                ExportFile(
                    object_key=key,
                    format=export.name,
                    month=month,
                    entity=ledger.entity,
                    currency=ledger.currency,
                    rows=totals.rows,
                    total_debits_minor=totals.debit_minor,
                    total_credits_minor=totals.credit_minor,
                    sha256=totals.sha256,
                    policy_sha256=policy.sha256,
                    engine_version=ENGINE_VERSION,
                )
            )
    return written


def _record(books: Books, export: str, month: str, written: Sequence[ExportFile]) -> None:
    """Enter the files into the books; ledgers that no longer have any are forgotten."""
    recorded = [*books.export_files(export, month), *written]
    for ledger in sorted({Ledger(file.entity, file.currency) for file in recorded}):
        files = [file for file in written if Ledger(file.entity, file.currency) == ledger]
        books.replace_export_files(export, month, ledger.entity, ledger.currency, files, now=datetime.now(UTC))


EXPORT_ASSETS = [_export_asset(export) for export in EXPORT_FORMATS.values()]
