"""Digests of rows: of what they say, not of where they stand or landed."""

from random import Random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.row_digests import RowsDigest

SCHEMA = pa.schema(
    [("id", pa.string()), ("amount_minor", pa.int64()), ("landed_file", pa.string()), ("landed_row", pa.int64())]
)
Row = tuple[str | None, int]


def digest(rows: list[Row], file: str = "a.csv", batch_rows: int = 2) -> str:
    table = pa.Table.from_pylist(
        [
            {"id": id_, "amount_minor": amount, "landed_file": file, "landed_row": place}
            for place, (id_, amount) in enumerate(rows)
        ],
        schema=SCHEMA,
    )
    named = RowsDigest(duckdb.connect())
    assert pa.Table.from_batches(named.watch(table.to_batches(max_chunksize=batch_rows)), SCHEMA).equals(table)
    return str(named)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.text(max_size=3) | st.none(), st.integers(-5, 5)), max_size=6), st.randoms())
def test_neither_order_nor_file_nor_batches_matter(rows: list[Row], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert digest(shuffled, "b.csv", 3) == digest(rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param([("a", 1)], [("a", 2)], id="another amount"),
        pytest.param([("a", 1)], [("a", 1), ("a", 1)], id="the same row twice"),
        pytest.param([], [(None, 0)], id="a row of nothing"),
        pytest.param([(None, 1)], [("", 1)], id="null is not an empty text"),
        pytest.param([("a", 1), ("b", 2)], [("a", 2), ("b", 1)], id="values swapped between rows"),
        pytest.param([("NULL", 1)], [(None, 1)], id="null is not the word"),
    ],
)
def test_what_rows_say_matters(one: list[Row], other: list[Row]) -> None:
    assert digest(one) != digest(other)
