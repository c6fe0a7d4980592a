"""The NetSuite export: journal entries for the CSV Import Assistant (SPEC 9).

What belongs here: its columns and the rules of the import. What does not: how files are written
(`revrec.exports.files`).

The import (Oracle NetSuite help, "Journal Entry CSV Files", "Journal Entry and Intercompany Journal Entry Header
Fields Table", "General CSV File Conventions"): lines of one External ID are one journal with one date, and stand
together; an External ID is unique in the whole account, so it holds the ledger too; an import job takes at most
25,000 records or 50 MB.

Unapproved: the header field Approved, a checkbox that takes TRUE or FALSE. Of FALSE the records browser says that the
entry must be approved before it posts. Approval Status, the other field, exists only where approval workflows are
switched on.

NetSuite takes two decimals and ten digits before them. A currency with three decimals (KWD) is written with all
three, for NetSuite to refuse rather than for revrec to round.
"""

from revrec.accounts import Ledger
from revrec.exports import columns
from revrec.exports.caps import Caps
from revrec.exports.layout import Column, ExportFormat, FileLayout
from revrec.policy import Policy

# Counted as lines and as decimal megabytes, the stricter readings of "25,000 records or 50 MB".
_CAPS = Caps("a NetSuite import", rows=25_000, size_bytes=50_000_000)


def _layouts(policy: Policy, ledger: Ledger) -> tuple[FileLayout, ...]:
    settings = policy.exports.netsuite
    return (
        FileLayout(
            format="netsuite",
            ledger=ledger,
            chart=policy.accounts,
            accounts=("netsuite",),
            granularity=settings.granularity,
            one_date_per_journal=True,
            journal_header="External ID",
            journal_prefix=f"{ledger.key}-",
            date_header="Date",
            date_format=settings.date_format,
            columns=(
                Column("Subsidiary", columns.constant(policy.subsidiary(ledger.entity))),
                Column("Currency", columns.constant(ledger.currency)),
                Column("Account", columns.account("netsuite")),
                Column("Debit", columns.debit_amount),
                Column("Credit", columns.credit_amount),
                Column("Memo", columns.text("narrative")),
                Column("Name", columns.text("customer_name")),
                Column("Approved", columns.constant("FALSE")),
            ),
            caps=_CAPS,
        ),
    )


NETSUITE = ExportFormat("netsuite", enabled=lambda policy: policy.exports.netsuite.enabled, layouts=_layouts)
