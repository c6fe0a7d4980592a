"""Closed periods: what events add up to, which comes next, and what refuses to happen (SPEC 5)."""

import datetime as dt
from dataclasses import replace

import pytest

from revrec.accounting_periods import (
    LockDateError,
    MonthAlreadyClosedError,
    MonthsOutOfOrderError,
    NotReopenableError,
    PeriodEventError,
    Periods,
    ReasonMissingError,
)
from revrec.calendar import MonthError
from revrec.errors import RevrecError
from tests.closing_builders import close, lock, periods, reopen


@pytest.mark.parametrize(
    ("history", "locked_through", "closed", "partial"),
    [
        ("", None, [], None),
        ("close 2025-01", "2025-01-31", ["2025-01"], None),
        ("close 2024-12, close 2025-01", "2025-01-31", ["2024-12", "2025-01"], None),
        ("lock 2025-01-10", "2025-01-10", [], "2025-01"),
        ("lock 2025-01-10, lock 2025-01-20", "2025-01-20", [], "2025-01"),
        ("close 2025-01, lock 2025-02-10", "2025-02-10", ["2025-01"], "2025-02"),
        ("lock 2025-01-10, close 2025-01", "2025-01-31", ["2025-01"], None),
        ("close 2025-01, lock 2025-02-10, reopen 2025-02 2025-01-31", "2025-01-31", ["2025-01"], None),
        ("lock 2025-01-10, close 2025-01, reopen 2025-01", None, [], None),
        ("close 2025-01, close 2025-02, reopen 2025-02 2025-01-31", "2025-01-31", ["2025-01"], None),
        ("close 2025-01, reopen 2025-01, close 2025-01", "2025-01-31", ["2025-01"], None),
        ("close 2025-01, reopen 2025-01, close 2024-11", "2024-11-30", ["2024-11"], None),
    ],
)
def test_events_add_up_to_what_is_locked(
    history: str, locked_through: str | None, closed: list[str], partial: str | None
) -> None:
    found = periods(history)
    assert str(found.locked_through) == str(locked_through)
    assert list(found.closed) == closed
    assert all(found.closed[month] == close(month) for month in closed)
    assert found.newest_closed == (closed[-1] if closed else None)
    assert (found.partial.month if found.partial else None) == partial


def test_nothing_locked_leaves_every_day_open() -> None:
    assert Periods.of([]) == Periods()
    assert Periods().first_open_day is None
    assert not Periods().is_locked(dt.date(1, 1, 1))


def test_the_first_open_day_follows_the_last_locked_one() -> None:
    found = periods("close 2024-02")
    assert found.first_open_day == dt.date(2024, 3, 1)
    assert found.is_locked(dt.date(2024, 2, 29))
    assert not found.is_locked(dt.date(2024, 3, 1))


def test_a_month_before_the_first_closed_one_is_locked_and_was_never_closed() -> None:
    found = periods("close 2025-01")
    assert (found.is_closed("2025-01"), found.is_closed("2024-12")) == (True, False)
    assert found.is_locked(dt.date(2024, 12, 31))


def test_a_mid_month_lock_closes_no_month() -> None:
    assert not periods("lock 2025-01-10").is_closed("2025-01")


@pytest.mark.parametrize(
    ("history", "month", "first_posting_month", "expected"),
    [
        ("", "2025-03", "2025-01", ["2025-01", "2025-02", "2025-03"]),
        ("", "2025-01", "2024-11", ["2024-11", "2024-12", "2025-01"]),
        ("", "2025-03", "2025-03", ["2025-03"]),
        ("", "2025-03", "2025-06", ["2025-03"]),
        ("", "2025-03", None, ["2025-03"]),
        ("close 2025-02", "2025-03", "2024-01", ["2025-03"]),
        ("lock 2025-03-10", "2025-03", "2024-01", ["2025-03"]),
        ("close 2025-02, lock 2025-03-10", "2025-03", "2024-01", ["2025-03"]),
        ("close 2025-02, reopen 2025-02", "2025-02", "2025-01", ["2025-01", "2025-02"]),
    ],
)
def test_closing_a_month_closes_history_with_it_only_where_nothing_is_locked(
    history: str, month: str, first_posting_month: str | None, expected: list[str]
) -> None:
    assert periods(history).months_to_close(month, first_posting_month) == expected


@pytest.mark.parametrize(
    ("history", "month", "error", "message"),
    [
        ("close 2025-01", "2025-03", MonthsOutOfOrderError, "2025-03 cannot be closed while 2025-02 is open: use"),
        ("lock 2025-02-10", "2025-03", MonthsOutOfOrderError, "use `revrec close 2025-02` first"),
        ("close 2025-01", "2025-01", MonthAlreadyClosedError, "2025-01 is closed already"),
        ("close 2025-01, close 2025-02", "2025-01", MonthAlreadyClosedError, "2025-01 is closed already"),
        ("close 2025-01", "2024-12", MonthAlreadyClosedError, "2024-12 lies before the first one.*through 2025-01-31"),
        ("lock 2025-02-10", "2025-01", MonthAlreadyClosedError, "2025-01 lies before the first one"),
        ("", "2025-1", MonthError, "write it as YYYY-MM"),
    ],
)
def test_a_month_that_cannot_be_closed_is_refused_with_what_to_do(
    history: str, month: str, error: type[RevrecError], message: str
) -> None:
    found = periods(history)
    with pytest.raises(error, match=message) as caught:
        found.months_to_close(month, "2024-01")
    assert isinstance(caught.value, ValueError)
    if error is not MonthError:
        with pytest.raises(error, match=message):
            found.after(close(month))


