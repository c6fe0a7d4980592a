"""Closed months: what they posted never changes, and what they should say by now posts on the first open day (SPEC 5).

On a real store and real books: revrec run, close, lock, reopen and what lands between them, without Dagster.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.closing import Closing
from assets.ledger_ties import JournalsDoNotTieError
from resources.books import PeriodsChangedError
from resources.lake import TableStream
from resources.seals import SealBrokenError
from revrec.accounting_periods import (
    MonthAlreadyClosedError,
    MonthsOutOfOrderError,
    NotReopenableError,
    PeriodAction,
    ReasonMissingError,
)
from tests.assets.accountant import Accountant, balances, catch_ups

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# 100.00 a month for 2025, invoiced in advance; a project of 500.00 that milestones release.
BOOKS = """
    customers
    id   | legal_name
    acme | Acme Inc

    products
    id      | name    | recognition_method
    plan    | Plan    | STRAIGHT_LINE
    project | Project | MILESTONE

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 1200.00
    inv_2 | acme        | 2025-01-10      | 500.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_2 | inv_2      | project    | 500.00    |                      |
"""
# 10.00 a month for 2025, invoiced in arrears of March.
LATE_INVOICE = """
    invoices/2025-03
    id    | customer_id | accounting_date | net_total
    inv_9 | acme        | 2025-03-31      | 120.00

    invoice_line_items/2025-03
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_9 | inv_9      | plan       | 120.00    | 2025-01-01           | 2025-12-31
"""
LATE_MILESTONE = """
    milestones/2025-02
    id  | invoice_line_item_id | amount | percent | completed_on
    m_1 | li_2                 | 200.00 |         | 2025-02-10
"""
LATE_NOTE = """
    credit_notes/2025-02
    id   | customer_id | invoice_id | accounting_date | net_total
    cn_1 | acme        | inv_1      | 2025-02-01      | 220.00

    credit_note_line_items/2025-02
    id    | credit_note_id | invoice_line_item_id | product_id | net_total
    cnl_1 | cn_1           | li_1                 | plan       | 220.00
"""
LATE_VOID = """
    invoices/2025-01
    id    | customer_id | accounting_date | net_total | status | voided_at            | updated_at
    inv_1 | acme        | 2025-01-01      | 1200.00   | VOIDED | 2025-02-01T00:00:00Z | 2026-01-02T00:00:00Z
"""
WITHDRAWN = """
    invoices/2025-01
    id    | customer_id | accounting_date | net_total | status | updated_at
    inv_1 | acme        | 2025-01-01      | 1200.00   | DRAFT  | 2026-01-02T00:00:00Z
