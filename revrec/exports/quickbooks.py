"""The QuickBooks Online export: the journal entry import (SPEC 9).

What belongs here: its columns and the rules of the import. What does not: how files are written
(`revrec.exports.files`).

The import (Intuit, "Import journal entries"): columns with a star are mandatory; rows of one journal number are one
journal with one date, so that each day of a daily file gets a number of its own; debit or credit stays blank, never
0. The number has at most 21 characters, too few to hold the ledger as well: with two currencies in one company,
QuickBooks' setting "warn if duplicate journal number is used" has to be off.
"""

from revrec.accounts import Ledger
from revrec.exports import columns
from revrec.exports.caps import Caps
from revrec.exports.layout import Column, ExportFormat, FileLayout
from revrec.policy import Policy

_NUMBER_CHARACTERS = 21
_CAPS = Caps("a QuickBooks import", rows=1_000, header_counts=True)


def _layouts(policy: Policy, ledger: Ledger) -> tuple[FileLayout, ...]:
    settings = policy.exports.quickbooks
    return (
        FileLayout(
            format="quickbooks",
            ledger=ledger,
            chart=policy.accounts,
            accounts=("quickbooks",),
            granularity=settings.granularity,
            one_date_per_journal=True,
            journal_header="*JournalNo",
            journal_characters=_NUMBER_CHARACTERS,
            date_header="*JournalDate",
            date_format=settings.date_format,
            columns=(
                Column("*AccountName", columns.account("quickbooks")),
                Column("*Debits", columns.debit_amount),
                Column("*Credits", columns.credit_amount),
                Column("Description", columns.text("narrative")),
                Column("Name", columns.text("customer_name")),
                Column("Currency", columns.constant(ledger.currency)),
                Column("Location", columns.constant("")),
                Column("Class", columns.constant("")),
            ),
            caps=_CAPS,
        ),
    )


QUICKBOOKS = ExportFormat("quickbooks", enabled=lambda policy: policy.exports.quickbooks.enabled, layouts=_layouts)
