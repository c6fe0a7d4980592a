"""Scaling runs: exact proportions of amounts whose products are beyond 64 bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from revrec.methods.runs import EarningRuns
from revrec.methods.scaling import proportion, scaled
from revrec.money import MAX_AMOUNT_MINOR


def one_day_each(obligation: list[int], amounts: list[int]) -> EarningRuns:
    """Runs on the first days of January 2025."""
    first_day = np.datetime64("2025-01-01") + np.arange(len(amounts)).astype("timedelta64[D]")
    return EarningRuns.of_amounts(
        np.array(obligation, dtype=np.int32),
        first_day.astype("datetime64[M]"),
        first_day,
        np.ones(len(amounts), dtype=np.int32),
        np.array(amounts, dtype=np.int64),
    )


@given(
    amount=st.integers(-MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR),
    numerator=st.integers(0, MAX_AMOUNT_MINOR),
    denominator=st.integers(1, MAX_AMOUNT_MINOR),
)
def test_proportions_are_exact_where_their_product_is_beyond_64_bits(
    amount: int, numerator: int, denominator: int
) -> None:
    """Also where the quotient is above the amount: as far as int64 holds it."""
    exact = abs(amount) * numerator // denominator
    if exact < 2**63:
        [found] = proportion(*(np.array([value], dtype=np.int64) for value in (amount, numerator, denominator)))
        assert found == (exact if amount >= 0 else -exact)


def test_cumulative_amounts_are_in_proportion_so_that_rounding_does_not_add_up() -> None:
    runs = scaled(one_day_each([0] * 6, [10] * 6), np.array([20]), np.array([60]))
    assert runs.amount_minor.tolist() == [3, 3, 4, 3, 3, 4]


def test_an_amount_taken_back_is_taken_back_in_proportion() -> None:
    runs = scaled(one_day_each([0, 0, 0], [10, -10, 10]), np.array([1]), np.array([3]))
    assert runs.amount_minor.tolist() == [3, -3, 3]


def test_sums_of_many_obligations_beyond_64_bits_do_not_matter() -> None:
    count = 100_000  # x 10**14 is more than 2**63
    largest = np.full(count, MAX_AMOUNT_MINOR)
    first_day = np.full(count, "2025-01-01", dtype="datetime64[D]")
    obligation = np.arange(count, dtype=np.int32)
    month, days = first_day.astype("datetime64[M]"), np.ones(count, dtype=np.int32)
    runs = EarningRuns.of_amounts(obligation, month, first_day, days, largest)
    halves = scaled(runs, largest // 2, largest)
    assert (halves.amount_minor == MAX_AMOUNT_MINOR // 2).all()


def test_nothing_scaled_is_nothing() -> None:
    assert len(scaled(EarningRuns.none(), np.array([1]), np.array([2]))) == 0
