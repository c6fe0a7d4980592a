"""Manual journals in the books: one suite over SQLite and a real PostgreSQL."""

import datetime as dt
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from resources.books import Books, LockedDayError, ManualJournalExistsError, upgrade
from resources.books.column_types import InexactIntegerError, NaiveTimestampError
from resources.books.tables import MANUAL_JOURNAL_ENTRIES, MANUAL_JOURNALS
from revrec.accounts import Account, Direction
from revrec.manual_journals import ManualEntry, manual_movements
from tests.closing_builders import close, manual_journal

NOON = datetime(2025, 2, 3, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=5)

JOURNAL = manual_journal(
    narrative="Größe: Termination, as agreed 😀",
    entries=(
        ManualEntry(Direction.DEBIT, Account.DEFERRED, 10**14 - 1),
        ManualEntry(Direction.CREDIT, Account.UNBILLED, 1),
        ManualEntry(Direction.CREDIT, Account.RECOGNIZED, 10**14 - 2),
    ),
)

# Ana records journals of January, one by one, while Ben closes January in the middle of it.
RECORDER = """
import datetime as dt, sys, time
from resources.books import Books, LockedDayError, PeriodsChangedError, open_engine
from revrec.accounting_periods import PeriodAction, PeriodEvent
from revrec.accounts import Account, Direction
from revrec.manual_journals import ManualEntry, ManualJournal
books = Books(open_engine(sys.argv[1]))
now, january = dt.datetime(2025, 2, 1, tzinfo=dt.UTC), dt.date(2025, 1, 31)
entries = (ManualEntry(Direction.DEBIT, Account.BILLED, 5), ManualEntry(Direction.CREDIT, Account.DEFERRED, 5))
print("ready", flush=True)
sys.stdin.readline()
if sys.argv[2] == "record":
    for number in range(1000):
        journal = ManualJournal(id=f"MJ-{number:04}", date=january, entity="default", currency="USD", customer_id="c",
                                product_id="p", narrative="n", prepared_by="Ana", approved_by="Ben", entries=entries)
        try:
            books.record_manual_journals([journal], now=now)
        except LockedDayError:
            print(number, flush=True)
            break
        time.sleep(0.01)  # time for a seal without a journal in between
else:
    for attempt in range(5000):
        sealed = [journal.id for journal in books.manual_journals(last=january)]
        event = PeriodEvent(event=PeriodAction.CLOSED, month="2025-01", locked_through=january, actor="Ben",
                            manifest_key="sealed/" + "+".join(sealed), manifest_sha256="a" * 64)
        if not sealed:
            continue
        try:
            books.record_period(event, after=None, now=now, sealed_manual_journals=sealed)
            break
        except PeriodsChangedError:
            pass
"""


def rows_in(engine: Engine) -> list[int]:
    """How many rows the tables of manual journals have."""
    with engine.connect() as connection:
        counts = (select(func.count()).select_from(table) for table in (MANUAL_JOURNALS, MANUAL_JOURNAL_ENTRIES))
        return [connection.execute(count).scalar_one() for count in counts]


def test_a_manual_journal_is_read_back_as_recorded(books: Books) -> None:
    assert books.record_manual_journals([JOURNAL], now=NOON) == 1
    (found,) = books.manual_journals()
    assert vars(found) == {**vars(JOURNAL), "recorded_at": NOON}
    assert [type(value) for value in vars(found.entries[0]).values()] == [Direction, Account, int]
    assert manual_movements([found]) == manual_movements([JOURNAL])


def test_manual_journals_come_by_date_and_id_and_within_the_days_asked_for(books: Books) -> None:
    # Databases order texts by the rules of their language: "a" before "B" in PostgreSQL, after it in SQLite.
    ids = ["a", "B", "MJ-10", "MJ-2"]
    dates = [dt.date(2025, 1, 31), dt.date(2025, 1, 31), dt.date(2024, 12, 31), dt.date(2025, 2, 1)]
    journals = [replace(JOURNAL, id=number, date=day) for number, day in zip(ids, dates, strict=True)]
    assert books.record_manual_journals(journals, now=NOON) == 4
    assert [found.id for found in books.manual_journals()] == ["MJ-10", "B", "a", "MJ-2"]
    assert [found.id for found in books.manual_journals(dt.date(2025, 1, 1), dt.date(2025, 1, 31))] == ["B", "a"]
    assert [found.id for found in books.manual_journals(first=dt.date(2025, 1, 31))] == ["B", "a", "MJ-2"]
    assert [found.id for found in books.manual_journals(last=dt.date(2025, 1, 31))] == ["MJ-10", "B", "a"]
    assert all(found.entries == JOURNAL.entries for found in books.manual_journals())
    assert books.manual_journals(dt.date(2025, 2, 2)) == []


def test_recording_the_same_again_is_nothing_new(books: Books) -> None:
    other = replace(JOURNAL, id="MJ-2")
    assert books.record_manual_journals([JOURNAL, JOURNAL], now=NOON) == 1
    assert books.record_manual_journals([JOURNAL, other], now=LATER) == 1
    assert books.record_manual_journals(books.manual_journals(), now=LATER) == 0
    assert books.record_manual_journals([], now=LATER) == 0
    assert [found.recorded_at for found in books.manual_journals()] == [NOON, LATER]
    assert len(books.activities()) == 2


def test_thousands_of_journals_are_recorded_at_once_and_found_again(books: Books) -> None:
    journals = [replace(JOURNAL, id=f"MJ-{number:04}") for number in range(1200)]
    assert books.record_manual_journals(journals, now=NOON) == 1200
    assert books.record_manual_journals([*reversed(journals), JOURNAL], now=LATER) == 1
    assert len(books.manual_journals()) == 1201


