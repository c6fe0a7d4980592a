"""What holds for every format and any journals. Files are read back with Python's csv module and plain integers."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec import journal_stream
from revrec.accounts import Ledger
from revrec.exports.caps import Caps

_KINDS = [
    ("generic", "", "daily"),
    ("generic", "", "monthly"),
    ("xero", "", "daily"),
    ("xero", "", "monthly"),
    ("xero", "-import", "monthly"),
    ("quickbooks", "", "daily"),
    ("quickbooks", "", "monthly"),
    ("netsuite", "", "daily"),
    ("netsuite", "", "monthly"),
]
_every_kind = pytest.mark.parametrize(
    ("name", "suffix", "granularity"), _KINDS, ids=["-".join(kind) for kind in _KINDS]
)

# Cutting files depends on a kind in few ways: days or not, a journal a day or not, several kinds a format.
_some_kinds = pytest.mark.parametrize(
    ("name", "suffix", "granularity"),
    [("generic", "", "daily"), ("xero", "-import", "monthly"), ("quickbooks", "", "daily")],
    ids=["generic by day", "xero import", "quickbooks by day"],
)

_DECIMALS = {"JPY": 0, "USD": 2, "KWD": 3}

# The default chart of accounts, turned around.
_ACCOUNTS = {
    **dict.fromkeys(("Billed Revenue", "200", "4000"), "billed"),
    **dict.fromkeys(("Recognized Revenue", "210", "4010"), "recognized"),
    **dict.fromkeys(("Deferred Revenue", "820", "2400"), "deferred"),
    **dict.fromkeys(("Unbilled Revenue", "620", "1250"), "unbilled"),
}


@dataclass(frozen=True)
class _Posting:
    """A line of any format: debits are positive."""

    journal: str
    date: str
    account: str
    minor: int


def _read(content: bytes) -> list[list[str]]:
    text = content.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert text.endswith("\n")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def _minor(text: str, decimals: int) -> int:
    whole, point, fraction = text.removeprefix("-").partition(".")
    assert whole.isdigit()
    assert (len(fraction), bool(point)) == (decimals, decimals > 0), f"{text} has other decimals than its currency"
    return int(Decimal(text).scaleb(decimals))


def _postings(content: bytes, decimals: int) -> Iterator[_Posting]:
    """Lines of any format as postings, by the names of their columns."""
    header, *lines = _read(content)
    for line in lines:
        row = dict(zip(header, line, strict=True))
        yield _Posting(line[0], line[1], _ACCOUNTS[_account(row)], _signed(row, decimals))


def _account(row: dict[str, str]) -> str:
    names = ("Ledger account name", "*AccountCode", "*AccountName", "Account")
    (account,) = [row[name] for name in names if name in row]
    return account


def _signed(row: dict[str, str], decimals: int) -> int:
    if "*Amount" in row:
        return _minor(row["*Amount"], decimals)
    if "Direction" in row:
        return abs(_minor(row["Amount"], decimals)) * {"DEBIT": 1, "CREDIT": -1}[row["Direction"]]
    debit, credit = (row.get(f"*{side}s", row.get(side)) for side in ("Debit", "Credit"))
    assert (debit == "") != (credit == ""), "one side is blank, the other is not"
    return _minor(debit, decimals) if debit else -_minor(credit or "", decimals)


@contextmanager
def _small_batches() -> Iterator[None]:
    """Batches of few rows, so that a ledger-month has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_stream, "TARGET_ROWS", 3)
        yield


def _policy(name: str, granularity: str) -> dict[str, Any]:
    return {"exports": {name: {"granularity": granularity}}}


@_every_kind
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_read_back_is_what_the_journals_move(
    name: str,
    suffix: str,
    granularity: str,
    data: st.DataObject,
    ledger_months: st.SearchStrategy[list[Any]],
    journals: Callable[..., pa.RecordBatch],
    export: Callable[..., Any],
) -> None:
    currency = data.draw(st.sampled_from(list(_DECIMALS)))
    rows = [replace(row, currency=currency) for row in data.draw(ledger_months)]
    exported = export(
        name,
        journals(rows),
        suffix=suffix,
        policy=_policy(name, granularity),
        ledger=Ledger("default", currency),
        caps=Caps("anything", rows=10**6),
    )
    ((file, content),), (totals,) = exported.files.items(), exported.totals
    found = list(_postings(content, _DECIMALS[currency]))

    # The journal's number stands in its cell, whatever is put around it; a month has one date.
    moved: Counter[tuple[str, str, bool]] = Counter()
    for row in rows:
        moved[row.journal, row.debit, True] += row.amount
        moved[row.journal, row.credit, False] -= row.amount
    read: Counter[tuple[str, str, bool]] = Counter()
    for posting in found:
        (journal,) = {row.journal for row in rows if row.journal in posting.journal}
        read[journal, posting.account, posting.minor > 0] += posting.minor
    assert read == moved

    debits = sum(posting.minor for posting in found if posting.minor > 0)
    assert totals.debit_minor == totals.credit_minor == debits == sum(row.amount for row in rows)
    balance: defaultdict[tuple[str, str], int] = defaultdict(int)
    for posting in found:
        balance[posting.journal, posting.date] += posting.minor
    assert not any(balance.values()), "a journal does not balance on each of its dates"
    assert (totals.name, totals.rows, totals.size_bytes) == (file, len(found), len(content))
    assert totals.journals == len({posting.journal for posting in found})


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_daily_report_is_the_days_of_each_journal_one_by_one(
    data: st.DataObject,
    ledger_months: st.SearchStrategy[list[Any]],
    journals: Callable[..., pa.RecordBatch],
    export: Callable[..., Any],
) -> None:
    rows = data.draw(ledger_months)
    names = {"billed": "Billed", "recognized": "Recognized", "deferred": "Deferred", "unbilled": "Unbilled"}
    movements = sorted(
        (row.journal, date, place, amount) for place, row in enumerate(rows) for date, amount in row.movements()
    )
    expected = [
        [
            journal,
            date.isoformat(),
            _shown(rows[place].narrative),
            _shown(rows[place].product),
            f"cus_{rows[place].customer}",
            _shown(rows[place].customer),
            direction,
            f"{names[account]} Revenue",
            f"{Decimal(amount) / 100:.2f}",
            f"inv_{rows[place].invoice}",
            rows[place].invoice,
        ]
        for journal, date, place, amount in movements
        for direction, account in (("DEBIT", rows[place].debit), ("CREDIT", rows[place].credit))
    ]
    exported = export("generic", journals(rows), policy={"exports": {"xero": {"enabled": False}}})
    assert _read(exported.files["default-USD.csv"])[1:] == expected


