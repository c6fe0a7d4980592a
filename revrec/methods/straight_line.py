"""STRAIGHT_LINE: an amount earned evenly over its service period, both ends inclusive.

What belongs here: the method and the bounds it computes exactly within. What does not: the strategies themselves
(`revrec.methods.allocation_strategies`) and the daily formula (`revrec.methods.runs`).
"""

import numpy as np

from revrec.arrays import DateArray, Int64Array
from revrec.calendar import MAX_SERVICE_DAYS, days_inclusive
from revrec.methods.allocation_strategies import AllocationStrategy, Residue, allocate
from revrec.methods.runs import EarningRuns
from revrec.methods.service_months import ServicePeriods
from revrec.methods.terms import ObligationTerms, RecognitionRule, refuse
from revrec.money import MAX_AMOUNT_MINOR


def straight_line(
    amount_minor: Int64Array,
    service_start: DateArray,
    service_end: DateArray,
    strategy: AllocationStrategy,
    residue: Residue,
) -> EarningRuns:
    """Runs of one calendar month each, that add up to each obligation's amount and never have the opposite sign.

    Memory is about 100 bytes per obligation and month at the peak, 40 of them in the result: callers with millions of
    obligations pass them in chunks, which gives the same runs.

    Args:
        amount_minor: int64, signed minor units.
        service_start: datetime64[D], first day of service.
        service_end: datetime64[D], last day of service, inclusive.
        strategy: how months are weighed.
        residue: which month takes what rounding leaves.

    Raises:
        TermsError: a period is missing, ends before it starts or is too long, or an amount is too large to compute
            exactly.

    Source: SPEC 2; ASC 606-10-25-31, IFRS 15.39 (progress of an obligation satisfied over time).
    """
    _refuse_unusable(amount_minor, service_start, service_end)
    periods = ServicePeriods.lay_out(service_start, service_end)
    magnitude = allocate(np.abs(amount_minor), periods, strategy, residue)
    signed = magnitude * np.sign(amount_minor)[periods.touched_obligation]
    return EarningRuns.of_amounts(
        periods.touched_obligation, periods.touched_month, periods.touched_first_day, periods.touched_days, signed
    )


def recognize(obligations: ObligationTerms, rule: RecognitionRule) -> EarningRuns:
    """The method in the registry's signature.

    Raises:
        TermsError: see `straight_line`.
    """
    return straight_line(
        obligations.amount_minor, obligations.service_start, obligations.service_end, rule.strategy, rule.residue
    )


def _refuse_unusable(amount_minor: Int64Array, service_start: DateArray, service_end: DateArray) -> None:
    """The bounds that the arithmetic of the strategies rests on: beyond them int64 would overflow without a word."""
    period = (service_start, service_end)
    refuse(np.isnat(service_start) | np.isnat(service_end), "have no whole service period", *period)
    refuse(service_end < service_start, "have a service period that ends before it starts", *period)
    too_long = days_inclusive(service_start, service_end) > MAX_SERVICE_DAYS
    refuse(too_long, f"have a service period of more than {MAX_SERVICE_DAYS} days", *period)
    too_large = (amount_minor > MAX_AMOUNT_MINOR) | (amount_minor < -MAX_AMOUNT_MINOR)
    refuse(too_large, f"have an amount of more than {MAX_AMOUNT_MINOR} minor units", amount_minor)
