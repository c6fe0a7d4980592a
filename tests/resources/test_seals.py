"""Seals: kept once, never overwritten, and looked at again at every read; over a folder and S3."""

import datetime as dt
import json
from typing import BinaryIO

import pytest

from resources.object_store import ObjectChangedError, ObjectNotFoundError, ObjectStore
from resources.seals import AccountTotal, Seal, SealBrokenError, SealedFile, SealedSchedules, Seals
from revrec.errors import RevrecError

KEY = "exports/generic/2025-01/default-USD.csv"
FOLDER = "2025-01/exports/generic"


def keys(store: ObjectStore) -> list[str]:
    return sorted(item.key for item in store.list_objects("sealed/"))


@pytest.fixture
def seals(object_store: ObjectStore) -> Seals:
    object_store.write_bytes(KEY, b"a,b\n1,2\n")
    return Seals(object_store)


def test_a_kept_file_is_a_copy_under_a_name_that_holds_its_hash(seals: Seals, object_store: ObjectStore) -> None:
    kept = seals.keep(KEY, FOLDER)
    assert kept.key == f"sealed/{FOLDER}/default-USD-{kept.sha256[:16]}.csv"
    assert seals.read(kept) == b"a,b\n1,2\n"
    object_store.delete(KEY)
    assert seals.read(kept) == b"a,b\n1,2\n"


def test_the_same_content_is_kept_once_and_another_beside_it(seals: Seals, object_store: ObjectStore) -> None:
    first = seals.keep(KEY, FOLDER)
    assert seals.keep(KEY, FOLDER) == first
    assert keys(object_store) == [first.key]
    object_store.write_bytes(KEY, b"a,b\n1,3\n")
    second = seals.keep(KEY, FOLDER)
    assert keys(object_store) == sorted([first.key, second.key])
    assert (seals.read(first), seals.read(second)) == (b"a,b\n1,2\n", b"a,b\n1,3\n")


def test_bytes_are_kept_like_files(seals: Seals, object_store: ObjectStore) -> None:
    kept = seals.keep_bytes("2025-01/locked_journals.parquet", b"PAR1")
    assert kept == seals.keep_bytes("2025-01/locked_journals.parquet", b"PAR1")
    assert keys(object_store) == [f"sealed/2025-01/locked_journals-{kept.sha256[:16]}.parquet"]
    assert seals.read(kept) == b"PAR1"


def test_what_is_not_there_cannot_be_kept(seals: Seals) -> None:
    with pytest.raises(ObjectNotFoundError):
        seals.keep("exports/generic/2025-02/default-USD.csv", FOLDER)


def test_what_is_replaced_while_it_is_copied_is_not_kept(
    seals: Seals, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run writes the object between its hashing and its copying."""
    opened: list[str] = []

    def open_read(key: str) -> BinaryIO:
        opened.append(key)
        if opened.count(KEY) == 2:
            object_store.write_bytes(KEY, b"a,b\n9,9\n")
        return as_it_is(key)

    as_it_is = object_store.open_read
    with monkeypatch.context() as patch:
        patch.setattr(object_store, "open_read", open_read)
        with pytest.raises(ObjectChangedError, match="was replaced while it was being sealed") as changed:
            seals.keep(KEY, FOLDER)
    assert KEY in str(changed.value)
    assert keys(object_store) == [], "nothing lies under the name of other content"
    for content in (b"a,b\n9,9\n", b"a,b\n1,2\n"):
        object_store.write_bytes(KEY, content)
        assert seals.read(seals.keep(KEY, FOLDER)) == content


def test_a_sealed_file_that_was_altered_is_noticed_at_every_read(seals: Seals, object_store: ObjectStore) -> None:
    kept = seals.keep(KEY, FOLDER)
    object_store.write_bytes(kept.key, b"a,b\n1,9\n")
    for _ in range(2):
        with pytest.raises(SealBrokenError, match=r"was altered.*restore it from a backup") as broken:
            seals.read(kept)
    assert kept.key in str(broken.value)
    assert isinstance(broken.value, RevrecError)
    assert isinstance(broken.value, OSError)


def test_a_sealed_file_that_was_altered_is_not_repaired_by_keeping_it_again(
    seals: Seals, object_store: ObjectStore
) -> None:
    kept = seals.keep(KEY, FOLDER)
    object_store.write_bytes(kept.key, b"")
    with pytest.raises(SealBrokenError, match="was altered"):
        seals.keep(KEY, FOLDER)
    assert object_store.read_bytes(kept.key) == b"", "what was done to it stays to be seen"


def test_a_sealed_file_that_is_missing_is_noticed_and_can_be_restored(seals: Seals, object_store: ObjectStore) -> None:
    kept = seals.keep(KEY, FOLDER)
    content = object_store.read_bytes(kept.key)
    object_store.delete(kept.key)
    with pytest.raises(SealBrokenError, match="is missing: restore it from a backup"):
        seals.read(kept)
    object_store.write_bytes(kept.key, content)
    assert seals.read(kept) == content


def seal(**changes: object) -> Seal:
    def file(name: str) -> SealedFile:
        return SealedFile(f"sealed/{name}", "ab" * 32)

    months = {
        month: SealedSchedules("digest", file("obligations"), file("schedules"), file("amendments"))
        for month in ("2024-12", "2025-01")
    }
    common: dict[str, object] = {
        "month": "2025-01",
        "locked_through": dt.date(2025, 1, 31),
        "journals": file("journals"),
        "account_totals": (AccountTotal("default", "USD", "billed", 2**62), AccountTotal("eu", "JPY", "deferred", -1)),
        "files": {KEY: file("file"), "reports/x/2025-01/default-USD.csv": file("report")},
        "schedules": months,
        "policy_sha256": "cd" * 32,
        "engine_version": "1.2.3",
    }
    return Seal(**(common | changes))  # type: ignore[arg-type]  # a few words for every kind of field


@pytest.mark.parametrize(
    "sealed",
    [
        pytest.param(seal(), id="of a month"),
        pytest.param(seal(locked_through=dt.date(2025, 1, 15), account_totals=(), files={}), id="of some days"),
        pytest.param(seal(schedules={}, files={}, account_totals=()), id="of nothing"),
    ],
)
def test_a_manifest_tells_all_of_its_seal(sealed: Seal, seals: Seals) -> None:
    manifest = seals.write_manifest(sealed)
    assert manifest.key.startswith("sealed/2025-01/manifest-")
    assert seals.read_manifest(manifest) == sealed
    assert seals.write_manifest(sealed) == manifest, "the same seal has the same manifest"


def test_a_manifest_that_was_altered_is_not_believed(seals: Seals, object_store: ObjectStore) -> None:
    manifest = seals.write_manifest(seal())
    content = json.loads(object_store.read_bytes(manifest.key))
    object_store.write_bytes(manifest.key, json.dumps(content | {"locked_through": "2024-01-31"}).encode())
    with pytest.raises(SealBrokenError, match="was altered"):
        seals.read_manifest(manifest)
