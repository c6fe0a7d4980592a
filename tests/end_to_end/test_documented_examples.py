"""The worked examples of docs/accounting post what their pages say, from landing files to export files.

`docs/accounting/README.md` says how an example reads. All of them go through one run, each as a ledger of its own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.policy import DiscountBasis

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Exported, LandingStore, Movement, Movements, ParseTable, RevrecRun

PAGES = Path(__file__).parents[2] / "docs" / "accounting"
RULES = sorted(path.name for path in PAGES.glob("*.md") if path.name != "README.md")

# Columns an example may add to tell its entries apart, and what the generic export calls them.
TELLING_COLUMNS = {"Journal": "Journal Number", "Customer": "Customer ID", "Product": "Product name"}

DAY = dt.timedelta(days=1)

Row = dict[str, str]
# Date or month, debited account, credited account, then the example's telling columns.
Posting = tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One example as its page has it."""

    name: str
    entity: str
    policy: dict[str, str]
    invoices: list[Row]
    lines: list[Row]
    entries: list[Row]
    telling_columns: tuple[str, ...]

    @property
    def currency(self) -> str:
        (currency,) = {invoice.get("currency", "USD") for invoice in self.invoices}
        return currency


class Pages:
    """What the pages say, read once."""

    def __init__(self, parse_table: ParseTable) -> None:
        self._parse_table = parse_table
        self.conventions = (PAGES / "README.md").read_text(encoding="utf-8")
        found = [(page, *section) for page in RULES for section in self._sections(page)]
        self.examples = [self._example(number, *section) for number, section in enumerate(found, 1)]

    def table_after(self, text: str, caption: str) -> list[Row]:
        """The table whose caption, or header, starts a line like this."""
        parts = re.split(rf"^{re.escape(caption)}", text, flags=re.MULTILINE)
        assert len(parts) == 2, f"{caption!r} stands {len(parts) - 1} times in: {text[:200]}"
        (table, *_) = re.findall(
            r"(?:^\|.*\n)+", f"{caption}{parts[1]}" if caption[0] == "|" else parts[1], re.MULTILINE
        )
        return self._parse_table(table)

    def _sections(self, page: str) -> list[tuple[str, str]]:
        text = (PAGES / page).read_text(encoding="utf-8")
        found = re.findall(r"^### Example: (.+)\n((?:(?!#).*\n)*)", text, re.MULTILINE)
        assert len(found) == text.count("Example: ")
        return found

    def _example(self, number: int, page: str, title: str, text: str) -> Example:
        entries = self.table_after(text, "Journal entries:")
        return Example(
            name=f"{page}: {title}",
            entity=f"example_{number:02d}",
            policy=dict(re.findall(r"`(\w+): (\w+)`", "".join(re.findall(r"^Policy: .*$", text, re.MULTILINE)))),
            invoices=self.table_after(text, "Landed in `invoices`:"),
            lines=self.table_after(text, "Landed in `invoice_line_items`:"),
            entries=entries,
            telling_columns=tuple(name for name in TELLING_COLUMNS if entries and name in entries[0]),
        )


@pytest.fixture(scope="module")
def pages(parse_table: ParseTable) -> Pages:
    return Pages(parse_table)


def test_every_rule_has_an_example(pages: Pages) -> None:
    assert RULES
    assert {example.name.split(":")[0] for example in pages.examples} == set(RULES)
    for setting, values in {
        "allocation_strategy": AllocationStrategy,
        "residue": Residue,
        "discount_basis": DiscountBasis,
    }.items():
        default, *others = (value.value for value in values)
        assert {example.policy.get(setting, default) for example in pages.examples} == {default, *others}


def test_every_example_posts_what_its_page_says(
    pages: Pages,
    landing_store: LandingStore,
    revrec_run: RevrecRun,
    exported: Exported,
    movements: Movements,
    subtests: pytest.Subtests,
) -> None:
    store = landing_store("\n\n".join(landed_files(pages)), yaml.safe_dump(policy_of(pages.examples)))
    finished = revrec_run(store, *posting_months(pages.examples))
    assert (finished.status, finished.stderr.strip()) == (0, "")
    assert "quarantine" not in finished.stdout
    for example in pages.examples:
        with subtests.test(example.name):
            rows = exported(store, "generic", f"{example.entity}-{example.currency}.csv")
            expected = expected_postings(example)
            assert posted(example, movements(rows), expected) == expected


