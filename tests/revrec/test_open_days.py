"""The open days of a month: catch-ups, manual journals, and locked days that keep what they were posted as."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.catch_up import CATCH_UPS, MonthSchedules, catch_ups
from revrec.entries import daily_entries
from revrec.journal_days import journals_through
from revrec.journal_stream import whole_journals
from revrec.journals import MonthMovements, OpenDays, daily_journals
from revrec.manual_journals import manual_movements
from revrec.policy import JournalGrain
from tests.builders import CUSTOMERS, PRODUCTS, Obligation
from tests.closing_builders import manual_journal
from tests.schedule_builders import schedules_of

FEBRUARY = dt.date(2025, 2, 1)
TENTH = dt.date(2025, 2, 10)
ELEVENTH = dt.date(2025, 2, 11)
# 28.00 for February, invoiced on its first day
PLAIN = Obligation(28_00, start="2025-02-01", end="2025-02-28", accounting="2025-02-01", id="inv_5/l1")


def posted(obligations: Sequence[Obligation], open_days: OpenDays | None, **options: Any) -> pa.Table:
    """Journals of February of one document month."""
    owners, runs = schedules_of(*obligations)
    part = MonthMovements(owners, runs.filter(pc.equal(runs["month"], FEBRUARY)))
    grain = options.get("grain", JournalGrain.CUSTOMER_PRODUCT_INVOICE)
    with duckdb.connect() as connection:
        batches = list(daily_journals(connection, "2025-02", [part], CUSTOMERS, PRODUCTS, grain, open_days))
    return pa.Table.from_batches(batches, schema=_schema(batches))


def _schema(batches: Sequence[pa.RecordBatch]) -> pa.Schema:
    return batches[0].schema if batches else OpenDays(FEBRUARY).locked.schema


def caught_up(**fields: object) -> dict[str, object]:
    row = {
        "obligation_id": "inv_2/l1",
        "kind": "EARNED_DEFERRED",
        "entity": "default",
        "currency": "USD",
        "customer_id": "acme",
        "product_id": "platform",
        "invoice_id": "inv_2",
        "invoice_number": "INV_2",
        "recognition_method": "STRAIGHT_LINE",
        "source": "INVOICE",
        "effect": "OBLIGATION",
        "run_id": "run-2",
        "amount_minor": 90_00,
        "effective_first_day": dt.date(2024, 11, 1),
        "effective_last_day": dt.date(2025, 1, 31),
    }
    return row | fields


def catching_up(*rows: dict[str, object], first: dt.date = FEBRUARY) -> OpenDays:
    return OpenDays(first, catch_ups=pa.Table.from_pylist(list(rows), schema=CATCH_UPS))


# --- catch-ups --------------------------------------------------------------------------------------------------------


def test_a_catch_up_posts_once_on_the_first_open_day_and_names_its_period() -> None:
    [row] = posted([], catching_up(caught_up())).to_pylist()
    expected = {
        "journal_number": "RR-202502-000001",
        "narrative": "Catch-up for 2024-11 to 2025-01, Earned: platform, invoice INV_2",
        "customer_name": "Acme Inc",
        "source": "INVOICE",
        "type": "SYSTEM",
        "debit_account": "deferred",
        "credit_account": "recognized",
        "first_day": FEBRUARY,
        "days": 1,
        "amount_a_day_minor": 90_00,
        "amount_last_day_minor": 90_00,
        "amount_minor": 90_00,
        "effective_first_day": dt.date(2024, 11, 1),
        "effective_last_day": dt.date(2025, 1, 31),
        "run_id": "run-2",
    }
    assert {name: row[name] for name in expected} == expected | {"narrative": row["narrative"]}
    assert row["narrative"].startswith("Catch-up for 2024-11 to 2025-01, Earned: ")
    assert row["narrative"].endswith(", invoice INV_2")


@pytest.mark.parametrize(
    ("fields", "narrative"),
    [
        pytest.param(
            {"effective_first_day": dt.date(2025, 1, 1)},
            "Catch-up for 2025-01, Earned: {}, invoice INV_2",
            id="of one month",
        ),
        pytest.param(
            {"invoice_id": "", "invoice_number": "", "source": "BILLING_SCHEDULE", "kind": "EARNED_UNBILLED"},
            "Catch-up for 2024-11 to 2025-01, Earned, not yet invoiced: {}",
            id="without an invoice",
        ),
        pytest.param(
            {"kind": "BILLED_RECOGNIZED", "amount_minor": -5},
            "Catch-up for 2024-11 to 2025-01, Invoiced and earned: {}, invoice INV_2",
            id="of what is taken back",
        ),
    ],
)
def test_the_narrative_of_a_catch_up_says_what_it_is(fields: dict[str, object], narrative: str) -> None:
    [row] = posted([], catching_up(caught_up(**fields))).to_pylist()
    assert row["narrative"] == narrative.format(row["product_name"])


def test_a_negative_catch_up_swaps_debit_and_credit() -> None:
    [row] = posted([], catching_up(caught_up(amount_minor=-90_00))).to_pylist()
    assert (row["debit_account"], row["credit_account"], row["amount_minor"]) == ("recognized", "deferred", 90_00)


def test_a_catch_up_of_a_credit_note_names_the_note() -> None:
    note = {"credit_note_id": "cn_1", "credit_note_number": "CN_1", "source": "CREDIT_NOTE", "effect": "CANCEL"}
    [row] = posted([], catching_up(caught_up(**note))).to_pylist()
    assert (row["credit_note_number"], row["source"]) == ("CN_1", "CREDIT_NOTE")


def test_a_catch_up_is_in_the_journal_of_its_customer_product_and_invoice() -> None:
    rows = posted(
        [PLAIN], catching_up(caught_up(invoice_id="inv_5", obligation_id="inv_5/l1"), caught_up())
    ).to_pylist()
    assert [(row["journal_number"][-1:], row["invoice_id"], row["first_day"]) for row in rows] == [
        ("1", "inv_2", FEBRUARY),
        *[("2", "inv_5", FEBRUARY)] * 3,
    ]


# --- manual journals --------------------------------------------------------------------------------------------------


def test_a_manual_journal_is_a_journal_of_its_own_behind_those_of_the_system() -> None:
    manual = manual_journal(date=TENTH, customer_id="acme", product_id="platform", invoice_id="inv_5")
    rows = posted([PLAIN], OpenDays(FEBRUARY, manual=manual_movements([manual]))).to_pylist()
    own = [row for row in rows if row["manual_journal_id"]]
    assert {row["journal_number"] for row in rows if row not in own} == {"RR-202502-000001"}
    told = ("journal_number", "type", "source", "narrative", "manual_journal_id", "customer_name", "first_day")
    assert {tuple(row[name] for name in told) for row in own} == {
        ("RR-202502-000002", "MANUAL", "STANDALONE", "Termination, as agreed", "MJ-1", "Acme Inc", TENTH)
    }
    assert [(row["debit_account"], row["credit_account"], row["amount_minor"]) for row in own] == [
        ("deferred", "recognized", 60_50),
        ("deferred", "unbilled", 39_50),
    ]


@pytest.mark.parametrize("grain", JournalGrain)
def test_manual_journals_stay_apart_whatever_a_journal_covers(grain: JournalGrain) -> None:
    manual = [manual_journal(id_, date=TENTH) for id_ in ("MJ-2", "MJ-1")]
    rows = posted([PLAIN], OpenDays(FEBRUARY, manual=manual_movements(manual)), grain=grain).to_pylist()
    numbers = {row["manual_journal_id"]: row["journal_number"][-1:] for row in rows}
    assert numbers == {"": "1", "MJ-1": "2", "MJ-2": "3"}


# --- locked days ------------------------------------------------------------------------------------------------------


def locked_through(day: dt.date, *obligations: Obligation) -> pa.Table:
    whole = posted(obligations, None)
    with duckdb.connect() as connection:
        return journals_through(connection, whole, day)


def test_locked_rows_stay_as_they_are_and_their_journals_go_on_under_their_numbers() -> None:
    locked = locked_through(TENTH, PLAIN)
    # by its customer it would come first: its journal is fresh, and counts on
    fresh = replace(PLAIN, id="a/1", accounting="2025-02-20", start="2025-02-20")
    rows = posted([PLAIN, fresh], OpenDays(ELEVENTH, locked=locked)).to_pylist()
    assert [row for row in rows if row["first_day"] <= TENTH] == locked.to_pylist()
    assert [(row["journal_number"][-1:], row["kind"], row["first_day"], row["days"]) for row in rows] == [
        ("1", "BILLED_DEFERRED", FEBRUARY, 1),
        ("1", "EARNED_DEFERRED", FEBRUARY, 10),
        ("1", "EARNED_DEFERRED", ELEVENTH, 18),
        ("2", "BILLED_DEFERRED", dt.date(2025, 2, 20), 1),
        ("2", "EARNED_DEFERRED", dt.date(2025, 2, 20), 9),
    ]


def test_days_before_the_first_open_one_are_not_posted_again() -> None:
    rows = posted([PLAIN], OpenDays(ELEVENTH)).to_pylist()
    assert [(row["kind"], row["first_day"], row["days"], row["amount_minor"]) for row in rows] == [
        ("EARNED_DEFERRED", ELEVENTH, 18, 18_00)
    ]


def test_the_last_day_of_a_cut_stretch_keeps_the_remainder() -> None:
    odd = replace(PLAIN, amount=28_05)
    [row] = posted([odd], OpenDays(dt.date(2025, 2, 28))).to_pylist()
    assert (row["days"], row["amount_a_day_minor"], row["amount_last_day_minor"]) == (1, 1_00, 1_05)


def test_a_manual_journal_on_a_locked_day_keeps_its_number_and_a_later_one_counts_on() -> None:
    first = manual_movements([manual_journal("MJ-1", date=FEBRUARY)])
    with duckdb.connect() as connection:
        locked = journals_through(connection, posted([PLAIN], OpenDays(FEBRUARY, manual=first)), TENTH)
    second = manual_movements([manual_journal("MJ-0", date=ELEVENTH)])
    other = replace(PLAIN, id="z/1", accounting="2025-02-12", start="2025-02-12")
    rows = posted([PLAIN, other], OpenDays(ELEVENTH, locked=locked, manual=second)).to_pylist()
    numbers = {(row["manual_journal_id"] or row["invoice_id"]): row["journal_number"][-1:] for row in rows}
    assert numbers == {"inv_5": "1", "MJ-1": "2", "z": "3", "MJ-0": "4"}


# --- the law ----------------------------------------------------------------------------------------------------------

_starts = st.integers(0, 80).map(lambda days: dt.date(2025, 1, 1) + dt.timedelta(days=days))


@st.composite
def _obligations(draw: st.DrawFn) -> list[Obligation]:
    ids = draw(st.lists(st.sampled_from(["a/1", "b/1", "b/2", "c/1"]), unique=True))
    found = []
    for id_ in ids:
        start, end = sorted([draw(_starts), draw(_starts)])
        found.append(
            Obligation(
                draw(st.integers(-10_000, 10_000).filter(bool)),
                str(draw(_starts)),
                str(start),
                str(end),
                id=id_,
                customer={"a": "globex"}.get(id_[0], "acme"),
            )
        )
    return found


def _balances(table: pa.Table) -> dict[tuple[str, str], int]:
    totals: dict[tuple[str, str], int] = {}
    for row in table.to_pylist():
        for account, amount in (
            (row["debit_account"], row["amount_minor"]),
            (row["credit_account"], -row["amount_minor"]),
        ):
            key = (row["obligation_id"], account)
            totals[key] = totals.get(key, 0) + amount
    return {key: amount for key, amount in totals.items() if amount}


@given(then=_obligations(), now=_obligations(), lock=st.integers(1, 27), manual=st.booleans())
@settings(max_examples=12, deadline=None)
def test_a_month_locked_in_its_middle_ends_as_if_it_never_was_and_numbers_have_no_gap(
    then: list[Obligation], now: list[Obligation], lock: int, *, manual: bool
) -> None:
    """Nothing before February is locked: all that differs on its locked days catches up."""
    through = dt.date(2025, 2, lock)
    locked = locked_through(through, *then)
    with duckdb.connect() as connection:
        present, sealed = (MonthSchedules(*schedules_of(*obligations)) for obligations in (now, then))
        in_february = [
            MonthSchedules(month.obligations, month.runs.filter(pc.greater_equal(month.runs["month"], FEBRUARY)))
            for month in (present, sealed)
        ]
        late = catch_ups(connection, in_february[:1], in_february[1:], through)
    journals = manual_movements([manual_journal(date=dt.date(2025, 2, 28))] if manual else [])
    table = posted(now, OpenDays(through + dt.timedelta(days=1), late, locked, journals))

    kept = [row for row in table.to_pylist() if row["first_day"] <= through]
    assert kept == locked.to_pylist(), "byte for byte what was posted"
    numbers = list(dict.fromkeys(table["journal_number"].to_pylist()))
    assert sorted(numbers) == numbers == [f"RR-202502-{number:06}" for number in range(1, len(numbers) + 1)]
    system = table.filter(pc.equal(table["type"].cast(pa.string()), "SYSTEM"))
    assert _balances(system) == _balances(posted(now, None))
    for batch in whole_journals(table.to_batches()):
        daily_entries(batch)  # raises where a stretch is not its days
