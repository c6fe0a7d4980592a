"""The lake: tables are written whole from streams, and read back as they were."""

import functools
import hashlib
import io
import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from resources.lake import ROW_GROUP_ROWS, Lake, SealedTable, TableMissingError, TableStream
from resources.lake_table import BATCH_ROWS
from resources.object_store import ObjectStore
from revrec.errors import RevrecError
from revrec.money import MAX_AMOUNT_MINOR
from revrec.tables import LABEL

SCHEMA = pa.schema(
    [
        pa.field("no", pa.int64(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("kind", LABEL, nullable=False),
        pa.field("day", pa.date32()),
        pa.field("amount_minor", pa.int64(), nullable=False),
    ]
)
# Enough for several batches and row groups.
MANY = 2 * BATCH_ROWS + 1_000


@pytest.fixture
def lake(object_store: ObjectStore) -> Lake:
    """An empty lake, once in a folder and once in a bucket."""
    return Lake(object_store)


@functools.cache
def table(rows: int) -> pa.Table:
    """Rows whose days and kinds change along the way."""
    numbers = pa.array(range(rows), pa.int64())
    days = pc.cast(pc.cast(pc.divide(numbers, 20_000), pa.int32()), pa.date32())
    columns = [
        numbers,
        pa.array(["EUR", "USD", "USD"] * (rows // 3 + 1)).slice(0, rows),
        pc.binary_join_element_wise("kind", pc.cast(pc.divide(numbers, 30_000), pa.string()), " ").dictionary_encode(),
        pc.if_else(pc.equal(numbers, 7), None, days),
        pc.subtract(pc.multiply(numbers, 3), 50_000),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def decoded(rows: pa.Table) -> pa.Table:
    """One chunk without dictionaries: what is equal then holds the same values."""
    return rows.set_column(2, "kind", rows["kind"].cast(pa.string())).combine_chunks()


def stream(rows: pa.Table, *sizes: int, metadata: dict[str, str] | None = None) -> TableStream:
    """The table in batches of these sizes, the last one with all the rest."""

    def batches() -> Iterator[pa.RecordBatch]:
        start = 0
        for size in (*sizes, len(rows)):
            # each batch with a dictionary of its own, as a query gives them
            part = rows.slice(start, size)
            labels = part["kind"].cast(pa.string()).combine_chunks().dictionary_encode()
            yield from part.set_column(2, SCHEMA.field("kind"), labels).combine_chunks().to_batches()
            start += size

    return TableStream(SCHEMA, batches(), metadata or {})


def plain(rows: pa.Table) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = rows.to_pylist()
    return result


def test_a_table_is_read_back_as_it_was_written(lake: Lake) -> None:
    rows = table(1_000)
    written = lake.write("journals", "2025-01", stream(rows, 10, 0, 500))
    opened = lake.open("journals", "2025-01")
    assert (written.rows, opened.rows) == (1_000, 1_000)
    assert opened.schema.equals(SCHEMA)
    assert plain(opened.read()) == plain(rows)
    assert plain(pa.Table.from_batches(opened.batches())) == plain(rows)
    assert written.key == "lake/journals/2025-01.parquet"
    assert written.uri == lake.store.uri(written.key)


def test_a_table_without_rows_is_a_table(lake: Lake) -> None:
    lake.write("journals", "2025-01", TableStream(SCHEMA, []))
    opened = lake.open("journals", "2025-01")
    assert (opened.rows, opened.schema) == (0, SCHEMA)
    assert list(opened.batches()) == []
    assert opened.read_where({"no": 1}).num_rows == 0


def test_columns_can_be_read_by_themselves(lake: Lake) -> None:
    lake.write("journals", None, stream(table(10)))
    opened = lake.open("journals", None)
    assert opened.read(["no"]).to_pydict() == {"no": list(range(10))}
    assert [batch.schema.names for batch in opened.batches(["day", "no"])] == [["day", "no"]]


def test_what_was_written_is_described_by_its_rows_totals_hash_and_preview(lake: Lake) -> None:
    rows = table(1_000)
    written = lake.write("journals", "2025-01", stream(rows, 300))
    content = lake.store.read_bytes(written.key)
    totals = {"USD": 0, "EUR": 0}
    for row in plain(rows):
        totals[row["currency"]] += row["amount_minor"]
    assert written.totals_minor == {currency: {"amount_minor": total} for currency, total in totals.items()}
    assert list(written.totals_minor) == ["EUR", "USD"]
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert written.size_bytes == len(content)
    assert written.preview == plain(rows.slice(0, 5))


def test_totals_beyond_int64_are_exact(lake: Lake) -> None:
    rows = BATCH_ROWS + ROW_GROUP_ROWS * 3
    largest = table(rows).set_column(4, SCHEMA.field(4), pa.array([MAX_AMOUNT_MINOR] * rows, pa.int64()))
    largest = largest.set_column(1, SCHEMA.field(1), pa.array(["USD"] * rows))
    written = lake.write("journals", "2025-01", stream(largest))
    assert written.totals_minor == {"USD": {"amount_minor": rows * MAX_AMOUNT_MINOR}}
    assert rows * MAX_AMOUNT_MINOR > 2**63


def test_a_table_that_names_no_currency_has_no_totals(lake: Lake) -> None:
    rows = pa.table({"amount_minor": [1, 2]})
    assert lake.write("x", None, TableStream(rows.schema, rows.to_batches())).totals_minor == {}


def test_metadata_is_kept_also_what_the_stream_learns_on_the_way(lake: Lake) -> None:
    notes = {"run_id": "r1", "first": "ü"}

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table(3).to_batches()
        notes["learned"] = "at the end"

    lake.write("journals", "2025-01", TableStream(SCHEMA, batches(), notes))
    assert lake.open("journals", "2025-01").metadata == {"run_id": "r1", "first": "ü", "learned": "at the end"}


def test_the_bytes_do_not_depend_on_how_the_rows_came(lake: Lake) -> None:
    rows = table(MANY)
    expected = lake.write("journals", "2025-01", stream(rows, metadata={"a": "1", "b": "2"})).sha256
    chance = random.Random(0)
    for cuts in (
        [1, 0, 5],
        [BATCH_ROWS],
        [BATCH_ROWS - 1, 2],
        [chance.randrange(1, 40_000) for _ in range(5)],
    ):
        again = lake.write("journals", "2025-01", stream(rows, *cuts, metadata={"b": "2", "a": "1"}))
        assert again.sha256 == expected


def test_row_groups_are_small_enough_to_be_skipped_and_read_in_parallel(lake: Lake) -> None:
    key = lake.write("journals", "2025-01", stream(table(MANY), 100, 100_000)).key
    with lake.store.open_read(key) as file:
        metadata = pq.ParquetFile(file).metadata
        sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    assert sum(sizes) == MANY
    assert sizes[:-1] == [ROW_GROUP_ROWS] * (len(sizes) - 1)


@pytest.mark.parametrize(
    "equal",
    [
        {"day": date(1970, 1, 3)},
        {"kind": "kind 2"},
        {"kind": "kind 2", "day": date(1970, 1, 4)},
        {"no": 40_000},
        {"no": 40_000, "kind": "kind 0"},
        {"no": -1},
        {"day": date(1969, 12, 31)},
    ],
    ids=str,
)
def test_rows_are_found_by_the_values_of_their_columns(lake: Lake, equal: dict[str, object]) -> None:
    rows = decoded(table(MANY))
    lake.write("journals", "2025-01", stream(table(MANY)))
    columns = {name: rows[name].to_pylist() for name in equal}
    places = [place for place in range(MANY) if all(columns[name][place] == value for name, value in equal.items())]
    found = lake.open("journals", "2025-01").read_where(equal)
    assert found.schema.equals(SCHEMA)
    assert decoded(found).equals(rows.take(pa.array(places, pa.int64())))


def test_of_rows_that_are_found_some_columns_can_be_read_by_themselves(lake: Lake) -> None:
    lake.write("journals", "2025-01", stream(table(MANY)))
    opened = lake.open("journals", "2025-01")
    found = pa.Table.from_batches(opened.batches_where({"kind": "kind 2"}, ["day", "no"]))
    assert found.equals(opened.read_where({"kind": "kind 2"}).select(["day", "no"]))
    assert found.num_rows > 0


def test_row_groups_that_cannot_hold_the_value_are_not_read(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write("journals", "2025-01", stream(table(MANY)))
    read: list[int] = []

    class Counting(pq.ParquetFile):  # type: ignore[misc]  # pyarrow ships no types
        def read_row_group(self, i: int, *arguments: Any, **options: Any) -> pa.Table:
            read.append(i)
            return super().read_row_group(i, *arguments, **options)

    monkeypatch.setattr("pyarrow.parquet.ParquetFile", Counting)
    assert lake.open("journals", "2025-01").read_where({"no": 40_000}).num_rows == 1
    assert read == [40_000 // ROW_GROUP_ROWS]


def test_a_column_that_is_not_there_is_an_error(lake: Lake) -> None:
    lake.write("journals", "2025-01", stream(table(10)))
    with pytest.raises(KeyError, match="month"):
        lake.open("journals", "2025-01").read_where({"month": 1})


def test_a_table_that_was_not_materialized_says_what_to_do(lake: Lake) -> None:
    assert lake.find("journals", "2025-01") is None
    with pytest.raises(
        TableMissingError, match=r"table journals of 2025-01 is not in the lake: materialize"
    ) as missing:
        lake.open("journals", "2025-01")
    assert isinstance(missing.value, RevrecError)
    assert isinstance(missing.value, FileNotFoundError)
    with pytest.raises(TableMissingError, match=r"table customers is not in the lake"):
        lake.open("customers", None)


def test_the_months_of_a_table_are_those_that_were_written_in_order(lake: Lake) -> None:
    for month in ("2025-02", "2024-12", "2025-01"):
        lake.write("journals", month, stream(table(1)))
    lake.write("journals_of_another", "2023-01", stream(table(1)))
    assert lake.months("journals") == ["2024-12", "2025-01", "2025-02"]
    assert lake.months("nothing") == []


def test_a_stream_that_breaks_leaves_the_earlier_table_as_it_was(lake: Lake) -> None:
    lake.write("journals", "2025-01", stream(table(10)))

    def breaking() -> Iterator[pa.RecordBatch]:
        yield from table(BATCH_ROWS + 1).to_batches()
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"):
        lake.write("journals", "2025-01", TableStream(SCHEMA, breaking()))
    assert lake.open("journals", "2025-01").rows == 10
    with pytest.raises(ValueError, match="the source broke"):
        lake.write("journals", "2025-02", TableStream(SCHEMA, breaking()))
    assert lake.find("journals", "2025-02") is None


def test_a_batch_of_another_table_is_refused(lake: Lake) -> None:
    other = pa.table({"no": ["text"]})
    with pytest.raises(pa.ArrowInvalid):
        lake.write("journals", "2025-01", TableStream(SCHEMA, [*table(1).to_batches(), *other.to_batches()]))
    assert lake.find("journals", "2025-01") is None


def test_a_sealed_table_is_written_byte_for_byte_whoever_wrote_it(lake: Lake, object_store: ObjectStore) -> None:
    """Another version of the Parquet library would write the same rows as other bytes."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, SCHEMA, compression="snappy") as writer:
        writer.write_table(table(100), row_group_size=7)
        writer.add_key_value_metadata({"revrec.ledgers": "[]"})
    content = sink.getvalue()
    sealed = SealedTable.of(content)
    written = lake.write("daily_journals", "2025-01", sealed)
    assert object_store.read_bytes("lake/daily_journals/2025-01.parquet") == content
    assert (written.rows, written.sha256, written.size_bytes) == (
        100,
        hashlib.sha256(content).hexdigest(),
        len(content),
    )
    found = lake.open("daily_journals", "2025-01")
    assert found.read().equals(table(100).cast(SCHEMA))
    assert found.metadata == sealed.metadata == {"ledgers": "[]"}


def test_a_sealed_table_tells_the_same_totals_as_the_stream_it_was(lake: Lake) -> None:
    stream = TableStream(SCHEMA, table(1_000).to_batches(), {"ledgers": "[]"})
    first = lake.write("daily_journals", "2025-01", stream)
    content = lake.store.read_bytes(first.key)
    assert lake.write("daily_journals", "2025-01", SealedTable.of(content)) == first
