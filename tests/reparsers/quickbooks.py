"""Re-parser of the QuickBooks Online journal entry import, written from SPEC 9.

QuickBooks makes one journal entry, with one date, of the rows of one *JournalNo.
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
    *("*JournalNo", "*JournalDate", "*AccountName", "*Debits", "*Credits"),
    *("Description", "Name", "Currency", "Location", "Class"),
)
MOST_ROWS = 1_000
LONGEST_NUMBER = 21


def posting(cells: Cells, of: LedgerMonth) -> Posting:
    number = cells["*JournalNo"]
    require(len(number) <= LONGEST_NUMBER, f"{number!r} has more than {LONGEST_NUMBER} characters")
    require(cells["Currency"] == of.currency, f"the currency {cells['Currency']!r} in the ledger {of.ledger}")
    minor = two_sided(cells["*Debits"], cells["*Credits"], of)
    line = Line(
        account_of(cells["*AccountName"], "quickbooks", of), day_of(cells["*JournalDate"], "%m/%d/%Y", of), minor
    )
    return Posting((number,), number_in(number, of), line)


TARGET = Target("quickbooks", HEADER, frozenset({"*Debits", "*Credits"}), posting, MOST_ROWS)


def reparse(files: Mapping[str, bytes], of: LedgerMonth) -> list[Journal]:
    """The journal entries that QuickBooks makes of the files of a ledger and month; see `rebuilt`."""
    return rebuilt(files, of, TARGET)
