"""The object store in a local folder.

What belongs here: how keys become files, atomic replacement, listing in key order, and keeping every access inside the
folder. What does not: the rules for keys and the promises of a store (object_store.py), and what any key means.
"""

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from resources.object_store import (
    PARTIAL_NAME,
    ObjectNotFoundError,
    ObjectStore,
    StoredObject,
    StoreNotFoundError,
    StoreUnavailableError,
    UnsafeKeyError,
    checked_key,
    checked_prefix,
    folder_prefix,
    is_listable,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_OBJECT_THERE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class FolderStore(ObjectStore):
    """Objects as files below one folder; symbolic links are followed only as long as they stay inside it.

    A process that is killed while it writes leaves its unfinished file (``.revrec-*.partial``) behind: it is never
    listed, never read, and may be deleted at any time when nothing is running.
    """

    def __init__(self, root: Path | str) -> None:
        """Open the store in an existing folder.

        Args:
            root: The folder.

        Raises:
            StoreNotFoundError: It does not exist or is not a folder.
        """
        self._root = Path(os.path.realpath(root))
        self._require_root()

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """List the objects whose key starts with the prefix; see `ObjectStore.list_objects`."""
        folder = checked_prefix(prefix).rpartition("/")[0]
        return self._walk(folder and f"{folder}/", prefix)

    def list_folders(self, prefix: str) -> list[str]:
        """List the folders directly below a folder that hold an object; see `ObjectStore.list_folders`."""
        above = folder_prefix(prefix)
        with self._reporting(above):
            names = [entry.name for entry in self._entries(above) if entry.is_dir()]
        # Empty folders are left out, as in S3, where a folder is nothing but the keys in it.
        return sorted(name for name in names if any(self._walk(f"{above}{name}/", "")))

    def exists(self, key: str) -> bool:
        """Say whether there is a file under this key."""
        with self._reporting(key):
            return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove the file if it is there; a link is removed, not what it leads to."""
        with self._reporting(key), suppress(*_NO_OBJECT_THERE):
            path = self._path_to_replace(key)
            # unlink() of a folder is EISDIR on Linux but EPERM elsewhere.
            if path.is_symlink() or not path.is_dir():
                path.unlink()

    def open_read(self, key: str) -> BinaryIO:
        """Open the file; a version that replaces it later does not disturb the reader.

        Raises:
            ObjectNotFoundError: There is no file under this key.
        """
        with self._reporting(key):
            path = self._path(key)
            # Opening a pipe or a device would block; only files are objects.
            if path.exists() and not path.is_file():
                raise IsADirectoryError(errno.EISDIR, "not a file", str(path))
            return path.open("rb")

    @contextmanager
    def open_write(self, key: str) -> Iterator[BinaryIO]:
        """Write to a temporary file beside the target and rename it over the target when the block ends well."""
        with self._reporting_writes(key):
            target = self._path_to_replace(key)
            self._require_root()  # else mkdir would silently start a new store where a disk is not mounted
            target.parent.mkdir(parents=True, exist_ok=True)
            partial = target.with_name(f".revrec-{uuid.uuid4().hex}.partial")
            # Not tempfile: its files are private to the user, and the object would stay so for ever.
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            try:
                # The descriptor outlives the file object, so that a writer may close the file without losing the fsync.
                with os.fdopen(descriptor, "wb", closefd=False) as file:
                    yield file
                    with self._reporting_writes(key):
                        if not file.closed:
                            file.flush()
                        _make_later(descriptor, target)
                        os.fsync(descriptor)
            finally:
                os.close(descriptor)
            with self._reporting_writes(key):
                partial.replace(target)
                _sync_folder(target.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def uri(self, key: str) -> str:
        """Return the address of the file, ``file:///...``."""
        return (self._root / checked_key(key)).as_uri()

    def _walk(self, above: str, prefix: str, trail: frozenset[str] = frozenset()) -> Iterator[StoredObject]:
        """Yield the objects below a folder in key order: a folder sorts with the '/' that follows it in every key."""
        with self._reporting(above):
            real_path = os.path.realpath(self._root / above)
            if real_path in trail or not self._is_inside(real_path):
                return  # a link that leads back to where we came from, or out of the store
            trail |= {real_path}
            found = sorted((f"{above}{entry.name}{'/' * entry.is_dir()}", entry) for entry in self._entries(above))
        for key, entry in found:
            if key.endswith("/"):
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._walk(key, prefix, trail)
            elif key.startswith(prefix) and (stored := self._stored_object(key, entry)):
                yield stored

    def _entries(self, above: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / above) as entries:
                return [
                    entry for entry in entries if not PARTIAL_NAME.fullmatch(entry.name) and self._may_follow(entry)
                ]
        except _NO_OBJECT_THERE:
            self._require_root()
            return []

    def _may_follow(self, entry: os.DirEntry[str]) -> bool:
        """Say whether an entry is no link, or one to something in the store; one to nothing or to itself is neither."""
        return not entry.is_symlink() or (self._is_inside(os.path.realpath(entry.path)) and Path(entry.path).exists())

    def _stored_object(self, key: str, entry: os.DirEntry[str]) -> StoredObject | None:
        try:
            status = entry.stat()
        except FileNotFoundError:
            return None  # deleted since the folder was read
        if not stat.S_ISREG(status.st_mode) or not is_listable(key, str(self._root)):
            return None
        return StoredObject(
            key=key,
            size_bytes=status.st_size,
            etag=f"{status.st_size}-{status.st_mtime_ns}",
            modified_at=_EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000),
        )

    def _path(self, key: str) -> Path:
        """Return where the key's file is, with all links followed."""
        return self._checked_inside(key, os.path.realpath(self._root / checked_key(key)))

    def _path_to_replace(self, key: str) -> Path:
        """Return where the key's file goes: a link in its place is replaced, links above it are followed."""
        path = self._root / checked_key(key)
        return self._checked_inside(key, os.path.realpath(path.parent)) / path.name

    def _checked_inside(self, key: str, real_path: str) -> Path:
        if not self._is_inside(real_path):
            raise UnsafeKeyError(
                f"key {key!r} leads out of the store {self._root} through a symbolic link: remove the link"
            )
        return Path(real_path)

    def _is_inside(self, real_path: str) -> bool:
        return Path(real_path).is_relative_to(self._root)

    def _require_root(self) -> None:
        if not self._root.is_dir():
            raise StoreNotFoundError(
                f"the object store {str(self._root)!r} is not a folder: create it, or correct REVREC_STORE"
            )

    @contextmanager
    def _reporting(self, key: str) -> Iterator[None]:
        """Turn what the operating system says about a key into the errors of a store."""
        try:
            yield
        except (ObjectNotFoundError, StoreNotFoundError):
            raise
        except _NO_OBJECT_THERE as error:
            raise ObjectNotFoundError(f"there is no object {key!r} in {self._root}") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise StoreUnavailableError(
                f"cannot use {key!r} in {self._root}: {reason}; check permissions and free space"
            ) from error

    @contextmanager
    def _reporting_writes(self, key: str) -> Iterator[None]:
        """As `_reporting`, where an object stands in the place of a folder or a folder in the place of the object."""
        with self._reporting(key):
            try:
                yield
            except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
                raise UnsafeKeyError(
                    f"key {key!r} cannot be written in {self._root}: a folder and an object would have the same name; "
                    "choose another key"
                ) from error


def _make_later(descriptor: int, target: Path) -> None:
    """Date a version after the one it replaces, which a coarse clock would not: an etag must never come back."""
    with suppress(*_NO_OBJECT_THERE):
        old_ns, new = target.stat().st_mtime_ns, os.fstat(descriptor)
        if new.st_mtime_ns <= old_ns:
            os.utime(descriptor, ns=(new.st_atime_ns, old_ns + 1))


def _sync_folder(folder: Path) -> None:
    """Make the rename survive a power failure, where the file system can do so."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
