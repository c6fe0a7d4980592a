"""Amounts, moments and details come back from both databases exactly as they went in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text

from resources.books import Activity, Books, ExportFile
from resources.books.column_types import InexactIntegerError, NaiveTimestampError

NOON = datetime(2025, 2, 3, 12, 0, 0, 123456, tzinfo=UTC)

EXPORT = ExportFile(
    object_key="exports/xero/2025-01/default-USD.csv",
    format="xero",
    month="2025-01",
    entity="default",
    currency="USD",
    rows=300,
    total_debits_minor=12_345,
    total_credits_minor=12_345,
    sha256="1" * 64,
    policy_sha256="p" * 64,
    engine_version="0.1.0",
)
CLOSED = Activity(actor="ana", activity="closed", subject="default USD", month="2025-01")


def put_debits(books: Books, amount: Any) -> None:
    file = replace(EXPORT, total_debits_minor=amount)
    books.replace_export_files("xero", "2025-01", "default", "USD", [file], now=NOON)


@pytest.mark.parametrize("amount", [2**62, -(2**62), 2**63 - 1, -(2**63), np.int64(2**62)], ids=str)
def test_amounts_are_kept_to_the_last_unit(books: Books, amount: int) -> None:
    put_debits(books, amount)
    found = books.export_files()[0].total_debits_minor
    assert (found, type(found)) == (int(amount), int)


@pytest.mark.parametrize(
    "amount", [2**63, 1.0, "100", np.float64(1)], ids=["too large", "float", "text", "numpy float"]
)
def test_an_amount_that_is_not_a_64_bit_integer_is_refused(books: Books, amount: Any) -> None:
    with pytest.raises(InexactIntegerError, match=r"is not an integer|does not fit 64 bits") as caught:
        put_debits(books, amount)
    assert isinstance(caught.value, TypeError)
    assert books.export_files() == []


def test_moments_are_kept_in_utc_whatever_zone_they_come_in(books: Books, empty_books_engine: Engine) -> None:
    if empty_books_engine.dialect.name == "postgresql":
        with empty_books_engine.begin() as connection:
            connection.execute(text("ALTER ROLE CURRENT_USER SET TimeZone = 'America/New_York'"))
        empty_books_engine.dispose()
    india = timezone(timedelta(hours=5, minutes=30))
    books.record_activity([CLOSED], now=NOON.astimezone(india))
    (found,) = books.activities()
    assert found.occurred_at == NOON
    assert found.occurred_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(books: Books) -> None:
    with pytest.raises(NaiveTimestampError, match="2025-02-03T12:00:00 has no time zone: give an aware one") as caught:
        books.record_activity([CLOSED], now=datetime(2025, 2, 3, 12))  # noqa: DTZ001 - meant
    assert isinstance(caught.value, ValueError)


def test_details_come_back_as_they_were(books: Books) -> None:
    details = {"größe": "10 € 😀", "amount_minor": 2**62, "nested": {"list": [1, None, True, "x"]}, "empty": {}}
    books.record_activity([replace(CLOSED, details=details, fingerprint="")], now=NOON)
    assert books.activities()[0].details == details


def test_details_that_are_not_json_are_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        Activity(actor="ana", activity="closed", subject="x", details={"at": NOON})
