"""A store in front of another: what is written stays in front, the one behind never changes.

What belongs here: trying something out on real data. What does not: keeping the result.
"""

import heapq
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import groupby
from typing import BinaryIO

from resources.object_store import ObjectNotFoundError, ObjectStore, StoredObject


class OverlayStore(ObjectStore):
    """Reads what is in front, else what is behind; writes and removes in front alone."""

    scratch = True

    def __init__(self, front: ObjectStore, behind: ObjectStore) -> None:
        """Put a store, empty to begin with, in front of another."""
        self._front = front
        self._behind = behind
        self._removed: set[str] = set()

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """See `ObjectStore.list_objects`: of both, each key once."""
        both = heapq.merge(
            self._front.list_objects(prefix), self._behind.list_objects(prefix), key=lambda found: found.key.encode()
        )
        # merge is stable: of equal keys the one in front comes first
        for key, found in groupby(both, key=lambda each: each.key):
            if key not in self._removed:
                yield next(found)

    def list_folders(self, prefix: str) -> list[str]:
        """See `ObjectStore.list_folders`."""
        start = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        candidates = {*self._front.list_folders(prefix), *self._behind.list_folders(prefix)}
        return sorted(name for name in candidates if any(True for _ in self.list_objects(f"{start}{name}/")))

    def exists(self, key: str) -> bool:
        """See `ObjectStore.exists`."""
        return key not in self._removed and (self._front.exists(key) or self._behind.exists(key))

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`: behind, the object stays, and is not seen any more."""
        self._front.delete(key)
        self._removed.add(key)

    def open_read(self, key: str) -> BinaryIO:
        """See `ObjectStore.open_read`."""
        if key in self._removed:
            raise ObjectNotFoundError(f"there is no object {key}: it was removed")
        return self._front.open_read(key) if self._front.exists(key) else self._behind.open_read(key)

    def open_write(self, key: str) -> AbstractContextManager[BinaryIO]:
        """See `ObjectStore.open_write`."""
        self._removed.discard(key)
        return self._front.open_write(key)

    def uri(self, key: str) -> str:
        """See `ObjectStore.uri`: where the object would be found behind."""
        return self._behind.uri(key)