def _shown(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


@_some_kinds
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_files_keep_their_caps_and_are_cut_between_journals_as_late_as_possible(
    name: str,
    suffix: str,
    granularity: str,
    data: st.DataObject,
    ledger_months: st.SearchStrategy[list[Any]],
    journals: Callable[..., pa.RecordBatch],
    export: Callable[..., Any],
) -> None:
    batch = journals(data.draw(ledger_months))
    common = {"suffix": suffix, "policy": _policy(name, granularity)}
    (whole,) = export(name, batch, caps=Caps("anything", rows=10**6), **common).files.values()
    header, *lines = _read(whole)
    largest_journal = max(Counter(line[0] for line in lines).values(), default=1)
    header_counts = data.draw(st.booleans())
    most = data.draw(st.integers(largest_journal, 2 * largest_journal + 3)) + header_counts

    with _small_batches():
        exported = export(name, batch, caps=Caps("anything", rows=most, header_counts=header_counts), **common)
    files = [_read(content) for content in exported.files.values()]

    assert all(file[0] == header for file in files)
    assert [line for file in files for line in file[1:]] == lines
    assert all(len(file) - 1 + header_counts <= most for file in files)
    found = [Counter(line[0] for line in file[1:]) for file in files]
    assert not any(first.keys() & second.keys() for first, second in pairwise(found))
    for file, following in zip(files, found[1:], strict=False):
        assert len(file) - 1 + header_counts + next(iter(following.values())) > most, (
            "the next journal would have fitted"
        )
    assert [totals.rows for totals in exported.totals] == [len(file) - 1 for file in files]


@_some_kinds
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_files_keep_a_cap_on_bytes_header_included(
    name: str,
    suffix: str,
    granularity: str,
    data: st.DataObject,
    ledger_months: st.SearchStrategy[list[Any]],
    journals: Callable[..., pa.RecordBatch],
    export: Callable[..., Any],
) -> None:
    batch = journals(data.draw(ledger_months))
    common = {"suffix": suffix, "policy": _policy(name, granularity)}
    (whole,) = export(name, batch, caps=Caps("anything", rows=10**6), **common).files.values()
    header = whole[: whole.index(b"\n") + 1]
    # Of files with few journals, the largest is a cap that no journal exceeds.
    largest_journal = max(Counter(line[0] for line in _read(whole)[1:]).values(), default=1)
    few = export(name, batch, caps=Caps("anything", rows=largest_journal), **common)
    most = max(map(len, few.files.values()))

    exported = export(name, batch, caps=Caps("anything", rows=10**6, size_bytes=most), **common)
    contents = list(exported.files.values())
    assert max(map(len, contents)) <= most
    assert header + b"".join(content.removeprefix(header) for content in contents) == whole
    for content, following in pairwise(contents):
        assert len(content) + len(following) - len(header) > most, "all of the next file would have fitted"
    assert [totals.size_bytes for totals in exported.totals] == list(map(len, contents))


@_some_kinds
@settings(max_examples=10, deadline=None)
@given(data=st.data(), size=st.integers(1, 5))
def test_the_bytes_do_not_depend_on_how_the_stream_is_cut(
    name: str,
    suffix: str,
    granularity: str,
    size: int,
    data: st.DataObject,
    ledger_months: st.SearchStrategy[list[Any]],
    journals: Callable[..., pa.RecordBatch],
    export: Callable[..., Any],
) -> None:
    batch = journals(data.draw(ledger_months))
    common = {"suffix": suffix, "policy": _policy(name, granularity)}
    pieces = [batch.slice(start, size) for start in range(0, len(batch), size)]
    at_once = export(name, batch, **common)
    with _small_batches():
        in_pieces = export(name, pieces, **common)
    assert in_pieces.files == at_once.files
    assert in_pieces.totals == at_once.totals
