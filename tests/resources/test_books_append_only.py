"""What the database itself refuses, whoever asks: altering closes, manual journals and the log, and rows that break a
rule.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from resources.books import Books
from tests.closing_builders import USD, close, manual_journal, reopen

NOON = datetime(2025, 2, 3, 12, tzinfo=UTC)

TABLES = (
    "accounting_periods",
    "accounting_period_ledgers",
    "manual_journals",
    "manual_journal_entries",
    "activity_log",
)

# The same attempt in the words of SQLite and of PostgreSQL.
ATTEMPTS = [
    *(
        (statement, statement)
        for statement in (
            "UPDATE accounting_periods SET actor = 'mallory'",
            "UPDATE accounting_periods SET locked_through = NULL WHERE month = '2025-01'",
            "DELETE FROM accounting_periods WHERE event = 'reopened'",
            "DELETE FROM accounting_periods",
            "UPDATE accounting_period_ledgers SET debits_minor = 0, credits_minor = 0",
            "DELETE FROM accounting_period_ledgers",
            "INSERT INTO accounting_period_ledgers VALUES (1, 'default', 'GBP', 1, 'a', 'b', 5, 5)",
            "UPDATE manual_journals SET approved_by = 'mallory'",
            "DELETE FROM manual_journals",
            "UPDATE manual_journal_entries SET amount_minor = amount_minor + 1",
            "DELETE FROM manual_journal_entries WHERE place = 0",
            "INSERT INTO manual_journal_entries VALUES ('MJ-1', 3, 'DEBIT', 'billed', 5)",
            "UPDATE activity_log SET actor = 'mallory'",
            "DELETE FROM activity_log WHERE activity = 'reopened'",
        )
    ),
    # SQLite's REPLACE asks no trigger for DELETE.
    (
        "INSERT OR REPLACE INTO accounting_periods SELECT * FROM accounting_periods",
        "INSERT INTO accounting_periods SELECT * FROM accounting_periods ON CONFLICT (id) DO UPDATE SET actor = 'x'",
    ),
    (
        "INSERT OR REPLACE INTO accounting_period_ledgers VALUES (1, 'default', 'USD', 1, 'a', 'b', 5, 5)",
        "INSERT INTO accounting_period_ledgers VALUES (1, 'default', 'USD', 1, 'a', 'b', 5, 5) "
        "ON CONFLICT (period_id, entity, currency) DO UPDATE SET debits_minor = 5, credits_minor = 5",
    ),
    (
        "INSERT OR REPLACE INTO manual_journals SELECT * FROM manual_journals",
        "INSERT INTO manual_journals SELECT * FROM manual_journals ON CONFLICT (id) DO UPDATE SET adjusts = ''",
    ),
    (
        "INSERT OR REPLACE INTO manual_journal_entries VALUES ('MJ-1', 0, 'DEBIT', 'billed', 5)",
        "INSERT INTO manual_journal_entries VALUES ('MJ-1', 0, 'DEBIT', 'billed', 5) "
        "ON CONFLICT (manual_journal_id, place) DO UPDATE SET account = 'billed'",
    ),
    (
        "INSERT OR REPLACE INTO activity_log SELECT * FROM activity_log",
        "INSERT INTO activity_log SELECT * FROM activity_log ON CONFLICT (id) DO UPDATE SET actor = 'x'",
    ),
    ("UPDATE OR REPLACE accounting_periods SET id = id", "UPDATE accounting_periods SET id = id"),
    # SQLite has no TRUNCATE.
    *((f"DELETE FROM {table} WHERE true", f"TRUNCATE {table} CASCADE") for table in TABLES),
]


def rows_of(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [connection.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES]


def insert(engine: Engine, table: str, row: dict[str, str]) -> None:
    """Insert a row given as SQL literals."""
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"))


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt[0][:60])
def test_the_database_refuses_to_alter_what_was_recorded(
    books: Books, empty_books_engine: Engine, attempt: tuple[str, str]
) -> None:
    books.record_manual_journals([manual_journal()], now=NOON)
    closed = books.record_period(close("2025-01", USD), after=None, now=NOON)
    reopened = books.record_period(reopen("2025-01"), after=closed.id, now=NOON)
    before = rows_of(empty_books_engine)
    sqlite, postgresql = attempt
    with (
        pytest.raises(
            IntegrityError, match=r"(accounting_period|manual_journal|activity_)\w+ is append-only, as auditors need it"
        ),
        empty_books_engine.begin() as connection,
    ):
        connection.execute(text(sqlite if connection.dialect.name == "sqlite" else postgresql))
    assert rows_of(empty_books_engine) == before
    assert books.record_period(close("2025-01", USD), after=reopened.id, now=NOON).ledgers == (USD,)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"event": "'opened'"}, "ck_accounting_periods_event"),
        ({"actor": "' '"}, "ck_accounting_periods_actor"),
        ({"locked_through": "NULL"}, "ck_accounting_periods_locked_through"),
        ({"reason": "'because'"}, "ck_accounting_periods_reason"),
        ({"event": "'reopened'", "manifest_sha256": "''", "manifest_key": "''"}, "ck_accounting_periods_reason"),
        ({"manifest_key": "''"}, "ck_accounting_periods_manifest_key"),
        ({"manifest_sha256": "''"}, "ck_accounting_periods_manifest_sha256"),
    ],
)
def test_the_database_refuses_an_event_that_contradicts_itself(
    books: Books, empty_books_engine: Engine, change: dict[str, str], constraint: str
) -> None:
    row = {
        "id": "1",
        "occurred_at": "'2025-02-03 12:00:00'",
        "event": "'closed'",
        "month": "'2025-01'",
        "locked_through": "'2025-01-31'",
        "actor": "'ana'",
        "reason": "''",
        "manifest_key": "'sealed/x'",
        "manifest_sha256": f"'{'a' * 64}'",
        "ledgers": "0",
    }
    with pytest.raises(IntegrityError, match=constraint):
        insert(empty_books_engine, "accounting_periods", row | change)
    assert books.periods() == []
    insert(empty_books_engine, "accounting_periods", row)
    assert len(books.periods()) == 1


MANUAL_JOURNAL = {
    "id": "'MJ-7'",
    "date": "'2025-01-01'",
    "entity": "'default'",
    "currency": "'USD'",
    "customer_id": "'c'",
    "product_id": "'p'",
    "invoice_id": "''",
    "narrative": "'n'",
    "adjusts": "''",
    "prepared_by": "'Ana'",
    "approved_by": "'Ben'",
    "entries": "2",
    "recorded_at": "'2025-01-01 12:00:00'",
}
MANUAL_ENTRY = {
    "manual_journal_id": "'MJ-7'",
    "place": "0",
    "direction": "'DEBIT'",
    "account": "'billed'",
    "amount_minor": "5",
}


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"prepared_by": "' '"}, "ck_manual_journals_prepared_by"),
        ({"approved_by": "''"}, "ck_manual_journals_approved_by"),
        ({"approved_by": "'Ana'"}, "ck_manual_journals_two_people"),
        ({"approved_by": "' a Na '"}, "ck_manual_journals_two_people"),
        ({"entries": "1"}, "ck_manual_journals_entries"),
    ],
)
def test_the_database_refuses_a_manual_journal_without_two_people_and_two_sides(
    books: Books, empty_books_engine: Engine, change: dict[str, str], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        insert(empty_books_engine, "manual_journals", MANUAL_JOURNAL | change)
    assert books.manual_journals() == []
    insert(empty_books_engine, "manual_journals", MANUAL_JOURNAL)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"direction": "'debit'"}, "ck_manual_journal_entries_direction"),
        ({"account": "'cash'"}, "ck_manual_journal_entries_account"),
        ({"amount_minor": "0"}, "ck_manual_journal_entries_amount_minor"),
        ({"amount_minor": "-5"}, "ck_manual_journal_entries_amount_minor"),
        ({"manual_journal_id": "'MJ-X'"}, "(?i)foreign key"),
    ],
)
def test_the_database_refuses_an_entry_that_breaks_a_rule(
    books: Books, empty_books_engine: Engine, change: dict[str, str], constraint: str
) -> None:
    insert(empty_books_engine, "manual_journals", MANUAL_JOURNAL)
    with pytest.raises(IntegrityError, match=constraint):
        insert(empty_books_engine, "manual_journal_entries", MANUAL_ENTRY | change)
    insert(empty_books_engine, "manual_journal_entries", MANUAL_ENTRY)
    assert len(rows_of(empty_books_engine)[3]) == 1
