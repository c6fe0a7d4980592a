"""Months, days and 30/360 counts."""

import calendar
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.arrays import DateArray
from revrec.calendar import (
    MonthError,
    day_of_month,
    days_in_month,
    days_inclusive,
    first_day_of_month,
    last_day_of_month,
    month_key,
    month_of,
    months_between,
    parse_month,
    thirty_360_days,
)
from revrec.errors import RevrecError


def days(*texts: str) -> DateArray:
    return np.array(texts, dtype="datetime64[D]")


@pytest.mark.parametrize("key", ["0001-01", "1969-12", "2024-02", "2025-10", "9999-12"])
def test_a_month_key_survives_the_round_trip(key: str) -> None:
    assert month_key(parse_month(key)) == key


@pytest.mark.parametrize(
    "value",
    [
        np.datetime64("2025-03"),
        np.datetime64("2025-03-31"),
        np.datetime64("2025-03-31T23:59:59.999999999"),
        date(2025, 3, 1),
        datetime(2025, 3, 31, 23, 59),  # noqa: DTZ001 - extracts without a zone are read as they stand
    ],
    ids=["month", "day", "nanosecond", "date", "datetime"],
)
def test_a_day_or_timestamp_has_the_key_of_its_month(value: np.datetime64 | date) -> None:
    assert month_key(value) == "2025-03"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025",
        "2025-1",
        "2025-13",
        "2025-00",
        "0000-01",
        "2025-01-15",
        "202501",
        " 2025-01",
        "2025-01\n",
        "-2025-01",
        "NaT",
        "now",
    ],
)
def test_a_text_that_is_not_a_month_is_refused_by_name(text: str) -> None:
    with pytest.raises(MonthError, match="YYYY-MM") as refusal:
        parse_month(text)
    assert repr(text) in str(refusal.value)
    assert isinstance(refusal.value, RevrecError)
    assert isinstance(refusal.value, ValueError)


def test_an_absent_date_has_no_month_key() -> None:
    with pytest.raises(MonthError, match="NaT"):
        month_key(np.datetime64("NaT", "D"))


@pytest.mark.parametrize(
    ("first", "last", "keys"),
    [
        ("2024-11", "2025-02", ["2024-11", "2024-12", "2025-01", "2025-02"]),
        ("2025-01", "2025-01", ["2025-01"]),
        ("2025-02", "2025-01", []),
        (date(2024, 12, 31), np.datetime64("2025-01-01"), ["2024-12", "2025-01"]),
    ],
    ids=["across-a-year", "one-month", "backwards", "days-stand-for-their-month"],
)
def test_months_between_counts_both_ends(first: str, last: str, keys: list[str]) -> None:
    assert months_between(first, last) == keys


def test_months_between_refuses_what_is_not_a_month() -> None:
    with pytest.raises(MonthError):
        months_between("2025-01", "2025-13")


@given(st.lists(st.dates(), min_size=1))
def test_month_arithmetic_agrees_with_the_standard_library(dates: list[date]) -> None:
    vector = np.array(dates, dtype="datetime64[D]")
    lengths = [calendar.monthrange(day.year, day.month)[1] for day in dates]
    assert days_in_month(vector).tolist() == lengths
    assert days_in_month(month_of(vector)).tolist() == lengths
    assert day_of_month(vector).tolist() == [day.day for day in dates]
    assert first_day_of_month(vector).tolist() == [day.replace(day=1) for day in dates]
    assert last_day_of_month(vector).tolist() == [
        day.replace(day=length) for day, length in zip(dates, lengths, strict=True)
    ]


@given(st.dates(max_value=date(9900, 1, 1)), st.integers(0, 36_525))
def test_an_inclusive_count_counts_both_ends(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    assert days_inclusive(days(str(first)), days(str(last))).tolist() == [more + 1]


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2025-01-01", "2025-01-31", 30),
        ("2025-02-01", "2025-02-28", 30),
        ("2024-02-01", "2024-02-29", 30),
        ("2025-04-01", "2025-04-30", 30),
        ("2025-01-31", "2025-01-31", 1),
        ("2025-01-30", "2025-01-31", 1),
        ("2025-01-02", "2025-01-31", 29),
        ("2025-02-28", "2025-02-28", 1),
        ("2024-02-28", "2024-02-29", 3),
        ("2024-02-28", "2024-02-28", 1),
        ("2025-02-01", "2025-02-27", 27),
        ("2025-01-01", "2025-01-30", 30),
        ("2025-01-16", "2025-04-15", 90),
        ("2024-07-01", "2025-06-30", 360),
    ],
)
def test_thirty_360_counts_every_month_as_thirty_days(first: str, last: str, count: int) -> None:
    assert thirty_360_days(days(first), days(last)).tolist() == [count]


@given(st.dates(max_value=date(9998, 12, 31)), st.integers(0, 30))
def test_every_stretch_of_days_inside_a_month_counts_at_least_one_30_360_day(first: date, more: int) -> None:
    month_end = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    last = min(first + timedelta(days=more), month_end)
    assert 1 <= int(thirty_360_days(days(str(first)), days(str(last)))[0]) <= 30


def test_calendar_vectors_may_be_empty() -> None:
    assert len(thirty_360_days(days(), days())) == 0
    assert len(days_in_month(days())) == 0
