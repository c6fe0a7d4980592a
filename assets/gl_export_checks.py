"""Blocking checks of the written files: what they add up to is what the report and the journals add up to.

What belongs here: comparing the files' own content and manifests with the month's report and journals. What does not:
writing them (`assets.gl_exports`).
"""

import json
from collections import Counter
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow.compute as pc

from assets.expectations import expect_ties
from assets.gl_exports import export_folder
from assets.partitions import MONTHS
from assets.reports import month_ledgers, of_ledger
from assets.up_to_date import Places
from resources.checksums import sha256_of
from resources.lake import Lake
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from revrec.accounts import Ledger
from revrec.exports import EXPORT_FORMATS
from revrec.exports.layout import ExportFormat
from revrec.exports.manifest import manifest_name
from revrec.policy import Policy
from revrec.reports.monthly_journal_report import ReportTotals


def _export_check(export: ExportFormat) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=f"{export.name}_gl_export",
        name="files_equal_report_and_journals",
        partitions_def=MONTHS,
        blocking=True,
        description="Per ledger and kind of file: debits and credits of the files = of the monthly report = of the "
        "journals; files are whole.",
    )
    def files_equal_report_and_journals(
        context: dg.AssetCheckExecutionContext,
        lake: dg.ResourceParam[Lake],
        store: dg.ResourceParam[ObjectStore],
        policy: dg.ResourceParam[Policy],
    ) -> dg.AssetCheckResult:
        month = context.partition_key
        journals, report = lake.open("daily_journals", month), lake.open("monthly_journal_report", month)
        ledgers = month_ledgers(journals) if export.enabled(policy) else []
        rows = [row for ledger in ledgers for row in _figures(export, ledger, month, journals, report, store, policy)]
        return expect_ties(
            pd.DataFrame(rows, columns=_COLUMNS),
            equal=[
                (f"files_{side}_minor", f"{other}_minor")
                for side in ("debits", "credits")
                for other in (f"report_{side}", "journals")
            ],
            zero=["altered_files"],
            ok="files, report and journals agree",
            failed=f"{export.name} files of {month} differ from the journals: do not import them, materialize "
            f"{export.name}_gl_export again",
        )

    return files_equal_report_and_journals


_COLUMNS = [
    "ledger",
    "kind",
    "files",
    "altered_files",
    "files_debits_minor",
    "files_credits_minor",
    "report_debits_minor",
    "report_credits_minor",
    "journals_minor",
]


def files_that_differ(month: str, places: Places) -> list[tuple[Ledger, str]]:
    """Ledgers whose files are not what the month's report and journals add up to, and which files, for people."""
    journals, report = places.lake.open("daily_journals", month), places.lake.open("monthly_journal_report", month)
    differing = []
    for export in EXPORT_FORMATS.values():
        for ledger in month_ledgers(journals) if export.enabled(places.policy) else []:
            for row in _figures(export, ledger, month, journals, report, places.store, places.policy):
                _, kind, _, altered, *sides, total = row
                if altered or any(side != total for side in sides):
                    differing.append((ledger, f"{export.name} {ledger.key}{'' if kind == '-' else kind}"))
    return differing


def _figures(
    export: ExportFormat,
    ledger: Ledger,
    month: str,
    journals: LakeTable,
    report: LakeTable,
    store: ObjectStore,
    policy: Policy,
) -> list[tuple[str, str, int, int, int, int, int, int, int]]:
    """One row per kind of file: the format's kinds each hold the whole ledger-month."""
    totals = ReportTotals()
    for _ in totals.watch(of_ledger(report, ledger)):
        pass
    journal_total = sum(pc.sum(batch["amount_minor"]).as_py() or 0 for batch in of_ledger(journals, ledger))
    rows = []
    for layout in export.layouts(policy, ledger):
        files = _files(store, f"{export_folder(export.name, month)}/{ledger.key}{layout.suffix}")
        sums = Counter[str]()
        for key, content in files.items():
            sums["altered"] += sha256_of(store, key) != content["sha256"]
            sums["debits"] += content["total_debits_minor"]
            sums["credits"] += content["total_credits_minor"]
        file_sums = (len(files), sums["altered"], sums["debits"], sums["credits"])
        rows.append(
            (ledger.key, layout.suffix or "-", *file_sums, totals.debit_minor, totals.credit_minor, journal_total)
        )
    return rows


def _files(store: ObjectStore, stem: str) -> dict[str, dict[str, Any]]:
    """Files named by the stem alone or with a part number, and their manifests; a file without a manifest is an error
    of the store."""
    keys = [found.key for found in store.list_objects(stem) if found.key.endswith(".csv")]
    numbered = [
        key
        for key in keys
        if key.removeprefix(stem).removesuffix(".csv").removeprefix("-").isdigit() or key == f"{stem}.csv"
    ]
    return {key: json.loads(store.read_bytes(manifest_name(key))) for key in numbered}


EXPORT_CHECKS = [_export_check(export) for export in EXPORT_FORMATS.values()]
