"""Resolves every landed document that is not an invoice, over all document months at once.

What belongs here: the order in which the documents are resolved, and the results by month. What does not: any rule
(each kind of document has modules of its own).

The work is relational, so it is done by DuckDB on a connection of the caller, who decides on its memory limit and spill
folder. Only what depends on the documents before it runs in Python, over the few rows concerned.
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.amendments.accruals import resolve_accruals
from revrec.amendments.billed_lines import load_lines
from revrec.amendments.credit_grants import resolve_credit_grants
from revrec.amendments.credit_notes import resolve_credit_notes
from revrec.amendments.documents import AmendingDocuments
from revrec.amendments.milestones import resolve_milestones
from revrec.amendments.results import amendment_rows, home_months, rejected_rows
from revrec.amendments.workspace import Workspace, load
from revrec.rejections import Rejection


class AmendmentResolver:
    """The rows and rejections of every home month.

    Every landed row of the documents comes out exactly once: as rows of `tables.AMENDMENTS`, or as rejections. A credit
    note comes out as its lines. Neither the order of landed rows nor the names of their files change anything.

    The home month of a row is that of the obligation it bears on; else the month it landed in, and of reference data
    the month of its start. Rejections of reference data have the home "".
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, documents: AmendingDocuments) -> None:
        """Resolve the documents.

        Args:
            connection: an empty DuckDB database, for this work alone; open until the last result is read.
            documents: all that landed.
        """
        self._work = Workspace(connection)
        load(self._work, documents)
        load_lines(self._work, documents.lines)
        for resolve in (resolve_credit_notes, resolve_milestones, resolve_accruals, resolve_credit_grants):
            resolve(self._work)

    @property
    def months(self) -> list[str]:
        """Home months that have a row or a rejection, in order."""
        return home_months(self._work)

    def amendments(self, month: str) -> Iterator[pa.RecordBatch]:
        """Batches of `tables.AMENDMENTS` of one home month, ordered by obligation, date, document and row."""
        return amendment_rows(self._work, month)

    def rejections(self, month: str) -> list[Rejection]:
        """Every row that stays out, one rejection per fault; sound rows of a faulty credit note among them."""
        return rejected_rows(self._work, month)
