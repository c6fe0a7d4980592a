"""Schedules: billed against earned, for every obligation and on every day (SPEC 1)."""

import dataclasses
import datetime as dt
from itertools import groupby

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec import tables
from revrec.accounts import Account
from revrec.money import MAX_AMOUNT_MINOR
from revrec.schedules import CHUNK_OBLIGATIONS, ledger_starts
from tests.builders import Movement, Obligation, balances, daily_movements, obligation_batch
from tests.schedule_builders import runs_of, scheduled_parts

# 31.00 for January: 1.00 a day
JANUARY = Obligation(31_00, start="2025-01-01", end="2025-01-31")


def scheduled(*obligations: Obligation) -> list[Movement]:
    return list(daily_movements(runs_of(obligation_batch(*obligations)).to_batches()))


def runs(obligation: Obligation) -> list[tuple[str, str, int, int]]:
    """Kind, first day, days and amount of each run, in order."""
    table = runs_of(obligation_batch(obligation))
    return [(row["kind"], str(row["first_day"]), row["days"], row["amount_minor"]) for row in table.to_pylist()]


@pytest.mark.parametrize(
    ("accounting", "expected"),
    [
        pytest.param(
            "2024-12-15",
            [("BILLED_DEFERRED", "2024-12-15", 1, 31_00), ("EARNED_DEFERRED", "2025-01-01", 31, 31_00)],
            id="before the service",
        ),
        pytest.param(
            "2025-01-01",
            [("BILLED_DEFERRED", "2025-01-01", 1, 31_00), ("EARNED_DEFERRED", "2025-01-01", 31, 31_00)],
            id="in advance: on its first day",
        ),
        pytest.param(
            "2025-01-11",
            [
                ("BILLED_UNBILLED", "2025-01-11", 1, 10_00),
                ("BILLED_DEFERRED", "2025-01-11", 1, 21_00),
                ("EARNED_UNBILLED", "2025-01-01", 10, 10_00),
                ("EARNED_DEFERRED", "2025-01-11", 21, 21_00),
            ],
            id="in between",
        ),
        pytest.param(
            "2025-01-31",
            [
                ("BILLED_UNBILLED", "2025-01-31", 1, 30_00),
                ("BILLED_DEFERRED", "2025-01-31", 1, 1_00),
                ("EARNED_UNBILLED", "2025-01-01", 30, 30_00),
                ("EARNED_DEFERRED", "2025-01-31", 1, 1_00),
            ],
            id="on its last day, whose own earning is from Deferred",
        ),
        pytest.param(
            "2025-02-01",
            [("EARNED_UNBILLED", "2025-01-01", 31, 31_00), ("BILLED_UNBILLED", "2025-02-01", 1, 31_00)],
            id="in arrears: the day after",
        ),
        pytest.param(
            "2025-04-01",
            [("EARNED_UNBILLED", "2025-01-01", 31, 31_00), ("BILLED_UNBILLED", "2025-04-01", 1, 31_00)],
            id="long after",
        ),
    ],
)
def test_the_invoice_date_decides_what_is_unbilled_and_what_deferred(
    accounting: str, expected: list[tuple[str, str, int, int]]
) -> None:
    assert runs(dataclasses.replace(JANUARY, accounting=accounting)) == expected


def test_the_remainder_of_a_month_stays_on_its_last_day_when_the_invoice_cuts_the_month() -> None:
    """90.00 over 31 days is 30 x 2.90 + 3.00, wherever the invoice falls."""
    obligation = Obligation(90_00, start="2025-01-01", end="2025-01-31", accounting="2025-01-11")
    earned = [movement.amount for movement in scheduled(obligation) if movement.kind.startswith("EARNED")]
    assert earned == [2_90] * 30 + [3_00]


def test_a_cent_a_month_is_earned_on_the_last_day_and_billed_as_deferred_before() -> None:
    obligation = Obligation(1, start="2025-01-01", end="2025-01-31", accounting="2025-01-20")
    assert runs(obligation) == [
        ("BILLED_DEFERRED", "2025-01-20", 1, 1),
        ("EARNED_DEFERRED", "2025-01-20", 12, 1),
    ]


