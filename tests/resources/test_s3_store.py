"""What only an S3 store has to deal with: refusals, broken connections, parts, versions replaced during a read."""

import random
import socket
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from resources.object_store import (
    ObjectChangedError,
    ObjectStore,
    StoreAddressError,
    StoreUnavailableError,
    UnsafeKeyError,
    open_object_store,
)
from resources.s3_files import BODY_ATTEMPTS, READ_AHEAD_BYTES

MIB = 1024 * 1024

EVERY_REQUEST: dict[str, Callable[[ObjectStore], object]] = {
    "list_objects": lambda store: list(store.list_objects("")),
    "list_folders": lambda store: store.list_folders(""),
    "exists": lambda store: store.exists("a"),
    "delete": lambda store: store.delete("a"),
    "read_bytes": lambda store: store.read_bytes("a"),
    "open_read": lambda store: store.open_read("a"),
    "write_bytes": lambda store: store.write_bytes("a", b"x"),
    "write_bytes in parts": lambda store: store.write_bytes("a", bytes(9 * MIB)),
}


@pytest.fixture
def store(s3_bucket: str, s3_server: str) -> ObjectStore:
    return open_object_store(f"s3://{s3_bucket}/books", s3_server)


def test_nothing_is_asked_of_s3_before_the_first_use(s3_credentials: None) -> None:
    assert open_object_store("s3://bucket/books/", "http://127.0.0.1:1").uri("a/b c") == "s3://bucket/books/a/b c"
    assert open_object_store("s3://bucket").uri("a") == "s3://bucket/a"


def test_every_request_names_a_missing_bucket(s3_server: str, s3_credentials: None) -> None:
    store = open_object_store("s3://no-such-bucket/books", s3_server)
    for name, request in EVERY_REQUEST.items():
        with pytest.raises(StoreUnavailableError, match="'no-such-bucket' does not exist: create it") as caught:
            request(store)
        assert isinstance(caught.value, ConnectionError), name


