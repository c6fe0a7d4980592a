"""Raw bytes to clean text: UTF-8, no control characters, bounded length, no stray blanks around ids.

What belongs here: what every text must be whatever it means. What does not: dates, amounts and choices
(`revrec.parsing.fields`).

Whole columns are checked on their buffers first; regular expressions run only on a column with a suspicious byte,
because nearly every column is plain ASCII.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import BoolArray, Int64Array
from revrec.parsing.faults import Fault, positions_of, quoted
from revrec.schemas import Field, FieldType

# Titles and names in general ledgers are far shorter; longer text is nearly always a field that swallowed its
# neighbours.
MAX_TEXT_LENGTH = 1_000

# Control characters, and the two separators that Unicode counts as line ends: each would break a line of an export.
_CONTROL_CHARACTER = r"[\p{Cc}\p{Zl}\p{Zp}]"
_SPACE, _DELETE = 0x20, 0x7F


def decode(column: pa.Array) -> tuple[pa.Array, BoolArray]:
    """Text of a raw column.

    Args:
        column: binary array.

    Returns:
        (text, invalid): string array, null where the field is absent (null or empty) or not UTF-8; and where it is not
        UTF-8.
    """
    absent = pc.equal(pc.binary_length(column), 0)
    if pc.any(absent).as_py():
        column = pc.if_else(absent, None, column)
    try:
        return pc.cast(column, pa.string()), np.zeros(len(column), dtype=np.bool_)
    except pa.ArrowInvalid:
        invalid = np.array([value is not None and not _is_utf8(value) for value in column.to_pylist()], dtype=np.bool_)
        return pc.cast(pc.if_else(pa.array(invalid), None, column), pa.string()), invalid


def text_faults(field: Field, text: pa.Array) -> list[Fault]:
    """Faults of a column of ids or text: control characters, too long, and for ids white space at either end."""
    content = _content(text)
    plain = not bool(((content < _SPACE) | (content >= _DELETE)).any())
    faults = [] if plain else _control_characters(field, text)
    faults += _too_long(field, text)
    if field.type is FieldType.ID and not (plain and not bool((content == _SPACE).any())):
        faults += _blanks_around(field, text)
    return faults


def _control_characters(field: Field, text: pa.Array) -> list[Fault]:
    positions = positions_of(pc.match_substring_regex(text, _CONTROL_CHARACTER))
    return _faults(
        positions,
        field,
        lambda position: (
            f"{field.name} {quoted(text[position].as_py())} holds a line break or another control character"
        ),
    )


def _too_long(field: Field, text: pa.Array) -> list[Fault]:
    if (pc.max(pc.binary_length(text)).as_py() or 0) <= MAX_TEXT_LENGTH:
        return []
    length = pc.utf8_length(text)
    return _faults(
        positions_of(pc.greater(length, MAX_TEXT_LENGTH)),
        field,
        lambda position: (
            f"{field.name} is {length[position].as_py():,} characters long,"
            f" more than the {MAX_TEXT_LENGTH:,} there may be"
        ),
    )


def _blanks_around(field: Field, text: pa.Array) -> list[Fault]:
    positions = positions_of(pc.not_equal(text, pc.utf8_trim_whitespace(text)))
    # Not trimmed: "inv_1 " and "inv_1" would become one id here and stay two in the billing system.
    return _faults(
        positions, field, lambda position: f"{field.name} {quoted(text[position].as_py())} has white space around it"
    )


def _faults(positions: Int64Array, field: Field, reason: Callable[[int], str]) -> list[Fault]:
    return [Fault(positions, field.name, reason)] if len(positions) else []


def _content(text: pa.Array) -> npt.NDArray[np.uint8]:
    """All bytes of a string array, one after the other."""
    _, offsets, content = text.buffers()
    if content is None or not len(text):
        return np.zeros(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, dtype=np.int32)[text.offset : text.offset + len(text) + 1]
    return np.frombuffer(content, dtype=np.uint8)[ends[0] : ends[-1]]


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
