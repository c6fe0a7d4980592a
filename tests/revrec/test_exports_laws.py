"""What holds for every format and any journals. Files are read back by re-parsers that know SPEC 9 alone."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
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
from tests.reparsers import generic, netsuite, quickbooks, xero
from tests.reparsers.sound_files import OF
from tests.reparsers.strict_csv import records_of

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

# Reads the files of a kind as its general ledger would, by SPEC 9 alone.
_REPARSE = {
    ("generic", ""): generic.reparse,
    ("xero", ""): xero.reparse_report,
    ("xero", "-import"): xero.reparse_import,
    ("quickbooks", ""): quickbooks.reparse,
    ("netsuite", ""): netsuite.reparse,
}


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
    currency = data.draw(st.sampled_from(["JPY", "USD", "KWD"]))
    rows = [replace(row, currency=currency) for row in data.draw(ledger_months)]
    policy = _policy(name, granularity)
    exported = export(name, journals(rows), suffix=suffix, policy=policy, ledger=Ledger("default", currency))
    found = _REPARSE[name, suffix](exported.delivered("2025-02"), replace(OF, currency=currency))

    # A journal's lines may be of several of the general ledger's: one a day.
    moved: Counter[tuple[str, str, bool]] = Counter()
    for row in rows:
        moved[row.journal, row.debit, True] += row.amount
        moved[row.journal, row.credit, False] -= row.amount
    read: Counter[tuple[str, str, bool]] = Counter()
    for journal in found:
        for line in journal.lines:
            read[journal.number, line.account, line.minor > 0] += line.minor
    assert read == moved


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
    assert records_of(exported.files["default-USD.csv"])[1:] == expected


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
    header, *lines = records_of(whole)
    largest_journal = max(Counter(line[0] for line in lines).values(), default=1)
    header_counts = data.draw(st.booleans())
    most = data.draw(st.integers(largest_journal, 2 * largest_journal + 3)) + header_counts

    with _small_batches():
        exported = export(name, batch, caps=Caps("anything", rows=most, header_counts=header_counts), **common)
    files = [records_of(content) for content in exported.files.values()]

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
    largest_journal = max(Counter(line[0] for line in records_of(whole)[1:]).values(), default=1)
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
