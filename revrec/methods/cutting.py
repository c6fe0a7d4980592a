"""Cutting runs at a day, and adding them up.

What belongs here: what happened before a day and what from it on. What does not: why there is a cut (billing, credit
notes, voids and posting floors say so).
"""

from typing import NamedTuple

import numpy as np

from revrec.arrays import BoolArray, DateArray, Int32Array, Int64Array
from revrec.methods.runs import EarningRuns


class Cut(NamedTuple):
    """Both sides of a cut, each in the order of the runs that were cut.

    Attributes:
        before: the part of the runs on days before the cut.
        since: the part on the day of the cut and later.
        before_rows: int64, the row that each run of `before` is a part of.
    """

    before: EarningRuns
    since: EarningRuns
    before_rows: Int64Array


def cut(runs: EarningRuns, day: DateArray) -> Cut:
    """Cut runs at one day per obligation.

    A run that straddles the day becomes two, each of which earns on every day what the whole earned: both keep the
    daily amount, and the last day its remainder.

    Args:
        runs: in any order.
        day: datetime64[D] per obligation; NaT where there is no cut: then all is before.
    """
    day_of_run = day[runs.obligation]
    until_day = np.where(np.isnat(day_of_run), runs.days, (day_of_run - runs.first_day).astype(np.int64))
    days_before = np.clip(until_day, 0, runs.days).astype(np.int32)
    # the last day of a run carries its remainder: only a whole run before the cut earns its whole amount
    amount_before = np.where(days_before == runs.days, runs.amount_minor, runs.daily_minor * days_before)
    before, before_rows = _part(runs, runs.first_day, days_before, amount_before)
    first_day_since = runs.first_day + days_before.astype("timedelta64[D]")
    since, _ = _part(runs, first_day_since, runs.days - days_before, runs.amount_minor - amount_before)
    return Cut(before, since, before_rows)


def _part(
    runs: EarningRuns, first_day: DateArray, days: Int32Array, amount: Int64Array
) -> tuple[EarningRuns, Int64Array]:
    """The part of each run on one side of its cut, and the row it comes from."""
    moves: BoolArray = (days > 0) & (amount != 0)
    part = EarningRuns(
        obligation=runs.obligation[moves],
        month=runs.month[moves],
        first_day=first_day[moves],
        days=days[moves],
        amount_minor=amount[moves],
        daily_minor=runs.daily_minor[moves],
    )
    return part, np.flatnonzero(moves)


def totals(runs: EarningRuns, obligations: int) -> Int64Array:
    """What the runs of each obligation add up to: int64 signed minor units, exact, 0 where there is none.

    Args:
        runs: in any order.
        obligations: how many there are.
    """
    total = np.zeros(obligations, dtype=np.int64)
    np.add.at(total, runs.obligation, runs.amount_minor)
    return total
