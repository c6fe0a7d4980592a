"""Journals of a posting month: what they cover, how they are numbered, and that they hold the movements and no more."""

import dataclasses
import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.calendar import MonthError
from revrec.entries import daily_entries
from revrec.errors import RevrecError
from revrec.journal_stream import by_ledger, whole_journals
from revrec.journals import MonthMovements, StrayRunsError, daily_journals
from revrec.policy import JournalGrain
from tests.builders import CUSTOMERS, Obligation
from tests.schedule_builders import schedules_of

NAMES = {"platform": "Platform", "support": "Support, EU"}

# Four customers' worth of documents: two ledgers, two customers, two products, three invoices in the first.
LEDGERS = (
    Obligation(365_00, id="inv_2/l1", customer="acme", product="platform"),
    Obligation(365_00, id="inv_1/l1", customer="acme", product="platform"),
    Obligation(36_50, id="inv_1/l2", customer="acme", product="support"),
    Obligation(730_00, id="inv_3/l1", customer="globex", product="platform"),
    Obligation(365_00, id="inv_4/l1", customer="acme", product="platform", currency="EUR"),
)


def movements(*obligations: Obligation, month: str) -> MonthMovements:
    """The movements of one document month's obligations that fall into the posting month."""
    owners, runs = schedules_of(*obligations)
    return MonthMovements(owners, runs.filter(pc.equal(runs["month"], date.fromisoformat(f"{month}-01"))))


def posted(
    parts: Sequence[MonthMovements],
    month: str = "2025-02",
    grain: JournalGrain = JournalGrain.CUSTOMER_PRODUCT_INVOICE,
    customers: Mapping[str, str] = CUSTOMERS,
    products: Mapping[str, str] = NAMES,
) -> list[pa.RecordBatch]:
    with duckdb.connect() as connection:
        return list(daily_journals(connection, month, parts, customers, products, grain))


def rows(*obligations: Obligation, month: str = "2025-02", **options: Any) -> list[dict[str, Any]]:
    """Rows of `tables.DAILY_JOURNALS` of these obligations."""
    return [
        row for batch in posted([movements(*obligations, month=month)], month, **options) for row in batch.to_pylist()
    ]


def covered(grain: JournalGrain) -> dict[str, list[str]]:
    """Per ledger currency and journal number, the obligations it covers."""
    result: dict[str, list[str]] = {}
    for row in rows(*LEDGERS, grain=grain):
        result.setdefault(f"{row['currency']} {row['journal_number'][-6:]}", []).append(row["obligation_id"])
    return result


def test_a_row_tells_all_there_is_to_tell() -> None:
    [row] = rows(Obligation(28_05, start="2025-02-01", end="2025-02-28", accounting="2025-03-01", id="inv_7/l1"))
    assert row == {
        "entity": "default",
        "currency": "USD",
        "journal_number": "RR-202502-000001",
        "narrative": "Earned, not yet invoiced 2025-02: Platform, invoice INV_7",
        "product_id": "platform",
        "product_name": "Platform",
        "customer_id": "acme",
        "customer_name": "Acme Inc",
        "invoice_id": "inv_7",
        "invoice_number": "INV_7",
        "credit_note_id": "",
        "credit_note_number": "",
        "manual_journal_id": "",
        "recognition_method": "STRAIGHT_LINE",
        "source": "INVOICE",
        "type": "SYSTEM",
        "obligation_id": "inv_7/l1",
        "kind": "EARNED_UNBILLED",
        "debit_account": "unbilled",
        "credit_account": "recognized",
        "first_day": date(2025, 2, 1),
        "days": 28,
        "amount_a_day_minor": 1_00,
        "amount_last_day_minor": 1_05,
        "amount_minor": 28_05,
        "effective_first_day": date(2025, 2, 1),
        "effective_last_day": date(2025, 2, 28),
        "run_id": "run",
    }