def landed_files(pages: Pages) -> Iterator[str]:
    """Blocks for `landing_store`: the customers and products of the conventions, then the rows of all examples."""
    for customer in pages.table_after(pages.conventions, "| Customer |"):
        yield block("customers", [{"id": customer["Customer"], "legal_name": customer["Legal name"]}])
    for product in pages.table_after(pages.conventions, "| Product |"):
        method = product["Recognition method"]
        yield block("products", [{"id": product["Product"], "name": product["Name"], "recognition_method": method}])
    left_out = pages.table_after(pages.conventions, "| Dataset |")
    for example in pages.examples:
        month_of = {invoice["id"]: invoice["accounting_date"][:7] for invoice in example.invoices}
        for invoice in example.invoices:
            row = with_left_out(invoice | {"entity_id": example.entity}, "invoices", left_out)
            yield block(f"invoices/{month_of[invoice['id']]}", [row])
        for line in example.lines:
            row = with_left_out(line, "invoice_line_items", left_out)
            yield block(f"invoice_line_items/{month_of[line['invoice_id']]}", [row])


def with_left_out(row: Row, dataset: str, left_out: list[Row]) -> Row:
    values = {item["Field"]: item["Value"] for item in left_out if item["Dataset"] == dataset}
    return {name: row["id"] if value == "the id" else value for name, value in values.items()} | row


def block(folder: str, rows: list[Row]) -> str:
    return "\n".join([folder, " | ".join(rows[0]), *(" | ".join(row.values()) for row in rows)])


def policy_of(examples: list[Example]) -> dict[str, object]:
    """The policy under which each example has its settings: a version for the days of its invoices."""
    of_day: dict[dt.date, dict[str, str]] = {}
    for example in examples:
        for invoice in example.invoices:
            day = dt.date.fromisoformat(invoice["accounting_date"])
            assert of_day.setdefault(day, example.policy) == example.policy, f"{example.name}: another policy on {day}"
    changes = {day: settings for day, settings in of_day.items() if settings}
    ends: dict[dt.date, dict[str, str]] = {day + DAY: {} for day in changes if day + DAY not in changes}
    versions = [{"effective_from": day, **settings} for day, settings in {**ends, **changes}.items()]
    return {
        "entities": {example.entity: {"name": example.name} for example in examples},
        "versions": [{"effective_from": dt.date(2000, 1, 1)}, *versions],
        "exports": {name: {"enabled": False} for name in ("xero", "quickbooks", "netsuite")},
    }


def posting_months(examples: list[Example]) -> tuple[str, str]:
    """First and last month in which an example posts."""
    months = [entry["Date"][:7] for example in examples for entry in example.entries]
    return min(months), max(months)


def expected_postings(example: Example) -> dict[Posting, Decimal]:
    """The example's entries, stretches of days taken apart."""
    expected: dict[Posting, Decimal] = {}
    for entry in example.entries:
        amount = Decimal(entry["Amount"].replace(",", ""))
        for date in dates_of(entry["Date"]):
            posting = (date, entry["Debit"], entry["Credit"], *(entry[name] for name in example.telling_columns))
            assert posting not in expected, f"stands twice: {posting}"
            expected[posting] = amount
    return expected


def dates_of(text: str) -> list[str]:
    """A day, a month, or the days of `2025-01-01 to 2025-01-30`."""
    first, _, last = text.partition(" to ")
    if not last:
        return [first]
    start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    return [str(start + place * DAY) for place in range((end - start).days + 1)]


def posted(example: Example, moved: Iterable[Movement], expected: Iterable[Posting]) -> dict[Posting, Decimal]:
    """What the export holds, added up to the dates and months that are expected; other days stand by themselves."""
    known = set(expected)
    amounts: defaultdict[Posting, Decimal] = defaultdict(Decimal)
    for movement in moved:
        rest = (movement.debit, movement.credit, *(movement.line[TELLING_COLUMNS[n]] for n in example.telling_columns))
        of_day, of_month = (movement.date, *rest), (movement.date[:7], *rest)
        amounts[of_month if of_day not in known and of_month in known else of_day] += movement.amount
    return dict(amounts)
