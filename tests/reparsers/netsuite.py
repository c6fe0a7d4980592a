"""Re-parser of the NetSuite journal entry import, written from SPEC 9.

NetSuite makes one journal entry, with one date, of consecutive lines of one external ID, and takes it for approved
unless told otherwise.
"""

from collections.abc import Mapping

from tests.reparsers.rules import (
    Cells,
    Journal,
    LedgerMonth,
    Line,
    Posting,
    Target,
    account_of,
    day_of,
    number_in,
    rebuilt,
    two_sided,
)
from tests.reparsers.strict_csv import require

HEADER = (
    *("External ID", "Date", "Subsidiary", "Currency", "Account", "Debit", "Credit", "Memo", "Name"),
    "Approved",
)
MOST_RECORDS = 25_000
MOST_BYTES = 50_000_000


def posting(cells: Cells, of: LedgerMonth) -> Posting:
    external_id = cells["External ID"]
    require(cells["Currency"] == of.currency, f"the currency {cells['Currency']!r} in the ledger {of.ledger}")
    require(cells["Subsidiary"] != "", "the subsidiary is blank")
    require(cells["Approved"] == "FALSE", f"approved is {cells['Approved']!r}")
    minor = two_sided(cells["Debit"], cells["Credit"], of)
    line = Line(account_of(cells["Account"], "netsuite", of), day_of(cells["Date"], "%m/%d/%Y", of), minor)
    return Posting((external_id,), number_in(external_id, of), line)


TARGET = Target(
    "netsuite",
    HEADER,
    frozenset({"Debit", "Credit"}),
    posting,
    MOST_RECORDS,
    header_counts=False,
    most_bytes=MOST_BYTES,
)


def reparse(files: Mapping[str, bytes], of: LedgerMonth) -> list[Journal]:
    """The journal entries that NetSuite makes of the files of a ledger and month; see `rebuilt`."""
    return rebuilt(files, of, TARGET)
