"""What a close pack tells of the month's checks: every comparison with its figures, per ledger.

What belongs here: which comparisons a pack tells, and how their figures read. What does not: the comparisons
(`assets.ledger_ties`, `assets.report_ties`, `assets.gl_export_checks`).
"""

import pandas as pd

from assets.gl_export_checks import files_that_differ
from assets.ledger_ties import journals_and_expected
from assets.locks import Locks
from assets.recognition_ties import Tie
from assets.report_ties import OPENING, report_ties
from assets.reports import reported_ledgers
from assets.up_to_date import Places
from revrec.accounts import Ledger
from revrec.calendar import month_before
from revrec.close_pack import TieRow
from revrec.close_pack.amounts import accounting_text

# Columns that say what a row of a comparison is of.
_LABELS = ("account", "level", "dimension")


def checks_of(month: str, places: Places, locks: Locks) -> dict[Ledger, list[TieRow]]:
    """Per ledger that has a trial balance: what its month was compared on, with the figures.

    Opening balances are compared with the report of the month before only where that is closed: the report of an open
    month is of the day it was made on, and a pack says the same whatever was run before.

    Raises:
        TableMissingError: a report has not been materialized.
    """
    journals = journals_and_expected(places, month)
    journals.insert(0, "ledger", journals["entity"] + "-" + journals["currency"])
    compared = {"Daily journals: equal schedules": Tie(journals, equal=(("journals_minor", "runs_minor"),))}
    compared |= {
        f"{_words(each.report).capitalize()}: {_words(each.name)}": each.tie
        for each in report_ties(month, places)
        if (each.report, each.name) != OPENING or locks.periods.is_closed(month_before(month))
    }
    differing = files_that_differ(month, places)
    found = {}
    for ledger in reported_ledgers(places.lake.open("trial_balance", month)):
        rows = {name: _of_ledger(tie, ledger) for name, tie in compared.items()}
        wrong = [files for of, files in differing if of == ledger]
        files = TieRow("Export files: equal report and journals", not wrong, ", ".join(wrong) or "all files agree")
        found[ledger] = [*(TieRow(name, tie.holds, _figures(tie, ledger)) for name, tie in rows.items()), files]
    return found


def _of_ledger(tie: Tie, ledger: Ledger) -> Tie:
    return Tie(tie.frame[tie.frame["ledger"] == ledger.key], tie.equal, tie.zero)


def _figures(tie: Tie, ledger: Ledger) -> str:
    """The two sides of each comparison, a line for each row: one amount where they agree, both where they do not."""
    return "\n".join(_row_figures(row, tie, ledger) for _, row in tie.frame.iterrows()) or "nothing to compare"


def _row_figures(row: "pd.Series[int]", tie: Tie, ledger: Ledger) -> str:
    label = next((f"{_words(str(row[name])).capitalize()}: " for name in _LABELS if name in row.index), "")

    def text(column: str) -> str:
        if pd.isna(row[column]):
            return "missing"
        amount = int(row[column])
        return accounting_text(amount, ledger.currency) if column.endswith("_minor") else f"{amount:,}"

    sides = [
        f"{_words(left)} = {_words(right)} {text(left)}"
        if row[left] == row[right]
        else f"{_words(left)} {text(left)} ≠ {_words(right)} {text(right)}"
        for left, right in tie.equal
    ]
    rest = [f"{_words(column)} {text(column)}" for column in tie.zero]
    return label + ", ".join([*sides, *rest])


def _words(column: str) -> str:
    return column.removesuffix("_minor").replace("_", " ")
