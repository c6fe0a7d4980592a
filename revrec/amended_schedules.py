"""Amended schedules: movements of obligations that credit notes, voids or releases touch (SPEC 2, 4).

What belongs here: turning amended curves into movements between the four accounts, and reversing voided ones. What does
not: the curves themselves (`revrec.amended_curves`), the rule of billing (`revrec.billing`), journals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from revrec.amended_curves import CreditNotes, Earn, EarningSource, amended_curves
from revrec.arrays import BoolArray, DateArray, Int32Array, Int64Array
from revrec.billing import KINDS, billed_against_earned, one_below_the_other, one_day
from revrec.methods import EarningRuns, ObligationTerms
from revrec.methods.cutting import cut
from revrec.methods.terms import refuse
from revrec.posting_floor import hold_back

__all__ = ["AmendedMovements", "CreditNotes", "Earn", "amended_movements"]


# eq=False: comparing dataclasses of arrays raises.
@dataclass(frozen=True, eq=False)
class AmendedMovements:
    """Movements as runs, in columns of equal length, in order of (obligation, first day, kind, note).

    Attributes:
        runs: signed runs; `obligation` is the index into the terms. No row has a zero amount.
        kind: int32, position in `revrec.accounts.MOVEMENT_KINDS`.
        note: int64, the credit note that the movement belongs to: index into the notes; -1 where none.
        void: whether the movement belongs to the obligation's void.
    """

    runs: EarningRuns
    kind: Int32Array
    note: Int64Array
    void: BoolArray

    def __len__(self) -> int:
        """Number of movements."""
        return len(self.runs)


def amended_movements(
    terms: ObligationTerms,
    earn: Earn,
    releases: EarningRuns,
    released: BoolArray,
    notes: CreditNotes,
    voided_on: DateArray,
    posting_floor: DateArray | None = None,
) -> AmendedMovements:
    """Movements of obligations from their first to their last day, with every note, void and release there is.

    Args:
        terms: the obligations; the accounting date is NaT where nothing bills them yet: then all they earn is unbilled.
        earn: what they earn by their methods.
        releases: what other documents release of them, in order of (obligation, first day); see `EarningSource`.
        released: bool per obligation: earned by `releases`, not by `earn`.
        notes: credit notes on them.
        voided_on: datetime64[D] per obligation: the day from which nothing moves any more and on which everything
            moved before is reversed; NaT where not voided. Voided obligations have no notes.
        posting_floor: datetime64[D] per obligation, the day before which neither earnings nor notes are posted; NaT or
            None where there is none. Notes see the curve behind it: one on the floor day takes nothing off Deferred
            that is earned by then. That is why the floor is better given here than kept by `earn`.

    Raises:
        TermsError: see `amended_curves`; or a voided obligation has notes.

    Source: SPEC 4; ASC 606-10-25-13 (contract modifications).
    """
    voided_note = ~np.isnat(voided_on[notes.obligation])
    refuse(voided_note, "are voided and have a credit note", notes.obligation, notes.date)
    effective = notes.date
    if posting_floor is not None:
        effective = np.fmax(notes.date, posting_floor[notes.obligation])
    source = EarningSource(terms, earn, releases, released)
    earned, from_recognized, from_deferred = amended_curves(source, notes, effective)
    if posting_floor is not None:
        earned = hold_back(earned, posting_floor)
    own = _of_obligations(*billed_against_earned(earned, terms))
    taken_back = [
        _of_notes(notes.obligation, effective, from_deferred, "BILLED_DEFERRED"),
        _of_notes(notes.obligation, effective, from_recognized, "BILLED_RECOGNIZED"),
    ]
    return _in_order(_voided(_together([own, *taken_back]), voided_on))


def _of_obligations(runs: EarningRuns, kind: Int32Array) -> AmendedMovements:
    return AmendedMovements(runs, kind, np.full(len(runs), -1), np.zeros(len(runs), dtype=np.bool_))


def _of_notes(obligation: Int64Array, effective: DateArray, taken_off: Int64Array, kind: str) -> AmendedMovements:
    """What each note takes off the account that this kind credits."""
    moves = np.flatnonzero(taken_off)
    runs = one_day(obligation[moves].astype(np.int32), effective[moves], -taken_off[moves])
    return AmendedMovements(
        runs, np.full(len(moves), KINDS.index(kind), np.int32), moves, np.zeros(len(moves), dtype=np.bool_)
    )


def _voided(movements: AmendedMovements, voided_on: DateArray) -> AmendedMovements:
    """Movements up to the void, and on its day one per kind that reverses what it added up to."""
    if np.isnat(voided_on).all():
        return movements
    runs, _, rows = cut(movements.runs, voided_on)
    standing = AmendedMovements(runs, movements.kind[rows], movements.note[rows], movements.void[rows])
    total = np.zeros((len(voided_on), len(KINDS)), dtype=np.int64)
    np.add.at(total, (runs.obligation, standing.kind), runs.amount_minor)
    obligation, kind = np.nonzero(total * ~np.isnat(voided_on)[:, np.newaxis])
    reversal = AmendedMovements(
        one_day(obligation.astype(np.int32), voided_on[obligation], -total[obligation, kind]),
        kind.astype(np.int32),
        np.full(len(kind), -1),
        np.ones(len(kind), dtype=np.bool_),
    )
    return _together([standing, reversal])


def _together(parts: Sequence[AmendedMovements]) -> AmendedMovements:
    return AmendedMovements(
        one_below_the_other([part.runs for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.note for part in parts]),
        np.concatenate([part.void for part in parts]),
    )


def _in_order(movements: AmendedMovements) -> AmendedMovements:
    order = np.lexsort((movements.note, movements.kind, movements.runs.first_day, movements.runs.obligation))
    return AmendedMovements(
        movements.runs.at(order), movements.kind[order], movements.note[order], movements.void[order]
    )
