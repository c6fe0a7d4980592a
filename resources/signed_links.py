"""Links with limited life to files below exports/, for people who have no access to the store.

What belongs here: making a link for any store, and checking the links of a folder store. What does not: answering
requests (`resources.link_server`), and how S3 signs its own (`resources.s3_store`).

A link to S3 is a presigned GET that S3 checks. A link to a folder store leads to `revrec serve`, which checks it here:
the version, the moment it ends and the key are signed by HMAC-SHA256. Whoever has a link has the file until it ends.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from resources.masking import mask_credentials
from resources.object_store import ObjectStore, UnsafeKeyError, checked_key
from resources.settings import Settings
from resources.state_folder import secret_of_machine, state_folder
from revrec.errors import RevrecError

EXPORTS = "exports/"
# S3 takes no longer life; the same holds for a folder, so that a link means the same everywhere.
LONGEST_LIFE = timedelta(days=7)

KEY_FILE = "link-key"
# A shorter secret could be found by trying: a link gives everybody who has it something to compare with.
LEAST_SECRET_CHARACTERS = 32

_VERSION = "1"
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")


class LinkError(RevrecError, ValueError):
    """A link that cannot be made: the message says why, and what to change."""


class ForeignKeyError(LinkError):
    """The key is not below exports/: nobody gets a link to anything else."""


class LinkLifeError(LinkError):
    """The link would have ended already, or live longer than is allowed."""


class LinkSecretError(LinkError):
    """The secret that signs links is too short."""


class RefusedLinkError(RevrecError, PermissionError):
    """A link that is not, or no longer, good; the message says no more than its bearer may know."""


@dataclass(frozen=True)
class FolderLinks:
    """Links to the files of a folder store, which `revrec serve` hands out.

    Attributes:
        secret: what signs them; never shown.
        url: where `revrec serve` is reached.
    """

    secret: bytes = field(repr=False)
    url: str

    def link(self, key: str, expires_at: datetime) -> str:
        """The link to a key, good until a moment.

        Raises:
            ForeignKeyError: The key is not below exports/.
        """
        expires = str(int(expires_at.timestamp()))
        signed = {"v": _VERSION, "expires": expires, "signature": self._signature(exported_key(key), expires)}
        return f"{self.url}/{quote(key)}?{urlencode(signed)}"

    def opened(self, key: str, query: Sequence[tuple[str, str]], now: datetime) -> str:
        """The key of a link that is good.

        Args:
            key: The path of the request, decoded, without the first '/'.
            query: Its parameters, as they stand in the address.
            now: The present time, aware.

        Raises:
            RefusedLinkError: The link is not signed, altered, of another version or key, or has ended.
        """
        found = dict(query)
        expires = found.get("expires", "")
        # as bytes: compare_digest refuses texts that are not ASCII
        given = found.get("signature", "").encode(errors="replace")
        is_whole = sorted(name for name, _ in query) == ["expires", "signature", "v"]
        if not is_whole or found["v"] != _VERSION or not _SECONDS.fullmatch(expires):
            raise RefusedLinkError("the link is not complete: copy all of it, or ask for a new one")
        try:
            wanted = self._signature(exported_key(key), expires)
        except (ForeignKeyError, UnsafeKeyError):
            raise RefusedLinkError("the link leads to no export: ask for a new one") from None
        if not hmac.compare_digest(wanted.encode(), given):
            raise RefusedLinkError("the link was altered: copy all of it, or ask for a new one")
        if now.timestamp() >= int(expires):
            raise RefusedLinkError("the link has ended: ask for a new one")
        return key

    def _signature(self, key: str, expires: str) -> str:
        # no key holds a line feed, so that no two triples give the same text
        return hmac.new(self.secret, f"{_VERSION}\n{expires}\n{key}".encode(), hashlib.sha256).hexdigest()


def exported_key(key: str) -> str:
    """Return the key unchanged if links to it may be made.

    Raises:
        UnsafeKeyError: No store could keep it (`checked_key`).
        ForeignKeyError: It is not below exports/.
    """
    if not checked_key(key).startswith(EXPORTS):
        raise ForeignKeyError(f"no link can be made to {key!r}: only files below {EXPORTS} are handed out")
    return key


@dataclass(frozen=True)
class SignedLinks:
    """Makes links to a store's exports: for mails, and for nothing else (they must not be logged).

    Attributes:
        store: Where the files are.
        settings: Give secret and address of links to a folder store.
    """

    store: ObjectStore
    settings: Settings

    def link(self, key: str, *, expires_at: datetime, now: datetime) -> str:
        """A link to a file below exports/, good until a moment.

        Args:
            key: Of the file.
            expires_at: When the link ends, aware.
            now: The present time, aware.

        Raises:
            UnsafeKeyError: The key is not safe.
            ForeignKeyError: The key is not below exports/.
            LinkLifeError: The link would live no second, or more than seven days.
            LinkSecretError: REVREC_LINK_SECRET is too short.
            LinkError: REVREC_LINK_URL is no address.
            StateFolderError: The key file of this machine cannot be used.
            StoreUnavailableError: S3 has no credentials to sign with.
        """
        exported_key(key)
        life = expires_at - now
        if not timedelta(seconds=1) <= life <= LONGEST_LIFE:
            raise LinkLifeError(
                f"a link that ends at {expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC would live {life}: let it live "
                f"up to {LONGEST_LIFE.days} days"
            )
        by_store = self.store.presigned_url(key, life)
        return by_store if by_store is not None else folder_links(self.settings).link(key, expires_at)


def folder_links(settings: Settings) -> FolderLinks:
    """Links as the settings have them: signed by REVREC_LINK_SECRET, else by a key of this machine, made when it is
    first needed.

    Raises:
        LinkSecretError, LinkError, StateFolderError: As `SignedLinks.link`.
    """
    if not _is_address(settings.link_url):
        raise LinkError(
            f"REVREC_LINK_URL {mask_credentials(settings.link_url)!r} is no address of `revrec serve`: give "
            "http://host:port or https://host"
        )
    return FolderLinks(_secret(settings), settings.link_url.rstrip("/"))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not set("?#@ ") & set(url)


def _secret(settings: Settings) -> bytes:
    if settings.link_secret is None:
        return secret_of_machine(state_folder(settings.state_folder), KEY_FILE)
    if len(settings.link_secret) < LEAST_SECRET_CHARACTERS:
        raise LinkSecretError(
            f"REVREC_LINK_SECRET is shorter than {LEAST_SECRET_CHARACTERS} characters: take a random one, such as "
            "`openssl rand -hex 32` prints"
        )
    return settings.link_secret.encode()
