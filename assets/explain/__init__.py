"""Explaining: from a journal, a document or a row of a report back to obligations, rules, documents and landed rows.

What belongs here: collecting what the tables and the books know. What does not: showing it
(`revrec_dagster.explanation_text`), and why days were caught up on (`revrec.corrections`).
"""

from assets.explain.documents import (
    UnknownCreditNoteError,
    UnknownInvoiceError,
    explain_credit_note,
    explain_invoice,
)
from assets.explain.explanation import MOST, Explanation, NotExplainedError
from assets.explain.journals import (
    UnknownJournalError,
    UnknownManualJournalError,
    explain_journal,
    explain_manual_journal,
)
from assets.explain.report_rows import UnknownReportError, UnknownRowError, explain_row

__all__ = [
    "MOST",
    "Explanation",
    "NotExplainedError",
    "UnknownCreditNoteError",
    "UnknownInvoiceError",
    "UnknownJournalError",
    "UnknownManualJournalError",
    "UnknownReportError",
    "UnknownRowError",
    "explain_credit_note",
    "explain_invoice",
    "explain_journal",
    "explain_manual_journal",
    "explain_row",
]
