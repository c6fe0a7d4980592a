"""Seals and locks: reopening a month, locking some of its days, and seals that somebody broke (SPEC 5).

On a real store and real books, without Dagster. What catches up, and in which order months close: test_closing.py.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assets.closing import Closing
from assets.ledger_ties import JournalsDoNotTieError
from resources.lake import TableStream
from resources.seals import SealBrokenError
from revrec.accounting_periods import NotReopenableError, PeriodAction, ReasonMissingError
from tests.assets.accountant import Accountant, balances, catch_ups
from tests.assets.chain import Chain
from tests.assets.late_documents import LATE_INVOICE, LATE_MILESTONE, LATE_NOTE, LATE_VOID, RENAMED_ACCOUNT

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

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


def days_through(rows: list[dict[str, Any]], last: dt.date) -> list[tuple[object, ...]]:
    """Every day of every stretch up to a day: day, journal, obligation, accounts and amount."""
    return sorted(
        (day, row["journal_number"], row["obligation_id"], row["debit_account"], row["credit_account"], amount)
        for row in rows
        for day, amount in _days(row)
        if day <= last
    )


def _days(row: dict[str, Any]) -> list[tuple[dt.date, object]]:
    first, days = row["first_day"], row["days"]
    assert isinstance(first, dt.date)
    assert isinstance(days, int)
    amounts = [row["amount_a_day_minor"]] * (days - 1) + [row["amount_last_day_minor"]]
    return [(first + dt.timedelta(days=at), amount) for at, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    "landing", [LATE_INVOICE, LATE_MILESTONE, LATE_NOTE, LATE_VOID], ids=lambda text: text.split()[0]
)
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


def test_the_check_of_a_closed_month_sees_journals_that_are_not_the_sealed_ones(quarter: Accountant) -> None:
    """Materializing the month puts them back; a broken seal is no check's finding but an error."""
    chain = Chain(quarter.folder)
    assert chain.check("daily_journals", "closed_month_is_unchanged", "2025-02").passed
    chain.spoil("daily_journals", "2025-02", lambda table: table.slice(1))
    failed = chain.check("daily_journals", "closed_month_is_unchanged", "2025-02")
    assert not failed.passed
    assert "are not what it was closed with: materialize daily_journals of 2025-02 again" in str(failed.description)
    quarter.journals("2025-02")
    assert chain.check("daily_journals", "closed_month_is_unchanged", "2025-02").passed
