"""Catch-ups: what locked days should say now, minus what was posted there (SPEC 5)."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.catch_up import CATCH_UPS, MonthSchedules, catch_ups
from tests.builders import Obligation, daily_movements
from tests.schedule_builders import schedules_of

# 100.00 a month for 2025, invoiced in advance
YEAR = Obligation(1200_00)
NOTE = Obligation(-100_00, accounting="2025-03-01", effect="CANCEL", source="CREDIT_NOTE", note="cn_1")
VOID = Obligation(-1200_00, accounting="2025-02-01", effect="VOID")
ACCRUAL = Obligation(31_00, accounting=None, end="2025-01-31", source="BILLING_SCHEDULE", id="usage/jan")
BILLED_USAGE = Obligation(35_00, accounting="2025-02-01", end="2025-01-31", id="usage/jan")

Documents = Sequence[Obligation]


def rows(present: Sequence[Documents], sealed: Sequence[Documents], through: str) -> list[dict[str, Any]]:
    """Catch-ups of document months: each of some obligations, as they are and as they were."""
    now, then = ([MonthSchedules(*schedules_of(*month)) for month in side] for side in (present, sealed))
    with duckdb.connect() as connection:
        table = catch_ups(connection, now, then, dt.date.fromisoformat(through))
    assert table.schema.equals(CATCH_UPS)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def told(row: dict[str, Any]) -> tuple[str, int, str, str]:
    return row["kind"], row["amount_minor"], str(row["effective_first_day"]), str(row["effective_last_day"])


MARCH = "2025-03-31"


@pytest.mark.parametrize(
    ("present", "sealed", "through", "expected"),
    [
        pytest.param(
            [YEAR],
            [],
            MARCH,
            [
                ("BILLED_DEFERRED", 1200_00, "2025-01-01", "2025-01-31"),
                ("EARNED_DEFERRED", 300_00, "2025-01-01", "2025-03-31"),
            ],
            id="a late invoice",
        ),
        pytest.param(
            [YEAR],
            [],
            "2025-02-14",
            # 100.00 // 28 = 3.57 on each of 14 days
            [
                ("BILLED_DEFERRED", 1200_00, "2025-01-01", "2025-01-31"),
                ("EARNED_DEFERRED", 100_00 + 14 * 3_57, "2025-01-01", "2025-02-14"),
            ],
            id="a late invoice, locked inside a month",
        ),
        pytest.param(
            [replace(YEAR, amount=1320_00)],
            [YEAR],
            MARCH,
            [
                ("BILLED_DEFERRED", 120_00, "2025-01-01", "2025-01-31"),
                ("EARNED_DEFERRED", 30_00, "2025-01-01", "2025-03-31"),
            ],
            id="another amount",
        ),
        pytest.param(
            [replace(YEAR, accounting="2025-02-01")],
            [YEAR],
            MARCH,
            [
                ("BILLED_DEFERRED", -100_00, "2025-01-01", "2025-02-28"),
                ("BILLED_UNBILLED", 100_00, "2025-02-01", "2025-02-28"),
                ("EARNED_DEFERRED", -100_00, "2025-01-01", "2025-01-31"),
                ("EARNED_UNBILLED", 100_00, "2025-01-01", "2025-01-31"),
            ],
            id="another accounting date",
        ),
        pytest.param(
            [],
            [YEAR],
            MARCH,
            [
                ("BILLED_DEFERRED", -1200_00, "2025-01-01", "2025-01-31"),
                ("EARNED_DEFERRED", -300_00, "2025-01-01", "2025-03-31"),
            ],
            id="an obligation that is no more is reversed",
        ),
        pytest.param(
            [YEAR, VOID],
            [YEAR],
            MARCH,
            [
                ("BILLED_DEFERRED", -1200_00, "2025-02-01", "2025-02-28"),
                ("EARNED_DEFERRED", -300_00, "2025-02-01", "2025-03-31"),
            ],
            id="a late void",
        ),
        pytest.param([YEAR], [YEAR], MARCH, [], id="nothing changed"),
        pytest.param(
            [replace(YEAR, start="2025-04-01")], [replace(YEAR, start="2025-05-01")], MARCH, [], id="only open days"
        ),
    ],
)
def test_a_catch_up_is_what_locked_days_say_now_less_what_they_said(
    present: Documents, sealed: Documents, through: str, expected: list[tuple[str, int, str, str]]
) -> None:
    found = rows([present], [sealed], through)
    assert [told(row) for row in found] == expected
    assert {(row["obligation_id"], row["source"], row["customer_id"]) for row in found} <= {
        ("inv/l1", "INVOICE", "acme")
    }


def test_a_late_credit_note_speaks_for_what_it_takes_back_and_its_obligation_for_what_it_earns() -> None:
    billed, earned = rows([[YEAR, NOTE]], [[YEAR]], MARCH)
    # 1,000.00 deferred on 1 March, less 100.00: 90.00 a month from then on
    assert told(billed) == ("BILLED_DEFERRED", -100_00, "2025-03-01", "2025-03-31")
    assert (billed["source"], billed["effect"], billed["credit_note_number"]) == ("CREDIT_NOTE", "CANCEL", "CN_1")
    assert told(earned) == ("EARNED_DEFERRED", -10_00, "2025-03-01", "2025-03-31")
    assert (earned["source"], earned["effect"], earned["credit_note_id"]) == ("INVOICE", "OBLIGATION", None)


def test_a_credit_note_that_is_withdrawn_speaks_for_what_comes_back() -> None:
    billed, earned = rows([[YEAR]], [[YEAR, NOTE]], MARCH)
    assert (billed["amount_minor"], billed["credit_note_id"]) == (100_00, "cn_1")
    assert (earned["amount_minor"], earned["credit_note_id"]) == (10_00, None)


@pytest.mark.parametrize(
    ("through", "expected"),
    [
        ("2025-01-31", [("EARNED_UNBILLED", 4_00, "2025-01-01", "2025-01-31")]),
        (
            "2025-02-28",
            [
                ("BILLED_UNBILLED", 35_00, "2025-02-01", "2025-02-28"),
                ("EARNED_UNBILLED", 4_00, "2025-01-01", "2025-01-31"),
            ],
        ),
    ],
)
def test_of_an_accrual_that_an_invoice_of_another_month_took_over_only_the_difference_is_new(
    through: str, expected: list[tuple[str, int, str, str]]
) -> None:
    found = rows([[], [BILLED_USAGE]], [[ACCRUAL]], through)
    assert [told(row) for row in found] == expected
    assert {row["source"] for row in found} == {"INVOICE"}, "what is true now speaks"


def test_places_of_obligations_in_their_month_make_no_difference() -> None:
    other = replace(YEAR, id="inv/l2", amount=7_00)
    assert rows([[YEAR, other]], [[other, YEAR]], MARCH) == []
    assert rows([[YEAR], [other]], [[other, YEAR]], MARCH) == []


def test_rows_come_by_obligation_and_kind_and_keep_ledgers_apart() -> None:
    euro = replace(YEAR, id="a/1", currency="EUR", entity="eu")
    found = rows([[YEAR], [euro]], [], MARCH)
    assert [(row["obligation_id"], row["kind"], row["entity"], row["currency"]) for row in found] == [
        ("a/1", "BILLED_DEFERRED", "eu", "EUR"),
        ("a/1", "EARNED_DEFERRED", "eu", "EUR"),
        ("inv/l1", "BILLED_DEFERRED", "default", "USD"),
        ("inv/l1", "EARNED_DEFERRED", "default", "USD"),
    ]


def test_no_months_have_nothing_to_catch_up() -> None:
    assert rows([], [], MARCH) == []


# --- the law ----------------------------------------------------------------------------------------------------------

_days = st.dates(dt.date(2024, 11, 1), dt.date(2025, 6, 30))


@st.composite
def _documents(draw: st.DrawFn) -> list[Obligation]:
    """A few obligations, some with a credit note or a void."""
    found: list[Obligation] = []
    for line in draw(st.lists(st.sampled_from(["inv/l1", "inv/l2", "b/1"]), unique=True)):
        start, end = sorted([draw(_days), draw(_days)])
        amount = draw(st.integers(100, 10**7)) * draw(st.sampled_from([1, 1, -1]))
        obligation = Obligation(amount, str(draw(_days)), str(start), str(end), id=line)
        found.append(obligation)
        lowers = draw(st.sampled_from(["", "", "CANCEL", "ADJUST", "VOID"] if amount > 0 else ["", "VOID"]))
        if lowers:
            part = amount if lowers == "VOID" else amount // draw(st.integers(1, 3)) or amount
            note = None if lowers == "VOID" else "cn"
            day = str(max(draw(_days), dt.date.fromisoformat(obligation.accounting or "")))
            found.append(Obligation(-part, day, str(start), str(end), id=line, effect=lowers, note=note))
    return found


def positions(documents: Documents, through: dt.date) -> Counter[tuple[str, str]]:
    """Amounts by obligation and kind up to a day, zero ones left out."""
    owners, runs = schedules_of(*documents)
    ids = owners["obligation_id"].to_pylist()
    totals: Counter[tuple[str, str]] = Counter()
    for movement in daily_movements(runs.to_batches()):
        if movement.day <= through:
            totals[ids[movement.obligation], movement.kind] += movement.amount
    return Counter({key: amount for key, amount in totals.items() if amount})


@given(present=_documents(), sealed=_documents(), through=_days)
@settings(max_examples=40, deadline=None)
def test_what_was_sealed_plus_the_catch_up_is_what_is_true_now(
    present: list[Obligation], sealed: list[Obligation], through: dt.date
) -> None:
    found = rows([present], [sealed], str(through))
    keys = [(row["obligation_id"], row["kind"]) for row in found]
    assert keys == sorted(set(keys)), "one row per obligation and kind"
    caught_up = positions(sealed, through)
    for key, row in zip(keys, found, strict=True):
        assert row["amount_minor"] != 0
        assert row["effective_first_day"] <= row["effective_last_day"] <= through
        caught_up[key] += row["amount_minor"]
    assert Counter({key: amount for key, amount in caught_up.items() if amount}) == positions(present, through)
