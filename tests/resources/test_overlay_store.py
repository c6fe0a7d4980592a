"""A store in front of another, over a folder and over S3: the one behind never changes."""

from pathlib import Path

import pytest

from resources.folder_store import FolderStore
from resources.object_store import ObjectNotFoundError, ObjectStore
from resources.overlay_store import OverlayStore


@pytest.fixture
def overlay(object_store: ObjectStore, tmp_path: Path) -> OverlayStore:
    """An empty folder in front of a store that holds a/1, a/2 and b/c/3, each with its own name."""
    for key in ("a/1", "a/2", "b/c/3"):
        object_store.write_bytes(key, key.encode())
    front = tmp_path / "front"
    front.mkdir()
    return OverlayStore(FolderStore(front), object_store)


def listed(store: ObjectStore, prefix: str = "") -> list[str]:
    return [found.key for found in store.list_objects(prefix)]


def test_what_is_behind_is_seen_as_it_is(overlay: OverlayStore) -> None:
    assert listed(overlay) == ["a/1", "a/2", "b/c/3"]
    assert overlay.list_folders("") == ["a", "b"]
    assert overlay.read_bytes("a/1") == b"a/1"
    assert overlay.exists("b/c/3")


def test_what_is_written_stays_in_front(overlay: OverlayStore, object_store: ObjectStore) -> None:
    overlay.write_bytes("a/1", b"new")
    overlay.write_bytes("a/0", b"more")
    assert listed(overlay, "a/") == ["a/0", "a/1", "a/2"]
    assert overlay.read_bytes("a/1") == b"new"
    assert listed(object_store) == ["a/1", "a/2", "b/c/3"]
    assert object_store.read_bytes("a/1") == b"a/1"


def test_what_is_removed_is_not_seen_any_more_and_stays_behind(
    overlay: OverlayStore, object_store: ObjectStore
) -> None:
    overlay.delete("b/c/3")
    assert listed(overlay) == ["a/1", "a/2"]
    assert overlay.list_folders("") == ["a"]
    assert not overlay.exists("b/c/3")
    with pytest.raises(ObjectNotFoundError):
        overlay.open_read("b/c/3")
    assert object_store.exists("b/c/3")


def test_what_is_written_again_after_it_was_removed_is_there(overlay: OverlayStore) -> None:
    overlay.delete("a/2")
    overlay.write_bytes("a/2", b"again")
    assert overlay.read_bytes("a/2") == b"again"
    assert listed(overlay, "a/") == ["a/1", "a/2"]


def test_people_are_told_the_address_behind(overlay: OverlayStore, object_store: ObjectStore) -> None:
    assert overlay.uri("a/1") == object_store.uri("a/1")
