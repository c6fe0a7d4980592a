"""Digests of landed content: whether a table still follows from what has landed.

What belongs here: naming the content of a dataset's month by a digest, with and without reading it. What does not:
comparing digests (`assets.up_to_date`).
"""

import hashlib
import json
from collections.abc import Iterable

from resources.books import Books
from resources.checksums import sha256_of
from resources.landing.files import landed_objects
from resources.landing.reading import LandedFile
from resources.object_store import ObjectStore
from revrec.schemas import Dataset


def landed_digest(files: Iterable[LandedFile]) -> str:
    """Digest of the files that were read: their keys, which order versions, and their content."""
    return _digest((file.object_key, file.sha256) for file in files)


def current_landed_digest(store: ObjectStore, books: Books, dataset: Dataset, month: str | None) -> str:
    """Digest of the files as they lie in landing now.

    A file that the books know by key and etag is not read again; any other is.
    """
    known = {(file.object_key, file.etag): file.sha256 for file in books.landed_files(dataset.name, month)}
    return _digest(
        (found.key, known.get((found.key, found.etag)) or sha256_of(store, found.key))
        for found in landed_objects(store, dataset, month).readable
    )


def _digest(contents: Iterable[tuple[str, str]]) -> str:
    return hashlib.sha256(json.dumps(sorted(contents)).encode()).hexdigest()