def test_missing_credentials_are_reported_with_what_to_set(
    s3_bucket: str, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    store = open_object_store(f"s3://{s3_bucket}", s3_server)
    for request in EVERY_REQUEST.values():
        with pytest.raises(StoreUnavailableError, match=r"no complete credentials for s3://.*set AWS_ACCESS_KEY_ID"):
            request(store)


def test_an_unknown_profile_is_reported_when_the_store_is_opened(
    s3_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "finance")
    with pytest.raises(StoreUnavailableError, match=r"profile \(finance\) could not be found; check"):
        open_object_store("s3://bucket")


def test_a_service_that_is_not_there_is_reported_in_one_line(
    s3_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        store = open_object_store("s3://bucket", f"http://127.0.0.1:{free.getsockname()[1]}")
        for request in EVERY_REQUEST.values():
            with pytest.raises(
                StoreUnavailableError, match=r"cannot reach s3://bucket: .*REVREC_S3_ENDPOINT_URL"
            ) as caught:
                request(store)
            assert "\n" not in str(caught.value)
            assert "testing-secret" not in "".join(traceback.format_exception(caught.value))


def test_a_refused_request_says_what_to_check(store: ObjectStore, s3_bucket: str, s3_owner: Any) -> None:
    everyone_is_denied = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
        f'"Resource": ["arn:aws:s3:::{s3_bucket}", "arn:aws:s3:::{s3_bucket}/*"]}}]}}'
    )
    store.write_bytes("a", b"x")
    s3_owner.put_bucket_policy(Bucket=s3_bucket, Policy=everyone_is_denied)
    for request in (store.read_bytes, store.open_read):
        with pytest.raises(StoreUnavailableError, match=r"S3 refused \w+ on s3://.*check the credentials and region"):
            request("a")


@pytest.mark.parametrize(
    "endpoint", ["https://me:hunter2@minio:9000", "http://me@minio", "minio:9000", "ftp://me:hunter2@minio", "http://"]
)
def test_an_endpoint_is_an_address_without_credentials(endpoint: str, s3_credentials: None) -> None:
    with pytest.raises(StoreAddressError, match="S3 endpoint") as caught:
        open_object_store("s3://bucket", endpoint)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("prefix", ["..", "a//b", "a/../b"])
def test_the_prefix_of_a_store_is_a_safe_key(prefix: str, s3_credentials: None) -> None:
    with pytest.raises(UnsafeKeyError):
        open_object_store(f"s3://bucket/{prefix}/c")


def test_a_store_sees_nothing_outside_of_its_prefix(store: ObjectStore, s3_bucket: str, s3_owner: Any) -> None:
    for key in ("a", "books-old/a", "books/a", "books/sub/b"):
        s3_owner.put_object(Bucket=s3_bucket, Key=key, Body=key.encode())
    assert [found.key for found in store.list_objects("")] == ["a", "sub/b"]
    assert store.list_folders("") == ["sub"]
    assert store.read_bytes("a") == b"books/a"
    store.delete("a")
    remaining = s3_owner.list_objects_v2(Bucket=s3_bucket)["Contents"]
    assert [entry["Key"] for entry in remaining] == ["a", "books-old/a", "books/sub/b"]


def test_folder_markers_and_keys_with_empty_segments_are_no_objects(
    store: ObjectStore, s3_bucket: str, s3_owner: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for key in ("books/", "books/landing/", "books/landing/a", "books/landing//b"):
        s3_owner.put_object(Bucket=s3_bucket, Key=key, Body=b"")
    assert [found.key for found in store.list_objects("")] == ["landing/a"]
    assert store.list_folders("landing") == []
    assert "the name 'landing//b' has an empty segment" in caplog.text


@pytest.mark.parametrize(
    ("size_bytes", "parts"), [(0, None), (8 * MIB - 1, None), (8 * MIB, 1), (16 * MIB + 1, 3)], ids=str
)
def test_large_objects_go_up_in_parts_of_8_mib(
    store: ObjectStore, s3_bucket: str, s3_owner: Any, size_bytes: int, parts: int | None
) -> None:
    store.write_bytes("a", bytes(size_bytes))
    etag = s3_owner.head_object(Bucket=s3_bucket, Key="books/a")["ETag"].strip('"')
    # The ETag of an object uploaded in parts ends in their number.
    assert etag.partition("-")[2] == (str(parts) if parts else "")
    assert next(store.list_objects("")).size_bytes == size_bytes


def test_an_upload_that_fails_leaves_no_parts_behind(store: ObjectStore, s3_bucket: str, s3_owner: Any) -> None:
    def write_and_fail() -> None:
        with store.open_write("a") as file:
            file.write(bytes(17 * MIB))
            assert len(s3_owner.list_multipart_uploads(Bucket=s3_bucket)["Uploads"]) == 1
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_and_fail()
    assert "Uploads" not in s3_owner.list_multipart_uploads(Bucket=s3_bucket)
    assert not store.exists("a")


def test_an_object_replaced_during_a_read_is_an_error_and_not_a_mixture(store: ObjectStore) -> None:
    store.write_bytes("a", b"old" * READ_AHEAD_BYTES)
    with store.open_read("a") as file:
        assert file.read(3) == b"old"
        store.write_bytes("a", b"new" * READ_AHEAD_BYTES)
        with pytest.raises(ObjectChangedError, match="was replaced while it was being read: read it again"):
            file.read()


def test_a_body_that_breaks_off_is_asked_for_again(s3_bucket: str, s3_owner: Any, s3_cutting_proxy: Any) -> None:
    data = random.Random(11).randbytes(100_000)
    s3_owner.put_object(Bucket=s3_bucket, Key="a", Body=data)
    store = open_object_store(f"s3://{s3_bucket}", s3_cutting_proxy.url)
    s3_cutting_proxy.bodies_to_cut = BODY_ATTEMPTS - 1
    with store.open_read("a") as file:
        assert file.read() == data
    assert s3_cutting_proxy.ranges_asked == ["bytes=0-99999"] * BODY_ATTEMPTS


def test_a_body_that_always_breaks_off_is_reported(s3_bucket: str, s3_owner: Any, s3_cutting_proxy: Any) -> None:
    s3_owner.put_object(Bucket=s3_bucket, Key="a", Body=bytes(100_000))
    store = open_object_store(f"s3://{s3_bucket}", s3_cutting_proxy.url)
    s3_cutting_proxy.bodies_to_cut = 1000
    with store.open_read("a") as file, pytest.raises(StoreUnavailableError, match="cannot reach"):
        file.read()
    assert len(s3_cutting_proxy.ranges_asked) == BODY_ATTEMPTS


def test_reading_fetches_long_ranges_and_only_those_asked_for(
    s3_bucket: str, s3_owner: Any, s3_cutting_proxy: Any
) -> None:
    size_bytes = 3 * READ_AHEAD_BYTES
    s3_owner.put_object(Bucket=s3_bucket, Key="a", Body=bytes(size_bytes))
    store = open_object_store(f"s3://{s3_bucket}", s3_cutting_proxy.url)
    with store.open_read("a") as file:
        file.seek(-1000, 2)
        assert len(file.read(1000)) == 1000
        file.seek(0)
        assert all(len(file.read(1000)) == 1000 for _ in range(100))
    assert s3_cutting_proxy.ranges_asked == [
        f"bytes={size_bytes - 1000}-{size_bytes - 1}",
        f"bytes=0-{READ_AHEAD_BYTES - 1}",
    ]
