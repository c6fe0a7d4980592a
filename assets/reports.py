"""Reports of a posting month, per ledger: a lake table for SQL, and a CSV file for people.

What belongs here: the report assets. What does not: what a report says (`revrec.reports`).
"""

import json
from collections.abc import Iterable, Iterator

import dagster as dg
import pyarrow as pa

from assets.attributes import Group, layer
from assets.partitions import MONTHS
from resources.lake import LakeTable, TableStream
from resources.object_store import ObjectStore
from resources.ui_metadata import bar_chart
from revrec import tables
from revrec.accounts import Ledger
from revrec.money import to_text
from revrec.policy import Policy
from revrec.reports.daily_recognition import recognized_by_day
from revrec.reports.monthly_journal_report import ReportTotals, monthly_report, report_lines


def month_ledgers(journals: LakeTable) -> list[Ledger]:
    """The ledgers that have begun by the month of a `daily_journals` table, also those without a movement in it."""
    return [Ledger(*key.rsplit("-", 1)) for key in json.loads(journals.metadata["ledgers"])]


def of_ledger(table: LakeTable, ledger: Ledger) -> Iterator[pa.RecordBatch]:
    """Rows of one ledger."""
    return table.batches_where({"entity": ledger.entity, "currency": ledger.currency})


def replace_files(store: ObjectStore, folder: str, kept: Iterable[str]) -> None:
    """Remove what an earlier materialization left in a folder and this one did not write again."""
    keep = set(kept)
    for found in list(store.list_objects(f"{folder}/")):
        if found.key not in keep:
            store.delete(found.key)


@dg.asset(partitions_def=MONTHS, **layer(Group.REPORTS, "csv", "parquet"))
def monthly_journal_report(
    context: dg.AssetExecutionContext,
    daily_journals: LakeTable,
    store: dg.ResourceParam[ObjectStore],
    policy: dg.ResourceParam[Policy],
) -> dg.Output[TableStream]:
    """Every journal of the month, added up to the month per obligation, account and side; one file per ledger under
    reports/."""
    folder = f"reports/monthly_journal_report/{context.partition_key}"
    figures, charts = {}, []
    for ledger in month_ledgers(daily_journals):
        totals = ReportTotals()
        entries = totals.watch(monthly_report(of_ledger(daily_journals, ledger)))
        with store.open_write(f"{folder}/{ledger.key}.csv") as file:
            for chunk in report_lines(entries, ledger.currency, policy.accounts):
                file.write(chunk)
        figures[ledger.key] = {
            "journals": totals.journals,
            "debits": to_text(totals.debit_minor, ledger.currency),
            "credits": to_text(totals.credit_minor, ledger.currency),
            "file": store.uri(f"{folder}/{ledger.key}.csv"),
        }
        by_day = recognized_by_day(of_ledger(daily_journals, ledger))
        charts.append(bar_chart(f"Recognized per day, {ledger.key}", by_day, ledger.currency))
    replace_files(store, folder, (f"{folder}/{ledger}.csv" for ledger in figures))
    return dg.Output(
        TableStream(tables.ENTRIES, monthly_report(daily_journals.batches())),
        metadata={"ledgers": dg.MetadataValue.json(figures), "recognized": dg.MetadataValue.md("\n\n".join(charts))},
    )


REPORT_ASSETS = [monthly_journal_report]
