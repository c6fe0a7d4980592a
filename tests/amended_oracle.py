"""What credit notes, voids and releases do to one obligation: the rules of SPEC 1, 2 and 4, day by day in plain Python.

Slow on purpose, and sharing nothing with `revrec` but the names of the strategies: integers, exact fractions and lists
of days. Months of straight-line amounts come from the oracle of the tests of that method.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from tests.revrec.test_straight_line import Line
from tests.revrec.test_straight_line import oracle as straight_line_months

# Days of one month and what each earns, the zero ones included.
Piece = list[tuple[dt.date, int]]
Moved = tuple[dt.date, str, int, bool]


@dataclass(frozen=True)
class Note:
    """A credit note on a day."""

    day: dt.date
    amount: int
    adjusts: bool


@dataclass(frozen=True)
class Release:
    """What another document releases over some days of one month."""

    first: dt.date
    days: int
    amount: int


@dataclass(frozen=True)
class Amended:
    """An obligation, and all that touches it."""

    amount: int
    accounting: dt.date | None
    start: dt.date
    end: dt.date
    method: str = "STRAIGHT_LINE"
    recognition: dt.date | None = None
    strategy: AllocationStrategy = AllocationStrategy.DAILY_RATE_EVEN_MONTHS
    residue: Residue = Residue.LAST_MONTH
    releases: tuple[Release, ...] = ()
    notes: tuple[Note, ...] = ()
    voided: dt.date | None = None
    floor: dt.date | None = None


def movements(case: Amended) -> Counter[Moved]:
    """Amounts by (day, kind, note, void); zero ones left out."""
    moved: Counter[Moved] = Counter()
    for day, amount in _posted(_earned(case, moved), case.floor):
        if case.accounting is None or day < case.accounting:
            moved[day, "EARNED_UNBILLED", -1, False] += amount
            if case.accounting is not None:
                moved[case.accounting, "BILLED_UNBILLED", -1, False] += amount
        else:
            moved[day, "EARNED_DEFERRED", -1, False] += amount
    if case.accounting is not None:
        unbilled = moved[case.accounting, "BILLED_UNBILLED", -1, False]
        moved[case.accounting, "BILLED_DEFERRED", -1, False] += case.amount - unbilled
    return Counter({key: amount for key, amount in _until_void(case, moved).items() if amount})


def _until_void(case: Amended, moved: Counter[Moved]) -> Counter[Moved]:
    if case.voided is None:
        return moved
    kept = Counter({key: amount for key, amount in moved.items() if key[0] < case.voided})
    for (_, kind, _, _), amount in list(kept.items()):
        kept[case.voided, kind, -1, True] -= amount
    return kept


def _posted(curve: list[Piece], floor: dt.date | None) -> Iterator[tuple[dt.date, int]]:
    for piece in curve:
        for day, amount in piece:
            yield max(day, floor or day), amount


def _earned(case: Amended, moved: Counter[Moved]) -> list[Piece]:
    """The curve behind the floor as the notes leave it; writes down what the notes take back."""
    curve, left, taken = _agreed(case, case.amount, case.start), case.amount, 0
    for number, note in sorted(enumerate(case.notes), key=lambda item: item[1].day):
        day = max(note.day, case.floor or note.day)
        before, since = _side(curve, until=day), _side(curve, since=day)
        recognized = _sum(before) - taken
        if note.adjusts:
            rebuilt = _agreed(case, left - note.amount, case.start)
            from_recognized = recognized - _sum(_side(rebuilt, until=day))
            since = _side(rebuilt, since=day)
        else:
            deferred = left - recognized
            from_deferred = min(note.amount, deferred)
            from_recognized = note.amount - from_deferred
            since = _respread(case, since, deferred, deferred - from_deferred, day)
        moved[day, "BILLED_RECOGNIZED", number, False] -= from_recognized
        moved[day, "BILLED_DEFERRED", number, False] -= note.amount - from_recognized
        curve, left, taken = before + since, left - note.amount, taken + from_recognized
    return curve


def _respread(case: Amended, since: list[Piece], deferred: int, rest: int, day: dt.date) -> list[Piece]:
    if rest == 0:
        return []
    if case.method == "MILESTONE":
        later = [Release(piece[0][0], len(piece), sum(amount for _, amount in piece)) for piece in since]
        return _scaled(later, Fraction(rest, deferred))
    return _agreed(case, rest, max(case.start, day))


def _agreed(case: Amended, amount: int, start: dt.date) -> list[Piece]:
    if case.method == "MILESTONE":
        return _scaled(case.releases, Fraction(amount, case.amount))
    if case.method == "STRAIGHT_LINE":
        months = straight_line_months(Line(amount, start, case.end), case.strategy, case.residue)
        return [_piece(month.first_day, month.days, month.amount) for month in months]
    day = case.end if case.method == "USAGE" else (case.recognition or case.end)
    return [[(day, amount)]]


def _scaled(releases: tuple[Release, ...] | list[Release], share: Fraction) -> list[Piece]:
    pieces, cumulative, earned = [], 0, 0
    for release in releases:
        cumulative += release.amount
        amount = int(cumulative * share) - earned  # int() truncates toward zero
        earned += amount
        pieces.append(_piece(release.first, release.days, amount))
    return pieces


def _piece(first: dt.date, days: int, amount: int) -> Piece:
    daily = int(Fraction(amount, days))
    of_day = [daily] * (days - 1) + [amount - daily * (days - 1)]
    return [(first + dt.timedelta(days=day), earned) for day, earned in enumerate(of_day)]


def _side(curve: list[Piece], since: dt.date = dt.date.min, until: dt.date = dt.date.max) -> list[Piece]:
    """The days from `since` on and before `until`."""
    sides = ([(day, amount) for day, amount in piece if since <= day < until] for piece in curve)
    return [piece for piece in sides if piece]


def _sum(curve: list[Piece]) -> int:
    return sum(amount for piece in curve for _, amount in piece)
