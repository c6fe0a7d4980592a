"""The object store: where landed files, the lake, sealed months and exports are kept.

What belongs here: the interface that a folder and a bucket share, the rules for keys, the errors, and the function that
opens a store from its address. What does not: how a folder or S3 does it (folder_store.py, s3_store.py), and what any
key means.

Two promises hold for every store. An object appears under its key whole and in one step, so that a reader never sees
half a file, whatever is killed when. And every key that a listing yields can be read back under that key.
"""

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from resources.masking import mask_credentials
from revrec.errors import RevrecError

_LOG = logging.getLogger(__name__)

# What S3 takes for a whole key, and what file systems take for one name: a key that one store takes, the other takes
# too.
MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255

# The name a folder store gives an object until it is whole. Reserved in every store, so that no object can ever hide
# behind it.
PARTIAL_NAME = re.compile(r"\.revrec-[0-9a-f]{32}\.partial")

_FORBIDDEN_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


class ObjectNotFoundError(RevrecError, FileNotFoundError):
    """There is no object under this key."""


class UnsafeKeyError(RevrecError, ValueError):
    """The key could lead outside of the store, or cannot be kept the same way in a folder and in S3."""


class StoreUnavailableError(RevrecError, ConnectionError):
    """The store cannot be reached, or refuses: missing bucket, no credentials, no permission, no connection."""


class StoreNotFoundError(RevrecError, FileNotFoundError):
    """The folder that should hold the store does not exist."""


class ObjectChangedError(RevrecError, OSError):
    """The object was replaced while it was being read, so that what was read may mix two versions."""


class StoreAddressError(RevrecError, ValueError):
    """The address is neither a folder nor ``s3://bucket/prefix``."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as a listing sees it.

    Attributes:
        key: The object's name, relative to the store, segments separated by '/'.
        size_bytes: Its length.
        etag: A token that changes when the content does (S3: the ETag; folder: size and modification time in ns).
            Compare it for equality only: it is not a checksum.
        modified_at: When this version became visible; aware, UTC.
    """

    key: str
    size_bytes: int
    etag: str
    modified_at: datetime


class ObjectStore(ABC):
    """A place for objects under '/'-separated keys; every method takes keys relative to the store.

    Every method that takes a key raises `UnsafeKeyError` for one that `checked_key` refuses, and
    `StoreUnavailableError` where the store cannot be reached or refuses the request.

    Attributes:
        scratch: Whether what is written is for looking at once, and no part of the books.
    """

    scratch = False

    @abstractmethod
    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """List every object whose key starts with this text, at any depth, in the byte order of the UTF-8 keys.

        Objects whose names no key may have (put there by others) are left out with a warning in the log.

        Args:
            prefix: Start of the key as plain text, "" for everything. End it with '/' to mean a folder: "usage" also
                finds "usage_old/x".
        """

    @abstractmethod
    def list_folders(self, prefix: str) -> list[str]:
        """List the names of the folders directly below this folder that hold at least one object, sorted.

        Args:
            prefix: A folder, with or without the '/' at its end; "" for the top of the store.
        """

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Say whether there is an object under this key. A folder is not an object."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove the object; nothing happens where there is none."""

    @abstractmethod
    def open_read(self, key: str) -> BinaryIO:
        """Open the object for reading; seekable, so that Parquet readers can fetch a footer and single columns.

        The file shows the version that was there when it was opened, or raises `ObjectChangedError` when the store no
        longer has it.

        Raises:
            ObjectNotFoundError: There is no object under this key.
        """

    @abstractmethod
    def open_write(self, key: str) -> AbstractContextManager[BinaryIO]:
        """Open a new version of the object for writing, as a context manager.

        The new version becomes visible in one step when the block ends, whether or not the file was closed inside it.
        When the block raises, nothing is left behind and an earlier version stays. Where two processes write the same
        key, both succeed and the last one stays.
        """

    @abstractmethod
    def uri(self, key: str) -> str:
        """Return the address of the object for people and metadata: ``file:///...`` or ``s3://...``, no credentials."""

    def presigned_url(self, key: str, life: timedelta) -> str | None:
        """Return an address from which anybody may read the object for a while; None where the store has none.

        Which keys may get one is decided by `resources.signed_links`.

        Args:
            key: The object, whether or not it exists.
            life: From now on; at most seven days.
        """
        checked_key(key)
        return None

    def read_bytes(self, key: str) -> bytes:
        """Return the whole content of the object.

        Raises:
            ObjectNotFoundError: There is no object under this key.
        """
        with self.open_read(key) as file:
            return file.read()

    def write_bytes(self, key: str, data: bytes) -> None:
        """Write the object in one step, as `open_write` does."""
        with self.open_write(key) as file:
            file.write(data)


