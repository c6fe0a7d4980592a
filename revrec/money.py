"""Money: integer minor units, currency exponents, and the only doors between text and integers.

What belongs here: parsing an amount's text into minor units and formatting it back, in numpy and in SQL, and the bounds
that keep int64 arithmetic exact. What does not: rounding rules of recognition (`revrec.methods`), file formats
(`revrec.exports`).
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from iso4217 import Currency

from revrec.arrays import BoolArray, Int64Array
from revrec.errors import RevrecError

# A trillion of a currency with two decimals. amount x days of a century x 2 (for rounding) stays below 2**63:
# 1e14 * 36,525 * 2 = 7.3e18 < 9.22e18. Amounts beyond it are bad input, so no kernel can overflow silently.
MAX_AMOUNT_MINOR = 10**14 - 1

# The shape of an amount in an extract (SPEC 10): an optional sign, digits, an optional fraction. No exponent, no
# thousands separators. 14 digits before the point and the 4 decimals ISO 4217 knows at most make 18 digits, which int64
# holds.
AMOUNT_PATTERN = r"^[+-]?[0-9]{1,14}(?:\.[0-9]+)?$"
_LONGER_AMOUNT_PATTERN = r"^[+-]?[0-9]{15,}(?:\.[0-9]+)?$"


class AmountProblem(IntEnum):
    """Why a text is not an amount of its currency (0: it is)."""

    NONE = 0
    NOT_A_DECIMAL = 1
    TOO_MANY_DECIMALS = 2
    OUT_OF_BOUNDS = 3
    UNKNOWN_CURRENCY = 4


class UnknownCurrencyError(RevrecError, ValueError):
    """A currency code that ISO 4217 does not list with a minor unit."""

    def __init__(self, currency: str) -> None:
        """Name the code."""
        super().__init__(
            f"currency {currency!r} is not an ISO 4217 code with a minor unit: use a code such as USD, EUR or JPY"
        )


class AmountError(RevrecError, ValueError):
    """An amount that is not a decimal string of its currency."""


def currency_exponent(currency: str) -> int:
    """Number of decimals of a currency (JPY 0, USD 2, KWD 3).

    Args:
        currency: ISO 4217 alphabetic code, upper case.

    Raises:
        UnknownCurrencyError: the code is not in ISO 4217, or has no minor unit (gold, test codes).

    Source: ISO 4217 table A.1, as shipped by the package iso4217.
    """
    exponent = known_currencies().get(currency)
    if exponent is None:
        raise UnknownCurrencyError(currency)
    return exponent


@cache
def known_currencies() -> Mapping[str, int]:
    """Every ISO 4217 code that has a minor unit, with its exponent."""
    return MappingProxyType(
        {str(currency.code): int(currency.exponent) for currency in Currency if currency.exponent is not None}
    )


def currency_exponents(currencies: pa.Array) -> Int64Array:
    """Exponents of a column of currency codes; -1 where the code is null or unknown.

    Args:
        currencies: string array of ISO 4217 codes.
    """
    table = known_currencies()
    encoded = pc.dictionary_encode(currencies)
    per_code = np.array([table.get(code, -1) for code in encoded.dictionary.to_pylist()] + [-1], dtype=np.int64)
    exponents: Int64Array = per_code[encoded.indices.fill_null(len(per_code) - 1).to_numpy(zero_copy_only=False)]
    return exponents


def fraction_digits(amounts: pa.Array) -> Int64Array:
    """How many digits stand after the decimal point of each amount text; 0 where there is no point or no text."""
    point = pc.find_substring(amounts, ".").fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    length = pc.binary_length(amounts).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.where(point < 0, 0, length - point - 1)


def minor_units(amounts: pa.Array, exponents: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Turn amount texts into minor units, exactly.

    Args:
        amounts: string array; null where there is no amount.
        exponents: decimals of each row's currency, as `currency_exponents` gives them (-1: unknown).

    Returns:
        (minor, problem): int64 minor units (0 where there is a problem) and the `AmountProblem` of each row. A null
        amount is 0 without a problem: whether it may be absent is the schema's business.
    """
    shaped = _matches(amounts, AMOUNT_PATTERN)
    missing_digits = exponents - fraction_digits(amounts)
    readable = shaped & (missing_digits >= 0) & (exponents >= 0)
    digits = pc.replace_substring_regex(pc.if_else(pa.array(readable), amounts, "0"), r"[.+]", "")
    minor = pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False) * 10 ** np.where(readable, missing_digits, 0)
    problem = np.select(
        [
            pc.is_null(amounts).to_numpy(zero_copy_only=False),
            exponents < 0,
            _matches(amounts, _LONGER_AMOUNT_PATTERN),
            ~shaped,
            missing_digits < 0,
            np.abs(minor) > MAX_AMOUNT_MINOR,
        ],
        [
            AmountProblem.NONE,
            AmountProblem.UNKNOWN_CURRENCY,
            AmountProblem.OUT_OF_BOUNDS,
            AmountProblem.NOT_A_DECIMAL,
            AmountProblem.TOO_MANY_DECIMALS,
            AmountProblem.OUT_OF_BOUNDS,
        ],
        default=AmountProblem.NONE,
    ).astype(np.int64)
    return np.where(problem == AmountProblem.NONE, minor, 0), problem


