"""Money: every door between text and minor units is exact, and all doors agree."""

from collections.abc import Sequence
from decimal import Decimal

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.errors import RevrecError
from revrec.money import (
    MAX_AMOUNT_MINOR,
    MONEY_MACROS,
    AmountError,
    AmountProblem,
    UnknownCurrencyError,
    amount_texts,
    currency_exponent,
    currency_exponents,
    known_currencies,
    minor_units,
    to_minor,
    to_text,
)

EXPONENTS = (0, 2, 3, 4)
CURRENCY_OF = {0: "JPY", 2: "USD", 3: "KWD", 4: "CLF"}

# What the raw stage lets through: AMOUNT_PATTERN, and no more decimals than can be read.
amount_texts_landed = st.from_regex(r"[+-]?[0-9]{1,14}(\.[0-9]{1,9})?", fullmatch=True)
amounts = st.integers(-MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR)


def in_sql(expression: str, values: Sequence[object], exponents: Sequence[int | None]) -> list[object]:
    """The expression over `value` and `exponent`, row by row."""
    arriving = pa.table({"value": pa.array(values), "exponent": pa.array(exponents, pa.int64())})
    with duckdb.connect() as connection:
        for macro in MONEY_MACROS:
            connection.execute(macro)
        connection.register("arriving", arriving)
        return [row[0] for row in connection.execute(f"SELECT {expression} FROM arriving").fetchall()]


def readings(texts: Sequence[str], exponents: Sequence[int]) -> list[int | None]:
    """Minor units as numpy reads them; None where it refuses."""
    minor, problem = minor_units(pa.array(texts, pa.string()), np.array(exponents, dtype=np.int64))
    return [None if fault else amount for amount, fault in zip(minor.tolist(), problem.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        pytest.param("1200.00", "USD", 120_000, id="two decimals"),
        pytest.param("1200", "USD", 120_000, id="no point"),
        pytest.param("1200.5", "USD", 120_050, id="fewer decimals than the currency has"),
        pytest.param("-0.05", "USD", -5, id="below one, negative"),
        pytest.param("+7.10", "USD", 710, id="plus sign"),
        pytest.param("-0", "USD", 0, id="minus nothing"),
        pytest.param("007", "JPY", 7, id="leading zeros"),
        pytest.param("1.234", "KWD", 1_234, id="three decimals"),
        pytest.param("1.2345", "CLF", 12_345, id="four decimals"),
        pytest.param("999999999999.99", "USD", MAX_AMOUNT_MINOR, id="the largest"),
        pytest.param("-99999999999999", "JPY", -MAX_AMOUNT_MINOR, id="the smallest"),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "says"),
    [
        pytest.param("", "USD", "is not a decimal number", id="empty"),
        pytest.param("1,200.00", "USD", "is not a decimal number", id="thousands separator"),
        pytest.param("1e3", "USD", "is not a decimal number", id="exponent"),
        pytest.param(".5", "USD", "is not a decimal number", id="no digit before the point"),
        pytest.param("5.", "USD", "is not a decimal number", id="no digit after the point"),
        pytest.param(" 5", "USD", "is not a decimal number", id="blank"),
        pytest.param("5\n", "USD", "is not a decimal number", id="line break"),
        pytest.param("٥", "USD", "is not a decimal number", id="digits of another script"),
        pytest.param("NaN", "USD", "is not a decimal number", id="not a number"),
        pytest.param("1.005", "USD", r"has more decimals than USD has \(2\)", id="too many decimals"),
        pytest.param("1.0", "JPY", r"has more decimals than JPY has \(0\)", id="a decimal of yen"),
        pytest.param("1000000000000.00", "USD", "is beyond the largest amount", id="one more than the largest"),
        pytest.param("123456789012345", "USD", "is beyond the largest amount", id="too many digits"),
    ],
)
def test_a_text_that_is_no_amount_is_refused(text: str, currency: str, says: str) -> None:
    with pytest.raises(AmountError, match=says) as refusal:
        to_minor(text, currency)
    assert isinstance(refusal.value, ValueError)
    assert isinstance(refusal.value, RevrecError)


