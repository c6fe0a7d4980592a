"""What the text of each field type must look like, and the typed column it becomes (SPEC 10).

What belongs here: one reader per `FieldType`. What does not: whether a field may be absent and how fields of a row
agree (`revrec.parsing.rows`), and what every text must be (`revrec.parsing.texts`).

A reader takes the column's text (null where the field is absent) and gives the typed column. The values at
faults do not count.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from revrec.money import (
    AMOUNT_PATTERN,
    AmountProblem,
    currency_exponents,
    fraction_digits,
    known_currencies,
    minor_units,
)
from revrec.parsing.faults import Fault, positions_of, quoted
from revrec.parsing.texts import text_faults
from revrec.schemas import ARROW_TYPES, Field, FieldType

# Dates outside are typing errors (0205, 20225); inside, every computation on days and months is exact.
FIRST_YEAR, LAST_YEAR = 1900, 2199

# More than any currency's or percentage's, few enough that the digits of an amount fit into DECIMAL(38, 9).
MAX_DECIMALS = 9

Texts = Mapping[str, pa.Array]
FieldReader = Callable[[Field, pa.Array, Texts], tuple[pa.Array, list[Fault]]]

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIMESTAMP = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_BEYOND_LARGEST = "is beyond the largest amount revrec computes exactly"


def read_field(field: Field, texts: Texts) -> tuple[pa.Array, list[Fault]]:
    """The typed column of a field.

    Args:
        field: the field.
        texts: string arrays of all fields of the dataset, null where absent (an amount is read in its row's currency).

    Returns:
        (values, faults): an array of the field's lake type, null where the field is absent; and the faults.
            At a fault the value is null, or text that does not count.
    """
    text = texts[field.name]
    if text.null_count == len(text):
        return pa.nulls(len(text), ARROW_TYPES.get(field.type, pa.string())), []
    return _READERS[field.type](field, text, texts)


def _read_text(field: Field, text: pa.Array, _: Texts) -> tuple[pa.Array, list[Fault]]:
    return text, text_faults(field, text)


def _read_choice(field: Field, text: pa.Array, _: Texts) -> tuple[pa.Array, list[Fault]]:
    allowed = ", ".join(field.choices)
    known = pc.is_in(text, value_set=pa.array([*field.choices, None], pa.string()))
    return text, _faults(pc.invert(known), field, text, lambda value: f"is not one of {allowed}")


def _read_currency(field: Field, text: pa.Array, _: Texts) -> tuple[pa.Array, list[Fault]]:
    known = pc.is_in(text, value_set=pa.array([*known_currencies(), None], pa.string()))
    return text, _faults(
        pc.invert(known), field, text, lambda value: "is not an ISO 4217 currency code such as USD, EUR or JPY"
    )


def _read_date(field: Field, text: pa.Array, _: Texts) -> tuple[pa.Array, list[Fault]]:
    # A month of documents holds a few hundred different dates: each is read once.
    encoded = text.dictionary_encode()
    days = [_day(value) for value in encoded.dictionary.to_pylist()]
    values = pa.array([day if isinstance(day, date) else None for day in days], pa.date32()).take(encoded.indices)
    return values, _faults(_lost(text, values), field, text, lambda value: str(_day(value)))


def _day(text: str) -> date | str:
    """The day, or what is wrong with its text."""
    parts = _DATE.fullmatch(text)
    if not parts:
        return "is not a date: write it as YYYY-MM-DD, such as 2025-01-31"
    year, month, day = map(int, parts.groups())
    try:
        found = date(year, month, day)
    except ValueError:
        return "is not a day of the calendar"
    return found if FIRST_YEAR <= year <= LAST_YEAR else f"is outside the years {FIRST_YEAR} to {LAST_YEAR}"


def _read_timestamp(field: Field, text: pa.Array, _: Texts) -> tuple[pa.Array, list[Fault]]:
    shaped = pc.if_else(pc.match_substring_regex(text, f"^{_TIMESTAMP}$"), text, None)
    values = _instants(shaped)
    inside = pc.and_(
        pc.greater_equal(values, pa.scalar(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), values.type)),
        pc.less(values, pa.scalar(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC), values.type)),
    )
    values = pc.if_else(inside, values, None)
    return values, _faults(_lost(text, values), field, text, _timestamp_problem)


def _instants(shaped: pa.Array) -> pa.Array:
    """Instants of texts of the right shape; null where there is no such day."""
    kind = ARROW_TYPES[FieldType.TIMESTAMP]
    try:
        return pc.cast(shaped, kind)
    except pa.ArrowInvalid:
        return pa.array([value and _instant(value) for value in shaped.to_pylist()], kind)


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _timestamp_problem(text: str) -> str:
    if not re.fullmatch(_TIMESTAMP, text):
        return "is not a timestamp: write it in ISO 8601 with its time zone, such as 2025-01-31T13:45:00Z"
    return f"is not a moment of a calendar day in the years {FIRST_YEAR} to {LAST_YEAR}"


def _read_decimal(field: Field, text: pa.Array, _: Texts) -> tuple[pa.Array, list[Fault]]:
    shaped = pc.match_substring_regex(text, AMOUNT_PATTERN)
    bad = pc.or_(pc.invert(shaped), pa.array(fraction_digits(text) > MAX_DECIMALS))
    return text, _faults(bad, field, text, _decimal_problem)


def _decimal_problem(text: str) -> str:
    decimals = len(text.partition(".")[2])
    if not re.fullmatch(r"[+-]?[0-9]+(?:\.[0-9]+)?", text):
        return "is not a decimal number such as 1200.00"
    if decimals > MAX_DECIMALS:
        return f"has {_decimals(decimals)}, at most {MAX_DECIMALS} can be read"
    return _BEYOND_LARGEST


def _read_money(field: Field, text: pa.Array, texts: Texts) -> tuple[pa.Array, list[Fault]]:
    currencies = texts["currency"]
    exponents = currency_exponents(currencies)
    minor, problem = minor_units(text, exponents)
    # Without a currency the text can still be wrong in itself; that the currency is wrong is said of the currency.
    _, shape_faults = _read_decimal(
        field, pc.if_else(pa.array(problem == AmountProblem.UNKNOWN_CURRENCY), text, None), texts
    )
    absent = pc.is_null(text).to_numpy(zero_copy_only=False)
    values = pa.array(minor, mask=absent | (problem != AmountProblem.NONE))

    def reason(position: int) -> str:
        amount, currency, exponent = text[position].as_py(), currencies[position].as_py(), exponents[position]
        decimals = _decimals(len(amount.partition(".")[2]))
        sentence = {
            AmountProblem.NOT_A_DECIMAL: "is not a decimal number such as 1200.00",
            AmountProblem.TOO_MANY_DECIMALS: f"has {decimals}, {currency} has {exponent}",
            AmountProblem.OUT_OF_BOUNDS: _BEYOND_LARGEST,
        }[AmountProblem(problem[position])]
        return f"{field.name} {quoted(amount)} {sentence}"

    positions = positions_of((problem != AmountProblem.NONE) & (problem != AmountProblem.UNKNOWN_CURRENCY))
    return values, shape_faults + ([Fault(positions, field.name, reason)] if len(positions) else [])


def _decimals(count: int) -> str:
    return f"{count} decimal" if count == 1 else f"{count} decimals"


def _lost(text: pa.Array, values: pa.Array) -> pa.Array:
    """Where a text did not become a value."""
    return pc.and_(pc.is_valid(text), pc.is_null(values))


def _faults(bad: pa.Array, field: Field, text: pa.Array, problem: Callable[[str], str]) -> list[Fault]:
    positions = positions_of(bad)
    if not len(positions):
        return []

    def reason(position: int) -> str:
        value: str = text[position].as_py()
        return f"{field.name} {quoted(value)} {problem(value)}"

    return [Fault(positions, field.name, reason)]


_READERS: dict[FieldType, FieldReader] = {
    FieldType.ID: _read_text,
    FieldType.TEXT: _read_text,
    FieldType.CHOICE: _read_choice,
    FieldType.CURRENCY: _read_currency,
    FieldType.DATE: _read_date,
    FieldType.TIMESTAMP: _read_timestamp,
    FieldType.MONEY: _read_money,
    FieldType.DECIMAL: _read_decimal,
}
