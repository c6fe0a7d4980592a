"""The promises of an object store, held by one suite over every implementation."""

import io
import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from resources.object_store import (
    ObjectNotFoundError,
    ObjectStore,
)

MIB = 1024 * 1024

WRITER = """
import sys
from resources.object_store import open_object_store
url, endpoint, letter = sys.argv[1:]
store = open_object_store(url, endpoint or None)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(12):
    store.write_bytes("shared/small", letter.encode() * 1000)
for _ in range(3):
    store.write_bytes("shared/large", letter.encode() * 9_000_000)
"""


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [found.key for found in store.list_objects(prefix)]


@pytest.mark.parametrize("data", [b"", b"id,amount\n1,9.90\n"], ids=["empty", "small"])
def test_what_was_written_is_read_back(object_store: ObjectStore, data: bytes) -> None:
    object_store.write_bytes("landing/customers/a.csv", data)
    assert object_store.read_bytes("landing/customers/a.csv") == data


def test_a_large_object_written_in_odd_pieces_is_read_back_in_odd_pieces(object_store: ObjectStore) -> None:
    data = random.Random(7).randbytes(19 * MIB + 1)
    with object_store.open_write("lake/big.bin") as file:
        for start in range(0, len(data), 3_000_001):
            assert file.write(data[start : start + 3_000_001]) > 0
    with object_store.open_read("lake/big.bin") as file:
        pieces = list(iter(lambda: file.read(5_000_011), b""))
    assert b"".join(pieces) == data
    assert next(object_store.list_objects("lake/")).size_bytes == len(data)


def test_a_file_can_be_read_from_anywhere(object_store: ObjectStore) -> None:
    object_store.write_bytes("digits", b"0123456789")
    with object_store.open_read("digits") as file:
        assert (file.seekable(), file.seek(-3, os.SEEK_END), file.read(2), file.tell()) == (True, 7, b"78", 9)
        assert (file.seek(-5, os.SEEK_CUR), file.read(1)) == (4, b"4")
        assert (file.seek(100), file.read(1)) == (100, b"")
        assert (file.seek(0), file.read()) == (0, b"0123456789")
        with pytest.raises((ValueError, OSError)):
            file.seek(-1)


def test_a_new_version_replaces_the_old_one_and_changes_the_etag_even_at_equal_length(
    object_store: ObjectStore,
) -> None:
    etags = set()
    for version in range(5):
        object_store.write_bytes("a", b"%d" % version)
        etags.add(next(object_store.list_objects("a")).etag)
    assert object_store.read_bytes("a") == b"4"
    assert len(etags) == 5


def test_a_listing_says_size_and_time_in_utc(object_store: ObjectStore) -> None:
    object_store.write_bytes("a/b", b"12345")
    (found,) = object_store.list_objects("")
    assert (found.key, found.size_bytes) == ("a/b", 5)
    assert found.modified_at.tzinfo is UTC
    assert abs(found.modified_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert list(object_store.list_objects("")) == [found]


def test_existence_is_that_of_an_object(object_store: ObjectStore) -> None:
    object_store.write_bytes("a/b", b"")
    object_store.write_bytes("a/bc", b"")
    found = {key: object_store.exists(key) for key in ("a/b", "a", "a/b/c", "a/bcd", "b")}
    assert found == {"a/b": True, "a": False, "a/b/c": False, "a/bcd": False, "b": False}


def test_deleting_twice_is_no_error(object_store: ObjectStore) -> None:
    object_store.write_bytes("a/b", b"x")
    for key in ("a/b", "a/b", "a", "never/was", "a/b/c"):
        object_store.delete(key)
    assert keys(object_store) == []


@pytest.mark.parametrize("key", ["nowhere", "a", "a/b/c"], ids=["missing", "folder", "below an object"])
def test_reading_what_is_not_there_names_the_key(object_store: ObjectStore, key: str) -> None:
    object_store.write_bytes("a/b", b"x")
    for read in (object_store.read_bytes, object_store.open_read):
        with pytest.raises(ObjectNotFoundError, match=rf"no object .*{key}") as caught:
            read(key)
        assert isinstance(caught.value, FileNotFoundError)


@pytest.mark.parametrize("size_bytes", [10, 9 * MIB], ids=["small", "several parts"])
def test_a_half_written_object_is_never_visible(object_store: ObjectStore, size_bytes: int) -> None:
    object_store.write_bytes("a", b"old")
    with object_store.open_write("a") as first, object_store.open_write("new/b") as second:
        for file in (first, second):
            file.write(b"x" * size_bytes)
            file.flush()
        assert keys(object_store) == ["a"]
        assert object_store.read_bytes("a") == b"old"
    assert keys(object_store) == ["a", "new/b"]
    assert object_store.read_bytes("a") == b"x" * size_bytes


@pytest.mark.parametrize("size_bytes", [10, 9 * MIB], ids=["small", "several parts"])
@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt], ids=["error", "interrupt"])
def test_a_write_that_fails_leaves_the_earlier_version(
    object_store: ObjectStore, size_bytes: int, problem: type[BaseException]
) -> None:
    object_store.write_bytes("a", b"old")

    def write_and_fail(key: str) -> None:
        with object_store.open_write(key) as file:
            file.write(b"x" * size_bytes)
            raise problem("half-way")

    for key in ("a", "b"):
        with pytest.raises(problem, match="half-way"):
            write_and_fail(key)
    assert keys(object_store) == ["a"]
    assert object_store.read_bytes("a") == b"old"


