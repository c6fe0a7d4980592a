"""Whether a month's reports tie to the ledger and to each other: the figures of their checks, and of the close gate.

What belongs here: reading the reports as they lie in the lake. What does not: which figures are compared
(`revrec.reports.ties`), computing reports (`assets.monthly_reports`), the checks (`assets.report_checks`).
"""

from dataclasses import dataclass

from assets.locks import Locks
from assets.recognition_ties import Tie
from assets.up_to_date import Places
from resources.workspace import workspace
from revrec.accounting_periods import last_day_of
from revrec.calendar import month_before
from revrec.reports.query import load
from revrec.reports.schemas import REPORTS
from revrec.reports.ties import COMPARISONS, compare, load_balances, opening_and_prior_closing

OPENING = ("roll_forward", "opening_equals_prior_closing")
# Report and name of every comparison.
TIES = (*COMPARISONS, OPENING)


@dataclass(frozen=True)
class ReportTie:
    """One comparison of a month's reports.

    Attributes:
        report: the report that fails it.
        name: of the check.
        tie: the figures, and what must hold of them.
    """

    report: str
    name: str
    tie: Tie


def report_ties(month: str, places: Places) -> list[ReportTie]:
    """Compare a month's reports with the ledger and with each other.

    Raises:
        TableMissingError: a report has not been materialized.
    """
    prior = places.lake.find("roll_forward", month_before(month))
    with workspace() as connection:
        for report, schema in REPORTS.items():
            load(connection, report, places.lake.open(report, month).batches(), schema)
        load_balances(connection, last_day_of(month))
        found = [
            ReportTie(report, name, Tie(compare(connection, each.sql).to_pandas(), each.equal, each.zero))
            for (report, name), each in COMPARISONS.items()
        ]
        opening = opening_and_prior_closing(connection, prior.read() if prior else None)
    return [*found, ReportTie(*OPENING, Tie(opening.to_pandas(), equal=(("opening_minor", "prior_closing_minor"),)))]


def prior_report_is_stale(month: str, places: Places) -> bool:
    """Whether the month before is open and was reported from other documents than this month: then its report, not this
    one, is to be materialized again."""
    before = month_before(month)
    if Locks.of(places.books, places.store).periods.is_closed(before):
        return False
    opened = (places.lake.find("roll_forward", each) for each in (before, month))
    return len({table.metadata["documents"] for table in opened if table is not None}) > 1


def reports_that_differ(month: str, places: Places) -> list[str]:
    """Comparisons that do not hold, for people."""
    return [f"{each.report}: {each.name}" for each in report_ties(month, places) if not each.tie.holds]
