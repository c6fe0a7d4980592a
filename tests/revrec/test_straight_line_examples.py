"""STRAIGHT_LINE on cases that a person can check by hand, and terms it refuses (SPEC 2)."""

from datetime import date, timedelta

import numpy as np
import pytest

from revrec.calendar import MAX_SERVICE_DAYS
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.runs import EarningRuns, expand_to_days
from revrec.methods.straight_line import straight_line
from revrec.methods.terms import TermsError
from revrec.money import MAX_AMOUNT_MINOR

DAILY, FRACTION, THIRTY, EXACT, EVEN = AllocationStrategy
Period = tuple[date, date]

AUTUMN = (date(2023, 8, 20), date(2023, 12, 19))
YEAR = (date(2025, 1, 1), date(2025, 12, 31))
TWO_MONTHS = (date(2025, 1, 1), date(2025, 2, 28))


def earn(
    amount: int, period: Period, strategy: AllocationStrategy, residue: Residue = Residue.LAST_MONTH
) -> EarningRuns:
    """The runs of one obligation."""
    start, end = (np.array([day], dtype="datetime64[D]") for day in period)
    return straight_line(np.array([amount], dtype=np.int64), start, end, strategy, residue)


@pytest.mark.parametrize(
    ("amount", "period", "strategy", "residue", "amounts"),
    [
        (400_00, AUTUMN, DAILY, "last_month", [3934, 9945, 9945, 9945, 6231]),
        (400_00, AUTUMN, DAILY, "last_full_month", [3934, 9945, 9945, 9946, 6230]),
        (400_00, AUTUMN, THIRTY, "last_month", [3667, 10000, 10000, 10000, 6333]),
        (400_00, AUTUMN, EVEN, "last_month", [8000, 8000, 8000, 8000, 8000]),
        (100_01, (date(2025, 1, 15), date(2025, 3, 2)), EVEN, "last_month", [3333, 3333, 3335]),
        (1_000_00, YEAR, DAILY, "last_month", [8333] * 11 + [8337]),
        (8_00, YEAR, DAILY, "last_month", [67] * 11 + [63]),
        (8_00, YEAR, DAILY, "last_full_month", [66] * 11 + [74]),
        (6, YEAR, DAILY, "last_month", [6]),
        (-6, YEAR, DAILY, "last_month", [-6]),
        (11, YEAR, DAILY, "last_month", [1] * 11),
        (5, TWO_MONTHS, FRACTION, "last_month", [3, 2]),
        (-5, TWO_MONTHS, FRACTION, "last_month", [-3, -2]),
        (5, (date(2025, 1, 17), date(2025, 2, 15)), DAILY, "last_full_month", [3, 2]),
        (7, (date(2025, 1, 10), date(2025, 1, 20)), DAILY, "last_full_month", [7]),
    ],
    ids=[
        "the-rest-to-the-last-month",
        "the-rest-to-the-last-full-month",
        "thirty-360",
        "even-periods",
        "even-periods-truncate",
        "twelfths",
        "months-rounded-up-leave-less-for-the-last",
        "months-truncated-leave-more-for-the-last",
        "truncated-rather-than-a-negative-last-month",
        "truncated-rather-than-a-positive-last-month-of-a-credit",
        "a-last-month-of-zero-changes-no-sign",
        "half-a-cent-rounds-up",
        "half-a-cent-of-a-credit-rounds-away-from-zero",
        "without-a-full-month-the-rest-to-the-last",
        "inside-one-month",
    ],
)
def test_an_amount_is_spread_over_months_as_a_person_would(
    amount: int, period: Period, strategy: AllocationStrategy, residue: str, amounts: list[int]
) -> None:
    assert earn(amount, period, strategy, Residue(residue)).amount_minor.tolist() == amounts


@pytest.mark.parametrize("strategy", AllocationStrategy)
@pytest.mark.parametrize("start", [date(2025, 1, 31), date(2024, 2, 29), date(2025, 2, 28), date(2025, 4, 30)], ids=str)
def test_a_period_that_starts_on_a_months_last_day_earns_there(start: date, strategy: AllocationStrategy) -> None:
    runs = earn(1_200_00, (start, start + timedelta(days=364)), strategy)
    assert runs.first_day.tolist()[0] == start
    assert runs.days.tolist()[0] == 1
    assert runs.amount_minor.tolist()[0] > 0


