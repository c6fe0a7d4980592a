"""`revrec explain`: from a journal, an entry, a document or a row of a report back to the landed rows.

What belongs here: arguments, and which explanation they ask for. What does not: what it holds (`assets.explain`), how
it reads (`revrec_dagster.explanation_text`).
"""

import json
import sys
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from resources import settings
from resources.lake import Lake
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from revrec.calendar import MonthError
from revrec.errors import RevrecError
from revrec_dagster.command_line import FAILED, WRONG_USAGE, PolicyOption, StoreOption, stop, use, wrong_usage

if TYPE_CHECKING:
    from assets.explain import Explanation
    from assets.up_to_date import Places

_SUBJECTS = "--journal, --invoice, --credit-note, --manual-journal or --report"
_Text = str | None


def explain(
    journal: Annotated[_Text, typer.Option("--journal", metavar="NUMBER", help="E.g. RR-202501-000001.")] = None,
    day: Annotated[_Text, typer.Option("--date", metavar="DATE", help="The journal's entries of this day.")] = None,
    invoice: Annotated[_Text, typer.Option("--invoice", metavar="NUMBER", help="Number or id.")] = None,
    credit_note: Annotated[_Text, typer.Option("--credit-note", metavar="NUMBER", help="Number or id.")] = None,
    manual_journal: Annotated[_Text, typer.Option("--manual-journal", metavar="ID")] = None,
    report: Annotated[_Text, typer.Option("--report", metavar="REPORT", help="E.g. deferred_revenue.")] = None,
    month: Annotated[_Text, typer.Option("--month", metavar="YYYY-MM", help="Of the report.")] = None,
    row: Annotated[_Text, typer.Option("--row", metavar="KEY", help="The report's row, e.g. an invoice.")] = None,
    ledger: Annotated[
        _Text, typer.Option("--ledger", metavar="LEDGER", help="E.g. default-USD: each ledger numbers by itself.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, metavar="N", help="Tell of the N largest parts.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Tell what stands behind a journal, an invoice or a report's row: obligations, rules, documents, landed rows."""
    use(store, policy)
    if sum(subject is not None for subject in (journal, invoice, credit_note, manual_journal, report)) != 1:
        stop(f"give one of {_SUBJECTS}", WRONG_USAGE)
    if (report is None) != (month is None) or (report is None) != (row is None):
        stop("--report, --month and --row go together", WRONG_USAGE)
    if day is not None and journal is None:
        stop("--date goes with --journal", WRONG_USAGE)
    if ledger is not None and journal is None and report is None:
        stop("--ledger goes with --journal or --report", WRONG_USAGE)
    on = _date(day)
    with wrong_usage():
        chosen = settings.settings_from()
        object_store = open_store(chosen)
        rules, books = load_policy(chosen.policy, object_store), open_books(chosen)
    from assets import explain as explaining  # Dagster takes seconds to import
    from assets.up_to_date import Places

    places = Places(object_store, Lake(object_store), books, rules)
    try:
        if journal is not None:
            shown = _of_journal(journal, on, ledger, places, most)
        elif report is not None:
            shown = explaining.explain_row(report, month or "", row or "", places, ledger, most)
        elif invoice is not None:
            shown = [explaining.explain_invoice(invoice, places, most)]
        elif credit_note is not None:
            shown = [explaining.explain_credit_note(credit_note, places, most)]
        else:
            shown = [explaining.explain_manual_journal(manual_journal or "", places)]
    except MonthError as error:
        stop(error, WRONG_USAGE)
    except RevrecError as error:
        stop(error, FAILED)
    if as_json:
        sys.stdout.write(json.dumps([asdict(each) for each in shown], indent=1, sort_keys=True) + "\n")
    else:
        from revrec_dagster.explanation_text import show

        show(shown)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        stop(f"--date {text!r} is not a day: write it as YYYY-MM-DD, such as 2025-01-31", WRONG_USAGE)


def _of_journal(number: str, day: date | None, ledger: str | None, places: "Places", most: int) -> "list[Explanation]":
    from assets.explain import explain_journal

    found = explain_journal(number, places, day, most)
    shown = [each for each in found if ledger in (None, each.ledger)]
    if not shown:
        stop(f"ledger {ledger} has no journal {number}: it is in {', '.join(each.ledger for each in found)}", FAILED)
    return shown
