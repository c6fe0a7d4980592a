"""STRAIGHT_LINE against a slow oracle in exact fractions, the laws it keeps, and its bounds (SPEC 2).

Cases that a person can check by hand, and terms that are refused: test_straight_line_examples.py.
"""

import calendar
import math
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.arrays import DateArray, Int64Array
from revrec.calendar import MAX_SERVICE_DAYS
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.runs import EarningRuns, concat, expand_to_days
from revrec.methods.straight_line import straight_line
from revrec.money import MAX_AMOUNT_MINOR

DAILY, FRACTION, THIRTY, EXACT, EVEN = AllocationStrategy
COLUMNS = ["obligation", "month", "first_day", "days", "amount_minor", "daily_minor"]
CENTURY_FROM = date(2000, 1, 15)


class Line(NamedTuple):
    """One obligation: signed minor units and a service period, both ends inclusive."""

    amount: int
    start: date
    end: date


class Run(NamedTuple):
    """One row of the result, in Python's own types."""

    month: str
    first_day: date
    days: int
    amount: int
    daily: int


# --- the kernel, on lines ---------------------------------------------------------------------------------------------


def columns(lines: list[Line]) -> tuple[Int64Array, DateArray, DateArray]:
    return (
        np.array([line.amount for line in lines], dtype=np.int64),
        np.array([line.start for line in lines], dtype="datetime64[D]"),
        np.array([line.end for line in lines], dtype="datetime64[D]"),
    )


def rows(lines: list[Line], runs: EarningRuns) -> list[list[Run]]:
    """The runs of each line."""
    by_line: list[list[Run]] = [[] for _ in lines]
    for obligation, *run in zip(*(getattr(runs, column).tolist() for column in COLUMNS), strict=True):
        by_line[obligation].append(Run(f"{run[0]:%Y-%m}", *run[1:]))
    return by_line


def earn(lines: list[Line], strategy: AllocationStrategy, residue: Residue = Residue.LAST_MONTH) -> list[list[Run]]:
    return rows(lines, straight_line(*columns(lines), strategy, residue))


# --- the oracle: one line at a time, in exact fractions ---------------------------------------------------------------


class Touched(NamedTuple):
    first: date
    last: date
    length: int  # days of the calendar month

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_full(self) -> bool:
        return self.days == self.length

    @property
    def days_360(self) -> int:
        """For part-months, which either run to the month's end, or start on its first day and end on that many days."""
        if self.last.day == self.length:
            starts_on_30 = self.first.day >= 30 or self.first.day == self.length
            return 1 if starts_on_30 else 31 - self.first.day
        return self.last.day


def touched_months(line: Line) -> list[Touched]:
    months, first = [], line.start
    while first <= line.end:
        length = calendar.monthrange(first.year, first.month)[1]
        months.append(Touched(first, min(first.replace(day=length), line.end), length))
        first = first.replace(day=length) + timedelta(days=1)
    return months


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def exact_shares(amount: int, months: list[Touched], strategy: AllocationStrategy) -> list[Fraction]:
    """Each month's unrounded amount in the even-months strategies."""
    if strategy is DAILY:
        period_days = sum(m.days for m in months)
        parts = {m: Fraction(amount * m.days, period_days) for m in months if not m.is_full}
        left_to_full_months = amount - sum(parts.values(), start=Fraction(0))
        full_months = len(months) - len(parts)
        return [parts[m] if m in parts else left_to_full_months / full_months for m in months]
    if strategy is FRACTION:
        weights = [Fraction(m.days, m.length) for m in months]
    else:
        weights = [Fraction(1) if m.is_full else Fraction(m.days_360, 30) for m in months]
    total = sum(weights, start=Fraction(0))
    return [amount * weight / total for weight in weights]


