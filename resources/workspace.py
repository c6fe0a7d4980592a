"""A DuckDB database for one computation, within bounds.

What belongs here: the memory limit and the spill folder. What does not: queries.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

# A month of a million lines sorts within it; beyond it DuckDB spills to the temporary folder instead of growing.
MEMORY_LIMIT = "1GB"


@contextmanager
def workspace() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory database, gone with its spill files when the block ends."""
    with tempfile.TemporaryDirectory(prefix="revrec-duckdb-") as folder:
        connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY_LIMIT, "temp_directory": folder})
        try:
            yield connection
        finally:
            connection.close()
