"""The stream of journals cut at ledgers and whole journals."""

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec import journal_stream
from revrec.accounts import Ledger
from revrec.journal_stream import JOURNAL_KEY, UnsortedJournalsError, by_ledger, whole_journals

_ROWS = """
journal          | entity | currency | first_day  | days | a_day | last_day
RR-202501-000001 | de     | EUR      | 2025-01-01 | 1    | 0     | 1
RR-202501-000001 | de     | EUR      | 2025-01-02 | 1    | 0     | 2
RR-202501-000001 | de     | USD      | 2025-01-01 | 1    | 0     | 4
RR-202501-000001 | us     | USD      | 2025-01-01 | 1    | 0     | 8
RR-202501-000002 | us     | USD      | 2025-01-01 | 1    | 0     | 16
"""


def _cut(batch: pa.RecordBatch, rows: int) -> list[pa.RecordBatch]:
    return [batch.slice(start, rows) for start in range(0, len(batch), rows)]


@pytest.mark.parametrize("rows", [1, 2, 3, 5], ids="{}_rows_a_batch".format)
def test_each_ledger_comes_with_its_rows_however_the_stream_is_cut(
    journals: Callable[..., pa.RecordBatch], rows: int
) -> None:
    stream = [journals(_ROWS).slice(0, 0), *_cut(journals(_ROWS), rows)]

    amounts = {ledger: pa.Table.from_batches(parts)["amount_minor"].to_pylist() for ledger, parts in by_ledger(stream)}

    assert list(amounts.items()) == [
        (Ledger("de", "EUR"), [100, 200]),
        (Ledger("de", "USD"), [400]),
        (Ledger("us", "USD"), [800, 1600]),
    ]


def test_an_empty_stream_has_no_ledgers_and_no_batches(journals: Callable[..., pa.RecordBatch]) -> None:
    empty = [journals([])]
    assert list(by_ledger(empty)) == []
    assert list(whole_journals(empty)) == []


def test_a_ledger_that_comes_up_twice_is_refused(journals: Callable[..., pa.RecordBatch]) -> None:
    batch = journals(_ROWS)
    ledgers = by_ledger([batch, batch.slice(0, 1)])
    with pytest.raises(UnsortedJournalsError, match="ledger de-EUR comes up twice: sort daily journals by entity"):
        list(ledgers)


@given(
    sizes=st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["de", "us"])), max_size=12),
    cuts=st.lists(st.integers(1, 12), min_size=1, max_size=8),
)
def test_no_journal_spans_two_batches_and_batches_are_as_full_as_they_can_be(
    sizes: list[tuple[int, str]],
    cuts: list[int],
    stretches: Callable[..., list[Any]],
    journals: Callable[..., pa.RecordBatch],
) -> None:
    target = 8
    row = stretches(_ROWS)[0]
    rows = journals(
        replace(row, journal=f"RR-202501-{number:06d}", entity=entity)
        for number, (size, entity) in enumerate(sizes)
        for _ in range(size)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_stream, "TARGET_ROWS", target)
        regrouped = list(whole_journals(_pieces(rows, cuts)))
        at_once = list(whole_journals([rows]))

    assert [key for batch in regrouped for key in _keys(batch)] == _keys(rows)
    found = [set(_keys(batch)) for batch in regrouped]
    assert len(set().union(*found)) == sum(map(len, found)), "a journal is in two batches"
    assert all(len(batch) <= target or len(keys) == 1 for batch, keys in zip(regrouped, found, strict=True))
    for batch, following in pairwise(regrouped):
        next_journal = _keys(following).count(_keys(following)[0])
        assert len(batch) + next_journal > target, "the next journal would have fitted"
    assert list(map(len, regrouped)) == list(map(len, at_once))


def _pieces(batch: pa.RecordBatch, cuts: list[int]) -> list[pa.RecordBatch]:
    bounds = [min(bound, len(batch)) for bound in accumulate([0, *cuts, len(batch)])]
    return [batch.slice(start, stop - start) for start, stop in pairwise(bounds)]


def _keys(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return list(zip(*(batch[name].to_pylist() for name in JOURNAL_KEY), strict=True))