def even_months(amount: int, months: list[Touched], strategy: AllocationStrategy, residue: Residue) -> list[int]:
    shares = exact_shares(amount, months, strategy)
    rounded = [half_up(share) for share in shares]
    truncated = [math.floor(s) if m.is_full else half_up(s) for s, m in zip(shares, months, strict=True)]
    full = [i for i, month in enumerate(months) if month.is_full]
    if residue is Residue.LAST_FULL_MONTH and full:
        taker, amounts = full[-1], truncated
    else:
        taker = len(months) - 1
        amounts = rounded if sum(rounded[:-1]) <= amount else truncated
    return [amount - sum(amounts[:i] + amounts[i + 1 :]) if i == taker else amounts[i] for i in range(len(months))]


def month_amounts(amount: int, months: list[Touched], strategy: AllocationStrategy, residue: Residue) -> list[int]:
    if len(months) == 1:
        return [amount]
    if strategy is EXACT:
        days_so_far = [0, *accumulate(month.days for month in months)]
        earned = [half_up(Fraction(amount * days, days_so_far[-1])) for days in days_so_far]
        return [after - before for before, after in pairwise(earned)]
    if strategy is EVEN:
        return [amount // len(months)] * (len(months) - 1) + [amount - amount // len(months) * (len(months) - 1)]
    return even_months(amount, months, strategy, residue)


def oracle(line: Line, strategy: AllocationStrategy, residue: Residue) -> list[Run]:
    months, sign = touched_months(line), (1 if line.amount > 0 else -1)
    amounts = month_amounts(abs(line.amount), months, strategy, residue)
    return [
        Run(f"{month.first:%Y-%m}", month.first, month.days, sign * amount, sign * (amount // month.days))
        for month, amount in zip(months, amounts, strict=True)
        if amount
    ]


# --- what hypothesis draws: edges of months and of the bounds as often as anything else -------------------------------


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


some_days = st.dates(date(1999, 1, 1), date(2036, 12, 31))
starts = st.one_of(some_days, some_days.map(month_end), some_days.map(lambda day: day.replace(day=1)))
lengths = st.one_of(st.integers(1, 70), st.integers(1, 800), st.sampled_from([365, 366, MAX_SERVICE_DAYS]))
limits = [0, 1, -1, MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR - 1, -MAX_AMOUNT_MINOR]
amounts_minor = st.one_of(
    st.sampled_from(limits),
    st.integers(-100, 100),
    st.integers(-(10**6), 10**6),
    st.integers(-MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR),
)


@st.composite
def line(draw: st.DrawFn) -> Line:
    start = draw(starts)
    end = start + timedelta(days=draw(lengths) - 1)
    ends_a_month = draw(st.booleans()) and (month_end(end) - start).days < MAX_SERVICE_DAYS
    return Line(draw(amounts_minor), start, month_end(end) if ends_a_month else end)


portfolios = st.lists(line(), min_size=1, max_size=6)
strategies = st.sampled_from(AllocationStrategy)
residues = st.sampled_from(Residue)


# --- the oracle and the bounds ----------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(portfolios, strategies, residues)
def test_runs_are_those_of_the_oracle(lines: list[Line], strategy: AllocationStrategy, residue: Residue) -> None:
    assert earn(lines, strategy, residue) == [oracle(one, strategy, residue) for one in lines]


@pytest.mark.parametrize("residue", Residue)
@pytest.mark.parametrize("strategy", AllocationStrategy)
@pytest.mark.parametrize("amount", [MAX_AMOUNT_MINOR, -MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR - 1, 1, -1, 600, 601])
def test_the_longest_period_is_exact(amount: int, strategy: AllocationStrategy, residue: Residue) -> None:
    lines = [
        Line(amount, first, first + timedelta(days=MAX_SERVICE_DAYS - 1))
        for first in (CENTURY_FROM, date(2000, 1, 1), date(2000, 1, 31), date(1999, 12, 2))
    ]
    assert earn(lines, strategy, residue) == [oracle(one, strategy, residue) for one in lines]


# --- the laws ---------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(portfolios, strategies, residues)
def test_runs_and_their_days_add_up_to_the_obligation(
    lines: list[Line], strategy: AllocationStrategy, residue: Residue
) -> None:
    runs = straight_line(*columns(lines), strategy, residue)
    for earned in (runs, expand_to_days(runs)):
        totals: Counter[int] = Counter()
        for obligation, amount in zip(earned.obligation.tolist(), earned.amount_minor.tolist(), strict=True):
            totals[obligation] += amount
        assert [totals[i] for i in range(len(lines))] == [one.amount for one in lines]


@settings(deadline=None)
@given(portfolios, strategies, residues)
def test_a_credit_mirrors_its_charge(lines: list[Line], strategy: AllocationStrategy, residue: Residue) -> None:
    mirrored = [one._replace(amount=-one.amount) for one in lines]
    assert [
        [run._replace(amount=-run.amount, daily=-run.daily) for run in runs]
        for runs in earn(mirrored, strategy, residue)
    ] == earn(lines, strategy, residue)


@settings(deadline=None)
@given(portfolios, strategies, residues)
def test_days_lie_inside_the_service_period_and_come_at_most_once(
    lines: list[Line], strategy: AllocationStrategy, residue: Residue
) -> None:
    earned = expand_to_days(straight_line(*columns(lines), strategy, residue))
    days = list(zip(earned.obligation.tolist(), earned.day.tolist(), strict=True))
    assert max(Counter(days).values(), default=1) == 1
    assert all(lines[obligation].start <= day <= lines[obligation].end for obligation, day in days)
    assert days == sorted(days)


@settings(deadline=None)
@given(portfolios, strategies, residues)
def test_no_run_and_no_day_has_the_opposite_sign_of_its_obligation(
    lines: list[Line], strategy: AllocationStrategy, residue: Residue
) -> None:
    runs = straight_line(*columns(lines), strategy, residue)
    sign = np.sign([one.amount for one in lines])[runs.obligation]
    assert (np.sign(runs.amount_minor) == sign).all()
    assert (runs.daily_minor * sign >= 0).all()
    assert (runs.last_day_minor * sign > 0).all()


@settings(deadline=None)
@given(portfolios, strategies, residues, st.randoms())
def test_the_order_of_the_obligations_does_not_matter(
    lines: list[Line], strategy: AllocationStrategy, residue: Residue, random: Random
) -> None:
    order = list(range(len(lines)))
    random.shuffle(order)
    shuffled = earn([lines[i] for i in order], strategy, residue)
    straight = earn(lines, strategy, residue)
    assert shuffled == [straight[i] for i in order]


@settings(deadline=None)
@given(portfolios, strategies, residues, st.integers(1, 5))
def test_chunks_give_the_same_columns_as_the_whole(
    lines: list[Line], strategy: AllocationStrategy, residue: Residue, size: int
) -> None:
    whole = straight_line(*columns(lines), strategy, residue)
    parts = []
    for start in range(0, len(lines), size):
        chunk = lines[start : start + size]
        numbers = np.arange(start, start + len(chunk), dtype=np.int32)
        parts.append(straight_line(*columns(chunk), strategy, residue).renumbered(numbers))
    together = concat(parts)
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(together, column), getattr(whole, column), strict=True)


@pytest.mark.parametrize("amount", [120_00, 0], ids=["some-runs", "no-runs"])
def test_columns_have_the_types_the_contract_names(amount: int) -> None:
    runs = straight_line(*columns([Line(amount, date(2025, 1, 1), date(2025, 12, 31))]), DAILY, Residue.LAST_MONTH)
    assert [getattr(runs, column).dtype.str for column in COLUMNS] == ["<i4", "<M8[M]", "<M8[D]", "<i4", "<i8", "<i8"]
    assert len(runs) == (12 if amount else 0)
