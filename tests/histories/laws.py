"""The laws that hold of a company's books at any time, whatever has landed and been closed.

What belongs here: what is asserted after every step of a history. What does not: what the history comes to in the end
(`tests.histories.test_histories`).
"""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import accumulate

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


@dataclass
class LockedDays:
    """Remembers what locked days were exported as, and what closed months were kept as."""

    company: Company

    def __post_init__(self) -> None:
        """Start with nothing locked."""
        self._lines: dict[str, tuple[dt.date, Lines]] = {}
        self._files: dict[str, bytes] = {}

    def remember(self) -> None:
        """Take down what is locked now; what no longer is, is forgotten."""
        through = self.company.periods.locked_through
        self._files = {
            month: self._files.get(month) or self.company.file(month) for month in self.company.periods.closed
        }
        known, self._lines = self._lines, {}
        for month in POSTING_MONTHS:
            if through is None or f"{month}-01" > str(through):
                continue
            day = min(through, last_day_of(month))
            if month in known and known[month][0] == day:
                self._lines[month] = known[month]
            else:
                self._lines[month] = (day, self._exported(month, day))

    def assert_unchanged(self) -> None:
        """Lines of locked days and files of closed months are what they were, byte for byte."""
        for month, content in self._files.items():
            assert self.company.file(month) == content, month
        for month, (day, lines) in self._lines.items():
            assert self._exported(month, day) == lines, month

    def _exported(self, month: str, through: dt.date) -> Lines:
        exported = self.company.exported(month)
        kept = {name: [line for line in lines[1:] if line[DATE] <= str(through)] for name, lines in exported.items()}
        # a ledger that begins later has a file of its own, with no line of a locked day
        return {name: lines for name, lines in kept.items() if lines}
