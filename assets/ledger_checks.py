"""Blocking checks of a posting month's journals.

What belongs here: the checks of `daily_journals`, and the gate that exports pass before they write. What does not:
computing the figures (`revrec.reconciliation`, `revrec.entries`).
"""

from collections.abc import Iterator
from dataclasses import astuple, fields
from datetime import date

import dagster as dg
import pandas as pd
import pyarrow as pa

from assets.expectations import expect_ties
from assets.partitions import MONTHS
from assets.recognition_checks import source
from resources.lake import Lake
from resources.landing import landed_months, misplaced_objects
from resources.object_store import ObjectStore
from resources.ui_metadata import rejection_table
from resources.workspace import workspace
from revrec import reconciliation
from revrec.journal_stream import by_ledger, whole_journals
from revrec.reconciliation import LedgerBalance, Source, ledger_balance

_RUN = pa.schema(
    [("entity", pa.string()), ("currency", pa.string()), ("kind", pa.string()), ("amount_minor", pa.int64())]
)


def journals_and_runs(lake: Lake, month: str) -> pd.DataFrame:
    """Per ledger and account, what the journals do beside what the schedules of all document months do in that
    month."""
    journal_columns = [
        "entity",
        "currency",
        "debit_account",
        "credit_account",
        "days",
        "amount_a_day_minor",
        "amount_last_day_minor",
    ]
    with workspace() as connection:
        journals = source(lake, "daily_journals", month, journal_columns)
        table = reconciliation.journals_and_runs(connection, journals, Source(_RUN, _runs(lake, month)))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _runs(lake: Lake, month: str) -> Iterator[pa.RecordBatch]:
    """The posting month's runs of every document month, with their ledgers."""
    for document_month in landed_months(lake.store):
        schedules = lake.find("recognized_schedules", document_month)
        runs = schedules and schedules.read_where({"month": date.fromisoformat(f"{month}-01")})
        if runs:
            ledgers = lake.open("obligations", document_month).read(["entity", "currency"]).take(runs["obligation_no"])
            table = pa.table(
                [ledgers["entity"], ledgers["currency"], runs["kind"].cast(pa.string()), runs["amount_minor"]],
                schema=_RUN,
            )
            yield from table.to_batches()


@dg.asset_check(asset="daily_journals", partitions_def=MONTHS, blocking=True)
def journals_equal_runs(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Per ledger and account, journals equal the month's runs: two independent computations."""
    month = context.partition_key
    return expect_ties(
        journals_and_runs(lake, month),
        equal=[("journals_minor", "runs_minor")],
        ok="journals equal the runs of the month",
        failed=f"journals of {month} differ from the schedules: materialize daily_journals of {month} again",
    )


@dg.asset_check(asset="daily_journals", partitions_def=MONTHS, blocking=True)
def journals_balance(context: dg.AssetCheckExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.AssetCheckResult:
    """Debits equal credits in every journal, on every day and in every ledger, over the expanded daily entries."""
    month = context.partition_key
    balances = [
        (ledger.key, *astuple(ledger_balance(whole_journals(rows))))
        for ledger, rows in by_ledger(lake.open("daily_journals", month).batches())
    ]
    return expect_ties(
        pd.DataFrame(balances, columns=["ledger", *(field.name for field in fields(LedgerBalance))]),
        equal=[("stretches_minor", "days_minor")],
        zero=["one_account_rows"],
        ok="every journal, day and ledger balances",
        failed=f"journals of {month} do not balance: materialize daily_journals of {month} again",
    )


@dg.asset_check(asset="daily_journals", partitions_def=MONTHS)
def every_landed_file_has_its_place(store: dg.ResourceParam[ObjectStore]) -> dg.AssetCheckResult:
    """Warns of files under landing/ that no dataset reads: an unknown folder, or a folder that is no month."""
    misplaced = misplaced_objects(store)
    return dg.AssetCheckResult(
        passed=not misplaced,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(misplaced)} file(s) under {store.uri('landing')} are read by nothing: move or remove them"
        if misplaced
        else "every landed file is read",
        metadata={"misplaced_files": len(misplaced), "reasons": rejection_table(misplaced)},
    )


LEDGER_CHECKS = [journals_equal_runs, journals_balance, every_landed_file_has_its_place]
