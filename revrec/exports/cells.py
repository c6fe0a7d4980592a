"""Cells of a CSV file: text that no reader misreads, and dates.

What belongs here: quoting (RFC 4180), neutralising what a spreadsheet would run, and writing dates. What does not:
which cells a format has, and amounts, which are numbers and are never quoted nor neutralised
(`revrec.money.amount_texts`).
"""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import DateArray

# A text that starts like this is run as a formula by spreadsheets, or hides one that is. The characters are those of
# OWASP (CSV Injection: = + - @ tab, carriage return, line feed) and of ASVS 1.2.10 (also NUL), with the full-width
# forms that East Asian versions take for the same operators. Some readers trim a cell before they look at it, hence
# the white space, Unicode's too (\s of RE2 is a part of ASCII's). A quote in front hides nothing: it is part of the
# text, since quoting doubles it.
_FORMULA = r"^(?:[\s\pZ\x{0B}\x{1C}-\x{1F}\x{85}\x00]*[=+\-@＝＋－＠]|[\t\r\n\x00])"

# What RFC 4180 wants in quotes; everything else is left without.
_NEEDS_QUOTES = r'[",\r\n]'


def text_cells(texts: pa.Array) -> pa.Array:
    """Cells of a column of text: a formula gets an apostrophe in front, and quotes stand where CSV needs them.

    Args:
        texts: string array, plain or dictionary, without nulls.

    Returns:
        string array of the same length. Each distinct text is treated once.

    Source: SPEC 9; RFC 4180, section 2, rules 5 to 7; OWASP, CSV Injection.
    """
    encoded = pc.dictionary_encode(texts)
    return quoted(_neutralised(encoded.dictionary)).take(encoded.indices)


def text_cell(text: str) -> str:
    """Cell of one text, as `text_cells` makes them."""
    cell: str = text_cells(pa.array([text]))[0].as_py()
    return cell


def date_cells(days: DateArray, date_format: str | None) -> pa.Array:
    """Cells of dates.

    Args:
        days: datetime64[D]; they are written one by one, so give each once.
        date_format: of `datetime.date.strftime`, e.g. %d/%m/%Y; None for ISO 8601.
    """
    values = days.astype("datetime64[D]").tolist()
    return text_cells(
        pa.array([day.strftime(date_format) if date_format else day.isoformat() for day in values], pa.string())
    )


def header_line(names: Iterable[str]) -> bytes:
    """First line of a file."""
    return (",".join(quoted(pa.array(list(names), pa.string())).to_pylist()) + "\n").encode()


def quoted(texts: pa.Array) -> pa.Array:
    """Texts in quotes, inner quotes doubled, where CSV needs them."""
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(
        pc.match_substring_regex(texts, _NEEDS_QUOTES), pc.binary_join_element_wise('"', doubled, '"', ""), texts
    )


def _neutralised(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.match_substring_regex(texts, _FORMULA), pc.binary_join_element_wise("'", texts, ""), texts)
