"""Closes, locks and reopenings in the books: one suite over SQLite and a real PostgreSQL."""

import datetime as dt
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from resources.books import Books, ManualJournalsChangedError, PeriodsChangedError, upgrade
from resources.books.column_types import InexactIntegerError, NaiveTimestampError
from revrec.accounting_periods import MonthsOutOfOrderError, PeriodAction, PeriodEvent, Periods
from tests.closing_builders import EUR, USD, close, lock, manual_journal, reopen

NOON = datetime(2025, 2, 3, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=5)

CLOSER = """
import sys
from datetime import UTC, datetime
from resources.books import Books, PeriodsChangedError, open_engine
from revrec.accounting_periods import PeriodAction, PeriodEvent, last_day_of
books = Books(open_engine(sys.argv[1]))
events = [
    PeriodEvent(event=PeriodAction.CLOSED, month=month, locked_through=last_day_of(month), actor=sys.argv[2],
                manifest_key="sealed/" + month, manifest_sha256="a" * 64)
    for month in (f"{year}-{month:02}" for year in range(2020, 2025) for month in range(1, 13))
]
print("ready", flush=True)
sys.stdin.readline()
recorded = 0
for event in events:
    known = books.periods()
    try:
        books.record_period(event, after=known[-1].id if known else None, now=datetime(2025, 1, 1, tzinfo=UTC))
        recorded += 1
    except (PeriodsChangedError, ValueError):  # the other one was first
        pass
print(recorded, flush=True)
"""


def record(books: Books, *events: PeriodEvent, now: datetime = NOON) -> list[int]:
    """Record events one after the other, and return their ids."""
    ids: list[int] = [event.id for event in books.periods()]
    for event in events:
        ids.append(books.record_period(event, after=ids[-1] if ids else None, now=now).id)
    return ids


def test_periods_are_read_back_as_recorded_in_the_order_of_recording(books: Books) -> None:
    events = [close("2025-01", USD, EUR), lock("2025-02-10", USD), reopen("2025-02", "2025-01-31")]
    first, second, third = record(books, *events)
    assert first < second < third
    found = books.periods()
    assert vars(found[0]) == {**vars(events[0]), "ledgers": (EUR, USD), "id": first, "occurred_at": NOON}
    assert vars(found[1]) == {**vars(events[1]), "id": second, "occurred_at": NOON}
    assert vars(found[2]) == {**vars(events[2]), "id": third, "occurred_at": NOON}
    assert [type(event.event) for event in found] == [PeriodAction] * 3
    assert Periods.of(found).locked_through == dt.date(2025, 1, 31)


def test_recording_returns_the_event_with_its_id_and_time(books: Books) -> None:
    found = books.record_period(close("2025-01", USD), after=None, now=LATER)
    assert [found] == books.periods()
    assert found.occurred_at == LATER


def test_an_event_recorded_earlier_can_be_repeated_after_a_reopening(books: Books) -> None:
    record(books, close("2025-01", USD), reopen("2025-01"))
    first, last = books.periods()
    again = books.record_period(first, after=last.id, now=LATER)
    assert (again.ledgers, again.occurred_at) == ((USD,), LATER)
    assert again.id > last.id


def test_every_event_is_in_the_activity_log_also_a_second_close_of_the_month(books: Books) -> None:
    record(books, close("2025-01", USD), reopen("2025-01"), close("2025-01", USD))
    log = books.activities(month="2025-01")
    assert [(entry.activity, entry.subject, entry.actor) for entry in log] == [
        ("closed", "2025-01", "ana"),
        ("reopened", "2025-01", "ben"),
        ("closed", "2025-01", "ana"),
    ]
    assert log[0].details == {
        "locked_through": "2025-01-31",
        "reason": "",
        "manifest_key": "sealed/2025-01/1.manifest.json",
        "manifest_sha256": "a" * 64,
        "ledgers": [vars(USD)],
    }
    assert log[1].details["reason"] == "a late bill"
    assert log[1].details["locked_through"] is None