def _matches(amounts: pa.Array, pattern: str) -> BoolArray:
    matches: BoolArray = (
        pc.match_substring_regex(amounts, pattern).fill_null(False).to_numpy(zero_copy_only=False).astype(np.bool_)
    )
    return matches


def to_minor(amount: str, currency: str) -> int:
    """Minor units of one amount text: the constructor for settings, tests and people's input.

    Raises:
        UnknownCurrencyError: see `currency_exponent`.
        AmountError: the text is not a decimal number, has more decimals than the currency, or is out of bounds.
    """
    exponent = currency_exponent(currency)
    minor, problem = minor_units(pa.array([amount], pa.string()), np.array([exponent], dtype=np.int64))
    faults = {
        AmountProblem.NOT_A_DECIMAL: "is not a decimal number such as 1200.00",
        AmountProblem.TOO_MANY_DECIMALS: f"has more decimals than {currency} has ({exponent})",
        AmountProblem.OUT_OF_BOUNDS: "is beyond the largest amount revrec computes exactly",
    }
    fault = faults.get(AmountProblem(problem[0]))
    if fault:
        raise AmountError(f"amount {amount!r} {fault}")
    return int(minor[0])


def to_text(amount_minor: int, currency: str) -> str:
    """Decimal text of an amount with exactly the currency's decimals, for example -1234.50."""
    exponent = currency_exponent(currency)
    sign, digits = ("-" if amount_minor < 0 else ""), str(abs(amount_minor)).rjust(exponent + 1, "0")
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"


def amount_texts(amounts_minor: Int64Array, exponent: int) -> pa.Array:
    """Decimal texts of a column of amounts of one currency, vectorised.

    Args:
        amounts_minor: int64 minor units.
        exponent: decimals of the currency.

    Returns:
        string array of the same length, e.g. "-0.05".
    """
    absolute = np.abs(amounts_minor)
    whole = pc.cast(pa.array(absolute // 10**exponent), pa.string())
    sign = pc.if_else(pa.array(amounts_minor < 0), "-", "")
    if exponent == 0:
        return pc.binary_join_element_wise(sign, whole, "")
    fraction = pc.utf8_lpad(pc.cast(pa.array(absolute % 10**exponent), pa.string()), width=exponent, padding="0")
    return pc.binary_join_element_wise(sign, pc.binary_join_element_wise(whole, fraction, "."), "")


# The same doors in SQL, as DuckDB macros; the texts must have passed AMOUNT_PATTERN. Integers only: no DECIMAL, whose
# division is a DOUBLE (FACTS). `exponent` is NULL where the currency is not known, and so is then the result.
#
# * minor(amount, exponent): minor units of a text; NULL where it has too many decimals, or is out of bounds.
# * has_more_decimals(amount, exponent): which of the two it is.
# * amount_text(amount_minor, exponent): the text of an amount, as `to_text` gives it.
MONEY_MACROS = (
    "CREATE MACRO power_of_ten(exponent) AS [1, 10, 100, 1000, 10000][exponent + 1]",
    """CREATE MACRO decimals_of(amount) AS
        CASE WHEN contains(amount, '.') THEN length(amount) - position('.' IN amount) ELSE 0 END""",
    "CREATE MACRO has_more_decimals(amount, exponent) AS decimals_of(amount) > exponent",
    # 14 + 4 digits (AMOUNT_PATTERN) fit a BIGINT, their product with a power of ten a HUGEINT
    f"""CREATE MACRO minor(amount, exponent) AS CASE
        WHEN exponent IS NULL OR has_more_decimals(amount, exponent) OR length(ltrim(amount, '+-')) > 19 THEN NULL
        WHEN abs(CAST(replace(ltrim(amount, '+'), '.', '') AS HUGEINT) * power_of_ten(exponent - decimals_of(amount)))
             > {MAX_AMOUNT_MINOR} THEN NULL
        ELSE CAST(replace(ltrim(amount, '+'), '.', '') AS BIGINT) * power_of_ten(exponent - decimals_of(amount)) END""",
    """CREATE MACRO fraction_text(amount_minor, exponent) AS
        lpad(CAST(abs(amount_minor) % power_of_ten(exponent) AS VARCHAR), CAST(exponent AS INTEGER), '0')""",
    """CREATE MACRO amount_text(amount_minor, exponent) AS
        CASE WHEN amount_minor < 0 THEN '-' ELSE '' END || CAST(abs(amount_minor) // power_of_ten(exponent) AS VARCHAR)
        || CASE WHEN exponent = 0 THEN '' ELSE '.' || fraction_text(amount_minor, exponent) END""",
)
