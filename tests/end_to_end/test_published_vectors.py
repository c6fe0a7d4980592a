"""All published worked examples, from landing files to export files (tests/vectors/published.yaml)."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from revrec.calendar import months_between

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Exported, LandingStore, Movement, Movements, RevrecRun

VECTORS = yaml.safe_load((Path(__file__).parents[1] / "vectors" / "published.yaml").read_text(encoding="utf-8"))
TABLES = VECTORS["straight_line"]
LEDGER = {example["id"]: example for example in VECTORS["ledger"]}

# A run per stretch of months in which examples post.
STRETCHES = [("2019-01", "2019-03"), ("2023-01", "2023-12"), ("2024-07", "2025-12")]

# Invoices dated like this follow that strategy: all are in advance, so that the date has no other bearing. Later ones
# follow the default.
ACCOUNTING_DATES = {
    "daily_rate_even_months": "2018-12-01",
    "month_fraction_even_months": "2018-12-02",
    "exact_days": "2018-12-03",
}

# "LCY" is the vendor's placeholder for the company's own currency; its table has two decimals.
STAND_INS = {"LCY": "USD"}

DISCOUNTED, ALLOCATED, IN_ARREARS = (
    "annual-in-advance-with-product-discount",
    "invoice-level-discount",
    "monthly-in-arrears-with-part-months",
)
CANCELLED, ADJUSTED, BUNDLED, TOPPED_UP, LOCKED = (
    "credit-note-cancel",
    "credit-note-adjust",
    "ssp-allocation",
    "true-up",
    "service-period-spanning-the-lock",
)

REFERENCE_DATA = """
customers
id
acme

