"""Which keys a store takes, and in which order it lists them: one suite over every implementation."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.object_store import MAX_KEY_BYTES, MAX_SEGMENT_BYTES, ObjectStore, UnsafeKeyError, checked_key

# Byte order is neither the order of a folder tree ('-' and '.' come before '/') nor that of UTF-16 (the emoji comes
# last).
KEYS_IN_BYTE_ORDER = [
    ".hidden",
    "A/z",
    "a b+c%20&d",
    "a-b",
    "a.b",
    "a/b",
    "a/b-c",
    "a/b.d/e",
    "a/c/d",
    "a0",
    "aé",
    "a\uffef",
    "a\U0001f600",
    "b",
]

UNSAFE_KEYS = {
    "empty": "",
    "absolute": "/etc/passwd",
    "parent": "../secret",
    "parent inside": "landing/../../secret",
    "current folder": "landing/./a.csv",
    "empty segment": "landing//a.csv",
    "ends like a folder": "landing/",
    "backslash": "landing\\a.csv",
    "nul": "landing/a\0.csv",
    "line feed": "landing/a\n.csv",
    "delete": "landing/a\x7f.csv",
    "lone surrogate": "landing/a\udc80.csv",
    "reserved for unfinished writes": f"landing/.revrec-{'0' * 32}.partial",
    "long segment": "a" * (MAX_SEGMENT_BYTES + 1),
    "long key": "/".join(["é" * 100] * (MAX_KEY_BYTES // 200 + 1)),
}


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [found.key for found in store.list_objects(prefix)]


def test_a_listing_is_in_byte_order(object_store: ObjectStore) -> None:
    for key in reversed(KEYS_IN_BYTE_ORDER):
        object_store.write_bytes(key, b"")
    assert keys(object_store) == KEYS_IN_BYTE_ORDER


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", ["landing/usage/2025-01/a.csv", "landing/usage/2025-02/b.csv", "landing/usage_old/c.csv"]),
        ("landing/usage/", ["landing/usage/2025-01/a.csv", "landing/usage/2025-02/b.csv"]),
        ("landing/usage", ["landing/usage/2025-01/a.csv", "landing/usage/2025-02/b.csv", "landing/usage_old/c.csv"]),
        ("landing/usage/2025-01", ["landing/usage/2025-01/a.csv"]),
        ("landing/usage/2025-01/a.csv", ["landing/usage/2025-01/a.csv"]),
        ("landing/usage/2025-01/a.csv/", []),
        ("landing/milestones/", []),
    ],
    ids=["everything", "folder", "start of a name", "month", "one object", "object as folder", "no such folder"],
)
def test_a_prefix_is_plain_text(object_store: ObjectStore, prefix: str, expected: list[str]) -> None:
    for key in ("landing/usage/2025-01/a.csv", "landing/usage/2025-02/b.csv", "landing/usage_old/c.csv"):
        object_store.write_bytes(key, b"x")
    assert keys(object_store, prefix) == expected


def test_folders_are_the_immediate_ones_that_hold_an_object(object_store: ObjectStore) -> None:
    for key in ("lake/b/x/1", "lake/a/2", "lake/a-b/3", "lake/4", "landing/5"):
        object_store.write_bytes(key, b"")
    object_store.write_bytes("lake/emptied/6", b"")
    object_store.delete("lake/emptied/6")
    assert object_store.list_folders("lake") == object_store.list_folders("lake/") == ["a", "a-b", "b"]
    assert object_store.list_folders("") == ["lake", "landing"]
    assert object_store.list_folders("nowhere") == object_store.list_folders("lake/4") == []


def test_a_listing_goes_on_after_a_thousand_keys(
    object_store: ObjectStore, put_behind_the_back: Callable[[Iterable[str]], None]
) -> None:
    names = [f"landing/usage/{number:04}.csv" for number in range(1205)]
    put_behind_the_back(reversed(names))
    put_behind_the_back(f"many/{number:04}/x" for number in range(1005))
    assert keys(object_store, "landing/") == names
    assert len(object_store.list_folders("many")) == 1005


def test_names_that_no_key_may_have_are_left_out_with_a_warning(
    object_store: ObjectStore,
    put_behind_the_back: Callable[[Iterable[str]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    put_behind_the_back(["in/good.csv", "in/back\\slash.csv", "in/od\x7fd/a.csv"])
    assert keys(object_store, "in/") == ["in/good.csv"]
    assert object_store.list_folders("in") == []
    assert "back\\\\slash.csv" in caplog.text
    assert "od\\x7fd" in caplog.text


@pytest.mark.parametrize("key", UNSAFE_KEYS.values(), ids=UNSAFE_KEYS)
def test_unsafe_keys_are_refused_in_one_line(key: str) -> None:
    with pytest.raises(UnsafeKeyError, match=r"key .*: name objects by relative") as caught:
        checked_key(key)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_every_method_refuses_every_unsafe_key(object_store: ObjectStore) -> None:
    methods: list[Callable[[str], object]] = [
        object_store.exists,
        object_store.delete,
        object_store.read_bytes,
        object_store.open_read,
        object_store.uri,
        lambda key: object_store.write_bytes(key, b"x"),
    ]
    for key in UNSAFE_KEYS.values():
        for method in methods:
            with pytest.raises(UnsafeKeyError):
                method(key)
    assert keys(object_store) == []


def test_unsafe_prefixes_are_refused_before_anything_is_listed(object_store: ObjectStore) -> None:
    for prefix in ("/", "../", "a/../b", "a//b", "a\\b"):
        with pytest.raises(UnsafeKeyError):
            object_store.list_objects(prefix)
        with pytest.raises(UnsafeKeyError):
            object_store.list_folders(prefix)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(alphabet=st.sampled_from("aé./\\ %\n\U0001f600-"), max_size=12))
def test_every_key_is_either_refused_or_listed_and_read_back(object_store: ObjectStore, key: str) -> None:
    try:
        object_store.write_bytes(key, key.encode())
    except UnsafeKeyError:
        assert keys(object_store) == []
        return
    assert keys(object_store) == [key]
    assert object_store.read_bytes(key) == key.encode()
    object_store.delete(key)
