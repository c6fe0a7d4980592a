"""The worked examples of docs/accounting as data: what lands when, under which policy, and what it posts.

What belongs here: reading the pages. What does not: running the examples (`test_documented_examples.py`). How an
example reads is said in `docs/accounting/README.md`.

Every example gets ids of its own for its entities and customers, so that one does not influence the next: accruals and
standalone credit notes belong to the first entity, and are told apart by their customer.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from revrec.schemas import DATASETS

if TYPE_CHECKING:
    from tests.end_to_end.conftest import ParseTable

PAGES = Path(__file__).parents[2] / "docs" / "accounting"
RULES = sorted(path.name for path in PAGES.glob("*.md") if path.name != "README.md")

# Columns an example may add to tell its entries apart, and what the generic export calls them; the name of a file is
# its ledger.
TELLING_COLUMNS = {
    "Journal": "Journal Number",
    "Customer": "Customer ID",
    "Product": "Product name",
    "Narrative": "Narrative",
    "Ledger": "Ledger",
}

# The day by which rows lie in month folders, and the document whose month lines follow.
DAY_FIELDS = {
    "invoices": "accounting_date",
    "credit_notes": "accounting_date",
    "milestones": "completed_on",
    "usage": "period_end",
    "credit_grant_transactions": "date",
}
PARENTS = {
    "invoice_line_items": ("invoices", "invoice_id"),
    "credit_note_line_items": ("credit_notes", "credit_note_id"),
}

# Documents that are posted before an invoice says of which entity.
ACCRUING = ("usage", "billing_schedules")

# Documents whose accounting date decides on the policy version.
DATED_DOCUMENTS = ("invoices", "credit_notes")

DAY = dt.timedelta(days=1)
EPOCH = dt.date(2000, 1, 1)

# At the end of a caption: after which step of the conventions' list it holds.
_AFTER = r"(?:,? after the (close|lock) of ([0-9-]+))?"

Row = dict[str, str]


class Landed(NamedTuple):
    """Rows of a dataset, and the step after which they land; an empty step: from the start."""

    dataset: str
    after: str
    rows: list[Row]


class Settings(NamedTuple):
    """Settings for documents from a day on, in force after a step."""

    since: dt.date
    after: str
    settings: dict[str, str]


class ManualFile(NamedTuple):
    """A file of manual journals: its format and its text."""

    format: str
    text: str


@dataclass(frozen=True)
class Example:
    """One example as its page has it."""

    name: str
    key: str
    policies: list[Settings]
    landed: list[Landed]
    manual: list[ManualFile]
    entries: list[Row]
    telling_columns: tuple[str, ...]

    @property
    def takes_steps(self) -> bool:
        """Whether it needs more than landed files and one run."""
        return bool(self.manual) or any(
            after for after in (*(part.after for part in self.landed), *(part.after for part in self.policies))
        )

    def rows_of(self, dataset: str) -> Iterator[Row]:
        for part in self.landed:
            if part.dataset == dataset:
                yield from part.rows

    def entity(self, named: str = "default") -> str:
        """An entity of its own; what accrues belongs to the first of all, and so does what takes it over."""
        if any(part.dataset in ACCRUING for part in self.landed):
            return named
        return self.key if named == "default" else f"{self.key}_{named}"

    @property
    def entities(self) -> set[str]:
        return {self.entity(), *(self.entity(row.get("entity_id", "default")) for row in self.rows_of("invoices"))}

    def told(self, column: str, line: Row) -> str:
        """The cell of a telling column, without what sets the example apart from others."""
        text = re.sub(rf"^{self.key}(?=-)", "default", line[TELLING_COLUMNS[column]])
        return text.removeprefix(f"{self.key}_")

    def settings_on(self, day: dt.date, steps: Sequence[str]) -> dict[str, str]:
        """What differs from the default policy for its documents of a day, once some steps are done."""
        in_force = [part for part in self.policies if part.since <= day and part.after in ("", *steps)]
        return in_force[-1].settings if in_force else {}


class Pages:
    """What the pages say, read once."""

    def __init__(self, parse_table: ParseTable) -> None:
        self._parse_table = parse_table
        self.conventions = (PAGES / "README.md").read_text(encoding="utf-8")
        self.steps = [row["Step"] for row in self.table_after(self.conventions, "| Step |")]
        found = [(page, *section) for page in RULES for section in self._sections(page)]
        self.examples = [self._example(number, *section) for number, section in enumerate(found, 1)]

    def table_after(self, text: str, caption: str) -> list[Row]:
        """The table whose caption, or header, starts a line like this."""
        parts = re.split(rf"^{re.escape(caption)}", text, flags=re.MULTILINE)
        assert len(parts) == 2, f"{caption!r} stands {len(parts) - 1} times in: {text[:200]}"
        return self._first_table(f"{caption}{parts[1]}" if caption[0] == "|" else parts[1])

    def _first_table(self, text: str) -> list[Row]:
        (table, *_) = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
        return self._parse_table(table)

    def _sections(self, page: str) -> list[tuple[str, str]]:
        text = (PAGES / page).read_text(encoding="utf-8")
        found = re.findall(r"^### Example: (.+)\n((?:(?!#).*\n)*)", text, re.MULTILINE)
        assert len(found) == text.count("Example: ")
        return found

    def _example(self, number: int, page: str, title: str, text: str) -> Example:
        entries = self.table_after(text, "Journal entries:")
        landed = list(self._landed(text))
        assert len(landed) == text.count("Landed in ")
        policies = list(self._policies(text))
        assert len(policies) == len(re.findall(r"^Policy", text, re.MULTILINE))
        return Example(
            name=f"{page}: {title}",
            key=f"example_{number:02d}",
            policies=policies,
            landed=landed,
            manual=[ManualFile(*found) for found in re.findall(r"^```(yaml|csv)\n(.*?)^```", text, re.M | re.S)],
            entries=entries,
            telling_columns=tuple(name for name in TELLING_COLUMNS if entries and name in entries[0]),
        )

    def _landed(self, text: str) -> Iterator[Landed]:
        for caption in re.finditer(rf"^Landed in `(\w+)`{_AFTER}:$", text, re.MULTILINE):
            yield Landed(caption[1], self._step(*caption.group(2, 3)), self._first_table(text[caption.end() :]))

    def _policies(self, text: str) -> Iterator[Settings]:
        for line in re.finditer(rf"^Policy(?: from ([0-9-]+))?{_AFTER}: (.*)$", text, re.MULTILINE):
            since = dt.date.fromisoformat(line[1]) if line[1] else EPOCH
            settings = dict(re.findall(r"`(\w+): (\w+)`", line[4]))
            assert settings, f"no setting in {line[0]}"
            yield Settings(since, self._step(*line.group(2, 3)), settings)

    def _step(self, action: str | None, period: str | None) -> str:
        if action is None:
            return ""
        assert f"{action} {period}" in self.steps, f"no such step in the conventions: {action} {period}"
        return f"{action} {period}"

    def landing(self, examples: Iterable[Example], after: str = "") -> str:
        """Blocks for `landing_store`: what lands of the examples after a step; from the start, what they refer to."""
        examples = list(examples)
        folders: defaultdict[str, list[Row]] = defaultdict(list)
        if not after:
            folders["customers"] = [
                {"id": f"{example.key}_{customer['Customer']}", "legal_name": customer["Legal name"]}
                for example in examples
                for customer in self.table_after(self.conventions, "| Customer |")
            ]
            folders["products"] = [
                {"id": row["Product"], "name": row["Name"], "recognition_method": row["Recognition method"]}
                for row in self.table_after(self.conventions, "| Product |")
            ]
        left_out = self.table_after(self.conventions, "| Dataset |")
        for example in examples:
            for part in example.landed:
                if part.after == after:
                    for row in part.rows:
                        folders[folder_of(example, part.dataset, row)].append(
                            set_apart(example, part.dataset, with_left_out(row, part.dataset, left_out))
                        )
        return "\n\n".join(block(folder, rows) for folder, rows in folders.items())


def folder_of(example: Example, dataset: str, row: Row) -> str:
    if not DATASETS[dataset].monthly:
        return dataset
    if dataset in PARENTS:
        parents, field = PARENTS[dataset]
        days = {parent["id"]: parent[DAY_FIELDS[parents]] for parent in example.rows_of(parents)}
        return f"{dataset}/{days[row[field]][:7]}"
    return f"{dataset}/{row[DAY_FIELDS[dataset]][:7]}"


def with_left_out(row: Row, dataset: str, left_out: list[Row]) -> Row:
    values = {item["Field"]: item["Value"] for item in left_out if item["Dataset"] == dataset}
    return {name: row["id"] if value == "the id" else value for name, value in values.items()} | row


def set_apart(example: Example, dataset: str, row: Row) -> Row:
    """The row with an entity and a customer of the example's own."""
    own = {"customer_id": f"{example.key}_{row['customer_id']}"} if "customer_id" in row else {}
    if dataset == "invoices":
        own["entity_id"] = example.entity(row.get("entity_id", "default"))
    return row | own


