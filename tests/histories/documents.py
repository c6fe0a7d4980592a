"""Documents that random histories are made of, and what each obligation of theirs comes to.

What belongs here: landing rows, the documents they land in, and the stories that tie documents together: an invoice
with its credit notes, usage with the invoice that takes it over. What does not: drawing stories
(`tests.histories.drawing`), landing them (`tests.histories.company`), what they add up to (`tests.histories.truth`).

A story is sound once all of its documents have landed, in whatever order; what has landed of it so far may be in
quarantine. Every story has a customer of its own, so that no two share an obligation.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tests.amended_oracle import Amended

EXPONENTS = {"USD": 2, "JPY": 0, "KWD": 3}
STRAIGHT_LINE, POINT_IN_TIME, USAGE, MILESTONE = "STRAIGHT_LINE", "POINT_IN_TIME", "USAGE", "MILESTONE"


@dataclass(frozen=True)
class Row:
    """A row to land; `month` is None for reference data."""

    dataset: str
    month: str | None
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Document:
    """Rows that land together."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Story:
    """Documents of one customer.

    Attributes:
        reference: rows that land before everything else.
        documents: land in any order, at any time.
        obligations: id to what the landed documents say of it in the end.
        quarantined: (dataset, id) of rows that end in quarantine.
    """

    reference: tuple[Row, ...]
    documents: tuple[Document, ...]
    obligations: Mapping[str, Amended]
    quarantined: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Line:
    """An invoice line: `amount_minor` net."""

    id: str
    amount_minor: int
    method: str
    start: dt.date
    end: dt.date
    recognition: dt.date | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Invoice:
    """One version of an invoice: the later `version` replaces the earlier."""

    id: str
    customer: str
    currency: str
    date: dt.date
    lines: tuple[Line, ...]
    status: str = "SENT"
    voided: dt.date | None = None
    version: int = 1
    schedule: str = ""

    def header(self) -> Row:
        """The row of `invoices`."""
        return Row(
            "invoices",
            month_of(self.date),
            {
                "id": self.id,
                "invoice_number": f"No {self.id}",
                "customer_id": self.customer,
                "status": self.status,
                "currency": self.currency,
                "accounting_date": str(self.date),
                "billing_schedule_id": self.schedule,
                "voided_at": f"{self.voided}T00:00:00Z" if self.voided else "",
                "net_total": decimal(sum(line.amount_minor for line in self.lines), self.currency),
                "updated_at": updated_at(self.version),
            },
        )

    def rows(self) -> tuple[Row, ...]:
        """The header and its lines."""
        return (self.header(), *(self._line(line) for line in self.lines))

    def _line(self, line: Line) -> Row:
        cells = {
            "id": line.id,
            "invoice_id": self.id,
            "group_id": line.id,
            "product_id": "plan",
            "title": f"Line {line.id}",
            "kind": "CHARGE",
            "net_total": decimal(line.amount_minor, self.currency),
            "service_period_start": str(line.start),
            "service_period_end": str(line.end),
            "recognition_method": line.method,
            "recognition_date": str(line.recognition or ""),
        }
        return Row("invoice_line_items", month_of(self.date), {**cells, **line.more})


def note(
    note_id: str, customer: str, currency: str, date: dt.date, amount_minor: int, cells: Mapping[str, str]
) -> Document:
    """A credit note of one line; `cells` say what it credits."""
    total = decimal(amount_minor, currency)
    header = {
        "id": note_id,
        "credit_note_number": f"No {note_id}",
        "customer_id": customer,
        "status": "SENT",
        "currency": currency,
        "accounting_date": str(date),
        "net_total": total,
        "updated_at": updated_at(1),
    }
    line = {"id": f"{note_id}-1", "credit_note_id": note_id, "title": "Credit", "net_total": total, **cells}
    month = month_of(date)
    return Document((Row("credit_notes", month, header), Row("credit_note_line_items", month, line)))


def milestone(milestone_id: str, line_id: str, date: dt.date, cells: Mapping[str, str]) -> Document:
    """A completion; `cells` give its amount or percentage."""
    row = {"id": milestone_id, "invoice_line_item_id": line_id, "completed_on": str(date), **cells}
    return Document((Row("milestones", month_of(date), row),))


def customer_row(customer: str, version: int = 1) -> Row:
    """A version of a customer's row, each by a name of its own."""
    name = f"Customer {customer} {version}"
    return Row("customers", None, {"id": customer, "legal_name": name, "updated_at": updated_at(version)})


def product_rows() -> tuple[Row, ...]:
    """The products of every story."""
    methods = {"plan": STRAIGHT_LINE, "api": USAGE}
    common = {"updated_at": updated_at(1)}
    return tuple(
        Row("products", None, {"id": product, "name": product.title(), "recognition_method": method, **common})
        for product, method in methods.items()
    )


def month_of(day: dt.date) -> str:
    """E.g. 2025-01."""
    return f"{day:%Y-%m}"


def decimal(amount_minor: int, currency: str) -> str:
    """An amount as it lands."""
    return str(Decimal(amount_minor).scaleb(-EXPONENTS[currency]))


def updated_at(version: int) -> str:
    """Of a version of a document."""
    return f"2024-01-{version:02d}T00:00:00Z"


def in_files(rows: Iterable[Row]) -> dict[str, list[Mapping[str, str]]]:
    """Rows by the folder of landing/ they belong to."""
    folders: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        folders.setdefault("/".join(filter(None, (row.dataset, row.month))), []).append(row.cells)
    return folders
