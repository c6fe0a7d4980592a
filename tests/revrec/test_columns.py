"""Columns between Arrow and numpy: nothing becomes a float, nothing wraps, null stays null."""

import numpy as np
import pyarrow as pa
import pytest

from revrec.columns import MissingValueError, constant, dates, days, exact_sum, integers, labels
from revrec.errors import RevrecError


def test_integers_keep_their_value_beyond_what_a_float_holds() -> None:
    exact = [2**53 + 1, -(2**62) - 1]
    found = integers(pa.array(exact, pa.int64()))
    assert found.dtype == np.dtype(np.int64)
    assert found.tolist() == exact


def test_a_missing_integer_is_refused_rather_than_made_a_float() -> None:
    with pytest.raises(MissingValueError, match="1 of 3 integers are missing") as refusal:
        integers(pa.array([1, None, 3]))
    assert isinstance(refusal.value, RevrecError)
    assert isinstance(refusal.value, ValueError)


def test_a_missing_day_is_not_a_time_and_back() -> None:
    column = pa.array(["2025-01-31", None, "1900-01-01"]).cast(pa.date32())
    assert np.isnat(days(column)).tolist() == [False, True, False]
    assert dates(days(column)).equals(column)
    assert days(column.slice(0, 0)).dtype == np.dtype("datetime64[D]")


def test_a_month_becomes_its_first_day() -> None:
    assert dates(np.array(["2025-02"], dtype="datetime64[M]")).cast(pa.string()).to_pylist() == ["2025-02-01"]


def test_a_sum_beyond_int64_is_exact() -> None:
    assert exact_sum(pa.array([2**62] * 5 + [1])) == 5 * 2**62 + 1
    assert exact_sum(pa.array([-(2**63)] * 3)) == -3 * 2**63
    assert exact_sum(pa.array([], pa.int64())) == 0


def test_labels_and_constants_repeat_their_values() -> None:
    assert labels(["a", "b"], np.array([1, 0, 1])).to_pylist() == ["b", "a", "b"]
    assert constant("x", 2).to_pylist() == ["x", "x"]
    assert constant(None, 1).type == pa.string()
