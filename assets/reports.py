"""Reports of a posting month, per ledger: a lake table for SQL, and a CSV file for people.

What belongs here: the report assets. What does not: what a report says (`revrec.reports`).
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator

import dagster as dg
import pyarrow as pa

from assets.attributes import Group, layer
from assets.locks import Locks
from assets.partitions import MONTHS
from resources.books import Books
from resources.lake import TableStream
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from resources.ui_metadata import bar_chart
from revrec import tables
from revrec.accounts import Ledger
from revrec.money import to_text
from revrec.policy import Policy
from revrec.reports.daily_recognition import recognized_by_day
from revrec.reports.monthly_journal_report import ReportTotals, monthly_report, report_lines

MONTHLY_REPORT_FOLDER = "reports/monthly_journal_report"


def month_ledgers(journals: LakeTable) -> list[Ledger]:
    """The ledgers that have begun by the month of a `daily_journals` table, also those without a movement in it."""
    return [Ledger(*key.rsplit("-", 1)) for key in json.loads(journals.metadata["ledgers"])]


def reported_ledgers(trial_balance: LakeTable) -> list[Ledger]:
    """The ledgers that a month is reported of: those that have begun, and those that have contracts alone so far."""
    rows = trial_balance.read(["entity", "currency"])
    return sorted({Ledger(row["entity"], row["currency"]) for row in rows.to_pylist()})


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
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> dg.Output[TableStream]:
    """Every journal of the month, added up to the month per obligation, account and side; one file per ledger under
    reports/."""
    table, figures = write_monthly_report(context.partition_key, daily_journals, Locks.of(books, store), store, policy)
    charts = [
        bar_chart(
            f"Recognized per day, {ledger.key}", recognized_by_day(of_ledger(daily_journals, ledger)), ledger.currency
        )
        for ledger in month_ledgers(daily_journals)
    ]
    return dg.Output(
        table,
        metadata={"ledgers": dg.MetadataValue.json(figures), "recognized": dg.MetadataValue.md("\n\n".join(charts))},
    )


def write_monthly_report(
    month: str, journals: LakeTable, locks: Locks, store: ObjectStore, policy: Policy
) -> tuple[TableStream, dict[str, dict[str, str | int]]]:
    """Replace the report's files of a month; a closed month has those it was closed with.

    Returns:
        (table, figures): the report as a table of `tables.ENTRIES`; per ledger its totals and its file.
    """
    folder = f"{MONTHLY_REPORT_FOLDER}/{month}"
    sealed = locks.sealed_files(month, folder)
    figures: dict[str, dict[str, str | int]] = {}
    for ledger in month_ledgers(journals):
        totals = ReportTotals()
        entries = totals.watch(monthly_report(of_ledger(journals, ledger)))
        key = f"{folder}/{ledger.key}.csv"
        lines = report_lines(entries, ledger.currency, policy.accounts)
        if key in sealed:
            deque(lines, maxlen=0)  # adds up the totals
            store.write_bytes(key, sealed[key])
        else:
            with store.open_write(key) as file:
                file.writelines(lines)
        figures[ledger.key] = {
            "journals": totals.journals,
            "debits": to_text(totals.debit_minor, ledger.currency),
            "credits": to_text(totals.credit_minor, ledger.currency),
            "file": store.uri(key),
        }
    replace_files(store, folder, (f"{folder}/{ledger}.csv" for ledger in figures))
    return TableStream(tables.ENTRIES, monthly_report(journals.batches())), figures


REPORT_ASSETS = [monthly_journal_report]
