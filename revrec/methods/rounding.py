"""Integer division with the roundings of the recognition rules.

What belongs here: exact quotients of int64 arrays, rounded. What does not: which amount is rounded how (the recognition
methods say so).

numpy's `//` floors, so that a credit of -100 over 3 would lose another unit than the charge of 100: both functions
divide the absolute value and put the sign back, which makes them odd functions. numpy's `round` works on floats and
rounds half to even.
"""

import numpy as np

from revrec.arrays import Int64Array


def truncated_quotient(numerator: Int64Array, denominator: Int64Array) -> Int64Array:
    """`numerator / denominator` truncated toward zero.

    Args:
        numerator: any sign; int64's minimum excepted, which has no absolute value.
        denominator: positive; the same length, or one value.
    """
    return _with_sign_of(numerator, np.abs(numerator) // denominator)


def round_half_away(numerator: Int64Array, denominator: Int64Array) -> Int64Array:
    """`numerator / denominator` rounded to the nearest integer, half away from zero.

    Args:
        numerator: any sign; int64's minimum excepted, which has no absolute value.
        denominator: positive; the same length, or one value.
    """
    quotient, rest = np.divmod(np.abs(numerator), denominator)
    # rest >= denominator / 2, without a product that could overflow or a half that would be cut off.
    return _with_sign_of(numerator, quotient + (rest >= denominator - rest))


def _with_sign_of(numerator: Int64Array, magnitude: Int64Array) -> Int64Array:
    return np.where(numerator < 0, -magnitude, magnitude)
