"""Allocation strategies: how a straight-line amount is spread over the months of its service period.

What belongs here: the strategies, their month weights and their rounding. What does not: days inside a month (`revrec.methods.runs`), and
signs: these functions take absolute amounts, so that a credit is its charge's mirror image.

The arithmetic, exact in int64 (tests hold it at the bounds). With A <= MAX_AMOUNT_MINOR = 10**14 and at most MAX_SERVICE_DAYS = 36,525
days, hence 1,201 months, the largest products are
    amount x days         10**14 x 36,525   = 3.7 x 10**18   (exact_days; full months of daily_rate_even_months)
    amount x weight       10**14 x 31 x 31  = 9.7 x 10**16   (month_fraction_even_months; 30/360 weights are at most 30)
    days x months         36,525 x 1,201    = 4.4 x 10**7    (denominators)
and all are below 2**63 = 9.2 x 10**18. A value is rounded once, from its exact quotient.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from revrec.arrays import BoolArray, Int64Array
from revrec.calendar import days_in_month, days_inclusive, first_day_of_month, last_day_of_month, thirty_360_days
from revrec.methods.rounding import round_half_away, truncated_quotient
from revrec.methods.service_months import ServicePeriods


class AllocationStrategy(StrEnum):
    """How a straight-line amount is divided among months (SPEC 2)."""

    DAILY_RATE_EVEN_MONTHS = "daily_rate_even_months"
    MONTH_FRACTION_EVEN_MONTHS = "month_fraction_even_months"
    THIRTY_360_EVEN_MONTHS = "thirty_360_even_months"
    EXACT_DAYS = "exact_days"
    EVEN_PERIODS = "even_periods"


class Residue(StrEnum):
    """Which month takes what rounding leaves over, in the `even_months` strategies (SPEC 2)."""

    LAST_MONTH = "last_month"
    LAST_FULL_MONTH = "last_full_month"


def allocate(
    magnitude_minor: Int64Array, periods: ServicePeriods, strategy: AllocationStrategy, residue: Residue
) -> Int64Array:
    """Spread absolute amounts over the touched months of their service periods.

    Args:
        magnitude_minor: int64, 0 to `revrec.money.MAX_AMOUNT_MINOR` minor units, one per period.
        periods: at most `revrec.calendar.MAX_SERVICE_DAYS` days each.
        strategy: the weights of months.
        residue: where the rest goes; has no bearing on `exact_days` and `even_periods`, which leave none.

    Returns:
        int64 minor units per touched month, none negative, which add up to each period's amount.

    Source: SPEC 2.
    """
    if strategy is AllocationStrategy.EXACT_DAYS:
        return _exact_days(magnitude_minor, periods)
    if strategy is AllocationStrategy.EVEN_PERIODS:
        return _even_periods(magnitude_minor, periods)
    return _even_months(magnitude_minor, EvenMonths.of(periods, EVEN_MONTH_WEIGHTS[strategy]), periods, residue)


def _exact_days(magnitude: Int64Array, periods: ServicePeriods) -> Int64Array:
    """Each month earns what the rounded cumulative amount grows by: no error accumulates, and the last day closes to the amount."""
    obligation = periods.touched_obligation
    last_days = periods.touched_first_day + (periods.touched_days - 1).astype("timedelta64[D]")
    days_so_far = days_inclusive(periods.start[obligation], last_days)
    earned_so_far = round_half_away(magnitude[obligation] * days_so_far, periods.days[obligation])
    earned_before = np.zeros_like(earned_so_far)
    earned_before[1:] = earned_so_far[:-1]
    earned_before[periods.first_row] = 0
    return earned_so_far - earned_before


def _even_periods(magnitude: Int64Array, periods: ServicePeriods) -> Int64Array:
    each = truncated_quotient(magnitude, periods.months)
    amounts = np.repeat(each, periods.months)
    amounts[periods.last_row] = magnitude - each * (periods.months - 1)
    return amounts
