"""What was known at a moment: the store and the books as they were, beside those of now (SPEC 7: as of).

What belongs here: hiding what landed or was recorded later, and refusing where what was known is gone. What does not:
which journals are wanted of then (`assets.journal_selection`).

When a version of a landed file was known is when a run first read it: the books have that per key and content. What no
run has read was not known. Rules have no such times: the policy and the engine are those of now, but for months that
were closed by then, which come from their seals.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby

from assets.up_to_date import Places
from resources.books import Books, RecordedLandedFile
from resources.books.as_of import BooksAsOf
from resources.checksums import sha256_of
from resources.folder_store import FolderStore
from resources.lake import Lake
from resources.landing.files import LANDING
from resources.object_store import ObjectStore, StoredObject
from resources.overlay_store import OverlayStore
from revrec.errors import RevrecError

_WAY_OUT = (
    "choose another moment, or put the file of then back into a copy of the store; let later versions land in files of "
    "their own"
)


class VersionGoneError(RevrecError, LookupError):
    """A landed file no longer says what it said at a moment, so that nothing can be computed as of then."""


@contextmanager
def known_then(places: Places, moment: datetime) -> Iterator[Places]:
    """Places that hold what was known at a moment; what is computed there is gone when the block ends.

    Args:
        places: the store and the books of now; nothing in them changes.
        moment: aware.

    Raises:
        VersionGoneError: a file that was known then was overwritten or removed since.
    """
    with tempfile.TemporaryDirectory(prefix="revrec-as-of-") as folder:
        store = OverlayStore(FolderStore(folder), places.store)
        for key in _landed_later(places.store, places.books, moment):
            store.delete(key)  # in front: behind, it stays
        yield replace(places, store=store, lake=Lake(store), books=BooksAsOf(places.books, moment))


def _landed_later(store: ObjectStore, books: Books, moment: datetime) -> list[str]:
    """Keys of the files that lie in landing now and were not known at a moment.

    Raises:
        VersionGoneError: see `known_then`.
    """
    versions = {key: list(found) for key, found in groupby(books.landed_files(), key=lambda file: file.object_key)}
    lying = {found.key: found for found in store.list_objects(LANDING)}
    known = {}
    for key, seen in versions.items():
        newest = max((file for file in seen if file.first_seen_at <= moment), key=_first_seen, default=None)
        if newest is not None:
            _require_still_there(store, newest, seen, lying.get(key), moment)
            known[key] = newest
    return [key for key in lying if key not in known]


def _first_seen(file: RecordedLandedFile) -> datetime:
    return file.first_seen_at


def _require_still_there(
    store: ObjectStore,
    known: RecordedLandedFile,
    versions: list[RecordedLandedFile],
    lying: StoredObject | None,
    moment: datetime,
) -> None:
    """See that the version known at a moment is what lies there now.

    A file that went back to an older content after the newest one known then counts as overwritten: when it went back
    is not recorded.
    """
    then = f"what was known of {known.object_key} at {_time(moment)}, first seen {_time(known.first_seen_at)}, is gone"
    if lying is None:
        raise VersionGoneError(f"{then}: the file was removed since; {_WAY_OUT}")
    by_etag = {file.etag: file.sha256 for file in versions}
    sha256 = by_etag.get(lying.etag) or sha256_of(store, lying.key)
    if sha256 != known.sha256:
        now = next((file for file in versions if file.sha256 == sha256), None)
        since = f"first seen {_time(now.first_seen_at)}" if now else f"written {_time(lying.modified_at)}"
        raise VersionGoneError(f"{then}: the file was overwritten by a version {since}; {_WAY_OUT}")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
