"""Re-parser of the generic export, written from SPEC 9: the journal number tells journals apart.

The target is any program that reads CSV, a spreadsheet included, so that a file has at most a worksheet's rows.
"""

from collections.abc import Mapping

from tests.reparsers.rules import (
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
    positive,
    rebuilt,
)
from tests.reparsers.strict_csv import require

HEADER = (
    *("Journal Number", "Date", "Narrative", "Product name", "Customer ID", "Customer name", "Direction"),
    *("Ledger account name", "Amount", "Invoice ID", "Invoice number"),
)
# Only where Xero is enabled.
XERO_CODE = "Xero ledger account code"
SIGNS = {"DEBIT": 1, "CREDIT": -1}


def posting(cells: Cells, of: LedgerMonth) -> Posting:
    number = cells["Journal Number"]
    require(number == number_in(number, of), f"{number!r} is more than a journal number")
    direction = cells["Direction"]
    require(direction in SIGNS, f"the direction {direction!r} is neither DEBIT nor CREDIT")
    account = account_of(cells["Ledger account name"], "generic", of)
    if XERO_CODE in cells:
        code = cells[XERO_CODE]
        require(account_of(code, "xero", of) == account, f"{code!r} is another account than {account}")
    minor = positive(cells["Amount"], of) * SIGNS[direction]
    return Posting((number,), number, Line(account, day_of(cells["Date"], "%Y-%m-%d", of), minor))


def reparse(files: Mapping[str, bytes], of: LedgerMonth, xero: bool = True) -> list[Journal]:
    """The journals of the files of a ledger and month; see `rebuilt`.

    Args:
        files: name to content, manifests included.
        of: whose they are.
        xero: whether Xero is enabled.
    """
    header = (*HEADER, XERO_CODE) if xero else HEADER
    target = Target("generic", header, frozenset({"Amount"}), posting, SPREADSHEET_ROWS, one_date=False)
    return rebuilt(files, of, target)
