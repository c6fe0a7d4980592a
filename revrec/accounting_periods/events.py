"""Events of closing as values: a close, a lock inside a month, a reopening (SPEC 5).

What belongs here: what one event says, and that it does not contradict itself. What does not: which event may follow
which (`periods.py`).
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from revrec.calendar import parse_month
from revrec.errors import RevrecError


class PeriodAction(StrEnum):
    """What was done to an accounting period."""

    CLOSED = "closed"
    LOCKED = "locked"
    REOPENED = "reopened"


class PeriodError(RevrecError, ValueError):
    """A close, lock or reopening that the accounting periods do not allow."""


class PeriodEventError(PeriodError):
    """An event that contradicts itself or the events before it."""


class MonthNotBegunError(PeriodError):
    """A month that lies in the future."""


class ReasonMissingError(PeriodError):
    """A reopening without a reason."""


@dataclass(frozen=True, kw_only=True)
class SealedLedger:
    """What was sealed of one ledger.

    Attributes:
        entity: The entity of the ledger.
        currency: The currency of the ledger, ISO 4217.
        journals: How many journals.
        first_number: Number of the first one, e.g. RR-202501-000001; empty where there is none.
        last_number: Number of the last one; empty where there is none.
        debits_minor: Sum of their debits, minor units.
        credits_minor: Sum of their credits, minor units.
    """

    entity: str
    currency: str
    journals: int
    first_number: str
    last_number: str
    debits_minor: int
    credits_minor: int


@dataclass(frozen=True, kw_only=True)
class PeriodEvent:
    """One close, lock or reopening.

    Attributes:
        event: What was done.
        month: The month it was done to, YYYY-MM; of a lock, the month of the day.
        locked_through: The last locked day after this event; None where nothing is locked any more.
        actor: Who did it.
        reason: Why a month was reopened; empty for the others.
        manifest_key: Key of the seal's manifest in the object store; empty for a reopening.
        manifest_sha256: Of that manifest, 64 hexadecimal digits; empty for a reopening.
        ledgers: Per ledger what was sealed: the month, or of a lock the locked part of it. None for a reopening.
    """

    event: PeriodAction
    month: str
    locked_through: dt.date | None
    actor: str
    reason: str = ""
    manifest_key: str = ""
    manifest_sha256: str = ""
    ledgers: tuple[SealedLedger, ...] = ()

    def __post_init__(self) -> None:
        """See that the event is one.

        Raises:
            MonthError: The month is not a month.
            PeriodEventError: Fields contradict each other; the message names them.
        """
        last_day = last_day_of(self.month)
        first_day = last_day.replace(day=1)
        if not self.actor.strip():
            raise PeriodEventError(f"month {self.month} cannot be {self.event} by nobody: say who did it")
        if self.event is PeriodAction.REOPENED:
            self._check_reopening(first_day)
        elif self.reason or not (self.manifest_key and self.manifest_sha256):
            raise PeriodEventError(
                f"month {self.month} cannot be {self.event} without the key and sha256 of its seal's manifest, and "
                "takes no reason: seal it first"
            )
        if self.event is PeriodAction.CLOSED and self.locked_through != last_day:
            raise PeriodEventError(
                f"closing {self.month} locks it through {last_day}, not {self.locked_through}: give that day"
            )
        inside = self.locked_through is not None and first_day <= self.locked_through < last_day
        if self.event is PeriodAction.LOCKED and not inside:
            raise PeriodEventError(
                f"a lock inside {self.month} ends before {last_day}, and not on {self.locked_through}: give a day of "
                "the month before its last, or close the month"
            )

    def _check_reopening(self, first_day: dt.date) -> None:
        require_reason(self.month, self.reason)
        if self.manifest_key or self.manifest_sha256 or self.ledgers:
            raise PeriodEventError(f"reopening {self.month} seals nothing: leave manifest and ledgers empty")
        if self.locked_through is not None and self.locked_through >= first_day:
            raise PeriodEventError(
                f"reopening {self.month} cannot leave {self.locked_through} locked: give the last day of the month "
                "before, or none"
            )


def last_day_of(month: str) -> dt.date:
    """The last day of a month.

    Raises:
        MonthError: It is not a month.
    """
    next_month = parse_month(month) + np.timedelta64(1, "M")
    last: dt.date = (next_month.astype("datetime64[D]") - np.timedelta64(1, "D")).item()
    return last


def require_reason(month: str, reason: str) -> None:
    """See that a reopening has a reason.

    Raises:
        ReasonMissingError: It is blank.
    """
    if not reason.strip():
        raise ReasonMissingError(f"month {month} cannot be reopened without a reason: say why, with --reason")


def require_begun(month: str, today: dt.date) -> None:
    """See that a month to close, or to lock days of, is not in the future: a mistyped year would close decades.

    Raises:
        MonthError: It is not a month.
        MonthNotBegunError: It has not begun; the message names the current month.
    """
    if parse_month(month) > np.datetime64(today, "M"):
        raise MonthNotBegunError(f"month {month} has not begun: the newest month to close is {today:%Y-%m}")
