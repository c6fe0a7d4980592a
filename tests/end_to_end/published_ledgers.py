"""The published worked examples of ledgers: what lands of each, and what its movements must be.

What belongs here: one function that writes an example's landing rows, and one that holds its movements against what was
published (tests/vectors/published.yaml). What does not: running them (`test_published_vectors.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from revrec.calendar import months_between

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Movement

VECTORS = yaml.safe_load((Path(__file__).parents[1] / "vectors" / "published.yaml").read_text(encoding="utf-8"))
LEDGER = {example["id"]: example for example in VECTORS["ledger"]}

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


def credited_year(name: str) -> str:
    """A year in advance, and the credit note on it."""
    given, entity = LEDGER[name]["input"], entity_of(name)
    (start, end), note = given["service_period"], given["credit_note"]
    return f"""
        invoices/{start[:7]}
        id       | entity_id | customer_id | accounting_date | net_total
        {entity} | {entity}  | acme        | {start}         | {given["amount"]}

        invoice_line_items/{start[:7]}
        id            | invoice_id | product_id | net_total         | service_period_start | service_period_end
        {entity}_line | {entity}   | platform   | {given["amount"]} | {start}              | {end}

        credit_notes/{note["date"][:7]}
        id            | invoice_id | customer_id | accounting_date | net_total
        {entity}_note | {entity}   | acme        | {note["date"]}  | {note["amount"]}

        credit_note_line_items/{note["date"][:7]}
        id                 | credit_note_id | invoice_line_item_id | net_total
        {entity}_note_line | {entity}_note  | {entity}_line        | {note["amount"]}
        """


def taken_back_and_later(name: str, moved: Iterable[Movement]) -> tuple[list[dict[str, str]], list[Movement]]:
    """What the credit note debits and credits, as the vectors list it; and all else from its date on."""
    date = LEDGER[name]["input"]["credit_note"]["date"]
    moved = [move for move in moved if move.date >= date]
    note = [move for move in moved if move.credit == "Billed Revenue"]
    assert {move.date for move in note} == {date}
    debits = [{"debit": move.debit, "amount": str(move.amount)} for move in note]
    total = sum(move.amount for move in note)
    return [*debits, {"credit": "Billed Revenue", "amount": str(total)}], [move for move in moved if move not in note]


def assert_cancelled(moved: list[Movement]) -> None:
    note, later = taken_back_and_later(CANCELLED, moved)
    assert sorted_entries(note) == sorted_entries(LEDGER[CANCELLED]["expect"]["2025-10-01"])
    assert LEDGER[CANCELLED]["expect"]["after"] == "nothing"
    assert later == []


def assert_adjusted(moved: list[Movement]) -> None:
    note, later = taken_back_and_later(ADJUSTED, moved)
    expect = LEDGER[ADJUSTED]["expect"]
    assert sorted_entries(note) == sorted_entries(expect["2025-10-01"])
    amount, _, each = expect["recognized_2025-10..2025-12"].partition(" ")
    assert each == "each"
    assert recognized_by_month(later) == dict.fromkeys(("2025-10", "2025-11", "2025-12"), Decimal(amount))
    assert {move.debit for move in later} == {"Deferred Revenue"}


def sorted_entries(entries: Iterable[dict[str, str]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(entry.items()) for entry in entries)


def bundled() -> str:
    """The whole price on the first line: what the invoice shows has no bearing."""
    given, entity = LEDGER[BUNDLED]["input"], entity_of(BUNDLED)
    price, (first, second, third) = given["price"], given["standalone_selling_prices"]
    return f"""
        invoices/2025-01
        id      | entity_id | customer_id | accounting_date | net_total
        bundled | {entity}  | acme        | 2025-01-01      | {price}

        invoice_line_items/2025-01
        id     | invoice_id | bundle_id | product_id | recognition_method | net_total | standalone_selling_price
        line_1 | bundled    | bundle    | platform   | POINT_IN_TIME      | {price}   | {first}
        line_2 | bundled    | bundle    | support    | POINT_IN_TIME      | 0.00      | {second}
        line_3 | bundled    | bundle    | training   | POINT_IN_TIME      | 0.00      | {third}
        """


def assert_bundled(moved: list[Movement]) -> None:
    billed = {move.line["Product name"]: str(move.amount) for move in moved if move.debit == "Billed Revenue"}
    products = ("platform", "support", "training")
    assert billed == dict(zip(products, LEDGER[BUNDLED]["expect"]["allocated"], strict=True))
    recognized: defaultdict[str, Decimal] = defaultdict(Decimal)
    for move in moved:
        if move.credit == "Recognized Revenue":
            recognized[move.line["Product name"]] += move.amount
    assert {product: str(amount) for product, amount in recognized.items()} == billed


def topped_up() -> str:
    """Usage spread over January, so that what the true-up adds on the last day shows."""
    given, entity = LEDGER[TOPPED_UP]["input"], entity_of(TOPPED_UP)
    usage = given["usage_charges"]
    true_up = Decimal(given["minimum"]) - Decimal(usage)
    assert str(true_up) == LEDGER[TOPPED_UP]["expect"]["true_up_line"]
    return f"""
        invoices/2025-02
        id     | entity_id | customer_id | accounting_date | net_total
        topped | {entity}  | acme        | 2025-02-01      | {given["minimum"]}

        invoice_line_items/2025-02
        id    | invoice_id | group_id | product_id | kind        | net_total | service_period_start | service_period_end
        usage | topped     | topped   | platform   | CHARGE      | {usage}   | 2025-01-01           | 2025-01-31
        fee   | topped     | topped   | platform   | MINIMUM_FEE | {true_up} | 2025-01-01           | 2025-01-31
        """


def assert_topped_up(moved: list[Movement]) -> None:
    expect = LEDGER[TOPPED_UP]["expect"]
    assert expect["method"] == "POINT_IN_TIME"
    earned = [move for move in moved if move.credit == "Recognized Revenue"]
    true_up = [move for move in earned if str(move.amount) == expect["true_up_line"]]
    assert [move.date for move in true_up] == ["2025-01-31"]
    usage = [move for move in earned if move not in true_up]
    assert sum(move.amount for move in usage) == Decimal(LEDGER[TOPPED_UP]["input"]["usage_charges"])
    assert len({move.date for move in usage}) == 31


def spanning_the_lock() -> str:
    given, entity = LEDGER[LOCKED]["input"], entity_of(LOCKED)
    start, end = given["service_period"]
    return f"""
        invoices/{start[:7]}
        id     | entity_id | customer_id | accounting_date | net_total
        locked | {entity}  | acme        | {start}         | {given["amount"]}

        invoice_line_items/{start[:7]}
        id       | invoice_id | product_id | net_total         | service_period_start | service_period_end
        locked_1 | locked     | platform   | {given["amount"]} | {start}              | {end}
        """


def assert_caught_up(moved: list[Movement]) -> None:
    expect = dict(LEDGER[LOCKED]["expect"])
    assert expect.pop("2026-01-01") == "one catch-up entry of 1000.00 naming December, and the normal entry of the day"
    assert min(move.date for move in moved) == "2026-01-01"
    first_day = [move for move in moved if move.date == "2026-01-01" and move.credit == "Recognized Revenue"]
    catch_up, normal = sorted(first_day, key=lambda move: move.line["Narrative"])
    assert (str(catch_up.amount), catch_up.debit) == ("1000.00", "Deferred Revenue")
    assert catch_up.line["Narrative"].startswith("Catch-up for 2025-12, ")
    assert normal.line["Narrative"].startswith("Earned 2026-01: ")
    assert recognized_by_month(moved) == {month: Decimal(amount) for month, amount in expect.items()}
