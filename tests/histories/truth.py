"""What the landed documents say in the end, computed day by day in plain Python from SPEC 1 to 5.

What belongs here: adding up the movements of obligations (`tests.amended_oracle`) by account and day. What does not:
anything of `revrec`'s kernels, which this is held against.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping

from tests.amended_oracle import Amended, movements
from tests.histories.documents import MILESTONE, Story

# The accounts that each kind of movement debits and credits (SPEC 1, SPEC 4).
_SIDES = {
    "BILLED_UNBILLED": ("billed", "unbilled"),
    "BILLED_DEFERRED": ("billed", "deferred"),
    "BILLED_RECOGNIZED": ("billed", "recognized"),
    "EARNED_UNBILLED": ("unbilled", "recognized"),
    "EARNED_DEFERRED": ("deferred", "recognized"),
}

# (obligation, account, day) to debits less credits of the day; none that are 0
Moves = Mapping[tuple[str, str, dt.date], int]


def true_moves(stories: Iterable[Story]) -> Moves:
    """What every account of every obligation moves by on each day, were nothing ever closed."""
    found: Counter[tuple[str, str, dt.date]] = Counter()
    for story in stories:
        for obligation, case in story.obligations.items():
            for (day, kind, _, _), amount in movements(case).items():
                debit, credit = _SIDES[kind]
                found[obligation, debit, day] += amount
                found[obligation, credit, day] -= amount
    return without_zeros(found)


def from_day(moves: Moves, day: dt.date) -> Moves:
    """Balances at the end of a day, as though they had come about on it, and the moves after it."""
    found: Counter[tuple[str, str, dt.date]] = Counter()
    for (obligation, account, on), amount in moves.items():
        found[obligation, account, max(on, day)] += amount
    return without_zeros(found)


def finished(stories: Iterable[Story]) -> set[str]:
    """Obligations that are billed, and of which all is earned by the end, or that are void."""
    cases = {name: case for story in stories for name, case in story.obligations.items()}
    return {name for name, case in cases.items() if case.accounting is not None and _all_earned(case)}


def _all_earned(case: Amended) -> bool:
    if case.voided is not None or case.method != MILESTONE:
        return True
    return sum(release.amount for release in case.releases) == case.amount


def without_zeros(moves: Counter[tuple[str, str, dt.date]]) -> Moves:
    """Moves that are not 0."""
    return {key: amount for key, amount in moves.items() if amount}
