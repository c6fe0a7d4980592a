"""The DuckDB database of one computation."""

import gc
from pathlib import Path

import pytest

from resources.workspace import workspace


def one(value: object) -> object:
    assert isinstance(value, tuple)
    return value[0]


def test_a_workspace_is_empty_and_of_its_own() -> None:
    with workspace() as first, workspace() as second:
        first.execute("CREATE TABLE t AS SELECT 1")
        assert second.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)


def test_what_does_not_fit_spills_to_a_folder_that_is_gone_at_the_end() -> None:
    with workspace() as connection:
        folder = Path(str(one(connection.execute("SELECT current_setting('temp_directory')").fetchone())))
        limit = str(one(connection.execute("SELECT current_setting('memory_limit')").fetchone()))
        assert folder.is_dir()
        assert limit.endswith("MiB")
        connection.execute("SET memory_limit = '40MB'")
        connection.execute("CREATE TABLE large AS SELECT i, hash(i) AS h FROM range(6_000_000) AS r(i)")
        assert any(folder.iterdir())
        assert connection.execute("SELECT count(DISTINCT i) FROM large").fetchone() == (6_000_000,)
    assert not folder.exists()


def test_the_folder_is_gone_too_when_the_computation_fails() -> None:
    folders: list[Path] = []

    def failing() -> None:
        with workspace() as connection:
            folders.append(Path(str(one(connection.execute("SELECT current_setting('temp_directory')").fetchone()))))
            raise RuntimeError("computation failed")

    with pytest.raises(RuntimeError, match="computation failed"):
        failing()
    gc.collect()
    assert not folders[0].exists()
