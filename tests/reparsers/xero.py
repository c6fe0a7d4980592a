"""Re-parsers of the two Xero files, written from SPEC 9 and the columns of Xero's own manual journal template.

The import books rows of equal narration and date as one journal. The report is for people, journals told apart by
number.
"""

from collections.abc import Mapping
from itertools import pairwise

from tests.reparsers import generic
from tests.reparsers.rules import (
    DEBIT_NORMAL,
    SPREADSHEET_ROWS,
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
    signed,
)
from tests.reparsers.strict_csv import require

IMPORT_HEADER = (
    *("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"),
    *("TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2"),
)
MOST_LINES = 300


def report_posting(cells: Cells, of: LedgerMonth) -> Posting:
    """A row of the journal report: its sign is that of the account's normal balance."""
    amount = cells["Amount"]
    unsigned = generic.posting({**cells, "Amount": amount.removeprefix("-")}, of)
    increases = (cells["Direction"] == "DEBIT") == (unsigned.line.account in DEBIT_NORMAL)
    require(
        increases != amount.startswith("-"),
        f"{amount} on a {cells['Direction']} of {unsigned.line.account}: wrong sign",
    )
    return unsigned


def import_posting(cells: Cells, of: LedgerMonth) -> Posting:
    """A row of the manual journal import: a debit is positive on every account."""
    narration, date = cells["*Narration"], cells["*Date"]
    require(cells["*TaxRate"] != "", "*TaxRate is blank")
    for category in ("1", "2"):
        name, option = cells[f"TrackingName{category}"], cells[f"TrackingOption{category}"]
        require((name == "") == (option == ""), f"tracking {category} is {name!r} with the option {option!r}")
    line = Line(
        account_of(cells["*AccountCode"], "xero", of), day_of(date, "%d/%m/%Y", of), signed(cells["*Amount"], of)
    )
    return Posting((narration, date), number_in(narration, of), line)


REPORT = Target(
    "xero",
    (*generic.HEADER, generic.XERO_CODE),
    frozenset({"Amount"}),
    report_posting,
    SPREADSHEET_ROWS,
    one_date=False,
)
IMPORT = Target(
    "xero",
    IMPORT_HEADER,
    frozenset({"*Amount"}),
    import_posting,
    MOST_LINES,
    header_counts=False,
    suffix="-import",
)


def reparse_report(files: Mapping[str, bytes], of: LedgerMonth) -> list[Journal]:
    """The journals of the journal report of a ledger and month; see `rebuilt`."""
    return rebuilt(files, of, REPORT)


def reparse_import(files: Mapping[str, bytes], of: LedgerMonth) -> list[Journal]:
    """The journals that Xero makes of the import files of a ledger and month; see `rebuilt`."""
    journals = rebuilt(files, of, IMPORT)
    for journal, following in pairwise(sorted(journals, key=lambda journal: journal.number)):
        # one number under two dates would be a month that is not added up
        require(journal.number != following.number, f"{journal.number} became two journals")
    return journals
