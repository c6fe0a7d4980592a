"""Explaining: from a journal or an invoice back to obligations, rules, documents and the rows they landed as.

What belongs here: collecting what the tables and the books know. What does not: showing it
(`revrec_dagster.explain_command`), and why days were caught up on (`revrec.corrections`).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from assets.amendments import document_months
from assets.locks import Locks
from assets.up_to_date import Places
from revrec.errors import RevrecError
from revrec.money import to_text

_NUMBER = re.compile(r"RR-(\d{4})(\d{2})-\d{6,}")


class UnknownJournalError(RevrecError, LookupError):
    """No journal has this number."""


class UnknownInvoiceError(RevrecError, LookupError):
    """No invoice has this number or id."""


@dataclass(frozen=True)
class Explanation:
    """What stands behind a journal, or behind an invoice.

    Amounts are decimal texts with their currency, dates ISO 8601; a landed row counts as a person sees its file.

    Attributes:
        subject: the journal number or the invoice.
        ledger: entity and currency, e.g. default-USD; empty for an invoice.
        status: open, locked or closed, and by whom.
        entries: the journal's stretches of days in order.
        obligations: the obligations behind them, with every document that bears on them.
        corrections: why locked days were caught up on, one per catch-up.
        manual_journal: the record of a manual journal.
    """

    subject: str
    ledger: str = ""
    status: str = ""
    entries: list[dict[str, Any]] = field(default_factory=list)
    obligations: list[dict[str, Any]] = field(default_factory=list)
    corrections: list[dict[str, Any]] = field(default_factory=list)
    manual_journal: dict[str, Any] = field(default_factory=dict)


def explain_journal(number: str, places: Places) -> list[Explanation]:
    """What stands behind a journal, once per ledger that has the number.

    Raises:
        UnknownJournalError: no ledger has it.
    """
    match = _NUMBER.fullmatch(number)
    month = f"{match[1]}-{match[2]}" if match else ""
    journals = places.lake.find("daily_journals", month) if match else None
    rows = journals.read_in("journal_number", [number]) if journals else pa.table({})
    if not rows.num_rows:
        raise UnknownJournalError(
            f"journal {number} is not in the lake: numbers look like RR-202501-000001, and a month has its journals "
            "once it was run"
        )
    found = rows.to_pylist()
    return [
        _of_ledger(number, month, [row for row in found if (row["entity"], row["currency"]) == ledger], places)
        for ledger in sorted({(row["entity"], row["currency"]) for row in found})
    ]


def explain_invoice(invoice: str, places: Places) -> Explanation:
    """What stands behind an invoice, by its number or id: its obligations and every document that bears on them.

    Raises:
        UnknownInvoiceError: no invoice is called that.
    """
    columns = ("invoice_id", "invoice_number")
    ids = {row["obligation_id"] for column in columns for row in _rows(places, "obligations", column, [invoice])}
    if not ids:
        raise UnknownInvoiceError(
            f"no obligation follows from an invoice with the number or id {invoice}: look for it in quarantine/, or "
            "among the exclusions of line_allocations"
        )
    return Explanation(subject=f"invoice {invoice}", obligations=_obligations(ids, places))


def _of_ledger(number: str, month: str, rows: list[dict[str, Any]], places: Places) -> Explanation:
    ids = {row["obligation_id"] for row in rows}
    entity, currency = rows[0]["entity"], rows[0]["currency"]
    corrections = places.lake.find("corrections", month)
    caught_up = corrections.read_in("journal_number", [number]).to_pylist() if corrections else []
    own = [row for row in caught_up if (row["entity"], row["currency"]) == (entity, currency)]
    return Explanation(
        subject=number,
        ledger=f"{entity}-{currency}",
        status=_status(month, places),
        entries=[_entry(row) for row in rows],
        obligations=_obligations(ids, places),
        corrections=[_told(row, currency) for row in own],
        manual_journal=_manual_journal(rows[0]["manual_journal_id"], places),
    )


def _status(month: str, places: Places) -> str:
    periods = Locks.of(places.books, places.store).periods
    if periods.is_closed(month):
        return f"{month} is closed, by {periods.closed[month].actor}: the number is final"
    if periods.partial is not None and periods.partial.month == month:
        return f"{month} is locked through {periods.partial.locked_through}, by {periods.partial.actor}"
    return f"{month} is open: the number is provisional"


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    last_day = row["first_day"].toordinal() + row["days"] - 1
    return {
        "first_day": str(row["first_day"]),
        "last_day": str(row["first_day"].fromordinal(last_day)),
        "debit": row["debit_account"],
        "credit": row["credit_account"],
        "amount": f"{to_text(row['amount_minor'], row['currency'])} {row['currency']}",
        "narrative": row["narrative"],
        "source": row["source"],
        "type": row["type"],
        "obligation_id": row["obligation_id"],
        "effective_first_day": str(row["effective_first_day"]),
        "effective_last_day": str(row["effective_last_day"]),
    }


def _rows(places: Places, table: str, column: str, values: Collection[str]) -> list[dict[str, Any]]:
    """Rows of all document months; of withdrawn ones nothing is told."""
    opened = (places.lake.find(table, month) for month in document_months(places.lake))
    return [row for each in opened if each for row in each.read_in(column, values).to_pylist()]


def _obligations(ids: Collection[str], places: Places) -> list[dict[str, Any]]:
    """Obligations with their documents, in order of id."""
    rows = _rows(places, "obligations", "obligation_id", ids)
    amendments = [row for row in _rows(places, "amendments", "obligation_id", ids) if row["event"] != "CREDIT_NOTE"]
    invoices = _landed_invoices({row["invoice_id"] for row in rows if row["invoice_id"]}, places)
    files = {file.object_key: file for file in places.books.landed_files()}
    owned, amending = _by_obligation(rows), _by_obligation(amendments)
    found = []
    for id_, own in sorted(owned.items()):
        documents = [_landed(_document(row), row, files) for row in own]
        documents += [_landed(_amendment(row), row, files) for row in amending.get(id_, [])]
        for invoice in sorted({row["invoice_id"] for row in own} & invoices.keys()):
            landed = invoices[invoice]
            documents.append(_landed({"document": f"invoice {landed['invoice_number']}"}, landed, files))
        found.append({**_terms(own), "documents": documents})
    return found


def _by_obligation(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["obligation_id"], []).append(row)
    return found


def _terms(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the rows of one obligation say together."""
    main = next((row for row in rows if row["effect"] == "OBLIGATION"), rows[0])
    left = sum(row["amount_minor"] for row in rows)
    return {
        "obligation_id": main["obligation_id"],
        "customer_id": main["customer_id"],
        "product_id": main["product_id"],
        "invoice": main["invoice_number"],
        "amount": f"{to_text(main['amount_minor'], main['currency'])} {main['currency']}",
        "amount_left": f"{to_text(left, main['currency'])} {main['currency']}",
        "method": main["recognition_method"],
        "service_period": f"{main['service_start'] or '-'} to {main['service_end'] or '-'}",
        "accounting_date": str(main["accounting_date"] or "not invoiced"),
        "policy_version": str(main["policy_effective_from"]),
        "allocation_strategy": main["allocation_strategy"],
        "run_id": main["run_id"],
    }


