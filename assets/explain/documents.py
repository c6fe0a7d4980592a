"""Explaining invoices and credit notes: what follows from them, and why nothing does.

What belongs here: looking a document up where it may be: obligations, exclusions, quarantine, and the seals where it is
gone. What does not: what is told of an obligation (`assets.explain.obligations`).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from assets.amendments import document_months
from assets.explain.explanation import MOST, Explanation, NotExplainedError, money
from assets.explain.obligations import Row, landed, landed_files, obligations, sealed_obligations, table_rows
from assets.selection_names import names_of
from assets.up_to_date import Places
from resources.quarantine import read_quarantine
from revrec.nearest import nearest
from revrec.rejections import Rejection

_WITHDRAWN = (
    "is gone from landing: this is what it was when days were last locked; what it had posted is reversed on the first "
    "open day"
)


class UnknownInvoiceError(NotExplainedError):
    """No invoice has this number or id."""


class UnknownCreditNoteError(NotExplainedError):
    """No credit note has this number or id."""


def explain_invoice(invoice: str, places: Places, most: int = MOST) -> Explanation:
    """What stands behind an invoice, by its number or id: its obligations and every document that bears on them, or why
    it has none: its status, quarantine, or that it was withdrawn.

    Raises:
        UnknownInvoiceError: no invoice is called that; the message names the nearest ones.
    """
    called = {invoice, *(row["id"] for row in _rows(places, "invoices", ("id", "invoice_number"), invoice))}
    allocated = _rows(places, "line_allocations", ("invoice_id", "invoice_number"), invoice)
    rows = _rows(places, "obligations", ("invoice_id", "invoice_number"), invoice)
    quarantined = _quarantined(places, "line_allocations", called, _INVOICE_FIELDS)
    gone = [] if rows or allocated or quarantined else _sealed(places, ("invoice_id", "invoice_number"), invoice)
    excluded = [row for row in allocated if row["disposition"] != "RECOGNIZED"]
    if not (rows or allocated or quarantined or gone):
        if len(called) > 1:
            raise UnknownInvoiceError(f"invoice {invoice} has landed and is not recognized yet: use `revrec run`")
        near = nearest(invoice, names_of("invoices", places))
        raise UnknownInvoiceError(f"no invoice has the number or id {invoice!r}{near}: none landed, none in quarantine")
    return _explanation(
        "invoice", invoice, [*rows, *gone], _lines(excluded, places), quarantined, bool(gone), places, most
    )


def explain_credit_note(note: str, places: Places, most: int = MOST) -> Explanation:
    """What stands behind a credit note, by its number or id: the obligations it lowers, or its own, or why none.

    Raises:
        UnknownCreditNoteError: no credit note is called that; the message names the nearest ones.
    """
    called = {note, *(row["id"] for row in _rows(places, "credit_notes", ("id", "credit_note_number"), note))}
    lines = [
        row
        for row in _rows(places, "amendments", ("document_id", "document_number"), note)
        if row["event"] == "CREDIT_NOTE"
    ]
    rows = _rows(places, "obligations", ("credit_note_id", "credit_note_number"), note)
    quarantined = _quarantined(places, "amendments", called, _NOTE_FIELDS)
    found = rows or lines or quarantined
    gone = [] if found else _sealed(places, ("credit_note_id", "credit_note_number"), note)
    if not (found or gone):
        if len(called) > 1:
            raise UnknownCreditNoteError(f"credit note {note} has landed and is not recognized yet: use `revrec run`")
        near = nearest(note, names_of("credit_notes", places))
        raise UnknownCreditNoteError(
            f"no credit note has the number or id {note!r}{near}: none landed, none in quarantine"
        )
    return _explanation(
        "credit note", note, [*rows, *gone], _lines(lines, places), quarantined, bool(gone), places, most
    )


# Landing datasets, to the fields that name the document.
_INVOICE_FIELDS = {"invoices": ("id", "invoice_number"), "invoice_line_items": ("invoice_id",)}
_NOTE_FIELDS = {"credit_notes": ("id", "credit_note_number"), "credit_note_line_items": ("credit_note_id",)}


def _rows(places: Places, table: str, columns: tuple[str, str], name: str) -> list[Row]:
    """Rows whose id or number is a name, each once."""
    by_id, by_number = (table_rows(places, table, column, [name]) for column in columns)
    return [*by_id, *(row for row in by_number if row[columns[0]] != name)]


def _sealed(places: Places, columns: tuple[str, str], name: str) -> list[Row]:
    by_id, by_number = (sealed_obligations(places, column, [name]) for column in columns)
    return [*by_id, *(row for row in by_number if row[columns[0]] != name)]


def _explanation(
    kind: str,
    subject: str,
    rows: list[Row],
    lines: list[Row],
    quarantined: list[Row],
    withdrawn: bool,
    places: Places,
    most: int,
) -> Explanation:
    ids = _largest(rows)
    return Explanation(
        kind=kind,
        subject=subject,
        status=_status(bool(ids), lines, quarantined, withdrawn),
        lines=lines[:most],
        quarantined=quarantined[:most],
        obligations=obligations(ids[:most], places),
        in_all={"obligations": len(ids), "lines": len(lines), "quarantined": len(quarantined)},
    )


def _largest(rows: Iterable[Row]) -> list[str]:
    """Ids of obligations, that with the largest amount first."""
    largest: dict[str, int] = {}
    for row in rows:
        id_ = row["obligation_id"]
        largest[id_] = max(largest.get(id_, 0), abs(row["amount_minor"]))
    return sorted(largest, key=lambda id_: (-largest[id_], id_))


def _status(recognized: bool, lines: list[Row], quarantined: list[Row], withdrawn: bool) -> str:
    if withdrawn:
        return _WITHDRAWN
    if recognized:
        return ""
    if quarantined:
        return "is in quarantine: nothing of it is recognized"
    reasons = ", ".join(sorted({line["reason"] for line in lines if line["reason"]}))
    return f"nothing of it is recognized: {reasons or 'it has no lines'}"


def _lines(rows: list[Row], places: Places) -> list[Row]:
    """What became of lines, with the rows they landed as."""
    files = landed_files(places) if rows else {}
    return [landed(_line(row), row, files) for row in rows]


def _line(row: Row) -> dict[str, Any]:
    return {
        "line": row.get("row_id") or row["line_id"],
        "amount": money(row["amount_minor"] if "amount_minor" in row else row["net_minor"], row["currency"]),
        "disposition": row["disposition"],
        "reason": row["reason"],
        "obligation_id": row["obligation_id"] or "",
    }


def _quarantined(
    places: Places, computed: str, called: Collection[str], fields: Mapping[str, Collection[str]]
) -> list[dict[str, Any]]:
    """Rejected rows that name the document, each fault once; also those that the computation of a table rejected."""
    found: dict[tuple[object, ...], Rejection] = {}
    for month in document_months(places.lake):
        for name in (*fields, computed):
            for item in read_quarantine(places.store, name, month):
                if any(item.record.get(field) in called for field in fields.get(item.dataset, ())):
                    found.setdefault((item.file, item.row, item.field, item.reason), item)
    return [_rejected(item) for item in found.values()]


def _rejected(item: Rejection) -> dict[str, Any]:
    return {
        "dataset": item.dataset,
        "landed_file": item.file,
        "landed_row": item.row,
        "field": item.field,
        "value": item.value,
        "reason": item.reason,
        "action": item.action,
    }
