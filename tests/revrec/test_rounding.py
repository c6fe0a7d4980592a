"""Rounded integer quotients, against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from revrec.methods.rounding import round_half_away, truncated_quotient

INT64_MAX = 2**63 - 1
numerators = st.integers(-INT64_MAX, INT64_MAX)
denominators = st.one_of(st.integers(1, 400), st.integers(1, INT64_MAX))


def vector(value: int) -> np.ndarray:
    return np.array([value], dtype=np.int64)


@given(numerators, denominators)
@example(INT64_MAX, INT64_MAX)
@example(-INT64_MAX, 2)
@example(INT64_MAX - 1, INT64_MAX)
def test_rounding_is_exact_over_all_of_int64(numerator: int, denominator: int) -> None:
    quotient = Fraction(numerator, denominator)
    nearest = math.floor(abs(quotient) + Fraction(1, 2))
    assert round_half_away(vector(numerator), vector(denominator)).tolist() == [nearest if numerator > 0 else -nearest]
    assert truncated_quotient(vector(numerator), vector(denominator)).tolist() == [math.trunc(quotient)]


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded", "truncated"),
    [
        (5, 2, 3, 2),
        (-5, 2, -3, -2),
        (1, 2, 1, 0),
        (-1, 2, -1, 0),
        (7, 3, 2, 2),
        (-100, 3, -33, -33),
        (8, 3, 3, 2),
        (0, 7, 0, 0),
    ],
)
def test_halves_round_away_from_zero_and_quotients_truncate_toward_it(
    numerator: int, denominator: int, rounded: int, truncated: int
) -> None:
    assert round_half_away(vector(numerator), vector(denominator)).tolist() == [rounded]
    assert truncated_quotient(vector(numerator), vector(denominator)).tolist() == [truncated]
