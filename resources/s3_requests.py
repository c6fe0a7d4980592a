"""Talking to S3: the client's settings, and the one place where its errors become those of an object store.

What belongs here: building the boto3 client, and translating what botocore raises. What does not: what is asked of S3
(s3_store.py, s3_files.py). Importing this module imports boto3, so only those modules may.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3  # type: ignore[import-untyped]  # ships no types
import botocore.session  # type: ignore[import-untyped]  # ships no types
from botocore.config import Config  # type: ignore[import-untyped]  # ships no types
from botocore.exceptions import (  # type: ignore[import-untyped]  # ships no types
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.loaders import create_loader  # type: ignore[import-untyped]  # ships no types

from resources.masking import mask_credentials
from resources.object_store import ObjectChangedError, ObjectNotFoundError, StoreAddressError, StoreUnavailableError
from revrec.errors import RevrecError

# boto3 makes a class per client at run time, so there is no type to name.
S3Client = Any

# A host that does not answer must not hold up a run for botocore's 60 s times the attempts; a request that was taken
# may need long, such as the one that puts the parts of a large upload together.
CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 60

_MISSING = {"NoSuchKey", "NotFound", "404"}
_CHANGED = {"PreconditionFailed", "412"}
_REFUSED = {
    "AccessDenied",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "Forbidden",
    "InvalidAccessKeyId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "403",
}


def s3_client(bucket: str, endpoint_url: str | None) -> S3Client:
    """Build a client for a bucket; nothing is sent yet. AWS_MAX_ATTEMPTS sets the attempts (botocore's default: 3).

    Args:
        bucket: For messages.
        endpoint_url: Address of an S3-compatible service; None for AWS.

    Raises:
        StoreAddressError: The endpoint is not an http(s) address, or carries credentials.
        StoreUnavailableError: The AWS profile or configuration cannot be used.
    """
    settings: dict[str, Any] = {
        "signature_version": "s3v4",
        "retries": {"mode": "standard"},
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "read_timeout": READ_TIMEOUT_SECONDS,
        "tcp_keepalive": True,
    }
    if endpoint_url is not None:
        _check_endpoint(endpoint_url)
        # botocore adds checksum trailers by default since 1.36, which many S3-compatible services do not understand.
        settings |= {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}
    with reporting(bucket):
        # A session of our own: the default one is shared by all threads and not safe to build clients from.
        core = botocore.session.get_session()
        core.register_component("data_loader", _service_descriptions())
        session = boto3.session.Session(botocore_session=core)
        return session.client("s3", endpoint_url=endpoint_url, config=Config(**settings))


@contextmanager
def reporting(bucket: str, key: str = "") -> Iterator[None]:
    """Turn what botocore raises inside the block into the errors of an object store.

    Args:
        bucket: The bucket asked.
        key: The full key in the bucket, for messages.

    Raises:
        ObjectNotFoundError: S3 has no such key.
        ObjectChangedError: The object is no longer the version that was asked for.
        StoreUnavailableError: Anything else: the bucket is missing, access is refused, no credentials, no connection.
    """
    try:
        yield
    except ClientError as error:
        raise _refusal(error, f"s3://{bucket}/{key}", bucket) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StoreUnavailableError(
            f"no complete credentials for s3://{bucket}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or AWS_PROFILE, or give the machine a role"
        ) from error
    except BotoCoreError as error:
        raise StoreUnavailableError(
            f"cannot reach s3://{bucket}: {mask_credentials(str(error)).rstrip('.')}; check the network, "
            "REVREC_S3_ENDPOINT_URL and the AWS_* settings"
        ) from error


@functools.cache
def _service_descriptions() -> Any:
    """Return botocore's loader with its cache: reading what S3 is takes five times longer than making a client."""
    return create_loader()


def _refusal(error: ClientError, uri: str, bucket: str) -> RevrecError:
    answer = error.response.get("Error", {})
    code, text = str(answer.get("Code", "unknown")), mask_credentials(str(answer.get("Message", ""))).rstrip(".")
    if code in _MISSING:
        return ObjectNotFoundError(f"there is no object {uri}")
    if code in _CHANGED:
        return ObjectChangedError(f"{uri} was replaced while it was being read: read it again")
    if code == "NoSuchBucket":
        return StoreUnavailableError(
            f"the bucket {bucket!r} does not exist: create it, or correct the bucket in REVREC_STORE"
        )
    if code in _REFUSED:
        return StoreUnavailableError(
            f"S3 refused {error.operation_name} on {uri} ({code}: {text}): check the credentials and region, "
            "and that they may list, read, write and delete there"
        )
    return StoreUnavailableError(
        f"S3 answered {code} to {error.operation_name} on {uri}: {text}; try again, or look the code up"
    )


def _check_endpoint(endpoint_url: str) -> None:
    masked = mask_credentials(endpoint_url)
    scheme, separator, rest = endpoint_url.partition("://")
    if scheme.lower() not in ("http", "https") or not separator or not rest:
        raise StoreAddressError(f"the S3 endpoint {masked!r} is not an address: give http://host:port or https://host")
    if "@" in rest:
        raise StoreAddressError(
            f"the S3 endpoint {masked!r} carries credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead"
        )
