"""What every general ledger's re-parser needs: the cells' rules, caps, journals put together again, manifests.

Written from SPEC 9 without a look at the code that writes the files;
so nothing of the project is imported here. What belongs here: rules that hold for several targets. What does not: a
target's columns and how it tells journals apart (one module each).
"""

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from tests.reparsers.strict_csv import BrokenRuleError, records_of, require

# ISO 4217, as far as the tests go.
EXPONENTS = {"JPY": 0, "EUR": 2, "USD": 2, "KWD": 3}
# Accounts whose balance is a debit (SPEC 1).
DEBIT_NORMAL = frozenset({"billed", "unbilled"})
SPREADSHEET_ROWS = 1_048_576
JOURNAL_NUMBER = re.compile(r"RR-(\d{6})-\d{6,}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MANIFEST_FACTS = ("filters", "as_of", "policy_sha256", "engine_version")

Cells = Mapping[str, str]
# What a name or code in the general ledger stands for: billed, recognized, deferred or unbilled.
Chart = Mapping[str, str]


class Line(NamedTuple):
    """One line of a journal; a debit's minor units are positive."""

    account: str
    date: dt.date
    minor: int


class Posting(NamedTuple):
    """One row of a file: what the target tells its journal by, revrec's own number of it, and the line."""

    key: tuple[str, ...]
    number: str
    line: Line


class Journal(NamedTuple):
    """A journal as the target would book it."""

    key: tuple[str, ...]
    number: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class LedgerMonth:
    """What files are of, as their names say it.

    Attributes:
        charts: per general ledger (`generic`, `xero`, `quickbooks`, `netsuite`), what accounts are called in it.
    """

    entity: str
    currency: str
    month: str
    charts: Mapping[str, Chart]

    @property
    def ledger(self) -> str:
        return f"{self.entity}-{self.currency}"


@dataclass(frozen=True)
class Target:
    """A kind of file.

    Attributes:
        format: name in the manifest.
        header: the column names, exactly.
        amounts: columns that hold no text.
        posting: reads one row.
        most_rows: of a file.
        header_counts: whether the header is one of them.
        most_bytes: of a file.
        one_date: whether a journal has one date.
        suffix: behind the ledger in the file's name.
    """

    format: str
    header: tuple[str, ...]
    amounts: frozenset[str]
    posting: Callable[[Cells, LedgerMonth], Posting]
    most_rows: int
    header_counts: bool = True
    most_bytes: int | None = None
    one_date: bool = True
    suffix: str = ""


def rebuilt(files: Mapping[str, bytes], of: LedgerMonth, target: Target) -> list[Journal]:
    """The journals of one kind of file of a ledger and month, each row of it checked.

    Args:
        files: name to content, manifests included.
        of: whose they are.
        target: the kind of file.

    Raises:
        BrokenRuleError: a rule of SPEC 9 does not hold.
    """
    names = _names_in_order(files, f"{of.ledger}{target.suffix}")
    by_file = {name: _postings(name, files[name], of, target) for name in names}
    pieces = Counter(key for postings in by_file.values() for key, _ in _consecutive(postings))
    for key, times in pieces.items():
        require(times == 1, f"journal {' '.join(key)} is in {times} pieces")
    journals: list[Journal] = []
    for part, (name, postings) in enumerate(by_file.items(), start=1):
        in_file = [_journal(key, group, target.one_date) for key, group in _consecutive(postings)]
        _check_manifest(name, files, in_file, (part, len(names)), of, target)
        journals += in_file
    return journals


def _names_in_order(files: Mapping[str, bytes], stem: str) -> list[str]:
    names = sorted(name for name in files if name.endswith(".csv"))
    expected = [f"{stem}.csv"] if len(names) == 1 else [f"{stem}-{part:03}.csv" for part in range(1, len(names) + 1)]
    require(names == expected != [], f"files are named {names}, not {expected}")
    manifests = {name.replace(".csv", ".manifest.json") for name in names}
    require(set(files) == {*names, *manifests}, f"beside {names} there are {sorted(files)}")
    return names


def _consecutive(postings: Sequence[Posting]) -> Iterator[tuple[tuple[str, ...], list[Posting]]]:
    for key, group in groupby(postings, lambda posting: posting.key):
        yield key, list(group)


def _postings(name: str, content: bytes, of: LedgerMonth, target: Target) -> list[Posting]:
    header, *records = records_of(content)
    require(tuple(header) == target.header, f"{name} has the header {header}")
    rows = len(records) + target.header_counts
    require(rows <= target.most_rows, f"{name} has {rows} rows, more than {target.most_rows}")
    if target.most_bytes is not None:
        require(len(content) <= target.most_bytes, f"{name} has {len(content)} bytes, more than {target.most_bytes}")
    postings = []
    for record_no, record in enumerate(records, start=1):
        try:
            require(len(record) == len(header), f"{len(record)} cells under {len(header)} columns")
            cells = dict(zip(header, record, strict=True))
            _check_texts(cells, target.amounts)
            postings.append(target.posting(cells, of))
        except BrokenRuleError as broken:
            raise BrokenRuleError(f"{name} record {record_no}: {broken}") from broken
    return postings


def _check_texts(cells: Cells, amounts: frozenset[str]) -> None:
    for column, text in cells.items():
        runs = column not in amounts and text.startswith(_FORMULA)
        require(not runs, f"a spreadsheet would run {column} {text!r} as a formula")


def _journal(key: tuple[str, ...], postings: Sequence[Posting], one_date: bool) -> Journal:
    lines = tuple(posting.line for posting in postings)
    numbers = {posting.number for posting in postings}
    label = " ".join(key)
    require(len(numbers) == 1, f"journal {label} mixes {sorted(numbers)}")
    balances: Counter[dt.date] = Counter()
    for line in lines:
        balances[line.date] += line.minor
    require(not one_date or len(balances) == 1, f"journal {label} has {len(balances)} dates")
    off = {str(date): minor for date, minor in balances.items() if minor}
    require(not off, f"journal {label} does not balance: debits less credits are {off}")
    return Journal(key, numbers.pop(), lines)


def number_in(text: str, of: LedgerMonth) -> str:
    """The one journal number of the month in a text."""
    found = [match[0] for match in JOURNAL_NUMBER.finditer(text) if match[1] == of.month.replace("-", "")]
    require(len(found) == 1, f"{len(found)} journal numbers of {of.month} in {text!r}")
    return found[0]


def account_of(text: str, general_ledger: str, of: LedgerMonth) -> str:
    """What a name or code in a general ledger stands for."""
    chart = of.charts[general_ledger]
    require(text in chart, f"{text!r} is not in the chart of accounts of {general_ledger}")
    return chart[text]


def day_of(text: str, pattern: str, of: LedgerMonth) -> dt.date:
    """A date of the month, with all its digits.

    Args:
        text: the cell.
        pattern: as `strptime` takes it.
        of: the month it has to lie in.
    """
    date = _day(text, pattern)
    require(f"{date:%Y-%m}" == of.month, f"the date {text!r} is not in {of.month}")
    return date


@cache
def _day(text: str, pattern: str) -> dt.date:
    try:
        date = dt.datetime.strptime(text, pattern).replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise BrokenRuleError(f"the date {text!r} is not as in {pattern}") from error
    # strptime takes 1/2/2025 too, which an importer may read the other way round
    require(date.strftime(pattern) == text, f"the date {text!r} is not as in {pattern}")
    return date


def signed(text: str, of: LedgerMonth) -> int:
    """Minor units of an amount with exactly its currency's decimals; never zero."""
    decimals = EXPONENTS[of.currency]
    fraction = rf"\.\d{{{decimals}}}" if decimals else ""
    exact = re.fullmatch(rf"-?(?:0|[1-9]\d*){fraction}", text, re.ASCII)
    require(exact is not None, f"the amount {text!r} has not exactly {decimals} decimals of {of.currency}")
    minor = int(text.replace(".", ""))
    require(minor != 0, f"the amount {text!r} is zero")
    return minor


def positive(text: str, of: LedgerMonth) -> int:
    """Minor units of an amount above zero."""
    minor = signed(text, of)
    require(minor > 0, f"the amount {text!r} is below zero")
    return minor


def two_sided(debit: str, credit: str, of: LedgerMonth) -> int:
    """Minor units of a row with a debit and a credit, of which one is blank."""
    require((debit == "") != (credit == ""), f"not one side alone: debit {debit!r}, credit {credit!r}")
    return positive(debit, of) if debit else -positive(credit, of)


def _check_manifest(
    name: str,
    files: Mapping[str, bytes],
    journals: Sequence[Journal],
    part_of: tuple[int, int],
    of: LedgerMonth,
    target: Target,
) -> None:
    said: dict[str, Any] = json.loads(files[name.replace(".csv", ".manifest.json")])
    minors = [line.minor for journal in journals for line in journal.lines]
    debit, credit = sum(minor for minor in minors if minor > 0), -sum(minor for minor in minors if minor < 0)
    facts = {
        "file": name,
        "part": part_of[0],
        "parts": part_of[1],
        "format": target.format,
        "entity": of.entity,
        "currency": of.currency,
        "month": of.month,
        "rows": len(minors),
        "journals": len(journals),
        "total_debits_minor": debit,
        "total_credits_minor": credit,
        "total_debits": _decimal(debit, of.currency),
        "total_credits": _decimal(credit, of.currency),
        "bytes": len(files[name]),
        "sha256": hashlib.sha256(files[name]).hexdigest(),
    }
    wrong = {fact: (said.get(fact), found) for fact, found in facts.items() if said.get(fact) != found}
    require(not wrong, f"the manifest of {name} says otherwise: {wrong}")
    missing = [fact for fact in _MANIFEST_FACTS if fact not in said]
    require(not missing, f"the manifest of {name} does not say {missing}")


def _decimal(minor: int, currency: str) -> str:
    decimals = EXPONENTS[currency]
    whole, fraction = divmod(minor, 10**decimals)
    return f"{whole}.{fraction:0{decimals}}" if decimals else str(whole)
