"""What all events of closing add up to, and the rules for the next one (SPEC 5).

What belongs here: which days are locked, and which close, lock or reopening is allowed now. What does not: what one
event says (`events.py`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from types import MappingProxyType

import numpy as np

from revrec.accounting_periods.events import (
    PeriodAction,
    PeriodError,
    PeriodEvent,
    PeriodEventError,
    last_day_of,
    require_reason,
)
from revrec.calendar import month_before, month_key, months_between, parse_month


class MonthAlreadyClosedError(PeriodError):
    """The month, or the day, is closed already."""


class MonthsOutOfOrderError(PeriodError):
    """Another month has to be closed first."""


class LockDateError(PeriodError):
    """A lock date that would move backwards, or that is a month's last day."""


class NotReopenableError(PeriodError):
    """The month is not the newest one that is closed or locked."""


@dataclass(frozen=True)
class Periods:
    """What all events so far add up to. `Periods()` has nothing locked.

    Attributes:
        locked_through: The last locked day: it and every day before it never change. None: nothing is locked.
        closed: The months that are closed (and not reopened since), oldest first, with the event that closed each.
        partial: The lock inside a month that is in force; None where the last locked day is a month's last, or none.
    """

    locked_through: dt.date | None = None
    closed: Mapping[str, PeriodEvent] = field(default_factory=lambda: MappingProxyType({}))
    partial: PeriodEvent | None = None

    @classmethod
    def of(cls, events: Iterable[PeriodEvent]) -> "Periods":
        """Add up all events, in the order in which they were recorded.

        Raises:
            PeriodError: An event is not allowed after those before it.
        """
        return reduce(Periods.after, events, cls())

    def after(self, event: PeriodEvent) -> "Periods":
        """The periods after one more event.

        Raises:
            PeriodError: The event is not allowed now; the message says which would be.
        """
        if event.event is PeriodAction.LOCKED and event.locked_through is not None:
            self.require_lockable(event.locked_through)
            return replace(self, locked_through=event.locked_through, partial=event)
        if event.event is PeriodAction.CLOSED:
            self.require_closable(event.month)
            closed = {**self.closed, event.month: event}
        else:
            self._require_reopened_to(event)
            closed = {month: closing for month, closing in self.closed.items() if month != event.month}
        return Periods(event.locked_through, MappingProxyType(closed))

    @property
    def first_open_day(self) -> dt.date | None:
        """The day on which catch-ups post (SPEC 5); None where nothing is locked, so that every day is open."""
        return None if self.locked_through is None else self.locked_through + dt.timedelta(days=1)

    @property
    def newest_closed(self) -> str | None:
        """The newest closed month, YYYY-MM."""
        return max(self.closed, default=None)

    def is_closed(self, month: str) -> bool:
        """Whether a month was closed, and not reopened since."""
        return month in self.closed

    def is_locked(self, day: dt.date) -> bool:
        """Whether a day never changes any more. Days of months before the first one that was closed are locked too."""
        return self.locked_through is not None and day <= self.locked_through

    def months_to_close(self, month: str, first_posting_month: str | None) -> list[str]:
        """The months that closing a month closes, in the order in which they close.

        History is closed with the first close: where nothing is closed or locked yet, every month with postings before.

        Args:
            month: The month to close, YYYY-MM.
            first_posting_month: The first month that has a posting; None where nothing posts.

        Raises:
            MonthError: One of them is not a month.
            MonthAlreadyClosedError: The month is closed.
            MonthsOutOfOrderError: Another month comes first; the message names it.
        """
        self.require_closable(month)
        is_first = self._next_month() is None
        return months_between(min(first_posting_month or month, month), month) if is_first else [month]

    def require_lockable(self, day: dt.date) -> None:
        """See that days can be locked through a day inside a month.

        Raises:
            LockDateError: The day is locked, or is its month's last.
            MonthsOutOfOrderError: Months before the day's have to be closed first; the message names the next one.
        """
        month = month_key(day)
        if self.is_locked(day):
            raise LockDateError(
                f"days are locked through {self.locked_through} already, and a lock date moves forward only: give a "
                f"later day than {day}, or reopen the month"
            )
        if day == last_day_of(month):
            raise LockDateError(f"{day} is the last day of {month}: use `revrec close {month}`, which locks all of it")
        following = self._next_month()
        if following is not None and month != following:
            raise MonthsOutOfOrderError(
                f"days through {day} cannot be locked while {following} is open: use `revrec close {following}` first"
            )

    def months_to_close_before(self, day: dt.date, first_posting_month: str | None) -> list[str]:
        """The months to close, in order, before the days through this one can be locked.

        Only the very first lock closes history: later on, months are closed one by one.

        Args:
            day: The last day to lock.
            first_posting_month: The first month that has a posting; None where nothing posts.

        Raises:
            MonthError: `first_posting_month` is not a month.
            PeriodError: As `require_lockable`.
        """
        self.require_lockable(day)
        if self._next_month() is not None or first_posting_month is None:
            return []
        return months_between(first_posting_month, month_key(day))[:-1]

    def require_reopenable(self, month: str, reason: str) -> None:
        """See that a month can be reopened: the newest closed one, or the one with the lock inside.

        Raises:
            MonthError: It is not a month.
            ReasonMissingError: The reason is blank.
            NotReopenableError: It is another month; the message names the one that can be.
        """
        parse_month(month)
        require_reason(month, reason)
        newest = self.partial.month if self.partial else self.newest_closed
        if newest is None:
            raise NotReopenableError(f"month {month} cannot be reopened: no month is closed or locked")
        if month != newest:
            state = "newer days are locked" if month in self.closed else "it is not closed"
            raise NotReopenableError(
                f"month {month} cannot be reopened: {state}; the one to reopen is `revrec reopen {newest}`"
            )

    def locked_through_after_reopen(self, month: str) -> dt.date | None:
        """The last locked day once a month is reopened: the last of the month before, None where that is not closed.

        Raises:
            MonthError: It is not a month.
        """
        before = month_before(month)
        return last_day_of(before) if before in self.closed else None

    def _next_month(self) -> str | None:
        """The only month that can be closed next; None where that is any, because nothing is closed or locked."""
        if self.partial:
            return self.partial.month
        newest = self.newest_closed
        return month_key(parse_month(newest) + np.timedelta64(1, "M")) if newest else None

    def require_closable(self, month: str) -> None:
        """See that a month can be closed.

        Raises:
            MonthError: It is not a month.
            MonthAlreadyClosedError: It is closed.
            MonthsOutOfOrderError: Another month comes first; the message names it.
        """
        parse_month(month)
        if month in self.closed:
            raise MonthAlreadyClosedError(
                f"month {month} is closed already: nothing is to do, or use `revrec reopen {month}` to change it"
            )
        if self.is_locked(last_day_of(month)):
            raise MonthAlreadyClosedError(
                f"month {month} lies before the first one that was closed or locked, and all days through "
                f"{self.locked_through} are locked: nothing is to do"
            )
        following = self._next_month()
        if following is not None and month != following:
            raise MonthsOutOfOrderError(
                f"month {month} cannot be closed while {following} is open: use `revrec close {following}` first"
            )

    def _require_reopened_to(self, event: PeriodEvent) -> None:
        self.require_reopenable(event.month, event.reason)
        left = self.locked_through_after_reopen(event.month)
        if event.locked_through != left:
            raise PeriodEventError(
                f"reopening {event.month} leaves days locked through {left}, not {event.locked_through}: give that day"
            )