@pytest.mark.parametrize("seen", [None, 0], ids=["nothing", "an older event"])
def test_an_event_is_refused_where_another_was_recorded_meanwhile(books: Books, seen: int | None) -> None:
    ids = record(books, close("2025-01"), close("2025-02"))
    after = ids[seen] if seen is not None else None
    with pytest.raises(
        PeriodsChangedError, match=r"changed meanwhile: ana closed 2025-02 .*look at them again"
    ) as caught:
        books.record_period(close("2025-03"), after=after, now=LATER)
    assert isinstance(caught.value, RuntimeError)
    assert [event.id for event in books.periods()] == ids
    assert len(books.activities()) == 2


def test_an_event_after_one_that_does_not_exist_is_refused(books: Books) -> None:
    with pytest.raises(PeriodsChangedError, match="no event is recorded, where event 7 was expected"):
        books.record_period(close("2025-01"), after=7, now=NOON)


def test_an_event_that_the_rules_do_not_allow_is_not_recorded(books: Books) -> None:
    (last,) = record(books, close("2025-01"))
    with pytest.raises(MonthsOutOfOrderError, match="use `revrec close 2025-02` first"):
        books.record_period(close("2025-03"), after=last, now=LATER)
    assert len(books.periods()) == len(books.activities()) == 1


@pytest.mark.parametrize(
    ("event", "now", "error"),
    [
        (close("2025-01", replace(USD, debits_minor=1.5)), NOON, InexactIntegerError),  # type: ignore[arg-type]  # meant
        (close("2025-01", USD, replace(EUR, credits_minor=1)), NOON, IntegrityError),
        (close("2025-01", USD, USD), NOON, IntegrityError),
        (replace(close("2025-01"), manifest_sha256="short"), NOON, IntegrityError),
        (close("2025-01"), datetime(2025, 2, 1), NaiveTimestampError),  # noqa: DTZ001 - meant
    ],
    ids=["float", "unbalanced ledger", "a ledger twice", "no sha256", "no time zone"],
)
def test_an_event_that_cannot_be_recorded_whole_leaves_nothing(
    books: Books, event: PeriodEvent, now: datetime, error: type[Exception]
) -> None:
    with pytest.raises(error):
        books.record_period(event, after=None, now=now)
    assert (books.periods(), books.activities()) == ([], [])


def test_of_two_that_close_the_same_month_at_once_one_succeeds(
    books_url: str, empty_books_engine: Engine, start_together: Any
) -> None:
    upgrade(empty_books_engine)
    with start_together([CLOSER, books_url, actor] for actor in ("ana", "ben")) as closers:
        recorded = [int(closer.communicate()[0]) for closer in closers]
    assert [closer.returncode for closer in closers] == [0, 0]
    books = Books(empty_books_engine)
    found = books.periods()
    assert [event.month for event in found] == sorted({event.month for event in found})
    assert sum(recorded) == len(found) == len(books.activities("closed")) == 60
    assert Periods.of(found).newest_closed == "2024-12"


def test_a_close_whose_seal_misses_a_manual_journal_is_refused(books: Books) -> None:
    books.record_manual_journals([manual_journal(), manual_journal("MJ-2", date=dt.date(2025, 2, 1))], now=NOON)
    with pytest.raises(ManualJournalsChangedError, match=r"other manual journals .* \(they differ in MJ-1\)") as caught:
        books.record_period(close("2025-01"), after=None, now=NOON, sealed_manual_journals=[])
    assert isinstance(caught.value, PeriodsChangedError)
    assert books.periods() == []
    books.record_period(close("2025-01"), after=None, now=NOON, sealed_manual_journals=["MJ-1"])
    books.record_period(reopen("2025-01"), after=books.periods()[-1].id, now=NOON, sealed_manual_journals=[])
    assert len(books.periods()) == 2


def test_periods_are_the_same_in_every_process(books: Books, empty_books_engine: Engine) -> None:
    record(books, close("2025-01", USD, EUR))
    empty_books_engine.dispose()
    assert Books(empty_books_engine).periods() == books.periods()