@pytest.mark.parametrize(
    "change",
    [
        {"date": dt.date(2025, 1, 16)},
        {"entity": "uk"},
        {"currency": "EUR"},
        {"customer_id": "cus_2"},
        {"product_id": "prod_2"},
        {"invoice_id": ""},
        {"narrative": "Another"},
        {"adjusts": ""},
        {"prepared_by": "Cy"},
        {"approved_by": "Cy"},
        {"entries": (JOURNAL.entries[0], JOURNAL.entries[2], JOURNAL.entries[1])},
        {
            "entries": (
                JOURNAL.entries[0],
                replace(JOURNAL.entries[0], direction=Direction.CREDIT, account=Account.BILLED),
            )
        },
    ],
    ids="-".join,
)
def test_another_journal_of_the_same_id_is_refused(books: Books, change: dict[str, Any]) -> None:
    books.record_manual_journals([JOURNAL], now=NOON)
    other = replace(JOURNAL, **change)
    with pytest.raises(
        ManualJournalExistsError, match=r"'MJ-1' exists .*dated 2025-01-15 .*by Ana.*under another id"
    ) as caught:
        books.record_manual_journals([replace(JOURNAL, id="MJ-0"), other], now=LATER)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(ManualJournalExistsError):
        books.record_manual_journals([replace(JOURNAL, id="MJ-9"), replace(other, id="MJ-9")], now=LATER)
    assert [found.id for found in books.manual_journals()] == ["MJ-1"]
    assert len(books.activities()) == 1


def test_a_journal_on_a_locked_day_is_refused_and_none_of_the_others_recorded(books: Books) -> None:
    books.record_period(close("2025-01"), after=None, now=NOON)
    february = replace(JOURNAL, id="MJ-2", date=dt.date(2025, 2, 1))
    december = replace(JOURNAL, id="MJ-3", date=dt.date(2024, 12, 31))
    with pytest.raises(LockedDayError) as caught:
        books.record_manual_journals([february, JOURNAL, december], now=LATER)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == (
        "days are locked through 2025-01-31, and manual journal 'MJ-1' is dated 2025-01-15, 'MJ-3' is dated "
        "2024-12-31: date it 2025-02-01, the first open day, or later"
    )
    assert books.manual_journals() == []
    assert books.record_manual_journals([february], now=LATER) == 1


def test_a_journal_recorded_before_its_day_was_locked_may_be_reported_again(books: Books) -> None:
    books.record_manual_journals([JOURNAL], now=NOON)
    books.record_period(close("2025-01"), after=None, now=NOON)
    assert books.record_manual_journals([JOURNAL], now=LATER) == 0


def test_every_manual_journal_is_in_the_activity_log(books: Books) -> None:
    books.record_manual_journals([JOURNAL], now=NOON)
    (entry,) = books.activities("manual journal recorded", "2025-01", "MJ-1")
    assert (entry.actor, entry.occurred_at) == ("Ana", NOON)
    assert entry.details == {
        "date": "2025-01-15",
        "entity": "default",
        "currency": "USD",
        "customer_id": "cus_1",
        "product_id": JOURNAL.product_id,
        "invoice_id": JOURNAL.invoice_id,
        "narrative": "Größe: Termination, as agreed 😀",
        "prepared_by": "Ana",
        "approved_by": "Ben",
        "adjusts": "RR-202501-000001",
        "debits_minor": 10**14 - 1,
        "credits_minor": 10**14 - 1,
        "entries": [
            {"direction": "DEBIT", "account": "deferred", "amount_minor": 10**14 - 1},
            {"direction": "CREDIT", "account": "unbilled", "amount_minor": 1},
            {"direction": "CREDIT", "account": "recognized", "amount_minor": 10**14 - 2},
        ],
    }


@pytest.mark.parametrize(
    ("change", "now", "error"),
    [
        ({"customer_id": None}, NOON, IntegrityError),
        ({"narrative": None}, NOON, IntegrityError),
        ({}, datetime(2025, 2, 1), NaiveTimestampError),  # noqa: DTZ001 - meant
        (
            {
                "entries": (
                    ManualEntry(Direction.DEBIT, Account.BILLED, 5.0),  # type: ignore[arg-type]  # meant
                    ManualEntry(Direction.CREDIT, Account.DEFERRED, 5),
                )
            },
            NOON,
            InexactIntegerError,
        ),
    ],
    ids=["no customer", "no narrative", "no time zone", "float"],
)
def test_a_journal_that_cannot_be_recorded_whole_leaves_nothing(
    books: Books, empty_books_engine: Engine, change: dict[str, Any], now: datetime, error: type[Exception]
) -> None:
    with pytest.raises(error):
        books.record_manual_journals([replace(JOURNAL, id="MJ-0"), replace(JOURNAL, **change)], now=now)
    assert rows_in(empty_books_engine) == [0, 0]
    assert books.activities() == []


def test_no_journal_gets_lost_between_a_seal_and_the_lock_while_others_are_recorded(
    books_url: str, empty_books_engine: Engine, start_together: Any
) -> None:
    upgrade(empty_books_engine)
    with start_together([RECORDER, books_url, task] for task in ("record", "close")) as processes:
        outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    books = Books(empty_books_engine)
    (closed,) = books.periods()
    recorded = [journal.id for journal in books.manual_journals()]
    assert closed.manifest_key == "sealed/" + "+".join(recorded)
    assert int(outputs[0]) == len(recorded)
