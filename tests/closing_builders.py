"""Events of closing and manual journals for tests, from a few words.

What belongs here: builders that tests of several packages need. What does not: what is expected of them.
"""

import datetime as dt
from dataclasses import replace
from typing import Any

from revrec.accounting_periods import PeriodAction, PeriodEvent, Periods, SealedLedger, last_day_of
from revrec.accounts import Account, Direction
from revrec.manual_journals import ManualEntry, ManualJournal

USD = SealedLedger(
    entity="default",
    currency="USD",
    journals=2,
    first_number="RR-202501-000001",
    last_number="RR-202501-000002",
    debits_minor=2**62,
    credits_minor=2**62,
)
EUR = replace(USD, currency="EUR", journals=0, first_number="", last_number="", debits_minor=0, credits_minor=0)


def close(month: str, *ledgers: SealedLedger) -> PeriodEvent:
    """The close of a month such as 2025-01."""
    return PeriodEvent(
        event=PeriodAction.CLOSED,
        month=month,
        locked_through=last_day_of(month),
        actor="ana",
        manifest_key=f"sealed/{month}/1.manifest.json",
        manifest_sha256="a" * 64,
        ledgers=ledgers,
    )


def lock(day: str, *ledgers: SealedLedger) -> PeriodEvent:
    """The lock through a day such as 2025-01-15."""
    return replace(close(day[:7], *ledgers), event=PeriodAction.LOCKED, locked_through=dt.date.fromisoformat(day))


def reopen(month: str, leaves: str | None = None) -> PeriodEvent:
    """The reopening of a month, with the last day that it leaves locked."""
    return PeriodEvent(
        event=PeriodAction.REOPENED,
        month=month,
        locked_through=dt.date.fromisoformat(leaves) if leaves else None,
        actor="ben",
        reason="a late bill",
    )


def event_of(step: str) -> PeriodEvent:
    """The event of a step such as "close 2025-01", "lock 2025-02-10" or "reopen 2025-02 2025-01-31"."""
    verb, subject, *leaves = step.split()
    if verb == "reopen":
        return reopen(subject, *leaves)
    return close(subject) if verb == "close" else lock(subject)


def periods(history: str) -> Periods:
    """Periods after a history such as "close 2025-01, lock 2025-02-10"."""
    return Periods.of([event_of(step) for step in history.split(",") if step])


def manual_journal(journal_id: str = "MJ-1", **changes: Any) -> ManualJournal:
    """A manual journal of 100.00 USD dated 2025-01-15, with changes."""
    journal = ManualJournal(
        id=journal_id,
        date=dt.date(2025, 1, 15),
        entity="default",
        currency="USD",
        customer_id="cus_1",
        product_id="prod_1",
        invoice_id="inv_1",
        narrative="Termination, as agreed",
        adjusts="RR-202501-000001",
        prepared_by="Ana",
        approved_by="Ben",
        entries=(
            ManualEntry(Direction.DEBIT, Account.DEFERRED, 10_000),
            ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 6_050),
            ManualEntry(Direction.CREDIT, Account.UNBILLED, 3_950),
        ),
    )
    return replace(journal, **changes)
