"""Posting floors: what is earned before a day is posted on it (SPEC 5)."""

import datetime as dt
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.runs import EarningRuns, concat, expand_to_days
from revrec.methods.straight_line import straight_line
from revrec.money import MAX_AMOUNT_MINOR
from revrec.posting_floor import hold_back

Run = tuple[str, int, int, int]


def runs_of(*lines: tuple[int, str, str]) -> EarningRuns:
    """Straight-line runs of amounts over periods."""
    amounts, starts, ends = zip(*lines, strict=True)
    return straight_line(
        np.array(amounts, dtype=np.int64),
        np.array(starts, dtype="datetime64[D]"),
        np.array(ends, dtype="datetime64[D]"),
        AllocationStrategy.DAILY_RATE_EVEN_MONTHS,
        Residue.LAST_MONTH,
    )


def held(earned: EarningRuns, *floors: str | None) -> EarningRuns:
    return hold_back(earned, np.array(floors, dtype="datetime64[D]"))


def rows(runs: EarningRuns, obligation: int = 0) -> list[Run]:
    """First day, days, amount and daily amount of the runs of one obligation."""
    own = runs.at(np.flatnonzero(runs.obligation == obligation))
    columns = (own.first_day.astype(str), own.days, own.amount_minor, own.daily_minor)
    return list(zip(*(column.tolist() for column in columns), strict=True))


# 90.00 over 31 days is 30 x 2.90 + 3.00
JANUARY = (90_00, "2025-01-01", "2025-01-31")


@pytest.mark.parametrize(
    ("floor", "expected"),
    [
        pytest.param(None, [("2025-01-01", 31, 90_00, 2_90)], id="none"),
        pytest.param("2025-01-01", [("2025-01-01", 31, 90_00, 2_90)], id="on the first day: nothing is earlier"),
        pytest.param(
            "2025-01-11",
            [("2025-01-11", 1, 29_00, 29_00), ("2025-01-11", 21, 61_00, 2_90)],
            id="inside: the rest keeps its daily amount",
        ),
        pytest.param(
            "2025-01-31",
            [("2025-01-31", 1, 87_00, 87_00), ("2025-01-31", 1, 3_00, 2_90)],
            id="on the last day, which keeps the remainder",
        ),
        pytest.param("2025-02-01", [("2025-02-01", 1, 90_00, 90_00)], id="the day after: all in one"),
        pytest.param("2026-07-15", [("2026-07-15", 1, 90_00, 90_00)], id="long after"),
    ],
)
def test_what_is_earned_before_the_floor_is_one_run_on_the_floor_day(floor: str | None, expected: list[Run]) -> None:
    assert rows(held(runs_of(JANUARY), floor)) == expected


def test_several_months_before_the_floor_are_merged_and_later_ones_stay() -> None:
    assert rows(held(runs_of((365_00, "2025-01-01", "2025-12-31")), "2025-11-01")) == [
        ("2025-11-01", 1, 304_20, 304_20),
        ("2025-11-01", 30, 30_42, 1_01),
        ("2025-12-01", 31, 30_38, 98),
    ]


def test_each_obligation_has_its_own_floor_or_none() -> None:
    runs = held(runs_of(JANUARY, JANUARY, JANUARY), "2025-02-01", None, "2025-01-11")
    assert [rows(runs, obligation) for obligation in range(3)] == [
        rows(held(runs_of(JANUARY), "2025-02-01")),
        rows(runs_of(JANUARY)),
        rows(held(runs_of(JANUARY), "2025-01-11")),
    ]


def test_amounts_that_cancel_out_before_the_floor_leave_no_run() -> None:
    runs = concat([runs_of(JANUARY), runs_of((-90_00, "2025-01-05", "2025-01-20"))])
    assert rows(held(runs, "2025-03-01")) == []


def test_no_runs_stay_no_runs() -> None:
    assert len(held(EarningRuns.none(), "2025-01-01", None)) == 0


some_days = st.dates(dt.date(2024, 11, 1), dt.date(2025, 12, 31))
amounts = st.integers(-1_000, 1_000) | st.integers(-MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR)
lines = st.lists(st.tuples(amounts, st.tuples(some_days, some_days), st.none() | some_days), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(lines)
def test_every_day_earns_the_same_or_on_its_floor_and_runs_stay_in_order(
    drawn: list[tuple[int, tuple[dt.date, dt.date], dt.date | None]],
) -> None:
    earned = runs_of(*((amount, str(min(period)), str(max(period))) for amount, period, _ in drawn))
    floors = [floor for _, _, floor in drawn]
    runs = held(earned, *(str(floor) if floor else None for floor in floors))

    expected: Counter[tuple[int, dt.date]] = Counter()
    for obligation, day, amount in zip(*(column.tolist() for column in expand_to_days(earned)), strict=True):
        expected[obligation, max(day, floors[obligation] or day)] += amount
    found: Counter[tuple[int, dt.date]] = Counter()
    for obligation, day, amount in zip(*(column.tolist() for column in expand_to_days(runs)), strict=True):
        found[obligation, day] += amount
    assert {key: amount for key, amount in found.items() if amount} == {
        key: amount for key, amount in expected.items() if amount
    }

    assert (runs.amount_minor != 0).all()
    assert (runs.last_day.astype("datetime64[M]") == runs.month).all()
    assert (np.lexsort((runs.first_day, runs.obligation)) == np.arange(len(runs))).all()