@pytest.mark.parametrize(
    ("history", "day"),
    [
        ("", "2025-02-10"),
        ("", "2025-02-01"),
        ("close 2025-01", "2025-02-27"),
        ("lock 2025-02-10", "2025-02-11"),
        ("lock 2025-02-10, reopen 2025-02", "2025-02-05"),
    ],
)
def test_a_day_of_the_next_open_month_can_be_locked(history: str, day: str) -> None:
    before = periods(history)
    before.require_lockable(dt.date.fromisoformat(day))
    assert before.after(lock(day)).locked_through == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("history", "day", "error", "message"),
    [
        ("", "2025-01-31", LockDateError, "2025-01-31 is the last day of 2025-01: use `revrec close 2025-01`"),
        ("", "2024-02-29", LockDateError, "use `revrec close 2024-02`"),
        ("lock 2025-02-10", "2025-02-10", LockDateError, "locked through 2025-02-10 already.*forward only"),
        ("lock 2025-02-10", "2025-02-09", LockDateError, "give a later day than 2025-02-09"),
        ("close 2025-01", "2025-01-15", LockDateError, "locked through 2025-01-31 already"),
        ("close 2025-01", "2025-03-15", MonthsOutOfOrderError, "while 2025-02 is open: use `revrec close 2025-02`"),
        ("lock 2025-02-10", "2025-03-15", MonthsOutOfOrderError, "while 2025-02 is open: use `revrec close 2025-02`"),
    ],
)
def test_a_day_that_cannot_be_locked_is_refused_with_what_to_do(
    history: str, day: str, error: type[RevrecError], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        periods(history).require_lockable(dt.date.fromisoformat(day))
    assert isinstance(caught.value, ValueError)
    with pytest.raises(error, match=message):
        periods(history).months_to_close_before(dt.date.fromisoformat(day), "2024-01")


@pytest.mark.parametrize(
    ("history", "day", "first_posting_month", "expected"),
    [
        ("", "2025-03-10", "2025-01", ["2025-01", "2025-02"]),
        ("", "2025-03-10", "2025-03", []),
        ("", "2025-03-10", "2025-05", []),
        ("", "2025-03-10", None, []),
        ("close 2025-02", "2025-03-10", "2024-01", []),
        ("lock 2025-03-05", "2025-03-10", "2024-01", []),
    ],
)
def test_only_the_very_first_lock_closes_history_before_it(
    history: str, day: str, first_posting_month: str | None, expected: list[str]
) -> None:
    assert periods(history).months_to_close_before(dt.date.fromisoformat(day), first_posting_month) == expected


@pytest.mark.parametrize(
    ("history", "month", "leaves"),
    [
        ("close 2025-01", "2025-01", None),
        ("close 2025-01, close 2025-02", "2025-02", "2025-01-31"),
        ("close 2025-01, lock 2025-02-10", "2025-02", "2025-01-31"),
        ("lock 2025-02-10", "2025-02", None),
        ("close 2023-12, close 2024-01", "2024-01", "2023-12-31"),
    ],
)
def test_the_newest_closed_or_locked_month_can_be_reopened(history: str, month: str, leaves: str | None) -> None:
    before = periods(history)
    before.require_reopenable(month, "a wrong price")
    assert str(before.locked_through_after_reopen(month)) == str(leaves)
    after = before.after(reopen(month, leaves))
    assert str(after.locked_through) == str(leaves)
    assert not after.is_closed(month)


@pytest.mark.parametrize(
    ("history", "month", "message"),
    [
        ("", "2025-01", "2025-01 cannot be reopened: no month is closed or locked"),
        ("close 2025-01, close 2025-02", "2025-01", "newer days are locked; the one to reopen is .*2025-02"),
        ("close 2025-01, lock 2025-02-10", "2025-01", "newer days are locked; the one to reopen is .*2025-02"),
        ("close 2025-01", "2025-02", "it is not closed; the one to reopen is .*2025-01"),
    ],
)
def test_another_month_cannot_be_reopened(history: str, month: str, message: str) -> None:
    with pytest.raises(NotReopenableError, match=message) as caught:
        periods(history).require_reopenable(month, "a wrong price")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("reason", ["", "  ", "\n\t"], ids=repr)
def test_a_reopening_needs_a_reason(reason: str) -> None:
    with pytest.raises(ReasonMissingError, match="2025-01 cannot be reopened without a reason: say why"):
        periods("close 2025-01").require_reopenable("2025-01", reason)
    with pytest.raises(ReasonMissingError, match="without a reason"):
        replace(reopen("2025-01", None), reason=reason)


def test_a_reopening_that_leaves_other_days_locked_than_it_says_is_refused() -> None:
    with pytest.raises(PeriodEventError, match="leaves days locked through 2025-01-31, not None"):
        periods("close 2025-01, close 2025-02").after(reopen("2025-02", None))


def test_the_closed_months_of_periods_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        periods("close 2025-01").closed["2025-02"] = close("2025-02")  # type: ignore[index]  # meant
