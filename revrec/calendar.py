"""Days and months as numpy vectors, and the text keys of months.

What belongs here: month keys, month and day arithmetic, day counts. What does not: today's date and time zones (the
callers say which month is current), and fiscal calendars (months are calendar months throughout, SPEC 2).

Days are `datetime64[D]`, months `datetime64[M]`; every vector function takes either, and scalars too.
"""

import re
from datetime import date

import numpy as np

from revrec.arrays import DateArray, Int64Array
from revrec.errors import RevrecError

# A century including its leap days, beyond any contract: with revrec.money.MAX_AMOUNT_MINOR it keeps every product of
# an amount and a day count inside int64. Longer service periods are bad input.
MAX_SERVICE_DAYS = 36_525

# Partition keys, folder names and settings spell a month this way (SPEC 10). numpy would also read "2025" or
# "2025-01-15" as a month.
MONTH_PATTERN = re.compile(r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])")

MonthLike = str | date | np.datetime64


class MonthError(RevrecError, ValueError):
    """A text or value that is not a calendar month."""

    def __init__(self, value: object) -> None:
        """Name the value."""
        super().__init__(f"{str(value)!r} is not a month: write it as YYYY-MM, such as 2025-01")


def parse_month(text: str) -> np.datetime64:
    """The month of a key such as `2025-01`, as `datetime64[M]`.

    Raises:
        MonthError: the text is not exactly YYYY-MM, or there is no such month.
    """
    if not MONTH_PATTERN.fullmatch(text):
        raise MonthError(text)
    return np.datetime64(text, "M")


def month_key(value: np.datetime64 | date) -> str:
    """The key `YYYY-MM` of the month that a day, timestamp or month lies in.

    Raises:
        MonthError: the value is NaT, or outside the years 0001 to 9999.
    """
    month = value.astype("datetime64[M]") if isinstance(value, np.datetime64) else np.datetime64(value, "M")
    key = str(month)
    if not MONTH_PATTERN.fullmatch(key):
        raise MonthError(value)
    return key


def month_before(month: str) -> str:
    """The month before one, e.g. 2024-12 for 2025-01.

    Raises:
        MonthError: it is not a month.
    """
    return month_key(parse_month(month) - np.timedelta64(1, "M"))


def months_between(first: MonthLike, last: MonthLike) -> list[str]:
    """Keys of all months from `first` to `last`, both inclusive; none where `last` is before `first`.

    Raises:
        MonthError: one of them is not a month.
    """
    start, stop = (parse_month(month if isinstance(month, str) else month_key(month)) for month in (first, last))
    return [str(month) for month in np.arange(start, stop + np.timedelta64(1, "M"))]


def month_of(dates: DateArray) -> DateArray:
    """The calendar month (`datetime64[M]`) of each date."""
    return dates.astype("datetime64[M]")


def first_day_of_month(dates: DateArray) -> DateArray:
    """The first day (`datetime64[D]`) of the month of each date."""
    return month_of(dates).astype("datetime64[D]")


def last_day_of_month(dates: DateArray) -> DateArray:
    """The last day (`datetime64[D]`) of the month of each date."""
    return first_day_of_month(month_of(dates) + np.timedelta64(1, "M")) - np.timedelta64(1, "D")


def days_inclusive(first_days: DateArray, last_days: DateArray) -> Int64Array:
    """Days from first to last, both counted: 1 where they are the same day."""
    return (last_days - first_days).astype(np.int64) + 1


def days_in_month(dates: DateArray) -> Int64Array:
    """Number of days of the month of each date, 28 to 31."""
    return days_inclusive(first_day_of_month(dates), last_day_of_month(dates))


def day_of_month(days: DateArray) -> Int64Array:
    """Day of the month, 1 to 31."""
    return days_inclusive(first_day_of_month(days), days)


def thirty_360_day_of_month(days: DateArray) -> Int64Array:
    """Day of the month in a calendar of 30-day months: day 31 and the last day of February count as 30 (SPEC 2)."""
    is_last_day = days == last_day_of_month(days)
    # April 30 is a last day too, and is 30 either way.
    return np.where(is_last_day, 30, day_of_month(days))


def thirty_360_days(first_days: DateArray, last_days: DateArray) -> Int64Array:
    """Days from first to last, both counted, where every month has 30 days and a year 360 (SPEC 2).

    A full month counts 30. A stretch that starts on a month's last day has one day in that month (31 counts as 30, and
    30 to 30 is one day): day counts without the inclusive end give it nothing.
    """
    months_apart = (month_of(last_days) - month_of(first_days)).astype(np.int64)
    return 30 * months_apart + thirty_360_day_of_month(last_days) - thirty_360_day_of_month(first_days) + 1
