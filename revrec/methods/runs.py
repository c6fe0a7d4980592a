"""Earning runs: what recognition methods return, one row per obligation and month it earns in.

What belongs here: the run-length encoding of earnings, its daily formula, and moving between runs and days. What does
not: how much a month earns (the recognition methods), and ledger accounts (journals).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from revrec.arrays import DateArray, Int32Array, Int64Array
from revrec.methods.rounding import truncated_quotient


# eq=False: comparing dataclasses of arrays raises; runs are compared column by column.
@dataclass(frozen=True, eq=False)
class EarningRuns:
    """Earnings as stretches of consecutive days inside one month, in columns of equal length.

    Every day of a run earns `daily_minor`, except the last one, which earns what remains (SPEC 2: 90.00 over 31 days is
    30 x 2.90 + 3.00). No row has a zero amount. Rows are in order of (obligation, first day), hence of (obligation,
    month).

    Attributes:
        obligation: int32 index into the arrays that the method was given.
        month: datetime64[M].
        first_day: datetime64[D] in that month.
        days: int32, 1 to 31: consecutive days from `first_day` on, all in that month.
        amount_minor: int64, signed minor units that the run earns.
        daily_minor: int64, signed: amount over days, truncated toward zero.
    """

    obligation: Int32Array
    month: DateArray
    first_day: DateArray
    days: Int32Array
    amount_minor: Int64Array
    daily_minor: Int64Array

    @classmethod
    def of_amounts(
        cls,
        obligation: Int32Array,
        month: DateArray,
        first_day: DateArray,
        days: Int32Array,
        amount_minor: Int64Array,
    ) -> Self:
        """Runs of month amounts, with their daily amounts; zero amounts are left out.

        Args:
            obligation: int32, in order.
            month: datetime64[M], the month of the first day.
            first_day: datetime64[D], in order within an obligation.
            days: int32, positive; first_day + days - 1 is still in the month.
            amount_minor: int64, signed.
        """
        daily_minor = truncated_quotient(amount_minor, days.astype(np.int64))
        runs = cls(obligation, month, first_day, days, amount_minor, daily_minor)
        return runs if amount_minor.all() else runs.at(np.flatnonzero(amount_minor))

    @classmethod
    def none(cls) -> Self:
        """No runs."""
        numbers, day = np.zeros(0, dtype=np.int64), np.zeros(0, dtype="datetime64[D]")
        places = numbers.astype(np.int32)
        return cls(places, day.astype("datetime64[M]"), day, places, numbers, numbers)

    def __len__(self) -> int:
        """Number of runs."""
        return len(self.obligation)

    @property
    def last_day(self) -> DateArray:
        """The last day of each run (datetime64[D])."""
        last_day: DateArray = self.first_day + (self.days - 1).astype("timedelta64[D]")
        return last_day

    @property
    def last_day_minor(self) -> Int64Array:
        """What the last day of each run earns: the month's amount less the days before, in signed minor units."""
        return self.amount_minor - self.daily_minor * (self.days - 1)

    def at(self, rows: npt.NDArray[np.intp]) -> Self:
        """The runs at these row numbers, in this order."""
        return replace(
            self,
            obligation=self.obligation[rows],
            month=self.month[rows],
            first_day=self.first_day[rows],
            days=self.days[rows],
            amount_minor=self.amount_minor[rows],
            daily_minor=self.daily_minor[rows],
        )

    def renumbered(self, obligation_numbers: Int32Array) -> Self:
        """The same runs under other obligation numbers: from a chunk's, or one method's, numbering to the whole's.

        Args:
            obligation_numbers: int32, ascending; the number in the whole of each obligation that the method was given.
        """
        return replace(self, obligation=obligation_numbers[self.obligation])


class DailyEarnings(NamedTuple):
    """Earnings by day: int32 obligation, datetime64[D] day, int64 signed minor units."""

    obligation: Int32Array
    day: DateArray
    amount_minor: Int64Array


def expand_to_days(runs: EarningRuns) -> DailyEarnings:
    """One row per run and day, in the order of the runs.

    A day whose amount is zero has its row too (one cent over a month is earned on its last day): the rows show the days
    in service. About 30 times as many rows as runs: for readers and tests, a few months at a time.
    """
    run = np.repeat(np.arange(len(runs)), runs.days)
    ends = np.cumsum(runs.days, dtype=np.int64)
    day_in_run = np.arange(len(run)) - (ends - runs.days)[run]
    amount_minor = runs.daily_minor[run]
    amount_minor[ends - 1] = runs.last_day_minor
    return DailyEarnings(runs.obligation[run], runs.first_day[run] + day_in_run.astype("timedelta64[D]"), amount_minor)


def concat(parts: Sequence[EarningRuns]) -> EarningRuns:
    """All runs of several parts, in order of (obligation, first day).

    The parts must number their obligations in common (`EarningRuns.renumbered`); they may come in any order, of chunks
    or of methods.

    Args:
        parts: at least one.
    """
    whole = EarningRuns(
        np.concatenate([part.obligation for part in parts]),
        np.concatenate([part.month for part in parts]),
        np.concatenate([part.first_day for part in parts]),
        np.concatenate([part.days for part in parts]),
        np.concatenate([part.amount_minor for part in parts]),
        np.concatenate([part.daily_minor for part in parts]),
    )
    # Chunks that come one after the other, the common case, spare the sort. lexsort is stable: ties stay in the order
    # of the parts.
    return whole if _in_order(whole) else whole.at(np.lexsort((whole.first_day, whole.obligation)))


def _in_order(runs: EarningRuns) -> bool:
    obligation, first_day = runs.obligation, runs.first_day
    later_day = (obligation[1:] == obligation[:-1]) & (first_day[1:] >= first_day[:-1])
    return bool(((obligation[1:] > obligation[:-1]) | later_day).all())
