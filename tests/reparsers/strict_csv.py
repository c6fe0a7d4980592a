"""A CSV file read as RFC 4180 has it, with LF and UTF-8 without byte order mark, and nothing forgiven (SPEC 9).

What belongs here: the way from bytes to records. What does not: what the cells mean (`rules`).
"""

import re

# One cell and what ends it. Without quotes there is neither quote nor line end in a cell; inside, quotes are doubled.
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))([,\n])')
# Line ends and tabs may stand in a quoted cell; other control characters, and a second mark, are in no file.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")


class BrokenRuleError(ValueError):
    """A file breaks a rule of its target."""


def require(rule: bool, message: str) -> None:
    """Refuse the file where a rule does not hold.

    Raises:
        BrokenRuleError: the rule does not hold.
    """
    if not rule:
        raise BrokenRuleError(message)


def records_of(content: bytes) -> list[list[str]]:
    """Records of a CSV file, read strictly (RFC 4180 with LF).

    Raises:
        BrokenRuleError: it is not such a file.
    """
    require(not content.startswith(b"\xef\xbb\xbf"), "a byte order mark")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenRuleError(f"not UTF-8: {error}") from error
    forbidden = _FORBIDDEN.search(text)
    require(forbidden is None, f"a forbidden character: {forbidden and forbidden[0]!r}")
    records: list[list[str]] = []
    record: list[str] = []
    place = 0
    while place < len(text):
        cell = _CELL.match(text, place)
        if cell is None:
            raise BrokenRuleError(f"no cell that ends with a comma or LF: {text[place : place + 40]!r}")
        quoted, plain, end = cell.groups()
        record.append(plain if quoted is None else quoted.replace('""', '"'))
        place = cell.end()
        if end == "\n":
            records.append(record)
            record = []
    require(record == [] and records != [], "the last record does not end with LF")
    return records