@pytest.mark.parametrize(
    ("grain", "journals"),
    [
        pytest.param(
            JournalGrain.CUSTOMER_PRODUCT_INVOICE,
            {
                "EUR 000001": ["inv_4/l1"],
                "USD 000001": ["inv_1/l1"],
                "USD 000002": ["inv_2/l1"],
                "USD 000003": ["inv_1/l2"],
                "USD 000004": ["inv_3/l1"],
            },
            id="customer, product and invoice",
        ),
        pytest.param(
            JournalGrain.CUSTOMER,
            {
                "EUR 000001": ["inv_4/l1"],
                "USD 000001": ["inv_1/l1", "inv_1/l2", "inv_2/l1"],
                "USD 000002": ["inv_3/l1"],
            },
            id="customer",
        ),
        pytest.param(
            JournalGrain.PRODUCT,
            {
                "EUR 000001": ["inv_4/l1"],
                "USD 000001": ["inv_1/l1", "inv_2/l1", "inv_3/l1"],
                "USD 000002": ["inv_1/l2"],
            },
            id="product",
        ),
        pytest.param(
            JournalGrain.LEDGER,
            {"EUR 000001": ["inv_4/l1"], "USD 000001": ["inv_1/l1", "inv_1/l2", "inv_2/l1", "inv_3/l1"]},
            id="ledger",
        ),
    ],
)
def test_the_grain_says_what_one_journal_covers(grain: JournalGrain, journals: dict[str, list[str]]) -> None:
    assert covered(grain) == journals


def test_two_lines_of_an_invoice_and_product_share_a_journal() -> None:
    both = rows(Obligation(28_00, id="inv/l1"), Obligation(56_00, id="inv/l2"))
    assert {row["journal_number"] for row in both} == {"RR-202502-000001"}


def test_entities_have_ledgers_and_numbers_of_their_own() -> None:
    both = rows(Obligation(28_00, entity="us"), Obligation(28_00, entity="eu"))
    assert [(row["entity"], row["journal_number"][-6:]) for row in both] == [("eu", "000001"), ("us", "000001")]


def test_a_negative_movement_swaps_debit_and_credit() -> None:
    positive = rows(Obligation(28_05, start="2025-02-01", end="2025-02-28", accounting="2025-02-11"))
    negative = rows(Obligation(-28_05, start="2025-02-01", end="2025-02-28", accounting="2025-02-11"))
    swapped = [
        row | {"debit_account": row["credit_account"], "credit_account": row["debit_account"]} for row in positive
    ]
    assert negative == swapped
    assert all(row["amount_minor"] > 0 for row in negative)


@pytest.mark.parametrize(
    ("month", "stretches"),
    [
        ("2024-12", []),
        ("2025-01", [("BILLED_DEFERRED", "2025-01-31", 1), ("EARNED_DEFERRED", "2025-01-31", 1)]),
        ("2025-02", [("EARNED_DEFERRED", "2025-02-01", 28)]),
        ("2025-03", [("EARNED_DEFERRED", "2025-03-01", 1)]),
        ("2025-04", []),
    ],
)
def test_a_month_posts_its_own_days_and_no_others(month: str, stretches: list[tuple[str, str, int]]) -> None:
    """Service and invoice begin on the last day of January; the service ends on the first of March."""
    obligation = Obligation(300_00, start="2025-01-31", end="2025-03-01", accounting="2025-01-31")
    found = rows(obligation, month=month)
    assert [(row["kind"], str(row["first_day"]), row["days"]) for row in found] == stretches


def test_an_unknown_product_or_customer_is_called_by_its_id() -> None:
    [row] = rows(Obligation(365_00), customers={}, products={})
    assert (row["customer_name"], row["product_name"]) == ("acme", "platform")
    assert row["narrative"] == "Earned 2025-02: platform, invoice INV"


@pytest.mark.parametrize("name", ["{} and {0}", "it's", '"quoted"', "100%", "a\\b"])
def test_names_are_text_and_nothing_else(name: str) -> None:
    [row] = rows(Obligation(365_00), customers={"acme": name}, products={"platform": name})
    assert (row["customer_name"], row["product_name"]) == (name, name)
    assert row["narrative"] == f"Earned 2025-02: {name}, invoice INV"


