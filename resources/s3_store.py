"""The object store in an S3 bucket, of AWS or of any compatible service.

What belongs here: which requests answer the questions of an object store. What does not: the rules for keys and the
promises of a store (object_store.py), objects as files (s3_files.py), the client and its errors (s3_requests.py).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Any, BinaryIO
from urllib.parse import quote

from resources.object_store import (
    ObjectNotFoundError,
    ObjectStore,
    StoredObject,
    checked_key,
    checked_prefix,
    folder_prefix,
    is_listable,
)
from resources.s3_files import READ_AHEAD_BYTES, S3Reader, S3Writer, get_object
from resources.s3_requests import reporting, s3_client

# Many small writes, such as the rows of a CSV file, become few calls of the writer. Less than a part, so that what the
# buffer still holds when a write fails never becomes one.
_WRITE_BUFFER_BYTES = 1024 * 1024


class S3Store(ObjectStore):
    """Objects below a prefix of a bucket. Safe to share between threads.

    A process that is killed while it writes leaves an incomplete multipart upload behind, which no listing shows: let a
    lifecycle rule of the bucket remove those.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint_url: str | None = None) -> None:
        """Prepare a client; nothing is sent before the first use, which reports a missing bucket.

        Args:
            bucket: The bucket.
            prefix: The folder in the bucket that is the top of the store; "" for the whole bucket.
            endpoint_url: Address of an S3-compatible service; None for AWS.

        Raises:
            UnsafeKeyError: The prefix is not a safe key.
            StoreAddressError: The endpoint is not an address, or carries credentials.
            StoreUnavailableError: The AWS profile or configuration cannot be used.
        """
        self._bucket, self._prefix = bucket, folder_prefix(prefix)
        self._client = s3_client(bucket, endpoint_url)

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """List the objects whose key starts with the prefix, page by page; see `ObjectStore.list_objects`."""
        return self._listing(checked_prefix(prefix))

    def list_folders(self, prefix: str) -> list[str]:
        """List the folders directly below a folder; a folder marker made by a console counts as an object in it."""
        above = folder_prefix(prefix)
        found = [
            common["Prefix"].removeprefix(self._prefix).removesuffix("/")
            for page in self._pages(above, Delimiter="/")
            for common in page.get("CommonPrefixes", ())
        ]
        return sorted(key.removeprefix(above) for key in found if is_listable(key, f"s3://{self._bucket}"))

    def exists(self, key: str) -> bool:
        """Say whether there is an object under this key; a missing bucket is an error."""
        full_key = self._full(key)
        with reporting(self._bucket, full_key):
            # Of all keys that start with this one, this one comes first. A HEAD could not tell a missing bucket apart.
            answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=full_key, MaxKeys=1)
        return any(entry["Key"] == full_key for entry in answer.get("Contents", ()))

    def delete(self, key: str) -> None:
        """Remove the object if it is there."""
        full_key = self._full(key)
        with reporting(self._bucket, full_key):
            self._client.delete_object(Bucket=self._bucket, Key=full_key)

    def open_read(self, key: str) -> BinaryIO:
        """Open the version that is there now; `ObjectChangedError` is raised by reads after it was replaced.

        Raises:
            ObjectNotFoundError: There is no object under this key.
        """
        full_key = self._full(key)
        try:
            with reporting(self._bucket, full_key):
                head = self._client.head_object(Bucket=self._bucket, Key=full_key)
        except ObjectNotFoundError:
            self.exists(key)  # a HEAD says 404 for a missing bucket as well; this names it
            raise
        reader = S3Reader(self._client, self._bucket, full_key, head["ContentLength"], head["ETag"])
        return io.BufferedReader(reader, READ_AHEAD_BYTES)

    def read_bytes(self, key: str) -> bytes:
        """Return the whole content of the object by one GET, which always shows one version.

        Raises:
            ObjectNotFoundError: There is no object under this key.
        """
        return get_object(self._client, self._bucket, self._full(key))

    @contextmanager
    def open_write(self, key: str) -> Iterator[BinaryIO]:
        """Upload while the block writes, and make the object visible when it ends well."""
        writer = S3Writer(self._client, self._bucket, self._full(key))
        file = io.BufferedWriter(writer, _WRITE_BUFFER_BYTES)
        try:
            yield file
            if not file.closed:
                file.flush()
            writer.publish()
        except BaseException:
            writer.abort()
            raise
        finally:
            file.close()

    def uri(self, key: str) -> str:
        """Return the address of the object, ``s3://bucket/key``."""
        return f"s3://{self._bucket}/{self._full(key)}"

    def presigned_url(self, key: str, life: timedelta) -> str:
        """Return a GET signed by signature version 4, which S3 answers until it ends.

        It ends earlier where the credentials do, as those of a role.
        """
        full_key = self._full(key)
        disposition = f"attachment; filename*=UTF-8''{quote(key.rpartition('/')[2], safe='')}"
        request = {"Bucket": self._bucket, "Key": full_key, "ResponseContentDisposition": disposition}
        with reporting(self._bucket, full_key):
            return str(
                self._client.generate_presigned_url("get_object", Params=request, ExpiresIn=int(life.total_seconds()))
            )

    def _listing(self, prefix: str) -> Iterator[StoredObject]:
        for page in self._pages(prefix):
            for entry in page.get("Contents", ()):
                key = entry["Key"].removeprefix(self._prefix)
                # Consoles make empty objects such as "landing/" to show a folder.
                if not key.endswith("/") and is_listable(key, f"s3://{self._bucket}"):
                    yield StoredObject(
                        key=key,
                        size_bytes=entry["Size"],
                        etag=entry["ETag"].strip('"'),
                        modified_at=entry["LastModified"].astimezone(UTC),
                    )

    def _pages(self, prefix: str, **request: str) -> Iterator[dict[str, Any]]:
        full_prefix = f"{self._prefix}{prefix}"
        paginator = self._client.get_paginator("list_objects_v2")
        with reporting(self._bucket, full_prefix):
            yield from paginator.paginate(Bucket=self._bucket, Prefix=full_prefix, **request)

    def _full(self, key: str) -> str:
        return f"{self._prefix}{checked_key(key)}"
