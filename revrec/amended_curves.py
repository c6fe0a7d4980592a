"""Amended curves: what obligations earn once credit notes have lowered them (SPEC 4).

What belongs here: applying credit notes to earnings, note after note. What does not: billing and voids
(`revrec.amended_schedules`), which document lowers which obligation (`revrec.amendments`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np

from revrec.arrays import BoolArray, DateArray, Int64Array
from revrec.methods import EarningRuns, ObligationTerms
from revrec.methods.cutting import cut, totals
from revrec.methods.runs import concat
from revrec.methods.scaling import scaled
from revrec.methods.terms import refuse


# eq=False: comparing dataclasses of arrays raises.
@dataclass(frozen=True, eq=False)
class CreditNotes:
    """Credit notes by obligation, in columns of equal length. Per obligation they apply by date, then as given.

    Attributes:
        obligation: int64 index into the terms. Its amount is positive, it has an accounting date and is not voided.
        date: datetime64[D], not before the obligation's accounting date.
        amount_minor: int64, positive: what the note takes off; per obligation never more than is left.
        adjusts: whether the note rebuilds the schedule (`adjust`) rather than spread what is left of it (`cancel`).
    """

    obligation: Int64Array
    date: DateArray
    amount_minor: Int64Array
    adjusts: BoolArray

    def __len__(self) -> int:
        """Number of notes."""
        return len(self.obligation)

    def at(self, rows: Int64Array) -> Self:
        """The notes at these row numbers, in this order."""
        return replace(
            self,
            obligation=self.obligation[rows],
            date=self.date[rows],
            amount_minor=self.amount_minor[rows],
            adjusts=self.adjusts[rows],
        )

    def rounds(self) -> Iterator[Int64Array]:
        """Rows of the first note of every obligation, then of the second, and so on; each in order of obligation."""
        if len(self) == 0:
            return
        order = np.lexsort((self.date, self.obligation))
        obligation = self.obligation[order]
        place = np.arange(len(self)) - np.searchsorted(obligation, obligation)
        by_place = order[np.argsort(place, kind="stable")]
        yield from np.split(by_place, np.cumsum(np.bincount(place))[:-1])


class Earn(Protocol):
    """What obligations earn by themselves, each by its own method and rule."""

    def __call__(self, terms: ObligationTerms, positions: Int64Array, /) -> EarningRuns:
        """Runs in order of (obligation, first day), which number the obligations as the given terms do.

        Args:
            terms: of some obligations, changed if need be.
            positions: int64, which obligations of the whole those are.
        """
        ...


@dataclass(frozen=True, eq=False)
class EarningSource:
    """Where the earnings of obligations come from: their methods, or what other documents release.

    Attributes:
        terms: all obligations, as they were agreed.
        earn: the methods' kernels.
        releases: runs of all obligations, in order of (obligation, first day). What is released of an obligation so
            far is never below 0 and never above its amount (mirrored where that is negative).
        released: which obligations earn by `releases`, and not by `earn`.
    """

    terms: ObligationTerms
    earn: Earn
    releases: EarningRuns
    released: BoolArray

    def __len__(self) -> int:
        """Number of obligations."""
        return len(self.terms)

    def agreed(self) -> EarningRuns:
        """All curves before any note."""
        return concat([self._scheduled(self.terms, np.flatnonzero(~self.released)), self._releases(self.released)])

    def rebuilt(self, positions: Int64Array, amount: Int64Array) -> EarningRuns:
        """Curves of some obligations for other amounts over the original terms.

        Releases keep their share: the cumulative releases x the new amount // the agreed amount.
        """
        chosen = self._chosen(positions)
        terms = replace(self.terms, amount_minor=self._with_amounts(positions, amount))
        shares = scaled(self._releases(chosen & self.released), terms.amount_minor, self.terms.amount_minor)
        return concat([self._scheduled(terms, np.flatnonzero(chosen & ~self.released)), shares])

    def spread(self, positions: Int64Array, rest: Int64Array, day: DateArray) -> EarningRuns:
        """What is left of some scheduled obligations, earned again from a day to the original end.

        A day of recognition, or of usage, stays: something is left only where it is still to come. A period that is
        over has something left only where `earn` holds it back to a later day: its last day stands for it.

        Args:
            positions: which obligations.
            rest: int64 minor units by position.
            day: datetime64[D] per obligation of the whole.
        """
        start, end = self.terms.service_start, self.terms.service_end
        left = replace(
            self.terms,
            amount_minor=self._with_amounts(positions, rest),
            service_start=np.minimum(np.maximum(start, day), end),
        )
        return self._scheduled(left, positions)

    def _scheduled(self, terms: ObligationTerms, positions: Int64Array) -> EarningRuns:
        if len(positions) == 0:
            return EarningRuns.none()
        return self.earn(terms.at(positions), positions).renumbered(positions.astype(np.int32))

    def _releases(self, chosen: BoolArray) -> EarningRuns:
        return self.releases.at(np.flatnonzero(chosen[self.releases.obligation]))

    def _chosen(self, positions: Int64Array) -> BoolArray:
        chosen = np.zeros(len(self), dtype=np.bool_)
        chosen[positions] = True
        return chosen

    def _with_amounts(self, positions: Int64Array, amount: Int64Array) -> Int64Array:
        amounts = self.terms.amount_minor.copy()
        amounts[positions] = amount
        return amounts


class AmendedCurves(NamedTuple):
    """What obligations earn after their credit notes, and what each note takes back when it takes effect.

    Attributes:
        earned: runs of all obligations, in order of (obligation, first day): before a note by the curve that stood
            then, from it on by the amended one.
        from_recognized: int64 per note: what it takes off Recognized. Negative where it gives back.
        from_deferred: int64 per note: what it takes off Deferred; both add up to the note.
    """

    earned: EarningRuns
    from_recognized: Int64Array
    from_deferred: Int64Array


def amended_curves(source: EarningSource, notes: CreditNotes, effective: DateArray) -> AmendedCurves:
    """Apply credit notes in rounds: the first of every obligation, then the second, each on the curve that stands then.

    With R earned before the note's day, C the note, A what is left of the obligation:

    * cancel takes C off the deferred A - R as far as that goes, the excess off R; the deferred rest is earned again
      from that day to the original end.
    * adjust rebuilds the whole curve for A - C over the original terms. What that has earned before the day is R': the
      note takes R - R' off Recognized and the rest off Deferred. From that day on the rebuilt curve holds. Rounding may
      give either the other sign by a unit; an adjust after a cancel may well give revenue back to Deferred.

    Args:
        source: where the earnings of all obligations come from.
        notes: credit notes on them.
        effective: datetime64[D] per note, the day on which it takes effect: its date, or a later posting floor.

    Raises:
        TermsError: a note that cannot apply (see `CreditNotes`).

    Source: SPEC 4; ASC 606-10-25-13 (a): cancel is prospective; (b): adjust is a cumulative catch-up.
    """
    _refuse_unusable(source.terms, notes)
    standing = source.agreed()
    settled = []
    left = source.terms.amount_minor.copy()
    taken_back = np.zeros(len(source), dtype=np.int64)
    from_recognized = np.zeros(len(notes), dtype=np.int64)
    for rows in notes.rounds():
        position = notes.obligation[rows]
        day = np.full(len(source), "NaT", dtype="datetime64[D]")
        day[position] = effective[rows]
        lowered = ~np.isnat(day)
        # what no further note lowers is not gone through again
        settled.append(standing.at(np.flatnonzero(~lowered[standing.obligation])))
        standing = standing.at(np.flatnonzero(lowered[standing.obligation]))
        standing, recognized = _apply(source, notes.at(rows), day, standing, left[position], taken_back[position])
        left[position] -= notes.amount_minor[rows]
        taken_back[position] += recognized
        from_recognized[rows] = recognized
    return AmendedCurves(concat([*settled, standing]), from_recognized, notes.amount_minor - from_recognized)


def _apply(
    source: EarningSource,
    notes: CreditNotes,
    day: DateArray,
    standing: EarningRuns,
    left: Int64Array,
    taken_back: Int64Array,
) -> tuple[EarningRuns, Int64Array]:
    """Apply at most one note per obligation.

    Args:
        source: all obligations.
        notes: those to apply, in order of obligation.
        day: datetime64[D] per obligation of the whole: when its note takes effect; NaT where there is none.
        standing: the curves of their obligations, as earlier notes left them.
        left: by note, the amount of the obligation before it.
        taken_back: by note, what earlier notes took off Recognized.

    Returns:
        (curves, recognized): the amended curves; by note, what it takes off Recognized.
    """
    position, amount, adjusts = notes.obligation, notes.amount_minor, notes.adjusts
    earned = cut(standing, day)
    recognized_so_far = totals(earned.before, len(source))[position] - taken_back
    deferred = left - recognized_so_far

    rebuilt = cut(source.rebuilt(position[adjusts], (left - amount)[adjusts]), day)
    by_rebuilt = totals(rebuilt.before, len(source))[position]
    cancelled_deferred = np.clip(deferred, 0, amount)
    recognized = np.where(adjusts, recognized_so_far - by_rebuilt, amount - cancelled_deferred)

    rest = deferred - cancelled_deferred
    released = source.released[position]
    spreads, shrinks = (np.flatnonzero(~adjusts & (rest != 0) & which) for which in (~released, released))
    spread = source.spread(position[spreads], rest[spreads], day)
    shrunk = _shrunk(earned.since, position[shrinks], rest[shrinks], deferred[shrinks], len(source))
    return concat([earned.before, rebuilt.since, spread, shrunk]), recognized


def _shrunk(
    since: EarningRuns, positions: Int64Array, rest: Int64Array, deferred: Int64Array, obligations: int
) -> EarningRuns:
    """Later releases of some obligations, in proportion to what is left of the deferred amount they would earn."""
    numerator, denominator = np.zeros(obligations, dtype=np.int64), np.ones(obligations, dtype=np.int64)
    # where more is earned than is left both are negative, and equal
    numerator[positions], denominator[positions] = np.abs(rest), np.abs(deferred)
    return scaled(since.at(np.flatnonzero(numerator[since.obligation])), numerator, denominator)


def _refuse_unusable(terms: ObligationTerms, notes: CreditNotes) -> None:
    """The bounds that the rule rests on; such notes are bad input and quarantined on arrival (SPEC 4)."""
    refuse(notes.amount_minor <= 0, "have a credit note that takes nothing off", notes.obligation, notes.amount_minor)
    billed_on = terms.accounting_date[notes.obligation]
    too_early = np.isnat(billed_on) | (notes.date < billed_on)
    refuse(too_early, "have a credit note before they are billed", notes.obligation, notes.date, billed_on)
    noted = np.zeros(len(terms), dtype=np.int64)
    np.add.at(noted, notes.obligation, notes.amount_minor)
    too_much = (noted > 0) & (noted > terms.amount_minor)
    refuse(too_much, "have credit notes of more than their amount", noted, terms.amount_minor)