def checked_key(key: str) -> str:
    """Return the key unchanged if every store can keep it safely.

    Raises:
        UnsafeKeyError: It is empty, absolute or too long, or has an empty, '.' or '..' segment, a backslash, a control
            character, text that is not valid Unicode, or a name reserved for unfinished writes.
    """
    problem = _problem_with(key)
    if problem:
        raise UnsafeKeyError(
            f"key {key!r} {problem}: name objects by relative '/'-separated keys such as 'landing/customers/a.csv'"
        )
    return key


def checked_prefix(prefix: str) -> str:
    """Return the prefix unchanged if it can start a safe key.

    Raises:
        UnsafeKeyError: No safe key starts like this.
    """
    # A prefix may stop anywhere: after a '/', or inside a segment, where '.' and '..' may still become '.a' and '..a'.
    unfinished = prefix.rpartition("/")[2] in ("", ".", "..")
    if prefix:
        checked_key(prefix + "x" if unfinished else prefix)
    return prefix


def folder_prefix(prefix: str) -> str:
    """Return the prefix of everything inside a folder: "" for the top, else the folder with one '/' at its end."""
    return f"{checked_key(prefix.removesuffix('/'))}/" if prefix else ""


def is_listable(key: str, uri: str) -> bool:
    """Say whether a name found in a store is a key that can be read back, and warn in the log where it is not.

    Args:
        key: The name found.
        uri: Where it was found, for the warning.
    """
    problem = _problem_with(key)
    if problem:
        _LOG.warning("left out of the listing of %s: the name %r %s; rename it", uri, key, problem)
    return not problem


def open_object_store(url: str, s3_endpoint_url: str | None = None) -> ObjectStore:
    """Open the store at an address. S3 is not contacted yet: a missing bucket is reported by the first use.

    Args:
        url: A folder (path, ``~`` allowed, or ``file:///path``), or ``s3://bucket`` or ``s3://bucket/prefix``.
            Credentials for S3 come from where boto3 finds them (environment, profile, role), never from the address.
        s3_endpoint_url: Address of an S3-compatible service; None for AWS. Ignored for a folder.

    Raises:
        StoreNotFoundError: The folder does not exist.
        StoreAddressError: The address is of neither form, or carries credentials.
    """
    scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() == "file":
        from resources.folder_store import FolderStore

        return FolderStore(_folder(url, has_scheme=scheme is not None))
    if scheme[1].lower() == "s3":
        # boto3 takes a third of a second to import: only those who use it pay.
        from resources.s3_store import S3Store

        return S3Store(*_bucket_and_prefix(url), endpoint_url=s3_endpoint_url)
    raise StoreAddressError(
        f"cannot open the object store {mask_credentials(url)!r}: give a folder or s3://bucket/prefix"
    )


def _problem_with(key: str) -> str | None:
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        return "is not valid Unicode"
    segments = encoded.split(b"/")
    rules = (
        (not key, "is empty"),
        (key.startswith("/"), "is absolute"),
        (_FORBIDDEN_CHARACTER.search(key) is not None, "holds a backslash or a control character"),
        (b"" in segments, "has an empty segment"),
        (b"." in segments or b".." in segments, "has a '.' or '..' segment"),
        (any(map(PARTIAL_NAME.fullmatch, key.split("/"))), "uses a name reserved for unfinished writes"),
        (len(encoded) > MAX_KEY_BYTES, f"is longer than {MAX_KEY_BYTES} bytes"),
        (max(map(len, segments)) > MAX_SEGMENT_BYTES, f"has a segment longer than {MAX_SEGMENT_BYTES} bytes"),
    )
    return next((problem for broken, problem in rules if broken), None)


def _folder(url: str, *, has_scheme: bool) -> Path:
    if not has_scheme:
        if not url.strip():
            raise StoreAddressError("the address of the object store is empty: give a folder or s3://bucket/prefix")
        return Path(url).expanduser()
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise StoreAddressError(
            f"cannot open {mask_credentials(url)!r}: a file address has three slashes, file:///path/to/folder"
        )
    return Path(unquote(parts.path))


def _bucket_and_prefix(url: str) -> tuple[str, str]:
    bucket, _, prefix = url.partition("://")[2].partition("/")
    if not bucket:
        raise StoreAddressError(f"cannot open {mask_credentials(url)!r}: it names no bucket, give s3://bucket/prefix")
    if re.search(r"[@:]", bucket):
        raise StoreAddressError(
            f"cannot open {mask_credentials(url)!r}: give s3://bucket/prefix alone, with the credentials in "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY and the service's address in REVREC_S3_ENDPOINT_URL"
        )
    return bucket, prefix.strip("/")
