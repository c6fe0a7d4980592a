"""Allocation strategies: how a straight-line amount is spread over the months of its service period.

What belongs here: the strategies, their month weights and their rounding. What does not: days inside a month
(`revrec.methods.runs`), and signs: these functions take absolute amounts, so that a credit mirrors its charge.

The arithmetic, exact in int64 (tests hold it at the bounds). With A < 10**14 (MAX_AMOUNT_MINOR) and at most
MAX_SERVICE_DAYS = 36,525 days, hence 1,201 months, the largest products are
    amount x days         10**14 x 36,525   = 3.7 x 10**18   (exact_days; full months of daily_rate_even_months)
    amount x weight       10**14 x 31 x 31  = 9.7 x 10**16   (month_fraction_even_months; 30/360 weights are at most 30)
    days x months         36,525 x 1,201    = 4.4 x 10**7    (denominators)
and all are below 2**63 = 9.2 x 10**18. A value is rounded once, from its exact quotient.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Self

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
    return _even_months(magnitude_minor, periods, EVEN_MONTHS_WEIGHTS[strategy], residue)


def _exact_days(magnitude: Int64Array, periods: ServicePeriods) -> Int64Array:
    """Each month earns what the rounded cumulative amount grows by: errors do not add up, the last day closes it."""
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


# eq=False: comparing dataclasses of arrays raises.
@dataclass(frozen=True, eq=False)
class MonthShape:
    """How each period divides into part-months and full months.

    A period inside one month counts as one full month, even where the month is part: it takes everything under every
    rule.

    Attributes:
        first_is_part: whether the first touched month is a part-month.
        last_is_part: whether the last touched month is a part-month.
        full: int64, number of full months.
    """

    first_is_part: BoolArray
    last_is_part: BoolArray
    full: Int64Array

    @classmethod
    def of(cls, periods: ServicePeriods) -> Self:
        """The shape of service periods."""
        several = periods.months > 1
        first_is_part, last_is_part = several & periods.first_is_part, several & periods.last_is_part
        return cls(first_is_part, last_is_part, periods.months - first_is_part - last_is_part)


@dataclass(frozen=True, eq=False)
class MonthWeights:
    """Integer weights of months: an amount's exact share is amount x weight / denominator, still unrounded.

    Attributes:
        first_part: weight of the first month, where it is a part-month.
        last_part: weight of the last month, where it is a part-month.
        total: denominator of the part-months.
        each_full: weight of each full month.
        full_total: denominator of the full months.
    """

    first_part: Int64Array
    last_part: Int64Array
    total: Int64Array
    each_full: Int64Array
    full_total: Int64Array


def _daily_rate_weights(periods: ServicePeriods, shape: MonthShape) -> MonthWeights:
    """A part-month weighs its share of the period's days; the full months share the rest equally, long or short."""
    first, last, total = periods.first_month_days, periods.last_month_days, periods.days
    full_days = total - first * shape.first_is_part - last * shape.last_is_part
    # Without a full month nobody reads that weight; the denominator must not be 0 all the same.
    return MonthWeights(first, last, total, full_days, total * np.maximum(shape.full, 1))


def _month_fraction_weights(periods: ServicePeriods, shape: MonthShape) -> MonthWeights:
    """A part-month weighs the part of that month in service, a full month 1.

    In units of one over (length of the first month x length of the last month), which makes all weights integers.
    """
    first_length, last_length = days_in_month(periods.start), days_in_month(periods.end)
    first, last = periods.first_month_days * last_length, periods.last_month_days * first_length
    return _weights_with_unit(first, last, first_length * last_length, shape)


def _thirty_360_weights(periods: ServicePeriods, shape: MonthShape) -> MonthWeights:
    """As month fractions, with every month of 30 days; in units of one over 30 days."""
    first = thirty_360_days(periods.start, last_day_of_month(periods.start))
    last = thirty_360_days(first_day_of_month(periods.end), periods.end)
    return _weights_with_unit(first, last, np.full_like(first, 30), shape)


def _weights_with_unit(first: Int64Array, last: Int64Array, full: Int64Array, shape: MonthShape) -> MonthWeights:
    total = first * shape.first_is_part + last * shape.last_is_part + full * shape.full
    return MonthWeights(first, last, total, full, total)


WeightsOf = Callable[[ServicePeriods, MonthShape], MonthWeights]

EVEN_MONTHS_WEIGHTS: Mapping[AllocationStrategy, WeightsOf] = MappingProxyType(
    {
        AllocationStrategy.DAILY_RATE_EVEN_MONTHS: _daily_rate_weights,
        AllocationStrategy.MONTH_FRACTION_EVEN_MONTHS: _month_fraction_weights,
        AllocationStrategy.THIRTY_360_EVEN_MONTHS: _thirty_360_weights,
    }
)


def _even_months(magnitude: Int64Array, periods: ServicePeriods, weights_of: WeightsOf, residue: Residue) -> Int64Array:
    """Part-months by weight, equal full months, and one month that takes what remains."""
    shape = MonthShape.of(periods)
    weights = weights_of(periods, shape)
    first = round_half_away(magnitude * weights.first_part, weights.total) * shape.first_is_part
    last = round_half_away(magnitude * weights.last_part, weights.total) * shape.last_is_part
    truncated_full = truncated_quotient(magnitude * weights.each_full, weights.full_total)
    rounded_full = round_half_away(magnitude * weights.each_full, weights.full_total)

    # The residue falls to the last month, unless the policy wants a full month and there is one.
    to_full_month = np.full_like(shape.last_is_part, residue is Residue.LAST_FULL_MONTH) & (shape.full > 0)
    skipped = to_full_month & shape.last_is_part
    fixed_parts = first + last * skipped
    fixed_full = shape.full - (to_full_month | ~shape.last_is_part)
    too_much = magnitude - fixed_parts - fixed_full * rounded_full < 0
    each_full = np.where(to_full_month | too_much, truncated_full, rounded_full)

    amounts = np.repeat(each_full, periods.months)
    amounts[periods.first_row[shape.first_is_part]] = first[shape.first_is_part]
    amounts[periods.last_row[shape.last_is_part]] = last[shape.last_is_part]
    amounts[periods.last_row - skipped] = magnitude - fixed_parts - fixed_full * each_full
    return amounts
