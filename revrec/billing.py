"""Billed against earned: the rule that turns earnings and an invoice's date into movements between accounts (SPEC 1).

What belongs here: the rule, and movements of several kinds as one table. What does not: when amounts are earned
(`revrec.methods`), and what credit notes and voids change (`revrec.amended_schedules`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from revrec.accounts import MOVEMENT_KINDS
from revrec.arrays import BoolArray, DateArray, Int32Array, Int64Array
from revrec.methods.cutting import cut, totals
from revrec.methods.runs import EarningRuns
from revrec.methods.terms import ObligationTerms

KINDS = list(MOVEMENT_KINDS)


def billed_against_earned(earned: EarningRuns, terms: ObligationTerms) -> tuple[EarningRuns, Int32Array]:
    """The billed-against-earned rule (SPEC 1), for any mix of in-advance, in-arrears and everything between.

    Before the accounting date each day's earning is Dr Unbilled / Cr Recognized. On it: Dr Billed A, Cr Unbilled what
    was earned before, Cr Deferred the rest. From it on each day's earning is Dr Deferred / Cr Recognized. What no
    invoice bills (its accounting date is NaT) is never billed: all it earns is unbilled.

    Args:
        earned: earning runs of the obligations.
        terms: the obligations.

    Returns:
        (movements, kinds): runs of movements, and per run the position of its kind in `MOVEMENT_KINDS`.
    """
    accounting = terms.accounting_date
    before, since, _ = cut(earned, accounting)
    earned_before = totals(before, len(terms))
    never_billed = np.isnat(accounting)
    everyone = np.arange(len(terms), dtype=np.int32)
    return together(
        {
            "BILLED_UNBILLED": one_day(everyone, accounting, np.where(never_billed, 0, earned_before)),
            "BILLED_DEFERRED": one_day(
                everyone, accounting, np.where(never_billed, 0, terms.amount_minor - earned_before)
            ),
            "EARNED_UNBILLED": before,
            "EARNED_DEFERRED": since,
        }
    )


def together(movements: Mapping[str, EarningRuns]) -> tuple[EarningRuns, Int32Array]:
    """Movements of several kinds as one table, kind by kind, with the position of each row's kind."""
    kinds = [np.full(len(runs), KINDS.index(kind), np.int32) for kind, runs in movements.items()]
    return one_below_the_other(list(movements.values())), np.concatenate(kinds)


def one_below_the_other(parts: Sequence[EarningRuns]) -> EarningRuns:
    """All rows of the parts, unsorted: other columns beside them can be put together the same way."""
    columns_of = {
        field.name: np.concatenate([getattr(runs, field.name) for runs in parts]) for field in fields(EarningRuns)
    }
    return EarningRuns(**columns_of)


def one_day(obligation: Int32Array, day: DateArray, amount: Int64Array) -> EarningRuns:
    """Runs of one day each; where the amount is zero there is none, and the day may be NaT.

    Args:
        obligation: int32.
        day: datetime64[D].
        amount: int64, signed minor units.
    """
    moves: BoolArray = amount != 0
    moved = amount[moves]
    return EarningRuns(
        obligation=obligation[moves],
        month=day[moves].astype("datetime64[M]"),
        first_day=day[moves],
        days=np.ones(len(moved), dtype=np.int32),
        amount_minor=moved,
        daily_minor=moved,
    )
