"""All published worked examples, from landing files to export files (tests/vectors/published.yaml)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from revrec.calendar import months_between
from tests.assets.accountant import Accountant
from tests.end_to_end.published_ledgers import (
    ADJUSTED,
    ALLOCATED,
    BUNDLED,
    CANCELLED,
    DISCOUNTED,
    IN_ARREARS,
    LEDGER,
    LOCKED,
    TOPPED_UP,
    VECTORS,
    allocated_discount,
    assert_adjusted,
    assert_allocated_discount,
    assert_bundled,
    assert_cancelled,
    assert_caught_up,
    assert_discounted_annual,
    assert_part_months_in_arrears,
    assert_topped_up,
    bundled,
    credited_year,
    discounted_annual,
    entity_of,
    part_months_in_arrears,
    recognized_by_month,
    spanning_the_lock,
    topped_up,
)

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Exported, LandingStore, Movement, Movements

TABLES = VECTORS["straight_line"]

# Stretches of months in which examples post.
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
        BUNDLED: Example("2025-01", bundled(), assert_bundled),
        TOPPED_UP: Example("2025-01", topped_up(), assert_topped_up),
    }


def examples_of(first: str, last: str) -> dict[str, Example]:
    return {name: example for name, example in examples().items() if first <= example.first_month <= last}


def policy_of(entities: Iterable[str], **rules: str) -> str:
    versions = [{"effective_from": day, "allocation_strategy": name} for name, day in ACCOUNTING_DATES.items()]
    return yaml.safe_dump(
        {
            "first_month": "2018-12",
            "entities": {entity: {"name": entity} for entity in entities},
            "versions": [*versions, {"effective_from": "2019-01-01", **rules}],
            "exports": {name: {"enabled": False} for name in ("xero", "quickbooks", "netsuite", "close_pack")},
        }
    )


def test_every_published_example_is_run() -> None:
    run = [name for stretch in STRETCHES for name in examples_of(*stretch)]
    assert sorted([*run, ADJUSTED, LOCKED]) == sorted([*(table["id"] for table in TABLES), *LEDGER])
    assert {table["strategy"] for table in TABLES} == set(ACCOUNTING_DATES)


@pytest.mark.parametrize(("first", "last"), STRETCHES, ids=[first[:4] for first, _ in STRETCHES])
def test_a_published_example_comes_out_of_the_files_to_the_cent(
    first: str,
    last: str,
    landing_store: LandingStore,
    exported: Exported,
    movements: Movements,
    subtests: pytest.Subtests,
) -> None:
    """Posted in this process, with the code that the command's jobs call: years of jobs would take a minute more."""
    published = examples_of(first, last)
    landing = [REFERENCE_DATA, *(example.landing for example in published.values())]
    store = landing_store("\n\n".join(landing), policy_of(map(entity_of, published)))
    accountant = Accountant(store)
    for month in months_between(first, last):
        accountant.post(month)
    for name, example in published.items():
        with subtests.test(name):
            example.check(movements(exported(store, files=f"{entity_of(name)}-*.csv")))


def test_a_published_example_is_caught_up_after_a_close(
    landing_store: LandingStore,
    exported: Exported,
    movements: Movements,
    subtests: pytest.Subtests,
) -> None:
    """The year of the credit note that adjusts is what is closed before the other example lands."""
    policy = policy_of(map(entity_of, (ADJUSTED, LOCKED)), credit_note_mode="adjust")
    store = landing_store(f"{REFERENCE_DATA}\n\n{credited_year(ADJUSTED)}", policy)
    lock_date = LEDGER[LOCKED]["input"]["lock_date"]
    accountant = Accountant(store)
    accountant.close(lock_date[:7])
    landing_store(spanning_the_lock(), store=store)
    for month in ("2026-01", "2026-02", "2026-03"):
        accountant.post(month)
    for name, check in ((ADJUSTED, assert_adjusted), (LOCKED, assert_caught_up)):
        with subtests.test(name):
            check(movements(exported(store, files=f"{entity_of(name)}-*.csv")))


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
