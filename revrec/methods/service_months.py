"""The calendar months that service periods touch.

What belongs here: laying out many service periods month by month, and which of their months are full. What does not:
amounts.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from revrec.arrays import BoolArray, DateArray, Int32Array, Int64Array
from revrec.calendar import days_in_month, days_inclusive, first_day_of_month, last_day_of_month, month_of


# eq=False: comparing dataclasses of arrays raises.
@dataclass(frozen=True, eq=False)
class ServicePeriods:
    """Service periods, both ends inclusive, and the months they touch.

    One row per obligation; in the `touched_*` columns one row per obligation and month, in order.

    A month is full where every day of it is in service, otherwise a part-month; only the first and the last touched
    month can be part-months. A period inside one month has one touched month, full or not.

    Attributes:
        start: datetime64[D], first day of service.
        end: datetime64[D], last day of service.
        months: int64, how many calendar months are touched, at least 1.
        first_row: int64, row of the first touched month in the `touched_*` columns.
        last_row: int64, row of the last touched month.
        touched_obligation: int32, which row of the columns above.
        touched_month: datetime64[M].
        touched_first_day: datetime64[D], first day of service in that month.
        touched_days: int32, days of service in that month.
    """

    start: DateArray
    end: DateArray
    months: Int64Array
    first_row: Int64Array
    last_row: Int64Array
    touched_obligation: Int32Array
    touched_month: DateArray
    touched_first_day: DateArray
    touched_days: Int32Array

    @classmethod
    def lay_out(cls, start: DateArray, end: DateArray) -> Self:
        """Lay periods out month by month.

        Args:
            start: datetime64[D], without NaT.
            end: datetime64[D], without NaT, not before the start.
        """
        first_month = month_of(start)
        months = (month_of(end) - first_month).astype(np.int64) + 1
        last_row = np.cumsum(months) - 1
        first_row = last_row - months + 1
        obligation = np.repeat(np.arange(len(start), dtype=np.int32), months)
        month_in_period = np.arange(len(obligation)) - first_row[obligation]
        month = first_month[obligation] + month_in_period.astype("timedelta64[M]")
        first_day = first_day_of_month(month)
        first_day[first_row] = start
        last_day = last_day_of_month(month)
        last_day[last_row] = end
        days = days_inclusive(first_day, last_day).astype(np.int32)
        return cls(start, end, months, first_row, last_row, obligation, month, first_day, days)

    @property
    def days(self) -> Int64Array:
        """Days in the whole period."""
        return days_inclusive(self.start, self.end)

    @property
    def first_month_days(self) -> Int64Array:
        """Days of service in the first touched month."""
        return self.touched_days[self.first_row].astype(np.int64)

    @property
    def last_month_days(self) -> Int64Array:
        """Days of service in the last touched month."""
        return self.touched_days[self.last_row].astype(np.int64)

    @property
    def first_is_part(self) -> BoolArray:
        """Whether the first touched month is a part-month."""
        return self.first_month_days < days_in_month(self.start)

    @property
    def last_is_part(self) -> BoolArray:
        """Whether the last touched month is a part-month."""
        return self.last_month_days < days_in_month(self.end)