def test_closing_the_file_inside_the_block_does_not_publish_it(object_store: ObjectStore) -> None:
    with object_store.open_write("a") as file:
        file.write(b"all of it")
        file.close()
        assert not object_store.exists("a")
    assert object_store.read_bytes("a") == b"all of it"


def test_processes_that_write_one_key_all_succeed_and_readers_see_one_whole_version(
    object_store: ObjectStore, store_address: Any, start_together: Any
) -> None:
    whole = {"shared/small": 1000, "shared/large": 9_000_000}

    def assert_whole() -> None:
        for key, size_bytes in whole.items():
            if object_store.exists(key):
                assert object_store.read_bytes(key) in (b"x" * size_bytes, b"y" * size_bytes)

    arguments = [store_address.url, store_address.s3_endpoint_url or ""]
    with start_together([WRITER, *arguments, letter] for letter in "xy") as writers:
        while any(writer.poll() is None for writer in writers):
            assert_whole()
    assert [writer.returncode for writer in writers] == [0, 0]
    assert keys(object_store) == sorted(whole)
    assert_whole()


def test_parquet_is_written_and_read_as_a_stream_of_row_groups(object_store: ObjectStore) -> None:
    table = pa.table({"obligation": [f"ob-{number}" for number in range(5000)], "amount_minor": range(5000)})
    with object_store.open_write("lake/runs/2025-01.parquet") as sink:
        pq.write_table(table, sink, row_group_size=1000, compression="zstd")
    with object_store.open_read("lake/runs/2025-01.parquet") as source:
        file = pq.ParquetFile(source)
        assert file.num_row_groups == 5
        assert file.read_row_group(3, columns=["amount_minor"])["amount_minor"][0].as_py() == 3000
        assert pa.Table.from_batches(file.iter_batches(700)).equals(table)


def test_csv_is_read_as_a_stream_of_batches(object_store: ObjectStore) -> None:
    lines = "".join(f"line-{number},{number}.50\n" for number in range(20_000))
    object_store.write_bytes("landing/usage.csv", b"id,amount\n" + lines.encode())
    options = pa.csv.ReadOptions(block_size=64 * 1024)
    as_text = pa.csv.ConvertOptions(column_types={"amount": pa.string()})
    with object_store.open_read("landing/usage.csv") as source:
        batches = list(pa.csv.open_csv(source, read_options=options, convert_options=as_text))
    assert len(batches) > 1
    assert batches[-1].to_pylist()[-1] == {"id": "line-19999", "amount": "19999.50"}


def test_text_can_be_written_through_a_wrapper(object_store: ObjectStore) -> None:
    with object_store.open_write("exports/a.csv") as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        text.write("Journal Number,Amount\n")
    assert object_store.read_bytes("exports/a.csv") == b"Journal Number,Amount\n"