"""
EXACT_DAYS = "versions: [{effective_from: 2000-01-01, allocation_strategy: exact_days}]"
RENAMED_ACCOUNT = "accounts: {deferred: {name: Contract Liability}}"
HISTORY = tuple(f"2025-{month:02}" for month in range(1, 12))


@pytest.fixture(scope="module")
def open_store(landing_store: "LandingStore") -> Accountant:
    """`BOOKS` landed, nothing posted: for copies only."""
    accountant = Accountant(landing_store(BOOKS))
    accountant.schedules()
    return accountant


@pytest.fixture(scope="module")
def year_closed(open_store: Accountant, tmp_path_factory: pytest.TempPathFactory) -> Accountant:
    """January to November closed in order: for copies only."""
    accountant = open_store.on_a_copy(tmp_path_factory.mktemp("year") / "store")
    accountant.close(*HISTORY)
    return accountant


@pytest.fixture(scope="module")
def quarter_closed(open_store: Accountant, tmp_path_factory: pytest.TempPathFactory) -> Accountant:
    """January to March closed by one command: for copies only."""
    accountant = open_store.on_a_copy(tmp_path_factory.mktemp("quarter") / "store")
    accountant.close("2025-03")
    return accountant


@pytest.fixture
def fresh(open_store: Accountant, tmp_path: Path) -> Accountant:
    return open_store.on_a_copy(tmp_path / "fresh")


@pytest.fixture
def year(year_closed: Accountant, tmp_path: Path) -> Accountant:
    return year_closed.on_a_copy(tmp_path / "year")


@pytest.fixture
def quarter(quarter_closed: Accountant, tmp_path: Path) -> Accountant:
    return quarter_closed.on_a_copy(tmp_path / "quarter")


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


# --- reopening --------------------------------------------------------------------------------------------------------


def test_a_reopened_month_takes_in_late_documents(quarter: Accountant, landing_store: "LandingStore") -> None:
    landing_store(LATE_INVOICE, store=quarter.folder)
    quarter.closing.reopen("2025-03", "ben", "the auditor asked for it")
    march = quarter.journals("2025-03")
    # February's last day is locked: January and February catch up on 1 March
    assert [row["narrative"][:31] for row in catch_ups(march)] == ["Catch-up for 2025-01 to 2025-02"]
    assert balances(march)["billed"] == 120_00
    assert catch_ups(quarter.journals("2025-04")) == []
    quarter.close("2025-03")
    last = quarter.books.periods()[-2]
    assert (last.event, last.actor, last.reason) == (PeriodAction.REOPENED, "ben", "the auditor asked for it")


def test_only_the_newest_month_is_reopened_and_only_with_a_reason(quarter: Accountant) -> None:
    with pytest.raises(NotReopenableError, match="revrec reopen 2025-03"):
        quarter.closing.reopen("2025-02", "ben", "a late bill")
    with pytest.raises(ReasonMissingError):
        quarter.closing.reopen("2025-03", "ben", " ")
    assert len(quarter.books.periods()) == 3


def test_closing_again_without_a_change_seals_the_same_bytes(quarter: Accountant) -> None:
    before, sealed = quarter.of_months("2025-03"), quarter.files("sealed")
    quarter.closing.reopen("2025-03", "ben", "by mistake")
    quarter.close("2025-03")
    assert quarter.of_months("2025-03") == before
    assert quarter.files("sealed") == sealed, "the same content is kept once"


# --- a lock inside a month --------------------------------------------------------------------------------------------


def days_through(rows: list[dict[str, object]], last: dt.date) -> list[tuple[object, ...]]:
    """Every day of every stretch up to a day: day, journal, obligation, accounts and amount."""
    return sorted(
        (day, row["journal_number"], row["obligation_id"], row["debit_account"], row["credit_account"], amount)
        for row in rows
        for day, amount in _days(row)
        if day <= last
    )


def _days(row: dict[str, object]) -> list[tuple[dt.date, object]]:
    first, days = row["first_day"], row["days"]
    assert isinstance(first, dt.date)
    assert isinstance(days, int)
    amounts = [row["amount_a_day_minor"]] * (days - 1) + [row["amount_last_day_minor"]]
    return [(first + dt.timedelta(days=at), amount) for at, amount in enumerate(amounts)]


@pytest.mark.parametrize("landing", [LATE_INVOICE, LATE_MILESTONE, LATE_NOTE, LATE_VOID], ids=lambda text: text.split()[0])
def test_days_before_a_lock_inside_a_month_keep_their_entries_and_numbers(
    landing: str, quarter: Accountant, landing_store: "LandingStore"
) -> None:
    lock = dt.date(2025, 4, 15)
    before = days_through(quarter.journals("2025-04"), lock)
    quarter.closing.lock(lock, "ana")
    landing_store(landing, store=quarter.folder)
    april = quarter.journals("2025-04")
    assert days_through(april, lock) == before
    assert {row["first_day"] for row in catch_ups(april)} == {dt.date(2025, 4, 16)}
    numbers = sorted({row["journal_number"] for row in april})
    assert numbers == [f"RR-202504-{number:06}" for number in range(1, len(numbers) + 1)]


def test_a_lock_moves_forward_until_the_month_closes(quarter: Accountant, landing_store: "LandingStore") -> None:
    quarter.closing.lock(dt.date(2025, 4, 10), "ana")
    landing_store(LATE_INVOICE, store=quarter.folder)
    first = days_through(quarter.journals("2025-04"), dt.date(2025, 4, 20))
    quarter.closing.lock(dt.date(2025, 4, 20), "ana")
    landing_store(LATE_MILESTONE, store=quarter.folder)
    april = quarter.journals("2025-04")
    assert days_through(april, dt.date(2025, 4, 20)) == first
    assert {row["first_day"] for row in catch_ups(april)} == {dt.date(2025, 4, 11), dt.date(2025, 4, 21)}
    quarter.close("2025-04")
    assert quarter.journals("2025-04") == april
    assert catch_ups(quarter.journals("2025-05")) == []


def test_the_first_lock_closes_the_months_before_it(fresh: Accountant) -> None:
    events = fresh.closing.lock(dt.date(2025, 2, 15), "ana")
    assert [(event.event, event.month) for event in events] == [
        (PeriodAction.CLOSED, "2025-01"),
        (PeriodAction.LOCKED, "2025-02"),
    ]


def test_a_lock_is_taken_back_by_reopening_its_month(quarter: Accountant, landing_store: "LandingStore") -> None:
    unlocked = quarter.journals("2025-04")
    quarter.closing.lock(dt.date(2025, 4, 15), "ana")
    quarter.closing.reopen("2025-04", "ben", "locked too early")
    assert quarter.periods.locked_through == dt.date(2025, 3, 31)
    assert quarter.journals("2025-04") == unlocked


# --- what is under seal -----------------------------------------------------------------------------------------------


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize("spoil", [_append, Path.unlink], ids=["altered", "deleted"])
@pytest.mark.parametrize("folder", ["2025-02/daily_journals", "2025-02/exports/generic", "2025-02"])
def test_a_month_whose_seal_was_broken_is_not_posted(
    folder: str, spoil: Callable[[Path], None], quarter: Accountant
) -> None:
    spoilt = next(path for path in sorted((quarter.folder / "sealed" / folder).iterdir()) if path.is_file())
    spoil(spoilt)
    with pytest.raises(SealBrokenError, match="restore it from a"):
        quarter.post("2025-02")


def test_a_sealed_schedule_that_was_altered_stops_the_catch_up(
    quarter: Accountant, landing_store: "LandingStore"
) -> None:
    landing_store(LATE_MILESTONE, store=quarter.folder)
    for path in (quarter.folder / "sealed/schedules/2025-01").rglob("*.parquet"):
        _append(path)
    with pytest.raises(SealBrokenError, match="was altered"):
        quarter.post("2025-04")


def test_a_file_of_a_closed_month_that_was_edited_is_put_back(quarter: Accountant) -> None:
    before = quarter.of_months("2025-02")
    for path in before:
        _append(quarter.folder / path)
    (quarter.folder / "exports/generic/2025-02/stray.csv").write_text("not ours", encoding="utf-8")
    quarter.post("2025-02")
    assert quarter.of_months("2025-02") == before


def test_files_of_a_closed_month_are_restored_byte_for_byte_after_an_account_is_renamed(quarter: Accountant) -> None:
    before = quarter.of_months("2025-02")
    (quarter.folder / "policy.yaml").write_text(RENAMED_ACCOUNT, encoding="utf-8")
    quarter.post("2025-02")
    assert quarter.of_months("2025-02") == before
    quarter.post("2025-04")
    assert b"Contract Liability" in quarter.files("exports/generic")["exports/generic/2025-04/default-USD.csv"]


def test_a_format_that_is_enabled_later_has_its_files_made_from_the_sealed_journals(fresh: Accountant) -> None:
    policy = fresh.folder / "policy.yaml"
    policy.write_text("exports: {netsuite: {enabled: false}}", encoding="utf-8")
    fresh.close("2025-01")
    assert fresh.files("exports/netsuite") == {}
    policy.unlink()
    fresh.post("2025-01")
    [file] = fresh.books.export_files("netsuite", "2025-01")
    [sealed] = fresh.books.periods()[0].ledgers
    assert (file.total_debits_minor, file.total_credits_minor) == (sealed.debits_minor, sealed.credits_minor)


def test_a_month_that_does_not_tie_is_not_closed(quarter: Accountant) -> None:
    """Somebody takes a row out of the journals between posting and sealing."""
    closing = quarter.closing
    told: list[str] = []

    def tamper(name: str, month: str | None, _: object) -> None:
        told.append(name)
        if name == "corrections":
            lake = quarter.places.lake
            journals = lake.open("daily_journals", "2025-04")
            rows = journals.read().slice(1).to_batches()
            lake.write("daily_journals", "2025-04", TableStream(journals.schema, rows, journals.metadata))

    with pytest.raises(JournalsDoNotTieError, match="journals of 2025-04 differ from the schedules"):
        Closing(closing.places, tamper, closing.now).close("2025-04", "ana")
    assert "corrections" in told
    assert quarter.periods.newest_closed == "2025-03"
    quarter.close("2025-04")
