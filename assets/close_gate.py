"""What has to hold of a month before it closes: all that its blocking checks say, said again (DESIGN, Closing).

What belongs here: the gate. What does not: the figures (`assets.ledger_ties`, `assets.recognition_ties`,
`assets.gl_export_checks`), sealing (`assets.closing`).

A check's past result says nothing about the tables of this moment (FACTS 4), so the figures are computed anew.
"""

from collections.abc import Sequence

from assets.gl_export_checks import files_that_differ
from assets.ledger_ties import require_ties
from assets.locks import Locks
from assets.recognition_ties import (
    documents_accounted_for,
    lines_accounted_for,
    obligations_and_invoices,
    runs_and_obligations,
)
from assets.report_ties import reports_that_differ
from assets.up_to_date import DocumentMonth, Places
from revrec.errors import RevrecError
from revrec.journal_stream import by_ledger, whole_journals
from revrec.reconciliation import ledger_balance


class NotReadyToCloseError(RevrecError, ValueError):
    """A month whose documents, journals, reports or files do not tie: nothing is sealed."""


def require_ready(month: str, documents: Sequence[DocumentMonth], places: Places) -> None:
    """See that a month can be closed.

    Args:
        month: with journals, reports and files written.
        documents: every document month that its journals were posted from.
        places: where all of it is.

    Raises:
        JournalsDoNotTieError: its journals differ from the schedules.
        NotReadyToCloseError: anything else does not tie; the message names it.
    """
    require_posted(month, documents, places)
    untied = reports_that_differ(month, places)
    if untied:
        raise NotReadyToCloseError(
            f"reports of {month} do not tie: {', '.join(untied)}; materialize its reports again, then close"
        )
    differing = files_that_differ(month, places)
    if differing:
        files = ", ".join(files for _, files in differing)
        raise NotReadyToCloseError(
            f"files of {month} differ from its journals: {files}; materialize its exports again, then close"
        )


def require_posted(month: str, documents: Sequence[DocumentMonth], places: Places) -> None:
    """See that days of a month can be locked: all of `require_ready` but its files, which a lock does not seal.

    Raises:
        JournalsDoNotTieError: its journals differ from the schedules.
        NotReadyToCloseError: anything else does not tie; the message names it.
    """
    require_ties(places, month)
    _require_recognized(documents, places)
    if not documents_accounted_for(places.lake, places.store, [document.month for document in documents]).holds:
        raise NotReadyToCloseError(
            f"documents are lost or counted twice (credit notes, milestones, usage or others behind {month}): "
            "materialize the amendments of all months again, then close"
        )
    for ledger, rows in by_ledger(places.lake.open("daily_journals", month).batches()):
        balance = ledger_balance(whole_journals(rows))
        if balance.stretches_minor != balance.days_minor or balance.one_account_rows:
            raise NotReadyToCloseError(
                f"journals of ledger {ledger.key} of {month} do not balance ({balance}): materialize daily_journals of "
                f"{month} again, then close"
            )


def _require_recognized(documents: Sequence[DocumentMonth], places: Places) -> None:
    """Document months that no seal has vouched for: all of their lines, obligations and runs tie."""
    locks = Locks.of(places.books, places.store)
    seal = locks.in_force()
    for document in locks.changed_months(documents, seal)[0] if seal else documents:
        ties = {
            "lines": lines_accounted_for(places.lake, places.store, document.month),
            "obligations": obligations_and_invoices(places.lake, places.store, places.policy, document.month),
            "schedules": runs_and_obligations(places.lake, document.month),
        }
        broken = [name for name, tie in ties.items() if not tie.holds]
        if broken:
            raise NotReadyToCloseError(
                f"{' and '.join(broken)} of document month {document.month} do not tie: materialize its recognition "
                "assets again and look at their checks, then close"
            )
