"""Published worked examples of ledgers, by the pure functions alone (sources in tests/vectors/published.yaml)."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from revrec.entries import daily_entries
from revrec.journal_stream import whole_journals
from revrec.journals import MonthMovements, daily_journals
from revrec.money import to_minor, to_text
from revrec.obligations import obligations
from revrec.policy import Policy
from tests.builders import CUSTOMERS, PRODUCTS, allocate, documents
from tests.schedule_builders import amendments, runs_of

VECTORS = Path(__file__).parents[1] / "vectors" / "published.yaml"
LEDGER: dict[str, dict[str, Any]] = {
    example["id"]: example for example in yaml.safe_load(VECTORS.read_text(encoding="utf-8"))["ledger"]
}
# They need credit notes, bundles or minimum fees.
OF_OTHER_DOCUMENTS = {"credit-note-cancel", "credit-note-adjust", "ssp-allocation", "true-up"}

Entry = tuple[str, str, str, int]
Lines = Iterable[Mapping[str, str | None]]


def entries(lines: Lines, dates: Mapping[str, str]) -> list[Entry]:
    """Date, direction, account and minor units of every daily entry of these lines' whole life.

    Args:
        lines: as `documents` takes them.
        dates: accounting date by invoice id.
    """
    rules = Policy()
    landed = documents(lines, invoices={id_: {"accounting_date": date} for id_, date in dates.items()})
    obliged = list(obligations(allocate(landed).batches, amendments(), rules, "run"))
    runs = runs_of(*obliged)
    found: list[Entry] = []
    for month in sorted(set(runs["month"].to_pylist())):
        part = MonthMovements(pa.Table.from_batches(obliged), runs.filter(pc.equal(runs["month"], month)))
        with duckdb.connect() as connection:
            journals = daily_journals(connection, f"{month:%Y-%m}", [part], CUSTOMERS, PRODUCTS, rules.journal_grain)
            found += [entry for batch in whole_journals(journals) for entry in _entries_of(batch)]
    return found


def _entries_of(batch: pa.RecordBatch) -> list[Entry]:
    daily = daily_entries(batch)
    account = account_names(daily["account"])
    return list(
        zip(
            daily["date"].cast(pa.string()).to_pylist(),
            daily["direction"].to_pylist(),
            account,
            daily["amount_minor"].to_pylist(),
            strict=True,
        )
    )


def account_names(accounts: pa.Array) -> list[str]:
    """Accounts by the names that reports call them."""
    chart = Policy().accounts
    return [str(getattr(chart, account).name) for account in accounts.to_pylist()]


def monthly(found: Iterable[Entry], direction: str, account: str) -> Counter[str]:
    """Minor units per month on one side of an account."""
    totals: Counter[str] = Counter()
    for date, side, name, amount in found:
        if (side, name) == (direction, account):
            totals[date[:7]] += amount
    return totals


def usd(text: str) -> int:
    return to_minor(text, "USD")


def annual_in_advance(given: dict[str, Any], expect: dict[str, Any]) -> None:
    start, end = given["service_period"]
    common = {"group": "plan", "start": start, "end": end, "method": given["method"]}
    found = entries(
        [
            {**common, "line": "l1", "amount": given["list_price"]},
            {**common, "line": "l2", "amount": given["product_discount"]},
        ],
        {"inv": given["invoice_date"]},
    )
    [billing] = expect["on_invoice_date"]
    amount = usd(billing["amount"])
    on_the_day = [entry for entry in found if entry[0] == given["invoice_date"]][:2]
    assert on_the_day == [
        (given["invoice_date"], "DEBIT", billing["debit"], amount),
        (given["invoice_date"], "CREDIT", billing["credit"], amount),
    ]
    recognized = monthly(found, "CREDIT", "Recognized Revenue")
    assert len(recognized) == 12
    assert set(recognized.values()) == {usd(expect["recognized_every_month"])}
    for key in ("daily_in_2025-05", "daily_in_2025-02"):
        of_month = [
            amount
            for date, side, account, amount in found
            if date.startswith(key.removeprefix("daily_in_")) and (side, account) == ("CREDIT", "Recognized Revenue")
        ]
        assert of_month == days_told(expect[key])


def days_told(text: str) -> list[int]:
    """Amounts of the days of a month, of text such as `30 x 2.90 + 3.00 on the 31st`."""
    told = re.fullmatch(r"(\d+) x ([\d.]+) \+ ([\d.]+) on the (\d+)(?:st|nd|rd|th)", text)
    assert told
    count, each, last, last_day = told.groups()
    assert int(last_day) == int(count) + 1
    return [usd(each)] * int(count) + [usd(last)]


def invoice_level_discount(given: dict[str, Any], expect: dict[str, Any]) -> None:
    charges = [
        {"line": f"l{place}", "group": f"g{place}", "amount": amount}
        for place, amount in enumerate(given["lines"], start=1)
    ]
    discount = {"line": "l9", "group": "whole invoice", "product": None, "amount": given["invoice_discount"]}
    assert list(allocate(documents([*charges, discount])).amounts.values()) == expect["net"]


def monthly_in_arrears(given: dict[str, Any], expect: dict[str, Any]) -> None:
    """Each invoice bills the part of the service period that lies in the month before it."""
    first, last = (dt.date.fromisoformat(day) for day in given["service_period"])
    lines, dates = [], {}
    for place, (date, amount) in enumerate(given["invoices"].items()):
        end = dt.date.fromisoformat(date) - dt.timedelta(days=1)
        start, end = max(end.replace(day=1), first), min(end, last)
        line = {"line": f"l{place}", "invoice": f"i{place}", "amount": amount, "start": str(start), "end": str(end)}
        lines.append(line)
        dates[f"i{place}"] = date
    found = entries(lines, dates)
    published = {month: usd(amount) for month, amount in expect["unbilled_to_recognized"].items()}
    assert monthly(found, "CREDIT", "Recognized Revenue") == published
    assert monthly(found, "DEBIT", "Unbilled Revenue") == published
    assert expect["on_each_invoice_date"] == "Debit Billed Revenue, Credit Unbilled Revenue, the invoice amount"
    billed = [entry for entry in found if entry[2] == "Billed Revenue" or entry[1:3] == ("CREDIT", "Unbilled Revenue")]
    assert sorted(billed) == sorted(
        (date, side, account, usd(amount))
        for date, amount in given["invoices"].items()
        for side, account in (("DEBIT", "Billed Revenue"), ("CREDIT", "Unbilled Revenue"))
    )
    assert monthly(found, "CREDIT", "Deferred Revenue") == Counter()


def spanning_the_lock(given: dict[str, Any], expect: dict[str, Any]) -> None:
    """Without the lock: what it moves from December to January is together what the example posts in January."""
    start, end = given["service_period"]
    found = entries([{"line": "l1", "amount": given["amount"], "start": start, "end": end}], {"inv": start})
    recognized = monthly(found, "CREDIT", "Recognized Revenue")
    locked = given["lock_date"][:7]
    assert f"catch-up entry of {to_text(recognized[locked], 'USD')} naming December" in expect["2026-01-01"]
    assert recognized[locked] + recognized["2026-01"] == usd(expect["2026-01"])
    assert recognized["2026-02"] == usd(expect["2026-02"])
    assert recognized["2026-03"] == usd(expect["2026-03"])
    assert sum(recognized.values()) == usd(given["amount"])


CHECKS: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
    "annual-in-advance-with-product-discount": annual_in_advance,
    "invoice-level-discount": invoice_level_discount,
    "monthly-in-arrears-with-part-months": monthly_in_arrears,
    "service-period-spanning-the-lock": spanning_the_lock,
}


@pytest.mark.parametrize("example", CHECKS)
def test_a_published_ledger_is_reproduced_to_the_cent(example: str) -> None:
    CHECKS[example](LEDGER[example]["input"], LEDGER[example]["expect"])


def test_every_published_ledger_is_reproduced_or_needs_other_documents() -> None:
    assert set(CHECKS) | OF_OTHER_DOCUMENTS == set(LEDGER)
