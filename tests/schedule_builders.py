"""Amendments and schedules for tests, told in as few words as a test needs.

What belongs here: tables between the obligations and the ledger. What does not: documents and obligations
(`tests.builders`), what is expected of schedules.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec import tables
from revrec.obligations import LOWERING_EFFECTS
from revrec.schedules import recognized_schedules
from tests.builders import Obligation, obligation_batch, table_rows

_AMENDMENT: dict[str, Any] = {
    "event": "CREDIT_NOTE",
    "disposition": "APPLIED",
    "reason": "",
    "obligation_id": "inv/l1",
    "line_id": "l1",
    "entity": "default",
    "currency": "USD",
    "customer_id": "acme",
    "product_id": "platform",
    "invoice_id": "inv",
    "invoice_number": "INV",
    "document_id": "doc",
    "landed_dataset": "credit_note_line_items",
    "landed_file": "notes.csv",
}
_COLUMNS = {
    "row": "row_id",
    "obligation": "obligation_id",
    "line": "line_id",
    "document": "document_id",
    "date": "event_date",
    "amount": "amount_minor",
    "start": "service_start",
    "end": "service_end",
    "method": "recognition_method",
    "floor": "posting_floor",
    "invoice": "invoice_id",
}


def amendments(text: str = "") -> pa.Table:
    """A table of `tables.AMENDMENTS` from a table of text; amounts are minor units.

    What it leaves out is the same everywhere: a credit note on line l1 of invoice inv. Documents are numbered by their
    ids in capitals.
    """
    rows = [
        _AMENDMENT | {_COLUMNS.get(name, name): _value(_COLUMNS.get(name, name), cell) for name, cell in row.items()}
        for row in (table_rows(text) if text.strip() else [])
    ]
    told = [
        {"row_id": f"row_{place}", "document_number": row["document_id"].upper(), "landed_row": place} | row
        for place, row in enumerate(rows, start=2)
    ]
    return pa.Table.from_pylist(told, schema=tables.AMENDMENTS)


def _value(column: str, cell: str | None) -> object:
    if cell is None:
        return "" if column in ("invoice_id", "reason") else None
    kind = tables.AMENDMENTS.field(column).type
    if pa.types.is_date32(kind):
        return dt.date.fromisoformat(cell)
    return int(cell) if pa.types.is_integer(kind) else cell


def scheduled_parts(
    batches: Iterable[pa.RecordBatch], given: pa.Table | None = None
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Obligations with their runs, as `recognized_schedules` yields them; it finds the effects itself."""
    every = list(batches)
    table = pa.Table.from_batches(every, schema=tables.OBLIGATIONS)
    effects = table.filter(pc.is_in(table["effect"], pa.array(LOWERING_EFFECTS)))
    return recognized_schedules(every, effects, given or amendments())


def runs_of(*batches: pa.RecordBatch, given: pa.Table | None = None) -> pa.Table:
    """A table of `tables.RECOGNIZED_SCHEDULES` of all these obligations."""
    parts = (runs for _, runs in scheduled_parts(batches, given))
    return pa.Table.from_batches(parts, schema=tables.RECOGNIZED_SCHEDULES)


def schedules_of(*obligations: Obligation, given: pa.Table | None = None) -> tuple[pa.Table, pa.Table]:
    """Obligations as a table, and their runs."""
    batch = obligation_batch(*obligations)
    return pa.Table.from_batches([batch]), runs_of(batch, given=given)
