"""Objects in S3 as files: a reader that fetches ranges, and a writer that uploads parts and publishes them at once.

What belongs here: buffering, ranges, parts, and taking a broken read up again. What does not: keys, listings and the
store's interface (s3_store.py), and the translation of errors (s3_requests.py).
"""

from __future__ import annotations

import io
import logging
import os
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (  # type: ignore[import-untyped]  # ships no types
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)

from resources.s3_requests import S3Client, reporting

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_LOG = logging.getLogger(__name__)

# A part of a multipart upload. S3 takes at least 5 MiB and at most 10,000 parts: 8 MiB reach 78 GiB, far beyond any
# month.
PART_BYTES = 8 * 1024 * 1024

# What one GET brings at least: long enough that its latency does not count, short enough that reading a Parquet footer
# stays cheap.
READ_AHEAD_BYTES = 4 * 1024 * 1024

# botocore retries requests, but not a body that breaks off half-way.
BODY_ATTEMPTS = 3


def get_object(client: S3Client, bucket: str, key: str, **conditions: str) -> bytes:
    """Return the body that one GET answers with, asking again when it breaks off.

    Args:
        client: The boto3 client.
        bucket: The bucket.
        key: The full key in the bucket.
        conditions: Further parameters of the GET, such as Range and IfMatch.

    Raises:
        ObjectNotFoundError: There is no such object.
        ObjectChangedError: The object is not the version that IfMatch names.
        StoreUnavailableError: S3 cannot be reached or refuses.
    """
    with reporting(bucket, key):
        for attempts_left in reversed(range(BODY_ATTEMPTS)):
            answer = client.get_object(Bucket=bucket, Key=key, **conditions)
            try:
                data: bytes = answer["Body"].read()
                return data
            except (HTTPClientError, IncompleteReadError):
                if not attempts_left:
                    raise
    raise AssertionError("unreachable: the last attempt returns or raises")


class S3Reader(io.RawIOBase):
    """One version of an object as a seekable raw file: every read is one GET, so wrap it in `io.BufferedReader`."""

    def __init__(self, client: S3Client, bucket: str, key: str, size_bytes: int, etag: str) -> None:
        """Read this version of an object.

        Args:
            client: The boto3 client.
            bucket: The bucket.
            key: The full key in the bucket.
            size_bytes: The object's length.
            etag: The version's ETag as S3 sent it, quotes included; reads of another version raise
                `ObjectChangedError`.
        """
        super().__init__()
        self._client, self._bucket, self._key = client, bucket, key
        self._size_bytes, self._etag = size_bytes, etag
        self._position = 0

    def readable(self) -> bool:
        """Say that the file can be read."""
        return True

    def seekable(self) -> bool:
        """Say that the file can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return the position of the next read."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position; beyond the end is allowed, as in files.

        Raises:
            ValueError: The position would be negative, or whence is unknown.
        """
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size_bytes}.get(whence)
        if start is None or start + offset < 0:
            raise ValueError(f"cannot seek to {offset} from {whence} in {self._size_bytes} bytes")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer from the position on; fewer bytes only at the end of the object."""
        view = memoryview(buffer).cast("B")
        data = self._fetch(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Return the rest in one GET; the inherited method would ask for 8 KiB at a time."""
        return self._fetch(self._size_bytes - self._position)

    def _fetch(self, length_bytes: int) -> bytes:
        end = min(self._position + length_bytes, self._size_bytes)
        if end <= self._position:
            return b""
        byte_range = f"bytes={self._position}-{end - 1}"
        data = get_object(self._client, self._bucket, self._key, Range=byte_range, IfMatch=self._etag)
        self._position = end
        return data


class S3Writer(io.RawIOBase):
    """A new version of an object: parts go up as they fill, `publish` makes the whole visible, `abort` leaves nothing.

    Closing the file does neither: whether the version counts is decided by whoever opened it, not by a reader of a
    stream's end.
    """

    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        """Start with nothing sent.

        Args:
            client: The boto3 client.
            bucket: The bucket.
            key: The full key in the bucket.
        """
        super().__init__()
        self._client, self._target = client, {"Bucket": bucket, "Key": key}
        self._pending = bytearray()
        self._upload: dict[str, str] | None = None
        self._parts: list[dict[str, Any]] = []
        self._sent_bytes = 0

    def writable(self) -> bool:
        """Say that the file can be written."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._sent_bytes + len(self._pending)

    def write(self, data: ReadableBuffer) -> int:
        """Take the bytes, and send what fills a part.

        Raises:
            StoreUnavailableError: S3 does not take the part.
        """
        view = memoryview(data).cast("B")
        self._pending += view
        while len(self._pending) >= PART_BYTES:
            self._send_part(PART_BYTES)
        return len(view)

    def publish(self) -> None:
        """Make the object visible: by one PUT when it is small, else by completing the upload.

        Raises:
            StoreUnavailableError: S3 does not take it.
        """
        with reporting(self._target["Bucket"], self._target["Key"]):
            if self._upload is None:
                self._client.put_object(**self._target, Body=bytes(self._pending))
                return
        if self._pending:
            self._send_part(len(self._pending))
        with reporting(self._target["Bucket"], self._target["Key"]):
            self._client.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})

    def abort(self) -> None:
        """Forget everything written. Never raises: it runs while another error is on its way."""
        self._pending.clear()
        if self._upload is not None:
            try:
                self._client.abort_multipart_upload(**self._upload)
            except (BotoCoreError, ClientError) as error:
                _LOG.warning(
                    "an unfinished upload to s3://%s/%s is left behind, invisible but stored (%s): "
                    "let a lifecycle rule of the bucket remove incomplete multipart uploads",
                    self._target["Bucket"],
                    self._target["Key"],
                    type(error).__name__,
                )

    def _send_part(self, size_bytes: int) -> None:
        with reporting(self._target["Bucket"], self._target["Key"]):
            if self._upload is None:
                started = self._client.create_multipart_upload(**self._target)
                self._upload = self._target | {"UploadId": started["UploadId"]}
            number = len(self._parts) + 1
            answer = self._client.upload_part(**self._upload, PartNumber=number, Body=bytes(self._pending[:size_bytes]))
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        self._sent_bytes += size_bytes
        del self._pending[:size_bytes]
