"""The monthly journal report: every journal of a ledger's month, added up to the month (SPEC 7).

What belongs here: its rows, and its columns as a file. What does not: the entries themselves (`revrec.entries`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from revrec import tables
from revrec.accounts import Direction
from revrec.entries import account_index, monthly_entries
from revrec.exports.cells import header_line
from revrec.exports.chart import account_cells
from revrec.journal_stream import whole_journals
from revrec.policy import ChartOfAccounts
from revrec.reports.csv_lines import joined, report_cells, report_header

HEADER = report_header(tables.ENTRIES)


@dataclass
class ReportTotals:
    """What a ledger's report adds up to; filled in while its entries pass by.

    Attributes:
        journals: number of journals.
        debit_minor: sum of debits, in minor units.
        credit_minor: sum of credits, in minor units.
    """

    journals: int = 0
    debit_minor: int = 0
    credit_minor: int = 0

    def watch(self, entries: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass batches of whole journals on and add them up."""
        for batch in entries:
            amounts = batch["amount_minor"]
            is_debit = pc.equal(batch["direction"], Direction.DEBIT.value)
            self.journals += pc.count_distinct(batch["journal_number"]).as_py()
            self.debit_minor += pc.sum(amounts.filter(is_debit)).as_py() or 0
            self.credit_minor += pc.sum(amounts.filter(pc.invert(is_debit))).as_py() or 0
            yield batch


def monthly_report(journals: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Entries of the month, per journal, obligation, account and side.

    Args:
        journals: batches of `tables.DAILY_JOURNALS`.

    Returns:
        batches of `tables.ENTRIES`, each of whole journals, dated the month's last day.
    """
    return (monthly_entries(batch) for batch in whole_journals(journals))


def report_lines(entries: Iterable[pa.RecordBatch], currency: str, chart: ChartOfAccounts) -> Iterator[bytes]:
    """One ledger's report as a CSV file, in chunks: UTF-8, comma, LF, quoted by RFC 4180, nothing a spreadsheet would
    run.

    Args:
        entries: batches of `tables.ENTRIES` of one ledger.
        currency: the ledger's.
        chart: gives the accounts' names.
    """
    yield header_line(HEADER)
    for batch in entries:
        if batch.num_rows:
            yield joined([_cells(batch, name, currency, chart) for name in tables.ENTRIES.names])


def _cells(batch: pa.RecordBatch, name: str, currency: str, chart: ChartOfAccounts) -> pa.Array:
    if name == "account":
        return account_cells(chart, "name", batch["product_id"], account_index(batch["account"]))
    return report_cells(batch, name, currency)
