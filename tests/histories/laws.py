"""The laws that hold of a company's books at any time, whatever has landed and been closed.

What belongs here: what is asserted after every step of a history. What does not: what the history comes to in the end
(`tests.histories.test_histories`).
"""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import accumulate

from assets.report_ties import report_ties
from revrec.accounting_periods import last_day_of
from tests.histories.company import POSTING_MONTHS, Company
from tests.histories.truth import Moves

Lines = dict[str, list[list[str]]]
# Columns of the generic export.
NUMBER, DATE = 0, 1


def assert_billed_is_earned_deferred_and_unbilled(moves: Moves) -> None:
    """Per obligation at the end of any day, recognized + deferred - unbilled = billed."""
    by_day: dict[str, dict[dt.date, int]] = defaultdict(Counter)
    for (obligation, _, day), amount in moves.items():
        # debits less credits of all four accounts
        by_day[obligation][day] += amount
    for days in by_day.values():
        assert not any(accumulate(amount for _, amount in sorted(days.items())))


def assert_files_balance(company: Company) -> None:
    """What a general ledger gets of each ledger balances by journal and by day, and its numbers have no gaps."""
    for month in POSTING_MONTHS:
        for name, (header, *lines) in company.exported(month).items():
            direction, amount = header.index("Direction"), header.index("Amount")
            totals: Counter[tuple[str, str]] = Counter()
            for line in lines:
                # amounts of a currency have the same decimals: without the point they are minor units
                minor = int(line[amount].replace(".", "")) * (1 if line[direction] == "DEBIT" else -1)
                assert abs(minor) > 0
                totals[line[NUMBER], line[DATE]] += minor
            assert not any(totals.values()), name
            numbers = sorted({number for number, _ in totals})
            assert numbers == [f"RR-{month.replace('-', '')}-{place:06}" for place in range(1, len(numbers) + 1)]


def assert_reports_are_what_was_posted(company: Company, moves: Moves) -> None:
    """The last month's reports tie, and each obligation stands where everything that was posted of it has brought it.

    Args:
        company: whose last month is open, so that it has caught up.
        moves: everything posted.
    """
    month = POSTING_MONTHS[-1]
    company.report(month)
    broken = [f"{each.report}: {each.name}" for each in report_ties(month, company.places) if not each.tie.holds]
    assert broken == []
    posted, reported = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for (obligation, account, _), amount in moves.items():
        posted[obligation, account] += amount if account in ("billed", "unbilled") else -amount
    for row in company.places.lake.open("deferred_revenue", month).read().to_pylist():
        for account, column in REPORTED.items():
            reported[row["obligation_id"], account] += row[column]
    assert {key: amount for key, amount in reported.items() if amount} == {
        key: amount for key, amount in posted.items() if amount
    }


# Account to its column of the deferred revenue report.
REPORTED = {
    "billed": "invoiced_minor",
    "recognized": "recognized_minor",
    "deferred": "remaining_minor",
    "unbilled": "unbilled_minor",
}


@dataclass
class LockedDays:
    """Remembers what locked days were exported as, and what closed months were kept as."""

    company: Company

    def __post_init__(self) -> None:
        """Start with nothing locked."""
        self._lines: dict[str, tuple[dt.date, Lines]] = {}
        self._files: dict[str, bytes] = {}

    def assert_unchanged(self) -> None:
        """Lines of days, and files of months, that have been locked since are what they were, byte for byte."""
        periods = self.company.periods
        for month, content in self._files.items():
            assert month not in periods.closed or self.company.file(month) == content, month
        for month, (day, lines) in self._lines.items():
            assert not periods.is_locked(day) or self._exported(month, day) == lines, month

    def remember(self) -> None:
        """Take down what is locked now."""
        periods = self.company.periods
        self._files = {month: self.company.file(month) for month in periods.closed}
        days = {month: min(periods.locked_through or dt.date.min, last_day_of(month)) for month in POSTING_MONTHS}
        self._lines = {
            month: (day, self._exported(month, day)) for month, day in days.items() if str(day) >= f"{month}-01"
        }

    def _exported(self, month: str, through: dt.date) -> Lines:
        exported = self.company.exported(month)
        kept = {name: [line for line in lines[1:] if line[DATE] <= str(through)] for name, lines in exported.items()}
        # a ledger that begins later has a file of its own, with no line of a locked day
        return {name: lines for name, lines in kept.items() if lines}
