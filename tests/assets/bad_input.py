"""Bad documents of every kind, with what the chain must say of each, and sound ones that they lie among.

What belongs here: the table of cases, and landing them. What does not: running the chain and judging it
(`test_bad_input`), every value that a rule refuses (the tests of the rules).
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from revrec.schemas import DATASETS

MONTH = "2025-02"

# A landed row: its dataset, and its fields.
Row = tuple[str, Mapping[str, str]]

# What a row says that its case is not about. "@" stands for the id of the case.
_UPDATED_AT = "2025-02-01T00:00:00Z"
_DEFAULTS: dict[str, dict[str, str]] = {
    "customers": {"legal_name": "Acme Inc", "updated_at": _UPDATED_AT},
    "products": {"name": "Plan", "recognition_method": "POINT_IN_TIME", "updated_at": _UPDATED_AT},
    "credit_grants": {"name": "Grant", "amount": "100.00", "effective_date": "2025-02-01"},
    "billing_schedules": {"product_id": "plan", "price_id": "@", "amount": "30.00", "frequency": "MONTHLY"}
    | {"start_date": "2025-02-01", "end_date": "2025-04-30", "billing_type": "IN_ARREARS"},
    "invoices": {"invoice_number": "@", "status": "SENT", "accounting_date": "2025-02-01", "net_total": "10.00"},
    "invoice_line_items": {"invoice_id": "@", "group_id": "@", "product_id": "setup", "title": "Line", "kind": "CHARGE"}
    | {"net_total": "10.00"},
    "credit_notes": {"credit_note_number": "@", "invoice_id": "sound", "status": "SENT", "net_total": "10.00"}
    | {"accounting_date": "2025-02-20"},
    "credit_note_line_items": {"credit_note_id": "@", "invoice_line_item_id": "sound_year", "title": "Credit"}
    | {"net_total": "10.00"},
    "milestones": {"invoice_line_item_id": "sound_build", "amount": "10.00", "completed_on": "2025-02-20"},
    "usage": {"product_id": "api", "period_start": "2025-02-01", "period_end": "2025-02-28", "amount": "10.00"},
    "credit_grant_transactions": {"credit_grant_id": "sound", "type": "DEBIT", "amount": "10.00", "date": "2025-02-11"},
}


def row(dataset: str, **fields: str) -> Row:
    """A row that is sound but for these fields."""
    common = {"id": "@", "customer_id": "acme", "currency": "USD", "updated_at": _UPDATED_AT}
    known = {name: value for name, value in common.items() if name in DATASETS[dataset]}
    return dataset, known | _DEFAULTS[dataset] | fields


def invoice(**fields: str) -> Row:
    """An invoice of 10.00."""
    return row("invoices", **fields)


def line(**fields: str) -> Row:
    """The line of that invoice."""
    return row("invoice_line_items", **fields)


def note(**fields: str) -> Row:
    """A credit note of 10.00 on the sound invoice."""
    return row("credit_notes", **fields)


def credit(**fields: str) -> Row:
    """The line of that note."""
    return row("credit_note_line_items", **fields)


_YEAR = {"service_period_start": "2025-02-01", "service_period_end": "2026-01-31"}

SOUND: tuple[Row, ...] = (
    row("customers", id="acme"),
    row("customers", id="bolt", legal_name="Bolt KK"),
    row("products", id="plan", recognition_method="STRAIGHT_LINE"),
    row("products", id="setup"),
    row("products", id="api", recognition_method="USAGE"),
    row("products", id="build", recognition_method="MILESTONE"),
    row("credit_grants", id="sound", expiry_date="2025-12-31"),
    row("credit_grants", id="sound_yen", currency="JPY", amount="100"),
    row("billing_schedules", id="sound"),
    invoice(id="sound", net_total="1590.00"),
    line(id="sound_year", invoice_id="sound", product_id="plan", net_total="1200.00", **_YEAR),
    line(id="sound_setup", invoice_id="sound", net_total="90.00"),
    line(id="sound_build", invoice_id="sound", product_id="build", net_total="300.00"),
    invoice(id="sound_yen", customer_id="bolt", currency="JPY", net_total="90000", accounting_date="2025-02-10"),
    line(id="sound_yen", invoice_id="sound_yen", product_id="plan", net_total="90000", **_YEAR),
    invoice(id="sound_grant", net_total="100.00"),
    line(id="sound_grant", invoice_id="sound_grant", kind="CREDIT_GRANT", net_total="100.00", credit_grant_id="sound"),
    invoice(id="sound_void", status="VOIDED", voided_at="2025-03-05T00:00:00Z"),
    line(id="sound_void", invoice_id="sound_void"),
    note(id="sound", net_total="100.00"),
    credit(id="sound", credit_note_id="sound", net_total="100.00"),
    row("milestones", id="sound", amount="100.00", completed_on="2025-02-15"),
    row("usage", id="sound", amount="25.00"),
    row("credit_grant_transactions", id="sound", amount="40.00", date="2025-02-10"),
)


@dataclass(frozen=True)
class Bad:
    """One kind of bad input.

    Attributes:
        asset: the asset that finds it.
        rows: what landed; all of it stays out.
        field: the field at fault.
        value: its value.
        reason: part of what is said.
        at: place, among the rows, of the one at fault.
        companions: place of each other row that another asset finds, to that asset; to "" where it is sound.
    """

    asset: str
    rows: tuple[Row, ...]
    field: str
    value: str
    reason: str
    at: int = 0
    companions: Mapping[int, str] | None = None

    def found_by(self, place: int) -> str:
        """The asset that puts the row at this place into quarantine; empty for the first of two that are the same."""
        return (self.companions or {}).get(place, self.asset)

    def named(self, id_: str) -> "Bad":
        """The case with its own id for each "@"."""
        rows = tuple(
            (dataset, {name: value.replace("@", id_) for name, value in fields.items()})
            for dataset, fields in self.rows
        )
        return replace(self, rows=rows, value=self.value.replace("@", id_), reason=self.reason.replace("@", id_))


def at_the_door(dataset: str, field: str, value: str, reason: str, **fields: str) -> Bad:
    """A row that is wrong by itself: the raw asset finds it."""
    return Bad(dataset, (row(dataset, **{field: value, **fields}),), field, value, reason)


def bad_invoice(field: str, value: str, reason: str, *lines: Row, **fields: str) -> Bad:
    """An invoice with a fault of its own that takes other rows to see."""
    return Bad("line_allocations", (invoice(**{field: value, **fields}), *(lines or (line(),))), field, value, reason)


def bad_line(field: str, value: str, reason: str, of: Mapping[str, str] | None = None, **fields: str) -> Bad:
    """An invoice with a line at fault."""
    rows = (line(**{field: value, **fields}), invoice(**(of or {})))
    return Bad("line_allocations", rows, field, value, reason)


def bad_note(field: str, value: str, reason: str, *lines: Row, **fields: str) -> Bad:
    """A credit note with a fault of its own that takes other rows to see."""
    return Bad("amendments", (note(**{field: value, **fields}), *(lines or (credit(),))), field, value, reason)


def bad_credit(field: str, value: str, reason: str, of: Mapping[str, str] | None = None, **fields: str) -> Bad:
    """A credit note with a line at fault."""
    return Bad("amendments", (credit(**{field: value, **fields}), note(**(of or {}))), field, value, reason)


def amending(dataset: str, field: str, value: str, reason: str, **fields: str) -> Bad:
    """A document of one row with a fault that takes other rows to see."""
    return Bad("amendments", (row(dataset, **{field: value, **fields}),), field, value, reason)


def land(store: Path, rows: Iterable[Row]) -> list[tuple[str, int]]:
    """Write one CSV file for each dataset, its rows in the order given.

    Returns:
        the file's key and the row's number in it, for each row.
    """
    by_dataset: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    places = []
    for dataset, fields in rows:
        folder = f"landing/{dataset}/" + (f"{MONTH}/" if DATASETS[dataset].monthly else "")
        by_dataset[dataset].append(fields)
        places.append((f"{folder}extract.csv", 1 + len(by_dataset[dataset])))
    for dataset, landed in by_dataset.items():
        path = store / next(key for key, _ in places if key.startswith(f"landing/{dataset}/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [field.name for field in DATASETS[dataset].fields], lineterminator="\n")
            writer.writeheader()
            writer.writerows(landed)
    return places
