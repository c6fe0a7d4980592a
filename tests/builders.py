"""Documents, obligations and movements for tests, told in as few words as a test needs.

Landed rows are tables of text: columns separated by |, an empty cell is an absent value. What a table leaves out is the
same everywhere: one invoice of customer `acme` in USD, dated 1 January 2025, with lines of product `platform` for the
year 2025.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from revrec import tables
from revrec.accounts import MOVEMENT_KINDS, Account
from revrec.credit_grant_lines import CreditGrantTerms
from revrec.line_allocations import LineAllocator, MonthDocuments
from revrec.money import to_minor, to_text
from revrec.policy import Policy
from revrec.rejections import Rejection
from revrec.schemas import INVOICE_LINE_ITEMS, INVOICES, Dataset, FieldType

PRODUCTS = {"platform": "STRAIGHT_LINE", "support": "STRAIGHT_LINE", "setup": "POINT_IN_TIME", "api": "USAGE"}
CUSTOMERS = {"acme": "Acme Inc", "globex": "Globex Ltd"}
CREDIT_GRANTS = {"grant": CreditGrantTerms(effective_date=dt.date(2025, 1, 5), currency="USD", customer_id="acme")}

_COLUMNS = {
    "line": "id",
    "invoice": "invoice_id",
    "group": "group_id",
    "product": "product_id",
    "amount": "net_total",
    "list": "list_price",
    "start": "service_period_start",
    "end": "service_period_end",
    "method": "recognition_method",
    "bundle": "bundle_id",
    "ssp": "standalone_selling_price",
    "grant": "credit_grant_id",
    "paid": "credit_grant_amount",
}
_LINE: dict[str, str | None] = {
    "invoice_id": "inv",
    "group_id": "g",
    "product_id": "platform",
    "title": "Line",
    "kind": "CHARGE",
    "service_period_start": "2025-01-01",
    "service_period_end": "2025-12-31",
    "landed_file": "landing/invoice_line_items/2025-01/lines.csv",
}
_INVOICE: dict[str, str | None] = {
    "customer_id": "acme",
    "status": "SENT",
    "currency": "USD",
    "accounting_date": "2025-01-01",
    "updated_at": "2025-01-02T03:04:05Z",
    "landed_file": "landing/invoices/2025-01/invoices.csv",
}


def table_rows(text: str) -> list[dict[str, str | None]]:
    """Rows of a table with a header; None for an empty cell."""
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(header, (cell or None for cell in line), strict=True)) for line in lines]


def policy(**rules: object) -> Policy:
    """The default policy, with these rules in its only version."""
    return Policy.model_validate({"versions": [{"effective_from": "2000-01-01", **rules}]})


def documents(
    lines: str | Iterable[Mapping[str, str | None]],
    *,
    invoices: Mapping[str, Mapping[str, str | None]] | None = None,
    never_landed: Iterable[str] = (),
    rejected_invoices: Mapping[str, str] | None = None,
    rejected_lines: Mapping[str, str] | None = None,
    superseded: Mapping[str, str] | None = None,
    customers: Iterable[str] = CUSTOMERS,
    credit_grants: Mapping[str, CreditGrantTerms] = CREDIT_GRANTS,
) -> MonthDocuments:
    """The documents of January 2025.

    Args:
        lines: table of lines, or its rows.
        invoices: invoice id to the fields in which it is not like all others. Every invoice that a line names is
            landed, with the sum of its lines as its net total.
        never_landed: invoices that are not landed all the same.
        rejected_invoices: see `MonthDocuments`.
        rejected_lines: see `MonthDocuments`.
        superseded: see `MonthDocuments`.
        customers: ids of the customers that are known.
        credit_grants: those that are known.
    """
    given = table_rows(lines) if isinstance(lines, str) else lines
    rows = [_LINE | {_COLUMNS.get(name, name): value for name, value in line.items()} for line in given]
    overrides = {id_: dict(fields) for id_, fields in (invoices or {}).items()}
    named = dict.fromkeys([*(row["invoice_id"] or "" for row in rows), *overrides])
    ids = [id_ for id_ in named if id_ not in never_landed]
    return MonthDocuments(
        month="2025-01",
        invoices=_batches(INVOICES, [_invoice(id_, rows, overrides.get(id_, {})) for id_ in ids]),
        lines=_batches(INVOICE_LINE_ITEMS, rows),
        customers=customers,
        products=PRODUCTS,
        rejected_invoices=rejected_invoices or {},
        rejected_lines=rejected_lines or {},
        superseded=superseded or {},
        credit_grants=credit_grants,
    )


def _invoice(id_: str, lines: list[dict[str, str | None]], override: dict[str, str | None]) -> dict[str, str | None]:
    fields: dict[str, str | None] = {**_INVOICE, "id": id_, "invoice_number": id_.upper(), **override}
    if "net_total" not in fields:
        currency = fields["currency"] or ""
        total = sum(to_minor(line["net_total"] or "", currency) for line in lines if line["invoice_id"] == id_)
        fields["net_total"] = to_text(total, currency)
    return fields


def _batches(dataset: Dataset, rows: list[dict[str, str | None]]) -> list[pa.RecordBatch]:
    typed = [_typed(dataset, row) | {"landed_row": place} for place, row in enumerate(rows, start=2)]
    return [pa.RecordBatch.from_pylist(typed, schema=dataset.lake_schema)]


def _typed(dataset: Dataset, row: Mapping[str, str | None]) -> dict[str, Any]:
    values: dict[str, Any] = {"landed_file": row["landed_file"]}
    for field in dataset.fields:
        text = row.get(field.name)
        values[field.column] = text
        if text is not None and field.type is FieldType.MONEY:
            values[field.column] = to_minor(text, row["currency"] or "")
        elif text is not None and field.type is FieldType.DATE:
            values[field.column] = dt.date.fromisoformat(text)
        elif text is not None and field.type is FieldType.TIMESTAMP:
            values[field.column] = dt.datetime.fromisoformat(text)
    return values


@dataclass(frozen=True)
class Allocated:
    """What became of the lines."""

    batches: list[pa.RecordBatch]
    rejections: list[Rejection]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Rows of `tables.LINE_ALLOCATIONS` by line id; parts of a minimum fee by fee/line that the part covers."""
        rows = [row for batch in self.batches for row in batch.to_pylist()]
        by_line = {_part_of_fee(row) or row["line_id"]: row for row in rows}
        assert len(by_line) == len(rows), "a line was allocated twice"
        return by_line

    @property
    def amounts(self) -> dict[str, str]:
        """What each recognized line ends with, as text."""
        return {
            line: to_text(row["allocated_minor"], row["currency"])
            for line, row in self.rows.items()
            if row["disposition"] == "RECOGNIZED"
        }

    @property
    def faults(self) -> list[tuple[str, str, str, str, str]]:
        """Dataset, id, field, value and reason of each fault; sound rows kept out with their invoice name no field."""
        return [
            (item.dataset, item.record["id"] or "", item.field, item.value, item.reason)
            for item in self.rejections
            if item.field
        ]

    @property
    def reasons(self) -> list[tuple[str, str, str]]:
        """Dataset, id and reason of each rejection."""
        return [(item.dataset, item.record["id"] or "", item.reason) for item in self.rejections]


