"""Closed accounting periods: which days are locked, and which close, lock or reopening may come next (SPEC 5).

What belongs here: the events of closing as values, what they add up to, and the rules for the next one. What does not:
where the events are kept (`resources.books`), sealing a month, and the catch-up that follows from locked days.
"""

from revrec.accounting_periods.events import (
    MonthNotBegunError,
    PeriodAction,
    PeriodError,
    PeriodEvent,
    PeriodEventError,
    ReasonMissingError,
    SealedLedger,
    last_day_of,
    require_begun,
)
from revrec.accounting_periods.periods import (
    LockDateError,
    MonthAlreadyClosedError,
    MonthsOutOfOrderError,
    NotReopenableError,
    Periods,
)

__all__ = [
    "LockDateError",
    "MonthAlreadyClosedError",
    "MonthNotBegunError",
    "MonthsOutOfOrderError",
    "NotReopenableError",
    "PeriodAction",
    "PeriodError",
    "PeriodEvent",
    "PeriodEventError",
    "Periods",
    "ReasonMissingError",
    "SealedLedger",
    "last_day_of",
    "require_begun",
]