def _document(row: dict[str, Any]) -> dict[str, Any]:
    """What an obligation's row is of."""
    what = {
        "OBLIGATION": f"line {row['line_id']}",
        "CANCEL": f"credit note {row['credit_note_number']}, cancelling",
        "ADJUST": f"credit note {row['credit_note_number']}, adjusting",
        "VOID": f"void of invoice {row['invoice_number']}",
    }[row["effect"]]
    return {
        "document": what,
        "date": str(row["accounting_date"] or ""),
        "amount": f"{to_text(row['amount_minor'], row['currency'])} {row['currency']}",
    }


def _amendment(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "document": f"{row['event'].lower().replace('_', ' ')} {row['document_id']}, {row['disposition'].lower()}",
        "date": str(row["event_date"]),
        "amount": f"{to_text(row['amount_minor'], row['currency'])} {row['currency']}",
    }


def _landed_invoices(ids: Collection[str], places: Places) -> dict[str, dict[str, Any]]:
    """Rows of invoices as they landed, by id: the version in force."""
    rows = _rows(places, "invoices", "id", ids)
    return {row["id"]: row for row in sorted(rows, key=lambda row: row["updated_at"])}


def _landed(told: dict[str, Any], row: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    """A document with the row it landed as, and when its file was first seen."""
    file = files.get(row["landed_file"])
    return {
        **told,
        "landed_file": row["landed_file"],
        "landed_row": row["landed_row"],
        "landed_at": file.first_seen_at.isoformat() if file else "",
        "sha256": file.sha256 if file else "",
    }


def _told(row: dict[str, Any], currency: str) -> dict[str, Any]:
    """A correction with texts in place of values."""
    told = {name: str(value) for name, value in row.items() if name != "amount_minor"}
    return {**told, "amount": f"{to_text(row['amount_minor'], currency)} {currency}"}


def _manual_journal(id_: str, places: Places) -> dict[str, Any]:
    for journal in places.books.manual_journals(None, None) if id_ else []:
        if journal.id == id_:
            return {
                name: str(getattr(journal, name))
                for name in ("id", "date", "narrative", "adjusts", "prepared_by", "approved_by", "recorded_at")
            }
    return {}