def block(folder: str, rows: list[Row]) -> str:
    header = list(dict.fromkeys(name for row in rows for name in row))
    lines = (" | ".join(row.get(name, "") for name in header) for row in rows)
    return "\n".join([folder, " | ".join(header), *lines])


def policy_of(examples: Iterable[Example], steps: Sequence[str] = ()) -> dict[str, object]:
    """The policy under which each example has its settings: a version for the days of its documents."""
    examples = list(examples)
    of_day: dict[dt.date, dict[str, str]] = {}
    for example in examples:
        for document in (row for dataset in DATED_DOCUMENTS for row in example.rows_of(dataset)):
            day = dt.date.fromisoformat(document["accounting_date"])
            settings = example.settings_on(day, steps)
            assert of_day.setdefault(day, settings) == settings, f"{example.name}: another policy on {day}"
    changes = {day: settings for day, settings in of_day.items() if settings}
    ends: dict[dt.date, dict[str, str]] = {day + DAY: {} for day in changes if day + DAY not in changes}
    versions = [{"effective_from": day, **settings} for day, settings in {**ends, **changes}.items()]
    return {
        "entities": {
            "default": {"name": "Accruals"},
            **{entity: {"name": example.name} for example in examples for entity in sorted(example.entities)},
        },
        "versions": [{"effective_from": EPOCH}, *versions],
        "exports": {name: {"enabled": False} for name in ("xero", "quickbooks", "netsuite", "close_pack")},
    }
