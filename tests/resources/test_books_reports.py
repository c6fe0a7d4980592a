"""Published reports come back from both databases as they went in, a month at a time, and say where the rest is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from resources.books import Books, ReportMonth
from resources.books import reports as published
from revrec.reports.schemas import DEFERRED_REVENUE, REPORTS, TRIAL_BALANCE

NOON = datetime(2025, 2, 3, 12, tzinfo=UTC)
SAMPLES: dict[pa.DataType, Any] = {
    pa.string(): 'Harbor, "Finch" & Söhne\n',
    pa.int64(): -(2**62),
    pa.date32(): date(2025, 1, 31),
}


def row(schema: pa.Schema, **values: Any) -> dict[str, Any]:
    """A row in which what may be null is."""
    filled = {field.name: None if field.nullable else SAMPLES[field.type] for field in schema}
    return {**filled, "month": "2025-01", "currency": "USD", **values}


def month_of(report: str, *rows: dict[str, Any], sha256: str = "1" * 64, month: str = "2025-01") -> ReportMonth:
    table = pa.Table.from_pylist([{**each, "month": month} for each in rows], schema=REPORTS[report])
    return ReportMonth(report, month, len(rows), f"file:///lake/{report}.parquet", sha256, table.to_batches())


def found(engine: Engine, report: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(published.REPORT_TABLES[report].select()).mappings()
        return [dict(each) for each in rows]


@pytest.mark.parametrize("report", REPORTS)
def test_every_column_of_a_report_comes_back_as_it_was(report: str, books: Books, empty_books_engine: Engine) -> None:
    full = {field.name: SAMPLES[field.type] for field in REPORTS[report]}
    rows = [row(REPORTS[report]), {**full, "month": "2025-01", "currency": "JPY"}]
    assert books.publish_report(month_of(report, *rows), now=NOON)
    assert found(empty_books_engine, report) == rows


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_any_name_comes_back_as_it_was(name: str, books: Books, empty_books_engine: Engine) -> None:
    content = month_of("deferred_revenue", row(DEFERRED_REVENUE, customer_name=name), sha256=f"{hash(name):064}"[-64:])
    books.publish_report(content, now=NOON)
    assert [each["customer_name"] for each in found(empty_books_engine, "deferred_revenue")] == [name]


def test_a_month_is_replaced_and_others_stay(books: Books, empty_books_engine: Engine) -> None:
    january = month_of("trial_balance", row(TRIAL_BALANCE, account="billed"))
    books.publish_report(january, now=NOON)
    books.publish_report(month_of("trial_balance", row(TRIAL_BALANCE), month="2025-02"), now=NOON)
    corrected = month_of("trial_balance", row(TRIAL_BALANCE, account="deferred"), sha256="2" * 64)
    assert books.publish_report(corrected, now=NOON)
    accounts = {each["month"]: each["account"] for each in found(empty_books_engine, "trial_balance")}
    assert accounts == {"2025-01": "deferred", "2025-02": SAMPLES[pa.string()]}


def test_the_same_content_again_changes_nothing_and_keeps_its_time(books: Books) -> None:
    content = month_of("trial_balance", row(TRIAL_BALANCE))
    assert books.publish_report(content, now=NOON)
    assert not books.publish_report(content, now=NOON + timedelta(days=1))
    [told] = books.published_reports()
    assert (told.report, told.month, told.rows, told.is_copied) == ("trial_balance", "2025-01", 1, True)
    assert (told.published_at, told.uri) == (NOON, content.uri)


def test_a_report_too_large_for_sqlite_stays_a_file_and_the_books_say_where(
    books: Books, empty_books_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.publish_report(month_of("trial_balance", row(TRIAL_BALANCE)), now=NOON)
    monkeypatch.setattr(published, "SQLITE_ROWS", 1)
    two = month_of("trial_balance", *[row(TRIAL_BALANCE)] * 2, sha256="2" * 64)
    books.publish_report(two, now=NOON)
    [told] = books.published_reports()
    is_sqlite = empty_books_engine.dialect.name == "sqlite"
    assert (told.rows, told.is_copied, told.uri) == (2, not is_sqlite, two.uri)
    assert len(found(empty_books_engine, "trial_balance")) == (0 if is_sqlite else 2)


def test_a_publication_that_fails_leaves_what_was_there(books: Books, empty_books_engine: Engine) -> None:
    sound = month_of("trial_balance", row(TRIAL_BALANCE))
    books.publish_report(sound, now=NOON)

    def broken() -> Any:
        yield from month_of("trial_balance", row(TRIAL_BALANCE)).batches
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        books.publish_report(replace(sound, sha256="2" * 64, batches=broken()), now=NOON)
    with empty_books_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM report_trial_balance")) == 1
    assert [each.sha256 for each in books.published_reports()] == [sound.sha256]
