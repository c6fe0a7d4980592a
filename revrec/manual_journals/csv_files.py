"""Files of manual journals, CSV: one row per entry, the journal's fields repeated on each (SPEC 6).

What belongs here: the layout. What does not: the rules of fields and journals (`files.py`, `journal.py`).
"""

import csv
import io
from collections.abc import Sequence

from revrec.manual_journals.files import GivenJournal, checked_journals
from revrec.manual_journals.journal import ManualJournal, ManualJournalError
from revrec.parsing.faults import quoted
from revrec.policy import Policy

_ENTRY_FIELDS = ("direction", "account", "amount")
_OPTIONAL_FIELDS = ("invoice_id", "adjusts")
_JOURNAL_FIELDS = (
    "id",
    "date",
    "entity",
    "currency",
    "customer_id",
    "product_id",
    "invoice_id",
    "narrative",
    "adjusts",
)

# Row number (the header is row 1), and column to cell.
_NumberedRow = tuple[int, dict[str, str]]


def parse_manual_csv(text: str, source: str, prepared_by: str, approved_by: str, policy: Policy) -> list[ManualJournal]:
    """Read manual journals from CSV with a header: rows of equal id are the entries of one journal.

    Columns, in any order: id, date, entity, currency, customer_id, product_id, invoice_id, narrative, adjusts,
    direction, account, amount; invoice_id and adjusts may be left out.

    Args:
        text: The file's text.
        source: Name of the file, for messages.
        prepared_by: Who made the journals.
        approved_by: Who approved them.
        policy: Names the entities.

    Returns:
        The journals in the order of their first rows.

    Raises:
        ManualJournalError: The file cannot be read, or a journal breaks a rule of SPEC 6. All faults are in the one
            error, each with journal, row, field, value and what to do.
    """
    header, rows, faults = _rows(text, source)
    journals: dict[str, list[_NumberedRow]] = {}
    for number, row in rows:
        journals.setdefault(row["id"], []).append((number, row))
    faults += [fault for same in journals.values() for fault in _contradictions(same, header)]
    given = [
        GivenJournal(
            {field: same[0][1][field] for field in _JOURNAL_FIELDS if field in header}
            | {"entries": [{field: row[field] for field in _ENTRY_FIELDS} for _, row in same]},
            [f"row {number}" for number, _ in same],
        )
        for same in journals.values()
    ]
    return checked_journals(given, source, prepared_by, approved_by, policy, faults)


def _rows(text: str, source: str) -> tuple[list[str], list[_NumberedRow], list[str]]:
    """Header, numbered rows that have its width, and what is wrong with the others."""
    try:
        # Spreadsheets put a byte order mark first.
        records = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error as error:
        raise ManualJournalError(source, [f"the file is not CSV ({error}): save it again as CSV"]) from None
    header, *others = records or [[]]
    _check_header(header, source)
    faults = [
        f"row {number} has {len(cells)} cells, the header has {len(header)}: quote cells that hold a comma"
        for number, cells in enumerate(others, start=2)
        if any(cells) and len(cells) != len(header)
    ]
    rows = [
        (number, dict(zip(header, cells, strict=True)))
        for number, cells in enumerate(others, start=2)
        if any(cells) and len(cells) == len(header)
    ]
    return header, rows, faults


def _check_header(header: Sequence[str], source: str) -> None:
    known = (*_JOURNAL_FIELDS, *_ENTRY_FIELDS)
    faults = [
        f"column {field} is missing: add it" for field in known if field not in header and field not in _OPTIONAL_FIELDS
    ]
    faults += [
        f"unknown column {quoted(field)}: remove it or correct its spelling" for field in header if field not in known
    ]
    faults += [
        f"column {field} is given {header.count(field)} times: keep one" for field in known if header.count(field) > 1
    ]
    if faults:
        raise ManualJournalError(source, faults)


def _contradictions(same: Sequence[_NumberedRow], header: Sequence[str]) -> list[str]:
    """What the rows of one journal say differently about it."""
    first, expected = same[0]
    return [
        f"journal {quoted(expected['id'])}: row {number} {field} {quoted(row[field])} differs from "
        f"{quoted(expected[field])} in row {first}: repeat the same on each row of the journal"
        for number, row in same[1:]
        for field in _JOURNAL_FIELDS
        if field in header and row[field] != expected[field]
    ]
