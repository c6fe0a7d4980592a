"""Opening the database of the books, and running transactions on it.

What belongs here: addresses, drivers, the settings of a connection, transactions, locks, and turning the drivers'
errors into ones for people. What does not: tables and statements.
"""

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    StatementError,
)

from resources.masking import mask_credentials
from revrec.errors import RevrecError

# How long a writer waits for another one before it gives up; each holds the lock for milliseconds.
SQLITE_BUSY_TIMEOUT_SECONDS = 30
POSTGRESQL_CONNECT_TIMEOUT_SECONDS = 10

# SQLAlchemy 2.1 would take psycopg 3, which dagster-postgres cannot use: one driver for the whole house.
_POSTGRESQL = "postgresql+psycopg2"
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": _POSTGRESQL,
    "postgresql": _POSTGRESQL,
    _POSTGRESQL: _POSTGRESQL,
}
_POSTGRESQL_UNDEFINED_TABLE = "42P01"
_READS_ONLY = "revrec_reads_only"
_REFUSES_WRITES = "revrec_refuses_writes"


class BooksAddressError(RevrecError, ValueError):
    """The address of the books is not one of SQLite or PostgreSQL."""


class BooksUnavailableError(RevrecError, ConnectionError):
    """The database of the books cannot be reached, or does not answer."""


class DriverMissingError(RevrecError, ImportError):
    """The driver for PostgreSQL is not installed."""


class ReadOnlyBooksError(RevrecError, PermissionError):
    """Something was to be recorded in books that are for looking only."""


def open_engine(url: str) -> Engine:
    """Make an engine for the books; the database is not contacted yet.

    Args:
        url: ``sqlite:///file``, or ``postgresql://user:password@host/database`` (``postgres://`` means the same).

    Raises:
        BooksAddressError: The address is of another kind, or cannot be read; the message hides credentials.
        BooksUnavailableError: The folder for the SQLite file does not exist.
        DriverMissingError: It is PostgreSQL's, and psycopg2 is not installed.
    """
    address = _checked_address(url)
    return _sqlite_engine(address) if address.drivername.startswith("sqlite") else _postgresql_engine(address)


def read_only(engine: Engine) -> Engine:
    """The same database, for looking only: `transaction` refuses to write to it."""
    return engine.execution_options(**{_REFUSES_WRITES: True})


@contextmanager
def transaction(engine: Engine, *, reads_only: bool = False) -> Iterator[Connection]:
    """Run the block as one transaction: committed when it ends, rolled back when it raises.

    Args:
        engine: From `open_engine`.
        reads_only: The block writes nothing, so that on SQLite it need not wait for writers.

    Raises:
        BooksUnavailableError: The database cannot be reached, does not answer, or has no tables yet.
        ReadOnlyBooksError: The block writes, and the engine is for looking only.
    """
    if not reads_only and engine.get_execution_options().get(_REFUSES_WRITES):
        raise ReadOnlyBooksError("nothing can be recorded in the books of the past: record it in the present ones")
    try:
        with engine.connect() as connection:
            connection.execution_options(**{_READS_ONLY: reads_only})
            with connection.begin():
                yield connection
    except StatementError as error:
        if isinstance(error.orig, RevrecError):
            raise error.orig from None
        problem = _for_people(error, _shown(engine.url))
        if problem is None:
            raise
        raise problem from error


def hold_lock(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it to the end of this one.

    On SQLite nothing is needed: a transaction that writes holds the whole database.

    Args:
        connection: In a transaction that may write.
        name: What the lock protects.
    """
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(f"revrec books {name}".encode()).digest()[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def _checked_address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise BooksAddressError(
            f"cannot read the address of the books {mask_credentials(url)!r}: give sqlite:///file or "
            "postgresql://user:password@host/database, with special characters of the password percent-encoded"
        ) from None
    driver = _DRIVERS.get(address.drivername)
    if driver is None:
        raise BooksAddressError(
            f"the books cannot be kept in {mask_credentials(url)!r}: give sqlite:///file or "
            "postgresql://user:password@host/database"
        )
    if "@" in (address.host or ""):
        raise BooksAddressError(
            f"cannot read the address of the books {mask_credentials(url)!r}: the password holds an '@', write %40"
        )
    return _without_secrets_in_query(address.set(drivername=driver))


def _without_secrets_in_query(address: URL) -> URL:
    """Move user and password from the query, where SQLAlchemy would show them, to where it hides them."""
    user, password = address.query.get("user"), address.query.get("password")
    if isinstance(user, str):
        address = address.set(username=user)
    if isinstance(password, str):
        address = address.set(password=password)
    return address.difference_update_query(["user", "password"])


def _sqlite_engine(address: URL) -> Engine:
    folder = Path(address.database or "").parent
    if not folder.is_dir():
        raise BooksUnavailableError(f"the folder {str(folder)!r} for the books does not exist: create it")
    engine = create_engine(
        address, hide_parameters=True, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "isolation_level": None}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(address: URL) -> Engine:
    settings: dict[str, Any] = {
        "connect_timeout": POSTGRESQL_CONNECT_TIMEOUT_SECONDS,
        "application_name": "revrec",
    }
    chosen = {name: value for name, value in settings.items() if name not in address.query}
    try:
        return create_engine(address, hide_parameters=True, pool_pre_ping=True, connect_args=chosen)
    except ImportError as error:
        raise DriverMissingError(
            f"PostgreSQL needs the driver psycopg2, which cannot be imported ({error}): install revrec[production]"
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    # Write-ahead logging lets readers and a writer work at once. The file remembers it. SQLite does not wait for the
    # lock that the first switch needs, so processes that open a new file together have to.
    give_up_at = time.monotonic() + SQLITE_BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # The driver would begin late and without the lock for writing: two transactions that read and then write would both
    # get their read, and one of them would fail instead of wait.
    reads_only = connection.get_execution_options().get(_READS_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _for_people(error: StatementError, address: str) -> BooksUnavailableError | None:
    """Return what to tell people about an error of a database; None where it is a defect of a statement or a record."""
    reason = mask_credentials(str(error.orig)).rstrip(".")
    if getattr(error.orig, "pgcode", None) == _POSTGRESQL_UNDEFINED_TABLE or "no such table" in reason:
        return BooksUnavailableError(
            f"the books at {address} are not complete ({reason}); run the migrations: upgrade()"
        )
    # The bare class is what SQLite raises for a file that is damaged or no database at all.
    if isinstance(error, OperationalError | InterfaceError | InternalError) or type(error) is DatabaseError:
        return BooksUnavailableError(
            f"cannot use the books at {address}: {reason}; check that the database runs and that REVREC_DATABASE_URL "
            "is right"
        )
    return None


def _shown(address: URL) -> str:
    return mask_credentials(address.render_as_string(hide_password=True))
