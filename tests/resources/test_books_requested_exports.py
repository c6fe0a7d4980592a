"""Requested exports in the books: one suite over SQLite and a real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.pool import ThreadPool

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from resources.books import (
    Books,
    MailUnderWayError,
    RequestChangedError,
    RequestedExport,
    UnknownRequestError,
    open_engine,
    upgrade,
)
from resources.books.requested_exports import MAILING_LEASE

NOON = datetime(2025, 2, 3, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=5)
EXPORT = RequestedExport(
    request_id="5f0c",
    format="xero",
    filters={"from": "2025-01-01", "to": "2025-03-31", "customers": "Größe AG 😀"},
    requested_by="Ana",
    recipient="ana@example.com",
    object_key="exports/requested/xero-0123456789abcdef.zip",
    sha256="0123456789abcdef" * 4,
    size_bytes=2**40,
    rows=12,
    totals={"default-USD": {"journals": 3, "debits_minor": 2**53 + 1, "credits_minor": 2**53 + 1}},
)


def activities(books: Books) -> list[tuple[str, str, str]]:
    return [(entry.actor, entry.activity, entry.subject) for entry in books.activities()]


def test_a_requested_export_is_read_back_as_recorded(books: Books) -> None:
    exports = books.requested_exports
    assert exports.find("5f0c") is None
    recorded = exports.record(EXPORT, now=NOON)
    unsent = {"written_at": NOON, "mailing_since": None, "mailed_at": None, "mail_error": ""}
    assert vars(recorded) == {**vars(EXPORT), **unsent}
    assert exports.find("5f0c") == recorded
    assert exports.all() == [recorded]


def test_recording_it_again_changes_nothing(books: Books) -> None:
    recorded = books.requested_exports.record(EXPORT, now=NOON)
    assert books.requested_exports.record(EXPORT, now=LATER) == recorded
    assert activities(books) == [("Ana", "exported", EXPORT.object_key)]


def test_the_activity_log_tells_who_exported_what(books: Books) -> None:
    books.requested_exports.record(EXPORT, now=NOON)
    [entry] = books.activities("exported")
    assert entry.occurred_at == NOON
    assert entry.details == {
        "request_id": "5f0c",
        "format": "xero",
        "filters": EXPORT.filters,
        "recipient": "ana@example.com",
        "sha256": EXPORT.sha256,
        "rows": 12,
        "totals": EXPORT.totals,
    }


def test_the_record_and_its_activity_are_written_together_or_not_at_all(
    books: Books, empty_books_engine: Engine
) -> None:
    with empty_books_engine.begin() as connection:
        connection.execute(text("ALTER TABLE activity_log RENAME TO elsewhere"))
    with pytest.raises(Exception, match="activity_log"):
        books.requested_exports.record(EXPORT, now=NOON)
    with empty_books_engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO activity_log"))
    assert books.requested_exports.all() == []


def test_an_export_that_had_to_be_written_anew_replaces_what_was_lost(books: Books) -> None:
    books.requested_exports.record(EXPORT, now=NOON)
    anew = replace(EXPORT, sha256="f" * 64, object_key="exports/requested/xero-ffffffffffffffff.zip", rows=14)
    recorded = books.requested_exports.record(anew, now=LATER)
    assert (recorded.object_key, recorded.rows, recorded.written_at) == (anew.object_key, 14, LATER)
    assert [subject for _, _, subject in activities(books)] == [EXPORT.object_key, anew.object_key]


def test_a_request_cannot_turn_into_another_one(books: Books) -> None:
    recorded = books.requested_exports.record(EXPORT, now=NOON)
    for changed, named in (
        (replace(EXPORT, format="generic"), "format"),
        (replace(EXPORT, recipient="eve@example.com"), "recipient"),
        (replace(EXPORT, filters={}, requested_by="Ben"), "filters and requested_by"),
    ):
        with pytest.raises(RequestChangedError, match=f"recorded with another {named}: .* start it as a new run"):
            books.requested_exports.record(changed, now=LATER)
    assert books.requested_exports.all() == [recorded]


def test_a_mail_is_sent_once_and_the_log_tells_of_it_once(books: Books) -> None:
    exports = books.requested_exports
    exports.record(EXPORT, now=NOON)
    assert exports.claim_mail("5f0c", now=NOON) is True
    exports.record_mailed("5f0c", now=LATER)
    exports.record_mailed("5f0c", now=LATER + timedelta(days=1))
    assert exports.claim_mail("5f0c", now=LATER + timedelta(days=1)) is False
    found = exports.find("5f0c")
    assert found is not None
    assert (found.mailed_at, found.mailing_since) == (LATER, None)
    assert [activity for _, activity, _ in activities(books)] == ["exported", "export mailed"]


def test_a_mail_that_failed_may_be_tried_again_at_once_and_the_reason_is_kept_until_it_is_sent(books: Books) -> None:
    exports = books.requested_exports
    exports.record(EXPORT, now=NOON)
    assert exports.claim_mail("5f0c", now=NOON) is True
    exports.record_mail_failure("5f0c", "the server is down")
    failed = exports.find("5f0c")
    assert failed is not None
    assert (failed.mail_error, failed.mailed_at, failed.mailing_since) == ("the server is down", None, None)
    assert exports.claim_mail("5f0c", now=NOON) is True
    exports.record_mailed("5f0c", now=LATER)
    exports.record_mail_failure("5f0c", "too late to matter")
    sent = exports.find("5f0c")
    assert sent is not None
    assert (sent.mail_error, sent.mailed_at) == ("", LATER)


def test_while_one_run_sends_another_one_does_not_until_the_first_must_have_died(books: Books) -> None:
    exports = books.requested_exports
    exports.record(EXPORT, now=NOON)
    assert exports.claim_mail("5f0c", now=NOON) is True
    with pytest.raises(MailUnderWayError, match="wait 5 minutes"):
        exports.claim_mail("5f0c", now=NOON + MAILING_LEASE - timedelta(seconds=1))
    assert exports.claim_mail("5f0c", now=NOON + MAILING_LEASE) is True


def test_of_several_that_would_send_at_once_one_does(books: Books, books_url: str) -> None:
    books.requested_exports.record(EXPORT, now=NOON)

    def claim(_: int) -> str:
        engine = open_engine(books_url)  # connections of its own, as in another process
        try:
            return "claimed" if Books(engine).requested_exports.claim_mail("5f0c", now=NOON) else "sent"
        except MailUnderWayError:
            return "under way"
        finally:
            engine.dispose()

    with ThreadPool(6) as threads:
        assert sorted(threads.map(claim, range(6))) == ["claimed", *["under way"] * 5]


def test_an_unknown_request_is_told(books: Books) -> None:
    for method in (books.requested_exports.claim_mail, books.requested_exports.record_mailed):
        with pytest.raises(UnknownRequestError, match="no export is recorded for request 5f0c"):
            method("5f0c", now=NOON)


def test_the_database_itself_refuses_a_request_of_nobody_and_a_mail_to_nobody(
    books: Books, empty_books_engine: Engine
) -> None:
    with pytest.raises(IntegrityError, match="requested_by"):
        books.requested_exports.record(replace(EXPORT, requested_by=" "), now=NOON)
    books.requested_exports.record(replace(EXPORT, recipient=""), now=NOON)
    with empty_books_engine.connect() as connection, pytest.raises(IntegrityError, match="recipient"):
        connection.execute(text("UPDATE requested_exports SET mailed_at = written_at"))


def test_books_of_before_get_the_table_and_keep_what_they_have(empty_books_engine: Engine) -> None:
    upgrade(empty_books_engine)
    with empty_books_engine.begin() as connection:
        connection.execute(text("DROP TABLE requested_exports"))
        connection.execute(text("UPDATE revrec_books_version SET version_num = '0003'"))
    upgrade(empty_books_engine)
    assert Books(empty_books_engine).requested_exports.record(EXPORT, now=NOON).rows == 12