def test_a_leap_year_has_a_29th_of_february() -> None:
    runs = earn(366_00, (date(2024, 1, 1), date(2024, 12, 31)), EXACT)
    assert runs.amount_minor.tolist()[:3] == [31_00, 29_00, 31_00]
    assert runs.daily_minor.tolist() == [1_00] * 12


@pytest.mark.parametrize(("year", "length"), [(2024, 29), (2025, 28), (2000, 29)])
def test_february_is_full_on_its_last_day_only(year: int, length: int) -> None:
    into_march = (date(year, 2, 1), date(year, 3, 1))
    assert earn(length * 100 + 100, into_march, DAILY).amount_minor.tolist() == [length * 100, 100]
    assert earn(32_00, into_march, FRACTION).amount_minor.tolist() == [31_00, 1_00]


def test_ninety_a_month_is_earned_by_the_day_with_the_remainder_on_the_last() -> None:
    runs = earn(1_080_00, (date(2024, 7, 1), date(2025, 6, 30)), DAILY)
    assert runs.amount_minor.tolist() == [90_00] * 12
    earned = expand_to_days(runs)
    in_may, in_february = (
        earned.amount_minor[earned.day.astype("datetime64[M]") == np.datetime64(month)]
        for month in ("2025-05", "2025-02")
    )
    assert in_may.tolist() == [2_90] * 30 + [3_00]
    assert in_february.tolist() == [3_21] * 27 + [3_33]


@pytest.mark.parametrize("amount", [1, -1])
@pytest.mark.parametrize("strategy", [DAILY, FRACTION, THIRTY, EVEN])
def test_a_cent_for_a_year_is_earned_on_its_last_day(strategy: AllocationStrategy, amount: int) -> None:
    runs = earn(amount, YEAR, strategy)
    assert runs.first_day.astype(str).tolist() == ["2025-12-01"]
    earned = expand_to_days(runs)
    assert earned.day[earned.amount_minor != 0].astype(str).tolist() == ["2025-12-31"]
    assert int(earned.amount_minor.sum()) == amount


def test_a_cent_for_a_year_by_exact_days_is_earned_once_half_of_the_year_has_passed() -> None:
    runs = earn(1, YEAR, EXACT)
    assert runs.month.astype(str).tolist() == ["2025-07"]
    assert runs.amount_minor.tolist() == [1]


@pytest.mark.parametrize(
    ("amount", "start", "end", "message"),
    [
        (1, None, date(2025, 1, 1), "no whole service period; the first, row 1: NaT, 2025-01-01"),
        (1, date(2025, 1, 1), None, "no whole service period; the first, row 1: 2025-01-01, NaT"),
        (1, date(2025, 1, 2), date(2025, 1, 1), "ends before it starts; the first, row 1: 2025-01-02, 2025-01-01"),
        (1, date(2000, 1, 15), date(2000, 1, 15) + timedelta(days=MAX_SERVICE_DAYS), "more than 36525 days"),
        (MAX_AMOUNT_MINOR + 1, date(2025, 1, 1), date(2025, 1, 1), f"row 1: {MAX_AMOUNT_MINOR + 1}"),
        (-MAX_AMOUNT_MINOR - 1, date(2025, 1, 1), date(2025, 1, 1), f"row 1: {-MAX_AMOUNT_MINOR - 1}"),
        (-(2**63), date(2025, 1, 1), date(2025, 1, 1), "row 1: -9223372036854775808"),
    ],
    ids=["no-start", "no-end", "backwards", "too-long", "too-large", "too-large-credit", "without-absolute-value"],
)
def test_terms_outside_the_bounds_are_refused(amount: int, start: date | None, end: date | None, message: str) -> None:
    good = (0, date(2025, 1, 1), date(2025, 12, 31))
    amount_minor = np.array([good[0], amount], dtype=np.int64)
    first, last = (np.array([a, b], dtype="datetime64[D]") for a, b in zip(good[1:], (start, end), strict=True))
    with pytest.raises(TermsError, match=message):
        straight_line(amount_minor, first, last, DAILY, Residue.LAST_MONTH)
