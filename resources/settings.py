"""Where things are: the environment's variables, each with a default that works on a laptop (DESIGN, Settings).

What belongs here: reading the environment, once, into a plain object. What does not: opening what the settings point
to.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

STORE = "REVREC_STORE"
DATABASE_URL = "REVREC_DATABASE_URL"
S3_ENDPOINT_URL = "REVREC_S3_ENDPOINT_URL"
POLICY = "REVREC_POLICY"
LINK_SECRET = "REVREC_LINK_SECRET"  # noqa: S105 - the variable's name
LINK_URL = "REVREC_LINK_URL"
SMTP_URL = "REVREC_SMTP_URL"
MAIL_FROM = "REVREC_MAIL_FROM"
STATE_HOME = "XDG_STATE_HOME"

DEFAULT_STORE = "store"
BOOKS_FILE = "books.sqlite3"
DEFAULT_LINK_URL = "http://127.0.0.1:8765"
DEFAULT_MAIL_FROM = "revrec@localhost"
DEFAULT_STATE_HOME = "~/.local/state"


@dataclass(frozen=True)
class Settings:
    """Addresses of everything outside of the process.

    Attributes:
        store: folder or s3://bucket/prefix.
        database_url: SQLAlchemy URL of the books.
        s3_endpoint_url: of an S3-compatible service; None for AWS.
        policy: path of the policy file; None where the store's own policy.yaml, or the defaults, apply.
        link_secret: what links to a folder store's exports are signed with; None for the key in the state folder.
        link_url: where `revrec serve` is reached from outside, the start of every link to a folder store.
        smtp_url: smtp://, smtps:// or smtp+starttls://user:password@host:port; None where no mail is sent.
        mail_from: sender of mails.
        state_folder: what belongs to a user of this machine rather than to the books; may begin with ~.
    """

    store: str
    # secrets may be in these three: they are not shown where settings are
    database_url: str = field(repr=False)
    s3_endpoint_url: str | None
    policy: str | None
    link_secret: str | None = field(repr=False)
    link_url: str
    smtp_url: str | None = field(repr=False)
    mail_from: str
    state_folder: str


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
        link_secret=environment.get(LINK_SECRET) or None,
        link_url=environment.get(LINK_URL) or DEFAULT_LINK_URL,
        smtp_url=environment.get(SMTP_URL) or None,
        mail_from=environment.get(MAIL_FROM) or DEFAULT_MAIL_FROM,
        state_folder=f"{_state_home(environment)}/revrec",
    )


def _state_home(environment: Mapping[str, str]) -> str:
    """As the XDG base directory specification has it: a path that is not absolute counts as absent."""
    chosen = environment.get(STATE_HOME, "")
    return chosen.rstrip("/") if chosen.startswith("/") else DEFAULT_STATE_HOME
