"""Documents that are not invoices, and the invoice lines they bear on, told in as few words as a test needs.

Landed rows are tables of text (`tests.builders.table_rows`): an empty cell is an absent value. What a table leaves out
is the same everywhere: everything is customer `acme`'s, in USD; lines stand on invoice `inv` of 1 January 2025, are of
product `platform` for the year 2025 and are recognized whole.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from revrec import tables
from revrec.amendments import AmendingDocuments, RejectedDocument
from revrec.money import to_minor, to_text
from revrec.policy import Policy
from revrec.schemas import DATASETS, Dataset, FieldType
from tests.builders import table_rows

Cells = Mapping[str, str | None]
Rows = str | Iterable[Cells]

PRODUCTS = {"platform": "STRAIGHT_LINE", "api": "USAGE", "setup": "POINT_IN_TIME", "project": "MILESTONE"}

TWO_LINES = """
line | product  | amount
l1   | platform | 200.00
l2   | api      | 100.00
"""
DEFERRED = {"versions": [{"effective_from": "2020-01-01", "credit_grant_policy": "deferred_until_consumed"}]}
# the line with which grant `g` was bought
PURCHASE: dict[str, str | None] = {
    "line": "p1",
    "grant": "g",
    "kind": "CREDIT_GRANT",
    "method": "CONSUMPTION",
    "amount": "90.00",
}
# fields of the note `cn`: it is for the invoice of these lines
FOR_INV: dict[str, Cells] = {"cn": {"invoice_id": "inv"}}

_COLUMNS = {
    "line": "invoice_line_item_id",
    "invoice": "invoice_id",
    "product": "product_id",
    "grant": "credit_grant_id",
    "note": "credit_note_id",
    "schedule": "billing_schedule_id",
    "price": "price_id",
}
_DEFAULTS: dict[str, dict[str, str | None]] = {
    "credit_notes": {"status": "SENT", "accounting_date": "2025-03-01", "updated_at": "2025-03-01T00:00:00Z"},
    "credit_note_line_items": {"credit_note_id": "cn", "title": "Credit"},
    "milestones": {"invoice_line_item_id": "l1"},
    "usage": {"product_id": "api", "period_start": "2025-01-01", "period_end": "2025-01-31"},
    "billing_schedules": {
        "product_id": "platform",
        "price_id": "price",
        "amount": "100.00",
        "frequency": "MONTHLY",
        "start_date": "2025-01-01",
        "end_date": "2025-03-31",
        "billing_type": "IN_ARREARS",
    },
    "credit_grants": {"name": "Credits", "amount": "100.00", "effective_date": "2025-01-01"},
    "credit_grant_transactions": {"credit_grant_id": "g", "type": "DEBIT"},
}
_MONTH_FIELDS = {
    "credit_notes": "accounting_date",
    "milestones": "completed_on",
    "usage": "period_end",
    "credit_grant_transactions": "date",
}


def documents(
    *,
    lines: Rows = (),
    note_lines: Rows = (),
    notes: Mapping[str, Cells] | None = None,
    credit_notes: Rows | None = None,
    milestones: Rows = (),
    usage: Rows = (),
    schedules: Rows = (),
    grants: Rows = (),
    transactions: Rows = (),
    rejected: Mapping[str, list[RejectedDocument]] | None = None,
    policy: Mapping[str, Any] | None = None,
    customers: Iterable[str] = ("acme", "globex"),
    file: str = "rows",
) -> AmendingDocuments:
    """What landed, by the month given in a column `month`, else that of the row's own date.

    Args:
        lines: rows of `tables.LINE_ALLOCATIONS`; `amount` is what is allocated, `net` what was invoiced.
        note_lines: their notes follow from them: one per note named, of the lines' sum.
        notes: fields of a note that differ from that, by note id.
        credit_notes: all notes, instead of those that follow from their lines.
        milestones: rows of that dataset; so are the others.
        usage: see `milestones`.
        schedules: billing schedules.
        grants: credit grants.
        transactions: credit grant transactions.
        rejected: see `AmendingDocuments`.
        policy: settings that differ from the defaults.
        customers: ids of the customers that are known.
        file: name of every landed file.
    """
    credit_lines = _rows("credit_note_line_items", note_lines)
    given = _notes(credit_lines, notes or {}) if credit_notes is None else _rows("credit_notes", credit_notes)
    months = {(row["id"], None): row["month"] for row in given}
    for row in credit_lines:
        row.setdefault("month", months.get((row["credit_note_id"], None), "2025-03"))
    return AmendingDocuments(
        credit_notes=_monthly("credit_notes", given, file),
        credit_note_line_items=_monthly("credit_note_line_items", credit_lines, file),
        milestones=_monthly("milestones", _rows("milestones", milestones), file),
        usage=_monthly("usage", _rows("usage", usage), file),
        credit_grant_transactions=_monthly(
            "credit_grant_transactions", _rows("credit_grant_transactions", transactions), file
        ),
        billing_schedules=_reference("billing_schedules", _rows("billing_schedules", schedules), file),
        credit_grants=_reference("credit_grants", _rows("credit_grants", grants), file),
        lines=_lines(lines),
        customers=list(customers),
        products=PRODUCTS,
        rejected=rejected or {},
        policy=Policy.model_validate(policy or {}),
    )


def _rows(dataset: str, given: Rows) -> list[dict[str, str | None]]:
    rows = table_rows(given) if isinstance(given, str) else list(given)
    return [_row(dataset, {_COLUMNS.get(name, name): value for name, value in row.items()}) for row in rows]


def _row(dataset: str, cells: Cells) -> dict[str, str | None]:
    common = {"customer_id": "acme", "currency": "USD"} | _DEFAULTS[dataset]
    row: dict[str, str | None] = {**common, **cells}
    if "amount" in cells and "net_total" in DATASETS[dataset]:
        row["net_total"] = cells["amount"]
    if dataset == "credit_notes":
        row.setdefault("credit_note_number", (row["id"] or "").upper())
    if dataset in _MONTH_FIELDS and not cells.get("month"):
        row["month"] = (row[_MONTH_FIELDS[dataset]] or "")[:7]
    return row


def _notes(lines: list[dict[str, str | None]], overrides: Mapping[str, Cells]) -> list[dict[str, str | None]]:
    ids = dict.fromkeys([*(line["credit_note_id"] or "" for line in lines), *overrides])
    notes = []
    for id_ in ids:
        note = _row("credit_notes", {"id": id_, **overrides.get(id_, {})})
        if "net_total" not in note:
            currency = note["currency"] or ""
            total = sum(to_minor(line["net_total"] or "", currency) for line in lines if line["credit_note_id"] == id_)
            note["net_total"] = to_text(total, currency)
        notes.append(note)
    return notes


def _monthly(dataset: str, rows: list[dict[str, str | None]], file: str) -> dict[str, list[pa.RecordBatch]]:
    months: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    for row in rows:
        months[row["month"] or ""].append(row)
    return {
        month: [_batch(DATASETS[dataset], batch, f"landing/{dataset}/{month}/{file}.csv")]
        for month, batch in months.items()
    }


def _reference(dataset: str, rows: list[dict[str, str | None]], file: str) -> list[pa.RecordBatch]:
    return [_batch(DATASETS[dataset], rows, f"landing/{dataset}/{file}.csv")]


def _batch(dataset: Dataset, rows: list[dict[str, str | None]], file: str) -> pa.RecordBatch:
    typed = [
        {field.column: _typed(field.type, row.get(field.name), row) for field in dataset.fields}
        | {"landed_file": file, "landed_row": place}
        for place, row in enumerate(rows, start=2)
    ]
    return pa.RecordBatch.from_pylist(typed, schema=dataset.lake_schema)


def _typed(kind: FieldType, text: str | None, row: Cells) -> Any:
    if text is None:
        return None
    if kind is FieldType.MONEY:
        return to_minor(text, row["currency"] or "")
    if kind is FieldType.DATE:
        return dt.date.fromisoformat(text)
    return dt.datetime.fromisoformat(text) if kind is FieldType.TIMESTAMP else text


_LINE: dict[str, str | None] = {
    "entity": "default",
    "currency": "USD",
    "customer_id": "acme",
    "product_id": "platform",
    "invoice_id": "inv",
    "invoice_status": "SENT",
    "accounting_date": "2025-01-01",
    "group_id": "g",
    "kind": "CHARGE",
    "disposition": "RECOGNIZED",
    "reason": "",
    "recognition_method": "STRAIGHT_LINE",
    "service_start": "2025-01-01",
    "service_end": "2025-12-31",
    "amount": "0.00",
    "grant_amount": "0.00",
    "landed_file": "landing/invoice_line_items/2025-01/lines.csv",
}
_LINE_COLUMNS = {
    "line": "line_id",
    "invoice": "invoice_id",
    "product": "product_id",
    "method": "recognition_method",
    "status": "invoice_status",
    "date": "accounting_date",
    "start": "service_start",
    "end": "service_end",
    "schedule": "billing_schedule_id",
    "price": "price_id",
    "grant": "credit_grant_id",
    "obligation": "obligation_id",
    "customer": "customer_id",
    "group": "group_id",
}
_LINE_DATES = ("accounting_date", "service_start", "service_end", "recognition_date", "voided_on")


def _lines(given: Rows) -> dict[str, list[pa.RecordBatch]]:
    rows = table_rows(given) if isinstance(given, str) else list(given)
    months: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place, cells in enumerate(rows, start=2):
        row: dict[str, Any] = _LINE | {_LINE_COLUMNS.get(name, name): value for name, value in cells.items()}
        month = row.pop("month", None) or row["accounting_date"][:7]
        months[month].append(_line(row) | {"landed_row": place})
    return {
        month: [pa.RecordBatch.from_pylist(batch, schema=tables.LINE_ALLOCATIONS)] for month, batch in months.items()
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    amount, currency = row.pop("amount"), row["currency"]
    row["allocated_minor"] = to_minor(amount, currency)
    row["net_minor"] = to_minor(row.pop("net", None) or amount, currency)
    row["credit_grant_minor"] = to_minor(row.pop("grant_amount") or "0", currency)
    row.setdefault("invoice_number", row["invoice_id"].upper())
    if row["disposition"] == "RECOGNIZED" and not row.get("obligation_id"):
        row["obligation_id"] = f"{row['invoice_id']}/{row['line_id']}"
    for name in _LINE_DATES:
        row[name] = dt.date.fromisoformat(row[name]) if row.get(name) else None
    return row
