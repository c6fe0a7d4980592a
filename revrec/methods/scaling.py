"""Scaling runs: the same days for another amount.

What belongs here: the exact arithmetic. What does not: which amounts (`revrec.amended_curves`).
"""

import numpy as np

from revrec.arrays import BoolArray, Int64Array
from revrec.methods.runs import EarningRuns

# An amount is below 2**47 (revrec.money.MAX_AMOUNT_MINOR is 10**14 - 1). Three digits of 16 bits make up the numerator.
_DIGIT_BITS = np.uint64(16)
_DIGIT_MASK = np.uint64(2**16 - 1)
_DIGIT_SHIFTS = tuple(np.uint64(bits) for bits in (32, 16, 0))


def proportion(amount: Int64Array, numerator: Int64Array, denominator: Int64Array) -> Int64Array:
    """`amount x numerator / denominator`, exact, truncated toward zero.

    The product of two amounts (10**28) does not fit int64, and neither does a remainder times an amount. So the
    numerator is taken digit by digit as in long division: with amount and remainder below 2**47, `remainder x 2**16 +
    amount x digit` stays below 2**64.

    Args:
        amount: int64, below 2**47 either way.
        numerator: int64, 0 to 2**47 - 1.
        denominator: int64, 1 to 2**47 - 1.
    """
    magnitude, top, bottom = (column.astype(np.uint64) for column in (np.abs(amount), numerator, denominator))
    quotient, rest = np.zeros_like(magnitude), np.zeros_like(magnitude)
    for shift in _DIGIT_SHIFTS:
        digit = (top >> shift) & _DIGIT_MASK
        next_digits, rest = np.divmod((rest << _DIGIT_BITS) + magnitude * digit, bottom)
        quotient = (quotient << _DIGIT_BITS) + next_digits
    signed: Int64Array = np.sign(amount) * quotient.astype(np.int64)
    return signed


def scaled(runs: EarningRuns, numerator: Int64Array, denominator: Int64Array) -> EarningRuns:
    """Runs on the same days, of which the cumulative amounts are in proportion to what they were.

    Each run earns what the truncated cumulative amount grows by: errors do not add up, and what all of the denominator
    would earn becomes all of the numerator, never more.

    Args:
        runs: in order of (obligation, first day); from -(2**47) to 2**47 at any point within an obligation.
        numerator: int64 per obligation, 0 to 2**47 - 1: what there is to earn.
        denominator: int64 per obligation, 1 to 2**47 - 1: what there was to earn.
    """
    if len(runs) == 0:
        return runs
    starts: BoolArray = np.concatenate([[True], runs.obligation[1:] != runs.obligation[:-1]])
    start_row = np.flatnonzero(starts)[np.cumsum(starts) - 1]
    # A sum over many obligations may wrap around 2**64; the difference wraps back.
    running = np.cumsum(runs.amount_minor)
    cumulative = running - (running - runs.amount_minor)[start_row]
    cumulative_scaled = proportion(cumulative, numerator[runs.obligation], denominator[runs.obligation])
    scaled_before = np.where(starts, 0, np.roll(cumulative_scaled, 1))
    return EarningRuns.of_amounts(
        runs.obligation, runs.month, runs.first_day, runs.days, cumulative_scaled - scaled_before
    )
