"""Files that general ledgers import (SPEC 9), per ledger and month, each with a manifest.

What belongs here: the export assets, one per format of the registry. What does not: what a file holds
(`revrec.exports`).
"""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import BinaryIO

import dagster as dg

from assets.attributes import Group, layer
from assets.ledger_checks import journals_and_runs
from assets.partitions import MONTHS
from assets.reports import month_ledgers, of_ledger, replace_files
from resources.books import Books, ExportFile
from resources.lake import Lake, LakeTable
from resources.object_store import ObjectStore
from revrec import ENGINE_VERSION
from revrec.accounts import Ledger
from revrec.errors import RevrecError
from revrec.exports import EXPORT_FORMATS
from revrec.exports.files import FileTotals, export_files
from revrec.exports.layout import ExportFormat
from revrec.exports.manifest import manifest, manifest_bytes, manifest_name
from revrec.policy import Policy


class JournalsDoNotTieError(RevrecError, ValueError):
    """The month's journals differ from its schedules: nothing is exported."""


def require_ties(lake: Lake, month: str) -> None:
    """Say the journals' reconciliation again before a file is written.

    A blocking check holds back only the run it fails in (FACTS 4): a later run would export a month whose check had
    failed.

    Raises:
        JournalsDoNotTieError: journals and runs differ.
    """
    frame = journals_and_runs(lake, month)
    broken = frame[frame["journals_minor"] != frame["runs_minor"]]
    if len(broken):
        first = broken.iloc[0]
        raise JournalsDoNotTieError(
            f"journals of {month} differ from the schedules in {len(broken)} account(s), first {first['account']} "
            "of ledger "
            f"{first['entity']}-{first['currency']}: {first['journals_minor']} instead of {first['runs_minor']} "
            "minor units; "
            f"materialize daily_journals of {month} again"
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
        month = context.partition_key
        written: dict[Ledger, dict[str, FileTotals]] = {}
        try:
            require_ties(lake, month)
            for ledger in month_ledgers(daily_journals) if export.enabled(policy) else []:
                written[ledger] = write_ledger_files(export, ledger, month, daily_journals, store, policy)
        except Exception:
            # What an earlier run left no longer says what the journals say, and its checksums would still be right.
            written.clear()
            raise
        finally:
            keys = [key for files in written.values() for key in files]
            replace_files(store, export_folder(export.name, month), [*keys, *map(manifest_name, keys)])
            _record(books, export.name, month, written, policy)
        context.add_output_metadata(
            {
                "enabled": export.enabled(policy),
                "files": dg.MetadataValue.json(
                    {key: file.rows for files in written.values() for key, file in files.items()}
                ),
                "files_by_ledger": dg.MetadataValue.json({ledger.key: len(files) for ledger, files in written.items()}),
                "folder": dg.MetadataValue.url(store.uri(export_folder(export.name, month))),
            }
        )

    return gl_export


def write_ledger_files(
    export: ExportFormat, ledger: Ledger, month: str, journals: LakeTable, store: ObjectStore, policy: Policy
) -> dict[str, FileTotals]:
    """Write all files of a ledger, then their manifests: a manifest always speaks of a whole file."""
    folder = export_folder(export.name, month)

    def open_file(name: str) -> AbstractContextManager[BinaryIO]:
        return store.open_write(f"{folder}/{name}")

    written: dict[str, FileTotals] = {}
    for layout in export.layouts(policy, ledger):
        for totals in export_files(layout, lambda: of_ledger(journals, ledger), open_file):
            key = f"{folder}/{totals.name}"
            store.write_bytes(manifest_name(key), manifest_bytes(manifest(layout, month, totals, policy)))
            written[key] = totals
    return written


def _record(
    books: Books, export: str, month: str, written: dict[Ledger, dict[str, FileTotals]], policy: Policy
) -> None:
    """Enter the files into the books; ledgers that no longer have any are forgotten."""
    recorded = {Ledger(file.entity, file.currency) for file in books.export_files(export, month)}
    for ledger in sorted({*written, *recorded}):
        files = [
            ExportFile(
                object_key=key,
                format=export,
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
            for key, totals in written.get(ledger, {}).items()
        ]
        books.replace_export_files(export, month, ledger.entity, ledger.currency, files, now=datetime.now(UTC))


EXPORT_ASSETS = [_export_asset(export) for export in EXPORT_FORMATS.values()]
