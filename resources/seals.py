"""Seals: immutable copies of what locked days were posted from and as (DESIGN, Closing).

What belongs here: keeping files under names that hold their hash, the manifest that lists them, and reading them back
with the hash checked at every read. What does not: what is sealed when (`assets.closing`), the record of who closed
what (`resources.books`).

    sealed/<YYYY-MM>/...            journals, exports and reports of the month, and the manifest
    sealed/schedules/<YYYY-MM>/...  obligations, schedules and amendments of a document month, shared by the seals that
                                    have them
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from resources.checksums import sha256_of
from resources.object_store import ObjectChangedError, ObjectNotFoundError, ObjectStore
from revrec.errors import RevrecError

_CHUNK_BYTES = 1024 * 1024
# Of a hash in a file's name: enough to tell versions apart; the manifest has the whole.
_NAME_DIGITS = 16


class SealBrokenError(RevrecError, OSError):
    """A sealed file is missing, or is not what was sealed."""


@dataclass(frozen=True)
class SealedFile:
    """A file under seal: its object key, and the sha256 of its content."""

    key: str
    sha256: str


@dataclass(frozen=True)
class SealedSchedules:
    """A document month as it was when days were locked.

    Attributes:
        inputs: digest of all that the schedules followed from.
        obligations: table of `tables.OBLIGATIONS`.
        schedules: table of `tables.RECOGNIZED_SCHEDULES`.
        amendments: table of `tables.AMENDMENTS`.
    """

    inputs: str
    obligations: SealedFile
    schedules: SealedFile
    amendments: SealedFile


@dataclass(frozen=True)
class AccountTotal:
    """What a month's journals did to an account, debits less credits in minor units."""

    entity: str
    currency: str
    account: str
    net_debits_minor: int


@dataclass(frozen=True)
class Seal:
    """All that a close or lock keeps.

    Attributes:
        month: the closed month, or the one whose first days are locked.
        locked_through: the last locked day.
        journals: table of `tables.DAILY_JOURNALS`: of the month, or of its locked days.
        account_totals: of these journals; none for a lock inside a month.
        files: exports and reports of a closed month, by the key they have outside of the seal.
        schedules: every document month, as the journals were posted from it.
        policy_sha256: of the policy then.
        engine_version: of revrec then.
    """

    month: str
    locked_through: date
    journals: SealedFile
    account_totals: tuple[AccountTotal, ...]
    files: Mapping[str, SealedFile]
    schedules: Mapping[str, SealedSchedules]
    policy_sha256: str
    engine_version: str


class Seals:
    """The sealed files of an object store. Nothing here is ever overwritten or removed."""

    def __init__(self, store: ObjectStore) -> None:
        """Use a store; seals lie under sealed/."""
        self._store = store

    def keep(self, key: str, folder: str) -> SealedFile:
        """Copy an object under seal; the same content is kept once.

        Args:
            key: of the object as it is.
            folder: under sealed/, e.g. 2025-01/exports/generic.

        Raises:
            ObjectNotFoundError: there is no such object.
            SealBrokenError: what is kept under that name already is something else.
            ObjectChangedError: the object was replaced while it was being copied; nothing is kept.
        """
        path = PurePosixPath(key)
        sha256 = sha256_of(self._store, key)
        sealed = SealedFile(f"sealed/{folder}/{path.stem}-{sha256[:_NAME_DIGITS]}{path.suffix}", sha256)
        if not self._is_kept(sealed):
            with self._store.open_read(key) as source, self._store.open_write(sealed.key) as copy:
                digest = hashlib.sha256()
                while chunk := source.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    copy.write(chunk)
                # raised inside the block: nothing is published under the name of other content
                if digest.hexdigest() != sha256:
                    raise ObjectChangedError(f"{key} was replaced while it was being sealed: do it again")
        return sealed

    def keep_bytes(self, name: str, content: bytes) -> SealedFile:
        """Put content under seal.

        Args:
            name: of the file under sealed/, e.g. 2025-01/manifest.json.
            content: of the file.
        """
        path = PurePosixPath(name)
        sha256 = hashlib.sha256(content).hexdigest()
        sealed = SealedFile(f"sealed/{path.parent}/{path.stem}-{sha256[:_NAME_DIGITS]}{path.suffix}", sha256)
        if not self._is_kept(sealed):
            with self._store.open_write(sealed.key) as file:
                file.write(content)
        return sealed

    def read(self, file: SealedFile) -> bytes:
        """Content of a sealed file.

        Raises:
            SealBrokenError: it is missing, or its hash is not the one that was sealed.
        """
        try:
            content = self._store.read_bytes(file.key)
        except ObjectNotFoundError as error:
            raise SealBrokenError(f"sealed file {file.key} is missing: restore it from a backup") from error
        self._require(file, hashlib.sha256(content).hexdigest())
        return content

    def write_manifest(self, seal: Seal) -> SealedFile:
        """Keep a seal's manifest, which names every file of it by its hash."""
        content = json.dumps({**asdict(seal), "locked_through": str(seal.locked_through)}, indent=1, sort_keys=True)
        return self.keep_bytes(f"{seal.month}/manifest.json", content.encode() + b"\n")

    def read_manifest(self, file: SealedFile) -> Seal:
        """A seal by its manifest.

        Raises:
            SealBrokenError: the manifest is missing or altered.
        """
        content = json.loads(self.read(file))
        return Seal(
            month=content["month"],
            locked_through=date.fromisoformat(content["locked_through"]),
            journals=SealedFile(**content["journals"]),
            account_totals=tuple(AccountTotal(**total) for total in content["account_totals"]),
            files={key: SealedFile(**entry) for key, entry in content["files"].items()},
            schedules={month: _schedules(entry) for month, entry in content["schedules"].items()},
            policy_sha256=content["policy_sha256"],
            engine_version=content["engine_version"],
        )

    def _is_kept(self, file: SealedFile) -> bool:
        """Whether the file is there, as it was sealed."""
        try:
            found = sha256_of(self._store, file.key)
        except ObjectNotFoundError:
            return False
        self._require(file, found)
        return True

    def _require(self, file: SealedFile, found: str) -> None:
        if found != file.sha256:
            raise SealBrokenError(
                f"sealed file {file.key} was altered: its sha256 is {found}, sealed was {file.sha256}: restore it from "
                "a backup, and find out who could write to sealed/"
            )


def _schedules(entry: Mapping[str, Any]) -> SealedSchedules:
    tables = (SealedFile(**entry[name]) for name in ("obligations", "schedules", "amendments"))
    return SealedSchedules(entry["inputs"], *tables)