def test_a_column_says_of_each_amount_what_is_wrong_with_it() -> None:
    texts = pa.array(["1.50", None, "x", "1.005", "1000000000000.00", "1234567890123456", "9", "9"])
    exponents = np.array([2, 2, 2, 2, 2, 2, -1, 0])
    minor, problem = minor_units(texts, exponents)
    assert minor.tolist() == [150, 0, 0, 0, 0, 0, 0, 9]
    assert [AmountProblem(code).name for code in problem] == [
        "NONE",
        "NONE",
        "NOT_A_DECIMAL",
        "TOO_MANY_DECIMALS",
        "OUT_OF_BOUNDS",
        "OUT_OF_BOUNDS",
        "UNKNOWN_CURRENCY",
        "NONE",
    ]


def test_a_column_without_rows_is_read() -> None:
    minor, problem = minor_units(pa.array([], pa.string()), np.array([], dtype=np.int64))
    assert minor.dtype == problem.dtype == np.dtype(np.int64)
    assert len(minor) == len(problem) == 0


@given(landed=st.lists(st.tuples(amount_texts_landed, st.sampled_from(EXPONENTS)), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_both_doors_read_the_same_amounts_and_refuse_the_same(landed: list[tuple[str, int]]) -> None:
    texts, exponents = zip(*landed, strict=True)
    assert in_sql("minor(value, exponent)", texts, exponents) == readings(texts, exponents)


@pytest.mark.parametrize("text", ["99999999999999.9999", "-99999999999999.999999999", "00000000000001", "+0.0"])
def test_both_doors_agree_at_the_edges(text: str) -> None:
    texts = [text] * len(EXPONENTS)
    assert in_sql("minor(value, exponent)", texts, EXPONENTS) == readings(texts, EXPONENTS)


@given(text=amount_texts_landed, exponent=st.sampled_from(EXPONENTS))
@settings(max_examples=150, deadline=None)
def test_an_amount_that_is_read_is_the_decimal_it_says(text: str, exponent: int) -> None:
    [minor] = readings([text], [exponent])
    scaled = Decimal(text).scaleb(exponent)
    if minor is None:
        assert abs(scaled) > MAX_AMOUNT_MINOR or len(text.partition(".")[2]) > exponent
    else:
        assert minor == scaled


def test_sql_reads_nothing_where_the_currency_or_the_amount_is_absent() -> None:
    assert in_sql("minor(value, exponent)", ["1.00", None, "1.00"], [None, 2, 2]) == [None, None, 100]


@given(amounts=st.lists(st.tuples(amounts, st.sampled_from(EXPONENTS)), min_size=1, max_size=40))
@settings(max_examples=25, deadline=None)
def test_every_amount_survives_the_way_to_text_and_back(amounts: list[tuple[int, int]]) -> None:
    texts = [to_text(amount, CURRENCY_OF[exponent]) for amount, exponent in amounts]
    minor, exponents = zip(*amounts, strict=True)
    assert readings(texts, exponents) == list(minor)
    assert in_sql("amount_text(value, exponent)", minor, exponents) == texts
    for (amount, exponent), text in zip(amounts, texts, strict=True):
        assert amount_texts(np.array([amount]), exponent).to_pylist() == [text]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "USD", "0.00"),
        (-5, "USD", "-0.05"),
        (100, "USD", "1.00"),
        (-123_450, "USD", "-1234.50"),
        (7, "JPY", "7"),
        (-7, "JPY", "-7"),
        (1, "KWD", "0.001"),
        (MAX_AMOUNT_MINOR, "CLF", "9999999999.9999"),
    ],
)
def test_an_amount_is_written_with_exactly_the_decimals_of_its_currency(amount: int, currency: str, text: str) -> None:
    assert to_text(amount, currency) == text


def test_exponents_are_those_of_iso_4217() -> None:
    assert {code: currency_exponent(code) for code in ("JPY", "USD", "KWD", "CLF", "ISK", "HUF")} == {
        "JPY": 0,
        "USD": 2,
        "KWD": 3,
        "CLF": 4,
        "ISK": 0,
        "HUF": 2,
    }


@pytest.mark.parametrize("code", ["usd", "XAU", "XXX", "DOLLAR", "", "840"])
def test_a_code_without_a_minor_unit_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrencyError, match=f"'{code}' is not an ISO 4217 code"):
        currency_exponent(code)
    assert currency_exponents(pa.array([code, None, "EUR"])).tolist() == [-1, -1, 2]


def test_no_currency_has_more_decimals_than_the_arithmetic_allows() -> None:
    assert set(known_currencies().values()) <= {0, 1, 2, 3, 4}
    assert MAX_AMOUNT_MINOR * 36_525 * 2 < 2**63
