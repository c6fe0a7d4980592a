"""Where things are: the environment's variables, each with a default that works on a laptop (DESIGN, Settings).

What belongs here: reading the environment, once, into a plain object. What does not: opening what the settings point
to.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

STORE = "REVREC_STORE"
DATABASE_URL = "REVREC_DATABASE_URL"
S3_ENDPOINT_URL = "REVREC_S3_ENDPOINT_URL"
POLICY = "REVREC_POLICY"

DEFAULT_STORE = "store"
BOOKS_FILE = "books.sqlite3"


@dataclass(frozen=True)
class Settings:
    """Addresses of everything outside of the process.

    Attributes:
        store: folder or s3://bucket/prefix.
        database_url: SQLAlchemy URL of the books.
        s3_endpoint_url: of an S3-compatible service; None for AWS.
        policy: path of the policy file; None where the store's own policy.yaml, or the defaults, apply.
    """

    store: str
    database_url: str
    s3_endpoint_url: str | None
    policy: str | None


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of an environment; an empty variable counts as absent.

    The books lie beside the lake by default, so that a folder store is complete in itself; beside an S3 store there is
    no place for an SQLite file, so they lie in the working folder.
    """
    store = environment.get(STORE) or DEFAULT_STORE
    books = Path(BOOKS_FILE) if "://" in store else Path(store) / BOOKS_FILE
    # a folder may have a name in which a URL sees an escape or a query
    address = quote(str(books), safe="/\\: ")
    return Settings(
        store=store,
        database_url=environment.get(DATABASE_URL) or f"sqlite:///{address}",
        s3_endpoint_url=environment.get(S3_ENDPOINT_URL) or None,
        policy=environment.get(POLICY) or None,
    )
