"""The generic export: journals as any general ledger or spreadsheet reads them (SPEC 9).

What belongs here: its columns, which other journal reports share, and its caps. What does not: how files are written
(`revrec.exports.files`).
"""

from collections.abc import Callable

import pyarrow as pa

from revrec.accounts import Ledger
from revrec.exports import columns
from revrec.exports.caps import SPREADSHEET_ROWS, Caps
from revrec.exports.layout import AccountTarget, Column, ExportFormat, FileLayout, Sides
from revrec.policy import Policy

# What a journal report is opened with.
SPREADSHEET = Caps("a spreadsheet", rows=SPREADSHEET_ROWS, header_counts=True)


def report_columns(amount: Callable[[Sides], pa.Array], with_xero_code: bool) -> tuple[Column, ...]:
    """Columns of a journal report after journal and date.

    Args:
        amount: cells of the amount, which decide its sign.
        with_xero_code: whether the account's code in Xero is the last column.
    """
    return (
        Column("Narrative", columns.text("narrative")),
        Column("Product name", columns.text("product_name")),
        Column("Customer ID", columns.text("customer_id")),
        Column("Customer name", columns.text("customer_name")),
        Column("Direction", columns.direction),
        Column("Ledger account name", columns.account("name")),
        Column("Amount", amount),
        Column("Invoice ID", columns.text("invoice_id")),
        Column("Invoice number", columns.text("invoice_number")),
        *([Column("Xero ledger account code", columns.account("xero"))] if with_xero_code else []),
    )


def _layouts(policy: Policy, ledger: Ledger) -> tuple[FileLayout, ...]:
    xero = policy.exports.xero.enabled
    accounts: tuple[AccountTarget, ...] = ("name", "xero") if xero else ("name",)
    return (
        FileLayout(
            format="generic",
            ledger=ledger,
            chart=policy.accounts,
            accounts=accounts,
            granularity=policy.exports.generic.granularity,
            journal_header="Journal Number",
            date_header="Date",
            columns=report_columns(columns.amount, with_xero_code=xero),
            caps=SPREADSHEET,
        ),
    )


GENERIC = ExportFormat("generic", enabled=lambda policy: True, layouts=_layouts)
