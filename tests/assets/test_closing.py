"""Closed months: what they posted never changes, and what they should say by now posts on the first open day (SPEC 5).

On a real store and real books: close, post and what lands between them, without Dagster. Locks inside a month,
reopening and broken seals: test_seals_and_locks.py.
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.closing import Closing
from resources.books import PeriodsChangedError
from revrec.accounting_periods import MonthAlreadyClosedError, MonthsOutOfOrderError, PeriodAction
from tests.assets.accountant import Accountant, balances, catch_ups
from tests.assets.late_documents import (
    EXACT_DAYS,
    HISTORY,
    LATE_INVOICE,
    LATE_MILESTONE,
    LATE_NOTE,
    LATE_VOID,
    WITHDRAWN,
)

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# --- the scenario of the issue ----------------------------------------------------------------------------------------


def test_a_late_invoice_posts_once_per_obligation_and_accounts_on_the_first_open_day(
    year: Accountant, landing_store: "LandingStore"
) -> None:
    landing_store(LATE_INVOICE, store=year.folder)
    december = year.journals("2025-12")
    late = [row for row in catch_ups(december) if row["invoice_id"] == "inv_9"]
    assert catch_ups(december) == late
    assert [(row["kind"], row["amount_minor"], row["debit_account"], row["credit_account"]) for row in late] == [
        # earned before the invoice's day: 31 days of January, 28 of February, 30 of March; its own day is deferred
        ("BILLED_UNBILLED", 29_60, "billed", "unbilled"),
        ("BILLED_DEFERRED", 90_40, "billed", "deferred"),
        ("EARNED_UNBILLED", 29_60, "unbilled", "recognized"),
        ("EARNED_DEFERRED", 80_40, "deferred", "recognized"),
    ]
    assert {(row["first_day"], row["days"]) for row in late} == {(dt.date(2025, 12, 1), 1)}
    assert {row["obligation_id"] for row in late} == {"inv_9/li_9"}
    assert late[0]["narrative"] == "Catch-up for 2025-03, Invoiced, already earned: Plan, invoice inv_9"
    assert late[2]["narrative"] == "Catch-up for 2025-01 to 2025-03, Earned, not yet invoiced: Plan, invoice inv_9"
    assert late[3]["narrative"] == "Catch-up for 2025-03 to 2025-11, Earned: Plan, invoice inv_9"
    assert (late[3]["effective_first_day"], late[3]["effective_last_day"]) == (
        dt.date(2025, 3, 1),
        dt.date(2025, 11, 30),
    )
    normal = [row for row in december if row not in late]
    assert balances(normal) == {"recognized": 110_00, "deferred": -110_00}
    assert {row["journal_number"] for row in december} == {"RR-202512-000001", "RR-202512-000002"}


def test_closed_months_are_the_same_bytes_however_late_documents_land(
    year: Accountant, landing_store: "LandingStore"
) -> None:
    before = year.of_months(*HISTORY)
    assert len(before) > 11 * 8, "journals, a report and the files of four formats each"
    landing_store(LATE_INVOICE, store=year.folder)
    for month in ("2025-01", "2025-03", "2025-11"):
        year.post(month)
    assert year.of_months(*HISTORY) == before


@pytest.mark.parametrize("landing", [LATE_INVOICE, LATE_NOTE, LATE_VOID], ids=["invoice", "credit note", "void"])
def test_the_ledger_says_the_same_in_all_whether_a_document_was_late_or_not(
    landing: str, quarter: Accountant, fresh: Accountant, landing_store: "LandingStore"
) -> None:
    for accountant in (quarter, fresh):
        landing_store(landing, store=accountant.folder)
    months = ("2025-01", "2025-02", "2025-03", "2025-04")
    late, in_time = ([row for month in months for row in each.journals(month)] for each in (quarter, fresh))
    assert balances(late) == balances(in_time)
    assert any(catch_ups(late))
    assert not any(catch_ups(in_time))


# --- what catches up --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("landing", "policy", "moved"),
    [
        pytest.param(LATE_MILESTONE, None, {"recognized": 200_00, "deferred": -200_00}, id="a late milestone"),
        pytest.param(
            # 1,100.00 deferred on 1 February less 220.00 is 80.00 a month: 40.00 less over February and March
            LATE_NOTE,
            None,
            {"billed": -220_00, "recognized": -40_00, "deferred": -180_00},
            id="a back-dated credit note",
        ),
        pytest.param(LATE_VOID, None, {"billed": -1200_00, "recognized": -300_00, "deferred": -900_00}, id="a void"),
        pytest.param(
            WITHDRAWN, None, {"billed": -1200_00, "recognized": -300_00, "deferred": -900_00}, id="back to a draft"
        ),
        # 90 of 365 days instead of three months of twelve: 295.89
        pytest.param("", EXACT_DAYS, {"recognized": -4_11, "deferred": 4_11}, id="a change of the policy"),
    ],
)
def test_whatever_changes_locked_days_catches_up_on_the_first_open_day(
    landing: str, policy: str | None, moved: dict[str, int], quarter: Accountant, landing_store: "LandingStore"
) -> None:
    before = quarter.of_months("2025-01", "2025-02", "2025-03")
    landing_store(landing, policy, store=quarter.folder)
    april = quarter.journals("2025-04")
    late = catch_ups(april)
    assert balances(late) == moved
    assert {row["first_day"] for row in late} == {dt.date(2025, 4, 1)}
    keys = [(row["obligation_id"], row["kind"]) for row in late]
    assert len(keys) == len(set(keys)), "one entry per obligation and account pair"
    assert catch_ups(quarter.journals("2025-05")) == [], "once, on the first open day of all"
    quarter.post("2025-02")
    assert quarter.of_months("2025-01", "2025-02", "2025-03") == before


def test_the_next_close_holds_the_catch_up_and_nothing_is_left_to_catch_up_after_it(
    quarter: Accountant, landing_store: "LandingStore"
) -> None:
    landing_store(LATE_INVOICE, store=quarter.folder)
    quarter.close("2025-04")
    assert catch_ups(quarter.journals("2025-05")) == []
    assert len(catch_ups(quarter.journals("2025-04"))) == 4, "as it was sealed"


def test_a_close_without_anything_late_leaves_nothing_to_catch_up(quarter: Accountant, fresh: Accountant) -> None:
    assert quarter.journals("2025-04") == fresh.journals("2025-04")


# --- order ------------------------------------------------------------------------------------------------------------


def test_the_first_close_closes_all_history(quarter: Accountant) -> None:
    events = quarter.books.periods()
    assert [(event.event, event.month, event.actor) for event in events] == [
        (PeriodAction.CLOSED, month, "ana") for month in ("2025-01", "2025-02", "2025-03")
    ]
    [january] = events[0].ledgers
    assert (january.journals, january.first_number, january.last_number) == (2, "RR-202501-000001", "RR-202501-000002")
    assert january.debits_minor == january.credits_minor == 1200_00 + 500_00 + 100_00


def test_months_close_in_order_and_once(quarter: Accountant) -> None:
    with pytest.raises(MonthsOutOfOrderError, match="revrec close 2025-04"):
        quarter.close("2025-05")
    with pytest.raises(MonthAlreadyClosedError, match="2025-02 is closed already"):
        quarter.close("2025-02")
    assert quarter.periods.newest_closed == "2025-03"


def test_a_month_before_the_first_close_stays_empty(quarter: Accountant, landing_store: "LandingStore") -> None:
    landing_store(LATE_INVOICE.replace("2025-01-01", "2024-12-01"), store=quarter.folder)
    assert quarter.journals("2024-12") == []
    assert "2024-12" in "".join(row["narrative"] for row in catch_ups(quarter.journals("2025-04")))


def test_two_closings_at_once_close_once(open_store: Accountant, tmp_path: Path) -> None:
    """The other one closes while the first is about to seal: one of them is refused, and nothing is recorded twice."""
    accountant = open_store.on_a_copy(tmp_path / "store")
    other = Accountant(accountant.folder)
    closing = accountant.closing
    closed: list[str] = []

    def meanwhile(name: str, month: str | None, _: object) -> None:
        if name == "monthly_journal_report" and not closed:
            closed.append(str(month))
            other.close("2025-01")

    with pytest.raises(PeriodsChangedError):
        Closing(closing.places, meanwhile, closing.now).close("2025-01", "ben")
    assert [(event.month, event.actor) for event in accountant.books.periods()] == [("2025-01", "ana")]
    accountant.close("2025-02")