def test_an_amount_at_a_point_in_time_is_billed_and_earned_on_its_days() -> None:
    setup = Obligation(500_00, method="POINT_IN_TIME", recognition="2025-03-15", accounting="2025-01-10")
    assert runs(setup) == [
        ("BILLED_DEFERRED", "2025-01-10", 1, 500_00),
        ("EARNED_DEFERRED", "2025-03-15", 1, 500_00),
    ]


def test_a_negative_obligation_mirrors_the_positive_one() -> None:
    positive = Obligation(100_01, start="2024-11-20", end="2025-03-07", accounting="2025-01-15")
    negative = dataclasses.replace(positive, amount=-positive.amount)
    mirrored = [dataclasses.replace(movement, amount=-movement.amount) for movement in scheduled(positive)]
    assert scheduled(negative) == mirrored


def test_each_obligation_is_recognized_by_its_own_method_strategy_and_residue() -> None:
    mixed = [
        Obligation(400_00, start="2023-08-20", end="2023-12-19", strategy=strategy, residue=residue, method=method)
        for method in ("STRAIGHT_LINE", "POINT_IN_TIME")
        for strategy in ("daily_rate_even_months", "month_fraction_even_months", "exact_days")
        for residue in ("last_month", "last_full_month")
    ]
    together = scheduled(*mixed)
    for number, obligation in enumerate(mixed):
        own = [dataclasses.replace(movement, obligation=0) for movement in together if movement.obligation == number]
        assert sorted(own, key=str) == sorted(scheduled(obligation), key=str)
    august = [sum(m.amount for m in together if m.obligation == n and m.day.month == 8) for n in (0, 2)]
    assert august == [39_34, 38_71]


def test_runs_come_in_order_of_month_obligation_kind_and_day() -> None:
    batch = obligation_batch(
        Obligation(365_00, accounting="2025-02-10"), Obligation(31_00, start="2025-01-01", end="2025-01-31"), first_no=7
    )
    [(_, result)] = scheduled_parts([batch])
    kinds = ["BILLED_UNBILLED", "BILLED_DEFERRED", "EARNED_UNBILLED", "EARNED_DEFERRED"]
    keys = [
        (row["month"], row["obligation_no"], kinds.index(row["kind"]), row["first_day"]) for row in result.to_pylist()
    ]
    assert keys == sorted(keys)
    assert {key[1] for key in keys} == {7, 8}
    assert all(row["month"] == row["first_day"].replace(day=1) for row in result.to_pylist())
    assert result.schema.equals(tables.RECOGNIZED_SCHEDULES)


def test_how_obligations_are_cut_into_batches_makes_no_difference_to_their_runs() -> None:
    batch = obligation_batch(*(Obligation(100 * number, accounting="2025-02-10") for number in range(1, 10)))
    whole, cut = (
        sorted(runs_of(*batches).to_pylist(), key=str)
        for batches in ([batch], [batch.slice(0, 4), batch.slice(4, 0), batch.slice(4)])
    )
    assert whole == cut


def test_a_chunk_is_bounded_however_large_the_batch() -> None:
    one = obligation_batch(Obligation(31_00, start="2025-01-01", end="2025-01-31"))
    large = pa.Table.from_batches([one] * (CHUNK_OBLIGATIONS + 1)).combine_chunks().to_batches()[0]
    parts = list(scheduled_parts([large]))
    assert [(owners.num_rows, runs.num_rows) for owners, runs in parts] == [
        (CHUNK_OBLIGATIONS, 2 * CHUNK_OBLIGATIONS),
        (1, 2),
    ]


def test_no_obligations_have_no_schedules() -> None:
    assert list(scheduled_parts([])) == []
    assert list(scheduled_parts([obligation_batch()])) == []


