"""Blocking checks of a posting month's journals.

What belongs here: the checks of `daily_journals`. What does not: computing the figures (`assets.ledger_ties`,
`revrec.reconciliation`, `revrec.entries`).
"""

from dataclasses import astuple, fields

import dagster as dg
import pandas as pd

from assets.expectations import expect_ties
from assets.ledger import document_months_of
from assets.ledger_ties import journals_and_expected
from assets.locks import Locks
from assets.partitions import MONTHS
from assets.recognition_ties import documents_accounted_for
from assets.up_to_date import Places
from resources.books import Books
from resources.checksums import sha256_of
from resources.lake import Lake
from resources.landing import misplaced_objects
from resources.object_store import ObjectStore
from resources.ui_metadata import rejection_table
from revrec.journal_stream import by_ledger, whole_journals
from revrec.policy import Policy
from revrec.reconciliation import LedgerBalance, ledger_balance


@dg.asset_check(asset="daily_journals", partitions_def=MONTHS, blocking=True)
def journals_equal_runs(
    context: dg.AssetCheckExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> dg.AssetCheckResult:
    """Per ledger and account, journals equal the schedules and manual journals: two independent computations. With
    closed months before it, the first open month is compared cumulatively, catch-ups and all."""
    month = context.partition_key
    return expect_ties(
        journals_and_expected(Places(store, lake, books, policy), month),
        equal=[("journals_minor", "runs_minor")],
        ok="journals equal what they must say",
        failed=f"journals of {month} differ from the schedules: materialize daily_journals of {month} again",
    )


@dg.asset_check(asset="daily_journals", partitions_def=MONTHS, blocking=True)
def closed_month_is_unchanged(
    context: dg.AssetCheckExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
) -> dg.AssetCheckResult:
    """A closed month's journals are byte for byte what was sealed; every sealed file still has its hash."""
    month = context.partition_key
    locks = Locks.of(books, store)
    if not locks.periods.is_closed(month):
        return dg.AssetCheckResult(passed=True, description="the month is open")
    seal = locks.seal(locks.periods.closed[month])
    for file in (seal.journals, *seal.files.values()):
        locks.seals.read(file)
    found = sha256_of(store, lake.key("daily_journals", month))
    return dg.AssetCheckResult(
        passed=found == seal.journals.sha256,
        severity=dg.AssetCheckSeverity.ERROR,
        description="the month is closed, and what was sealed is unchanged"
        if found == seal.journals.sha256
        else f"journals of {month} are not what it was closed with: materialize daily_journals of {month} again",
        metadata={"sha256": found, "sealed_sha256": seal.journals.sha256, "sealed_files": 1 + len(seal.files)},
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


@dg.asset_check(asset="daily_journals", partitions_def=MONTHS, blocking=True)
def every_document_is_accounted_for(
    context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[ObjectStore], lake: dg.ResourceParam[Lake]
) -> dg.AssetCheckResult:
    """Each landed credit note line, milestone, usage record, billing schedule and credit grant transaction bears on an
    obligation, is excluded with a reason, or is in quarantine: exactly one of these, over all document months."""
    months = document_months_of(lake.open("daily_journals", context.partition_key))
    tie = documents_accounted_for(lake, store, months)
    return expect_ties(
        tie.frame,
        zero=tie.zero,
        ok="every document is accounted for once",
        failed="documents are lost or counted twice: materialize the amendments of all months again",
    )


LEDGER_CHECKS = [
    journals_equal_runs,
    closed_month_is_unchanged,
    journals_balance,
    every_document_is_accounted_for,
    every_landed_file_has_its_place,
]
