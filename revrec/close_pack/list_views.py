"""The tables of a pack that list things: journals, catch-ups, manual journals, checks, export files.

What belongs here: their columns and rows. What does not: reports (`report_views.py`, `month_views.py`).
"""

from collections.abc import Mapping
from typing import Any

from revrec.close_pack.pack import ClosePack
from revrec.close_pack.report_views import amount
from revrec.close_pack.views import (
    MAX_TABLE_ROWS,
    Cell,
    Column,
    Kind,
    Row,
    TableView,
    cell,
    leads_to,
    rows_of,
    total_cells,
)


def journals(pack: ClosePack) -> TableView:
    """Every journal of the month."""
    extract = pack.journals.journals
    columns = [
        Column("Journal", Kind.ID, "journal_number"),
        Column("Customer", Kind.NAME, value=_shared("customer_name", "customers")),
        Column("Product", Kind.NAME, value=_shared("product_name", "products")),
        Column("Invoice", Kind.ID, value=_shared("invoice_number", "invoices")),
        Column("Source", Kind.LABEL, value=_shared("source", "sources")),
        Column("Type", Kind.LABEL, value=_shared("type", "types")),
        amount("Debits = credits", "amount_minor"),
    ]
    return TableView(
        name="journals",
        title="Journals",
        intro="Every journal of the month, debits equal to credits. Open one for its daily entries, and from there the "
        "documents that they follow from.",
        columns=columns,
        rows=rows_of(extract, columns, pack.currency, leads_to(journal="journal_number")),
        total=total_cells(columns, extract.totals, pack.currency, "Total"),
        of=extract.of,
        file=pack.file_of("monthly_journal_report"),
    )


def _shared(name: str, plural: str) -> Any:
    def value(row: Mapping[str, Any]) -> str:
        several: int = row[f"{name}_count"]
        return str(row[name]) if several == 1 else f"({several:,} {plural})"

    return value


def catch_ups(pack: ClosePack) -> TableView:
    """What was posted for locked days, and why."""
    extract = pack.corrections
    columns = [
        Column("Journal", Kind.ID, "journal_number"),
        Column("Date", Kind.DATE, "date"),
        Column("Customer", Kind.NAME, "customer_name"),
        Column("Invoice", Kind.ID, "invoice_number"),
        Column("For", Kind.DATE, value=lambda row: f"{row['period_first_day']} – {row['period_last_day']}"),
        Column("Debit", Kind.LABEL, "debit_account"),
        Column("Credit", Kind.LABEL, "credit_account"),
        amount("Amount", "amount_minor"),
        Column("Cause", Kind.LABEL, "cause"),
        Column("Document", Kind.NAME, "document_id"),
        Column("Landed as", Kind.NAME, value=_landed),
    ]
    return TableView(
        name="catch_ups",
        title="Catch-ups",
        intro="What the books should have said about days that were locked already, posted on the first open day, with "
        "the document that caused it.",
        columns=columns,
        rows=rows_of(extract, columns, pack.currency, leads_to(journal="journal_number", obligation="obligation_id")),
        total=total_cells(columns, extract.totals, pack.currency, "Total"),
        of=extract.of,
        file=pack.file_of("corrections"),
    )


def _landed(row: Mapping[str, Any]) -> str:
    return f"{row['landed_file']}, row {row['landed_row']}" if row["landed_file"] else ""


def manual_journals(pack: ClosePack) -> TableView:
    """What people posted."""
    names = ("Journal", "Date", "Narrative", "Entries", "Prepared by", "Approved by", "Adjusts")
    columns = [Column(name, Kind.DATE if name == "Date" else Kind.NAME) for name in names]
    rows = [
        Row(
            [
                cell(value, column.kind, pack.currency)
                for column, value in zip(
                    columns,
                    (
                        *(journal.id, journal.date, journal.narrative, journal.entries),
                        *(journal.prepared_by, journal.approved_by, journal.adjusts),
                    ),
                    strict=True,
                )
            ],
            {"manual": journal.id},
        )
        for journal in pack.manual_journals
    ]
    return TableView(
        name="manual_journals",
        title="Manual journals",
        intro="Entries that people made, each approved by somebody else.",
        columns=columns,
        rows=rows[:MAX_TABLE_ROWS],
        of=len(rows),
        file=pack.file_of("monthly_journal_report"),
    )


def checks(pack: ClosePack) -> TableView:
    """What was checked, with its figures."""
    columns = [Column("Result", Kind.LABEL), Column("Check", Kind.NAME), Column("Figures", Kind.NAME)]
    return TableView(
        name="checks",
        title="Check results",
        intro="What has to hold of the month before it can be closed.",
        columns=columns,
        rows=[
            Row(
                [
                    Cell(
                        "Passed" if check.passed else "Failed", Kind.LABEL, tone="passed" if check.passed else "failed"
                    ),
                    cell(check.name, Kind.NAME, pack.currency),
                    cell(check.figures, Kind.NAME, pack.currency),
                ]
            )
            for check in pack.checks
        ],
        of=len(pack.checks),
    )


def exports(pack: ClosePack) -> TableView:
    """The files for general ledgers."""
    columns = [
        Column("File", Kind.ID),
        Column("Rows", Kind.COUNT),
        amount("Debits", "debits_minor"),
        amount("Credits", "credits_minor"),
        Column("SHA-256", Kind.NAME),
    ]
    rows = [
        Row(
            [
                cell(value, column.kind, pack.currency)
                for column, value in zip(
                    columns, (each.file, each.rows, each.debits_minor, each.credits_minor, each.sha256), strict=True
                )
            ]
        )
        for each in pack.exports
    ]
    return TableView(
        name="exports",
        title="Files for general ledgers",
        intro="As they were written, with their totals; the hash tells whether a file is still the same.",
        columns=columns,
        rows=rows[:MAX_TABLE_ROWS],
        of=len(rows),
    )
