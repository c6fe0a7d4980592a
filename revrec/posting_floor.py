"""Posting floors: the day before which nothing of an obligation is posted (SPEC 5).

What belongs here: holding earnings back to their floor. What does not: where a floor comes from (the lock method
`accounting_date`; `revrec.amendments`), and what closing a month does.
"""

import numpy as np

from revrec.arrays import DateArray
from revrec.billing import one_day
from revrec.methods.cutting import cut, totals
from revrec.methods.runs import EarningRuns, concat


def hold_back(earned: EarningRuns, floor: DateArray) -> EarningRuns:
    """Earnings of days before the floor, posted on the floor day as one run; the rest stays as it is.

    A run that straddles the floor is cut; what remains of it keeps its daily amount and its last day the remainder.

    Args:
        earned: in order of (obligation, first day).
        floor: datetime64[D] per obligation, the index of `earned.obligation`; NaT where there is none.

    Returns:
        runs in order of (obligation, first day), none of a zero amount, which add up to the same per obligation.

    Source: SPEC 5 (revenue earned before the floor is held back and posted on it).
    """
    has_floor = ~np.isnat(floor)
    floored = has_floor[earned.obligation]
    if not floored.any():
        return earned
    early, late, _ = cut(earned.at(np.flatnonzero(floored)), floor)
    held = np.where(has_floor, totals(early, len(floor)), 0)
    on_floor = one_day(np.arange(len(floor), dtype=np.int32), floor, held)
    return concat([on_floor, late, earned.at(np.flatnonzero(~floored))])