products
id
platform
support
training
"""


@dataclass(frozen=True)
class Example:
    """A published example: its first posting month, what lands, and what its movements must be."""

    first_month: str
    landing: str
    check: Callable[[list[Movement]], None]


def examples() -> dict[str, Example]:
    """All that are built, by their ids."""
    return {
        table["id"]: Example(min(table["recognized_by_month"]), landed_table(table), partial(assert_table, table))
        for table in TABLES
    } | {
        DISCOUNTED: Example("2024-07", discounted_annual(), assert_discounted_annual),
        ALLOCATED: Example("2025-01", allocated_discount(), assert_allocated_discount),
        IN_ARREARS: Example("2025-01", part_months_in_arrears(), assert_part_months_in_arrears),
        CANCELLED: Example("2025-01", credited_year(CANCELLED), assert_cancelled),
        ADJUSTED: Example("2025-01", credited_year(ADJUSTED), assert_adjusted),
        BUNDLED: Example("2025-01", bundled(), assert_bundled),
        TOPPED_UP: Example("2025-01", topped_up(), assert_topped_up),
    }


def examples_of(first: str, last: str) -> dict[str, Example]:
    return {name: example for name, example in examples().items() if first <= example.first_month <= last}


def policy_of(entities: Iterable[str]) -> str:
    versions: list[dict[str, str]] = [
        {"effective_from": day, "allocation_strategy": name} for name, day in ACCOUNTING_DATES.items()
    ]
    return yaml.safe_dump(
        {
            "first_month": "2018-12",
            "entities": {entity: {"name": entity} for entity in entities},
            "versions": [
                *versions,
                {"effective_from": "2019-01-01"},
                {"effective_from": NOTE_DAYS[ADJUSTED], "credit_note_mode": "adjust"},
                {"effective_from": NOTE_DAYS[CANCELLED]},
            ],
            "exports": {name: {"enabled": False} for name in ("xero", "quickbooks", "netsuite")},
        }
    )


def test_every_published_example_is_run() -> None:
    run = [name for stretch in STRETCHES for name in examples_of(*stretch)]
    assert sorted([*run, LOCKED]) == sorted([*(table["id"] for table in TABLES), *LEDGER])
    assert {table["strategy"] for table in TABLES} == set(ACCOUNTING_DATES)


@pytest.mark.parametrize(("first", "last"), STRETCHES, ids=[first[:4] for first, _ in STRETCHES])
def test_a_published_example_comes_out_of_the_files_to_the_cent(
    first: str,
    last: str,
    landing_store: LandingStore,
    revrec_run: RevrecRun,
    exported: Exported,
    movements: Movements,
    subtests: pytest.Subtests,
) -> None:
    published = examples_of(first, last)
    landing = [REFERENCE_DATA, *(example.landing for example in published.values())]
    store = landing_store("\n\n".join(landing), policy_of(map(entity_of, published)))
    finished = revrec_run(store, first, last)
    assert finished.status == 0, finished.stderr
    for name, example in published.items():
        with subtests.test(name):
            example.check(movements(exported(store, files=f"{entity_of(name)}-*.csv")))


def entity_of(example: str) -> str:
    """Each example is a ledger of its own."""
    return example.replace("-", "_")


def recognized_by_month(moved: Iterable[Movement]) -> dict[str, Decimal]:
    """What Recognized Revenue is credited; none of the examples debits it."""
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for move in moved:
        assert move.debit != "Recognized Revenue"
        if move.credit == "Recognized Revenue":
            amounts[move.date[:7]] += move.amount
    return dict(amounts)


def landed_table(table: dict[str, Any]) -> str:
    entity, (start, end) = entity_of(table["id"]), table["service_period"]
    accounting_date, currency = ACCOUNTING_DATES[table["strategy"]], STAND_INS.get(table["currency"], table["currency"])
    return f"""
        invoices/{accounting_date[:7]}
        id       | entity_id | customer_id | currency   | accounting_date   | net_total
        {entity} | {entity}  | acme        | {currency} | {accounting_date} | {table["amount"]}

        invoice_line_items/{accounting_date[:7]}
        id       | invoice_id | product_id | net_total         | service_period_start | service_period_end
        {entity} | {entity}   | platform   | {table["amount"]} | {start}              | {end}
        """


def assert_table(table: dict[str, Any], moved: list[Movement]) -> None:
    published = {month: Decimal(amount) for month, amount in table["recognized_by_month"].items()}
    recognized = recognized_by_month(moved)
    # Some sources print only the first months of a table.
    assert {month: amount for month, amount in recognized.items() if month <= max(published)} == published
    if max(published) == table["service_period"][1][:7]:
        assert sum(recognized.values()) == Decimal(table["amount"])


def discounted_annual() -> str:
    given, entity = LEDGER[DISCOUNTED]["input"], entity_of(DISCOUNTED)
    date, (start, end) = given["invoice_date"], given["service_period"]
    return f"""
        invoices/{date[:7]}
        id     | entity_id | customer_id | accounting_date | net_total
        annual | {entity}  | acme        | {date}          | 1080.00

        invoice_line_items/{date[:7]}
        id       | invoice_id | group_id | product_id | net_total | service_period_start | service_period_end
        annual_1 | annual     | group    | platform   | {given["list_price"]}       | {start} | {end}
        annual_2 | annual     | group    | platform   | {given["product_discount"]} | {start} | {end}
        """


def assert_discounted_annual(moved: list[Movement]) -> None:
    given, expect = LEDGER[DISCOUNTED]["input"], LEDGER[DISCOUNTED]["expect"]
    on_invoice_date = [move for move in moved if move.debit == "Billed Revenue"]
    assert [
        {"debit": move.debit, "credit": move.credit, "amount": str(move.amount)} for move in on_invoice_date
    ] == expect["on_invoice_date"]
    assert {move.date for move in on_invoice_date} == {given["invoice_date"]}

    earned = [move for move in moved if move.debit == "Deferred Revenue"]
    assert len(earned) + len(on_invoice_date) == len(moved)
    months = months_between(*(day[:7] for day in given["service_period"]))
    assert recognized_by_month(earned) == dict.fromkeys(months, Decimal(expect["recognized_every_month"]))
    for month in ("2025-02", "2025-05"):
        days, each, last, last_day = re.findall(r"[0-9.]+", expect[f"daily_in_{month}"])
        equal_days = {f"{month}-{day:02d}": each for day in range(1, int(days) + 1)}
        of_month = {move.date: str(move.amount) for move in earned if move.date[:7] == month}
        assert of_month == equal_days | {f"{month}-{last_day}": last}


def allocated_discount() -> str:
    given, entity = LEDGER[ALLOCATED]["input"], entity_of(ALLOCATED)
    (first, second), discount = given["lines"], given["invoice_discount"]
    return f"""
        invoices/2025-01
        id        | entity_id | customer_id | accounting_date | net_total
        allocated | {entity}  | acme        | 2025-01-01      | 900.00

        invoice_line_items/2025-01
        id          | invoice_id | product_id | net_total  | service_period_start | service_period_end
        allocated_1 | allocated  | platform   | {first}    | 2025-01-01           | 2025-01-31
        allocated_2 | allocated  | support    | {second}   | 2025-01-01           | 2025-01-31
        allocated_3 | allocated  |            | {discount} |                      |
        """


def assert_allocated_discount(moved: list[Movement]) -> None:
    billed = [str(move.amount) for move in moved if move.debit == "Billed Revenue"]
    assert billed == LEDGER[ALLOCATED]["expect"]["net"]


def part_months_in_arrears() -> str:
    """An invoice for each calendar month of service, dated the day after it."""
    given, entity = LEDGER[IN_ARREARS]["input"], entity_of(IN_ARREARS)
    start, end = map(dt.date.fromisoformat, given["service_period"])
    landing = []
    for date, amount in given["invoices"].items():
        last = dt.date.fromisoformat(date) - dt.timedelta(days=1)
        first = max(start, last.replace(day=1))
        assert last <= end
        landing.append(f"""
            invoices/{date[:7]}
            id     | entity_id | customer_id | accounting_date | net_total
            {date} | {entity}  | acme        | {date}          | {amount}

            invoice_line_items/{date[:7]}
            id     | invoice_id | product_id | net_total | service_period_start | service_period_end
            {date} | {date}     | platform   | {amount}  | {first}              | {last}
            """)
    return "\n\n".join(landing)


def assert_part_months_in_arrears(moved: list[Movement]) -> None:
    given, expect = LEDGER[IN_ARREARS]["input"], LEDGER[IN_ARREARS]["expect"]
    earned = [move for move in moved if move.debit == "Unbilled Revenue"]
    published = {month: Decimal(amount) for month, amount in expect["unbilled_to_recognized"].items()}
    assert recognized_by_month(earned) == published
    invoiced = [move for move in moved if move not in earned]
    assert {(move.debit, move.credit) for move in invoiced} == {("Billed Revenue", "Unbilled Revenue")}
    assert {move.date: str(move.amount) for move in invoiced} == given["invoices"]
    assert len(invoiced) == len(given["invoices"])
