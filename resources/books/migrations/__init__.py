"""Bringing a database of the books to the present tables, by Alembic.

What belongs here: running the migrations, and the migrations themselves (versions/). What does not: the tables as they
are now (resources/books/tables.py).

To change the tables: change tables.py, and add ``versions/<next number>_<what it does>.py`` with the number as its
revision and the number before as its down_revision. It states its columns itself and imports nothing of revrec, so that
it does the same for ever. A test compares the outcome with tables.py on both databases.
"""

import threading

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from resources.books.engine import hold_lock, transaction
from revrec.errors import RevrecError

# Not Alembic's default name: Dagster uses that one, and both may share a PostgreSQL database.
VERSION_TABLE = "revrec_books_version"

# Alembic keeps the migration that runs in a global of its own.
_ONE_AT_A_TIME = threading.Lock()


class BooksNewerThanCodeError(RevrecError, RuntimeError):
    """The database was migrated by a newer revrec."""


def upgrade(engine: Engine) -> None:
    """Bring the tables to their present form, in one transaction; does nothing where they are.

    Processes and threads may do so at once: one of them migrates, the others wait for it.

    Args:
        engine: From `open_engine`.

    Raises:
        BooksNewerThanCodeError: The database is at a version that this code does not know.
        BooksUnavailableError: The database cannot be reached.
    """
    config = Config()
    # Found as package data, wherever the package is installed.
    config.set_main_option("script_location", "resources.books:migrations")
    config.set_main_option("path_separator", "os")
    with _ONE_AT_A_TIME:
        scripts = ScriptDirectory.from_config(config)
        with transaction(engine, reads_only=True) as connection:
            if _is_current(connection, scripts):
                return
        with transaction(engine) as connection:
            hold_lock(connection, "migrations")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _is_current(connection: Connection, scripts: ScriptDirectory) -> bool:
    found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()
    for revision in found:
        try:
            scripts.get_revision(revision)
        except CommandError as error:
            raise BooksNewerThanCodeError(
                f"the books are at version {revision}, and this revrec knows versions up to "
                f"{scripts.get_current_head()}: install the newer revrec that migrated them"
            ) from error
    return set(found) == set(scripts.get_heads())