def _part_of_fee(row: Mapping[str, Any]) -> str | None:
    """Its obligation id without the invoice's."""
    own: str = (row["obligation_id"] or "").removeprefix(f"{row['invoice_id']}/")
    return own if row["disposition"] == "RECOGNIZED" and row["kind"] == "MINIMUM_FEE" else None


def allocate(landed: MonthDocuments, rules: Policy | None = None) -> Allocated:
    """Allocate the lines of a month's documents."""
    with duckdb.connect() as connection:
        allocator = LineAllocator(connection, landed, rules or Policy())
        rejections = allocator.rejections()
        return Allocated(list(allocator.allocations()), rejections)


@dataclass(frozen=True)
class Obligation:
    """One row of `tables.OBLIGATIONS`; dates as text, amount in minor units. A credit note's row names the note."""

    amount: int
    accounting: str | None = "2025-01-01"
    start: str | None = "2025-01-01"
    end: str | None = "2025-12-31"
    method: str = "STRAIGHT_LINE"
    recognition: str | None = None
    id: str = "inv/l1"
    customer: str = "acme"
    product: str = "platform"
    entity: str = "default"
    currency: str = "USD"
    strategy: str = "daily_rate_even_months"
    residue: str = "last_month"
    source: str = "INVOICE"
    effect: str = "OBLIGATION"
    note: str | None = None
    floor: str | None = None

    def row(self, number: int) -> dict[str, Any]:
        """The row under this number."""
        invoice, _, line = self.id.partition("/")
        return {
            "obligation_no": number,
            "obligation_id": self.id,
            "entity": self.entity,
            "currency": self.currency,
            "customer_id": self.customer,
            "product_id": self.product,
            "invoice_id": invoice,
            "invoice_number": invoice.upper(),
            "credit_note_id": self.note,
            "credit_note_number": self.note and self.note.upper(),
            "line_id": line,
            "source": self.source,
            "effect": self.effect,
            "recognition_method": self.method,
            "service_start": _day(self.start),
            "service_end": _day(self.end),
            "recognition_date": _day(self.recognition),
            "accounting_date": _day(self.accounting),
            "posting_floor": _day(self.floor),
            "amount_minor": self.amount,
            "allocation_strategy": self.strategy,
            "residue": self.residue,
            "policy_effective_from": dt.date(2000, 1, 1),
            "run_id": "run",
            "landed_file": "lines.csv",
            "landed_row": number + 2,
        }


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def obligation_batch(*obligations: Obligation, first_no: int = 0) -> pa.RecordBatch:
    """Obligations numbered from `first_no` on."""
    rows = [obligation.row(number) for number, obligation in enumerate(obligations, start=first_no)]
    return pa.RecordBatch.from_pylist(rows, schema=tables.OBLIGATIONS)


@dataclass(frozen=True)
class Movement:
    """One amount on one day; the amount is signed."""

    obligation: int
    day: dt.date
    kind: str
    amount: int


def daily_movements(runs: Iterable[pa.RecordBatch]) -> Iterator[Movement]:
    """Every day of every run of `tables.RECOGNIZED_SCHEDULES`, as its definition says."""
    for row in (row for batch in runs for row in batch.to_pylist()):
        for day in range(row["days"]):
            is_last = day == row["days"] - 1
            amount = row["amount_minor"] - row["daily_minor"] * (row["days"] - 1) if is_last else row["daily_minor"]
            yield Movement(row["obligation_no"], row["first_day"] + dt.timedelta(days=day), row["kind"], amount)


def balances(movements: Iterable[Movement]) -> dict[Account, int]:
    """Debits less credits of each account."""
    totals = dict.fromkeys(Account, 0)
    for movement in movements:
        kind = MOVEMENT_KINDS[movement.kind]
        totals[kind.debit] += movement.amount
        totals[kind.credit] -= movement.amount
    return totals