def test_the_same_movements_get_the_same_journals_in_whatever_order_they_arrive() -> None:
    first, second = LEDGERS[:3], LEDGERS[3:]
    expected = posted([movements(*first, month="2025-02"), movements(*second, month="2025-02")])
    for seed in range(4):
        parts = [list(first), list(second)]
        chance = random.Random(seed)
        for part in parts:
            chance.shuffle(part)
        chance.shuffle(parts)
        again = posted([movements(*part, month="2025-02") for part in parts])
        assert pa.Table.from_batches(again).to_pylist() == pa.Table.from_batches(expected).to_pylist()


def test_no_movements_make_no_journals() -> None:
    assert posted([]) == []
    assert posted([movements(*LEDGERS, month="2030-01")], month="2030-01") == []


def test_a_run_without_its_obligation_is_refused_rather_than_lost() -> None:
    part = movements(*LEDGERS, month="2025-02")
    with pytest.raises(StrayRunsError, match="5 runs of a document month make 4 movements") as refusal:
        posted([MonthMovements(part.obligations.slice(1), part.runs)])
    assert isinstance(refusal.value, RevrecError)


def test_a_run_of_two_obligations_is_refused_rather_than_doubled() -> None:
    part = movements(*LEDGERS, month="2025-02")
    twice = pa.concat_tables([part.obligations, part.obligations.slice(0, 1)])
    with pytest.raises(StrayRunsError, match="5 runs of a document month make 6 movements"):
        posted([MonthMovements(twice, part.runs)])


def test_a_text_that_is_no_month_is_refused() -> None:
    with pytest.raises(MonthError, match="'2025-2' is not a month"):
        posted([], month="2025-2")


_obligations = st.builds(
    Obligation,
    amount=st.integers(-100_000, 100_000).filter(bool),
    accounting=st.dates(date(2025, 1, 1), date(2025, 3, 31)).map(str),
    start=st.sampled_from(["2024-12-15", "2025-01-01", "2025-02-10"]),
    end=st.sampled_from(["2025-02-10", "2025-02-28", "2025-12-31"]),
    id=st.sampled_from(["inv_1/l1", "inv_2/l1", "inv_10/l1"]),
    customer=st.sampled_from(["acme", "globex"]),
    product=st.sampled_from(["platform", "support"]),
    currency=st.sampled_from(["USD", "EUR"]),
    entity=st.sampled_from(["default", "eu"]),
)


@given(obligations=st.lists(_obligations, max_size=12), grain=st.sampled_from(JournalGrain))
@settings(max_examples=25, deadline=None)
def test_numbers_have_no_gap_rows_are_sorted_and_every_journal_and_day_balances(
    obligations: list[Obligation], grain: JournalGrain
) -> None:
    unique = [dataclasses.replace(item, id=f"{item.id}{place}") for place, item in enumerate(obligations)]
    part = movements(*unique, month="2025-02")
    batches = posted([part], grain=grain)
    posted_minor = 0
    for _, ledger in by_ledger(batches):
        numbers = []
        for batch in whole_journals(ledger):
            numbers += batch["journal_number"].unique().to_pylist()
            posted_minor += pc.sum(batch["amount_minor"]).as_py()
            daily = daily_entries(batch)  # raises where a journal does not balance
            totals = pa.Table.from_batches([daily]).group_by(["date", "direction"]).aggregate([("amount_minor", "sum")])
            by_day: dict[date, list[int]] = {}
            for row in totals.to_pylist():
                by_day.setdefault(row["date"], []).append(row["amount_minor_sum"])
            assert all(len(sides) == 2 and sides[0] == sides[1] for sides in by_day.values())
        assert numbers == [f"RR-202502-{number:06}" for number in range(1, len(numbers) + 1)]
    assert posted_minor == pc.sum(pc.abs(part.runs["amount_minor"])).as_py() or (
        posted_minor == part.runs.num_rows == 0
    )
    keys = [
        (row["entity"], row["currency"], row["journal_number"], row["obligation_id"], row["first_day"])
        for batch in batches
        for row in batch.to_pylist()
    ]
    assert keys == sorted(keys)