def test_each_ledger_starts_in_the_month_of_its_first_movement() -> None:
    starts: dict[str, str] = {}
    first = obligation_batch(
        Obligation(31_00, start="2024-12-01", end="2024-12-31", accounting="2025-01-05"),
        Obligation(31_00, start="2025-06-01", end="2025-06-30", accounting="2025-03-05", currency="EUR"),
    )
    second = obligation_batch(
        Obligation(31_00, start="2025-02-01", end="2025-02-28", accounting="2025-02-01"),
        Obligation(31_00, accounting="2025-01-01", currency="EUR"),
        Obligation(31_00, accounting="2025-01-01", entity="eu"),
        first_no=2,
    )
    for batch in (first, second):
        for owners, part in scheduled_parts([batch]):
            ledger_starts(owners, part, starts)
    assert starts == {"default-USD": "2024-12", "default-EUR": "2025-01", "eu-USD": "2025-01"}


_days = st.dates(dt.date(2023, 11, 1), dt.date(2025, 6, 30))


@st.composite
def _obligations(draw: st.DrawFn) -> Obligation:
    start, end = sorted([draw(_days), draw(_days)])
    magnitude = draw(st.one_of(st.integers(1, 40), st.integers(1, 1_000_000), st.integers(1, MAX_AMOUNT_MINOR)))
    return Obligation(
        magnitude * draw(st.sampled_from([1, 1, 1, -1])),
        accounting=str(draw(_days)),
        start=str(start),
        end=str(end),
        method=draw(st.sampled_from(["STRAIGHT_LINE", "STRAIGHT_LINE", "POINT_IN_TIME"])),
        recognition=draw(st.none() | _days.map(str)),
        strategy=draw(
            st.sampled_from(
                [
                    "daily_rate_even_months",
                    "month_fraction_even_months",
                    "thirty_360_even_months",
                    "exact_days",
                    "even_periods",
                ]
            )
        ),
        residue=draw(st.sampled_from(["last_month", "last_full_month"])),
    )


@given(obligations=st.lists(_obligations(), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_every_obligation_is_billed_once_and_earned_once_and_owes_nothing_at_the_end(
    obligations: list[Obligation],
) -> None:
    movements = scheduled(*obligations)
    for number, obligation in enumerate(obligations):
        own = [movement for movement in movements if movement.obligation == number]
        assert sum(movement.amount for movement in own if movement.kind.startswith("BILLED")) == obligation.amount
        assert sum(movement.amount for movement in own if movement.kind.startswith("EARNED")) == obligation.amount
        assert balances(own) == {
            Account.BILLED: obligation.amount,
            Account.RECOGNIZED: -obligation.amount,
            Account.DEFERRED: 0,
            Account.UNBILLED: 0,
        }


@given(obligation=_obligations())
@settings(max_examples=100, deadline=None)
def test_on_every_day_what_is_billed_is_recognized_plus_deferred_less_unbilled(obligation: Obligation) -> None:
    """And neither Deferred nor Unbilled ever has the wrong sign, nor both a balance at once."""
    sign = 1 if obligation.amount > 0 else -1
    so_far: list[Movement] = []
    for day, of_day in groupby(sorted(scheduled(obligation), key=lambda movement: movement.day), lambda m: m.day):
        so_far += of_day
        now = balances(so_far)
        billed, unbilled = now[Account.BILLED], now[Account.UNBILLED]
        recognized, deferred = -now[Account.RECOGNIZED], -now[Account.DEFERRED]
        assert billed == recognized + deferred - unbilled
        assert sign * deferred >= 0
        assert sign * unbilled >= 0
        assert deferred == 0 or unbilled == 0
        invoiced = obligation.accounting is not None and str(day) >= obligation.accounting
        assert billed == (obligation.amount if invoiced else 0)
        assert (unbilled if invoiced else deferred) == 0


@given(obligations=st.lists(_obligations(), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_no_day_moves_against_its_obligation_and_every_run_stays_in_its_month(obligations: list[Obligation]) -> None:
    for row in runs_of(obligation_batch(*obligations)).to_pylist():
        last_day = row["first_day"] + dt.timedelta(days=row["days"] - 1)
        assert row["month"] == row["first_day"].replace(day=1) == last_day.replace(day=1)
        assert row["amount_minor"] != 0
    for movement in scheduled(*obligations):
        assert movement.amount * obligations[movement.obligation].amount >= 0
