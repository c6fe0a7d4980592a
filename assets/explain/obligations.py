"""Obligations with every document that bears on them, down to the rows that landed.

What belongs here: what the recognition tables and the books know of some obligations. What does not: which obligations
stand behind something (the other modules).
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from assets.amendments import document_months
from assets.explain.explanation import money
from assets.locks import Locks
from assets.up_to_date import Places
from resources.books import RecordedLandedFile
from resources.lake_table import LakeTable

Row = dict[str, Any]


def table_rows(places: Places, table: str, column: str, values: Collection[str]) -> list[Row]:
    """Rows of all document months whose text in a column is one of some."""
    opened = (places.lake.find(table, month) for month in document_months(places.lake))
    return [row for each in opened if each for row in each.read_in(column, values).to_pylist()]


def sealed_obligations(places: Places, column: str, values: Collection[str]) -> list[Row]:
    """Rows of obligations as they were when the last day was locked: of documents that are gone since."""
    locks = Locks.of(places.books, places.store)
    seal = locks.in_force()
    files = [entry.obligations for _, entry in sorted(seal.schedules.items())] if seal else []
    tables = (LakeTable.of_bytes(locks.seals.read(file), file.key) for file in files)
    return [row for table in tables for row in table.read_in(column, values).to_pylist()]


def obligations(ids: Sequence[str], places: Places) -> list[Row]:
    """Obligations with their documents, in the order given; of withdrawn documents what was sealed."""
    rows = table_rows(places, "obligations", "obligation_id", ids)
    missing = set(ids) - {row["obligation_id"] for row in rows}
    withdrawn = sealed_obligations(places, "obligation_id", missing) if missing else []
    amendments = [row for row in table_rows(places, "amendments", "obligation_id", ids) if row["event"] != _CREDIT_NOTE]
    invoices = landed_invoices({row["invoice_id"] for row in rows if row["invoice_id"]}, places)
    files = landed_files(places)
    owned, amending = _by_obligation([*rows, *withdrawn]), _by_obligation(amendments)
    found = []
    for id_ in dict.fromkeys(id_ for id_ in ids if id_ in owned):
        own = owned[id_]
        documents = [landed(_document(row), _landed_as(row, invoices), files) for row in own]
        documents += [landed(_amendment(row), row, files) for row in amending.get(id_, [])]
        for invoice in sorted({row["invoice_id"] for row in own} & invoices.keys()):
            row = invoices[invoice]
            documents.append(landed({"document": f"invoice {row['invoice_number']}"}, row, files))
        found.append({**_terms(own), "withdrawn": id_ in missing, "documents": documents})
    return found


_CREDIT_NOTE = "CREDIT_NOTE"


def _landed_as(row: Row, invoices: dict[str, Row]) -> Row:
    """What an obligation's row landed as: a void, which has the line's row, as the invoice that says so."""
    return invoices.get(row["invoice_id"], row) if row["effect"] == "VOID" else row


def _by_obligation(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["obligation_id"], []).append(row)
    return found


def _terms(rows: list[Row]) -> Row:
    """What the rows of one obligation say together."""
    main = next((row for row in rows if row["effect"] == "OBLIGATION"), rows[0])
    return {
        "obligation_id": main["obligation_id"],
        "customer_id": main["customer_id"],
        "product_id": main["product_id"],
        "invoice": main["invoice_number"],
        "amount": money(main["amount_minor"], main["currency"]),
        "amount_left": money(sum(row["amount_minor"] for row in rows), main["currency"]),
        "method": main["recognition_method"],
        "service_period": f"{main['service_start'] or '-'} to {main['service_end'] or '-'}",
        "accounting_date": str(main["accounting_date"] or "not invoiced"),
        "policy_version": str(main["policy_effective_from"]),
        "allocation_strategy": main["allocation_strategy"],
        "run_id": main["run_id"],
    }


def _document(row: Row) -> Row:
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
        "amount": money(row["amount_minor"], row["currency"]),
    }


def _amendment(row: Row) -> Row:
    return {
        "document": f"{row['event'].lower().replace('_', ' ')} {row['document_id']}, {row['disposition'].lower()}",
        "date": str(row["event_date"]),
        "amount": money(row["amount_minor"], row["currency"]),
    }


def landed_invoices(ids: Collection[str], places: Places) -> dict[str, Row]:
    """Rows of invoices as they landed, by id: the version in force."""
    rows = table_rows(places, "invoices", "id", ids)
    return {row["id"]: row for row in sorted(rows, key=lambda row: row["updated_at"])}


def landed_files(places: Places) -> dict[str, RecordedLandedFile]:
    """What the books know of landed files, by key; of several versions the newest."""
    return {file.object_key: file for file in places.books.landed_files()}


def landed(told: Row, row: Row, files: dict[str, RecordedLandedFile]) -> Row:
    """Something told of a document, with the row it landed as, and when its file was first seen."""
    file = files.get(row["landed_file"])
    return {
        **told,
        "landed_file": row["landed_file"],
        "landed_row": row["landed_row"],
        "landed_at": file.first_seen_at.isoformat() if file else "",
        "sha256": file.sha256 if file else "",
    }
