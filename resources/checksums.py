"""Checksums of stored objects.

What belongs here: hashing an object's content as a stream. What does not: what a checksum proves.
"""

import hashlib

from resources.object_store import ObjectStore

_CHUNK_BYTES = 1024 * 1024


def sha256_of(store: ObjectStore, key: str) -> str:
    """Hex digest of an object's content.

    Raises:
        ObjectNotFoundError: there is no object under this key.
    """
    digest = hashlib.sha256()
    with store.open_read(key) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
