"""The database of the books: addresses, drivers, settings, transactions and migrations, on SQLite and PostgreSQL."""

import sqlite3
import subprocess
import sys
import traceback
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, inspect, text
from sqlalchemy.exc import DatabaseError

from resources.books import (
    Books,
    BooksAddressError,
    BooksNewerThanCodeError,
    BooksUnavailableError,
    open_engine,
    upgrade,
)
from resources.books.engine import transaction
from resources.books.migrations import VERSION_TABLE
from resources.books.tables import METADATA
from revrec.reports.schemas import REPORTS

OUR_TABLES = {
    "landed_files",
    "export_files",
    "activity_log",
    "accounting_periods",
    "accounting_period_ledgers",
    "manual_journals",
    "manual_journal_entries",
    "published_reports",
    "requested_exports",
    *(f"report_{report}" for report in REPORTS),
    VERSION_TABLE,
}


def differences(engine: Engine, metadata: MetaData) -> list[Any]:
    with engine.connect() as connection:
        migration = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        return list(compare_metadata(migration, metadata))


def keys_and_conditions(engine: Engine) -> dict[str, list[tuple[str, ...]]]:
    """Per table name and content of every constraint, as the database spells it."""
    found = inspect(engine)
    return {
        table: sorted(
            [
                *((str(check["name"]), check["sqltext"]) for check in found.get_check_constraints(table)),
                *((str(key["name"]), *key["column_names"]) for key in found.get_unique_constraints(table)),
                *(
                    (str(key["name"]), *key["constrained_columns"], key["referred_table"], *key["referred_columns"])
                    for key in found.get_foreign_keys(table)
                ),
                (str(found.get_pk_constraint(table)["name"]), *found.get_pk_constraint(table)["constrained_columns"]),
            ]
        )
        for table in METADATA.tables
    }


def version(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}")))


def test_the_migrations_make_the_tables_that_the_code_expects(empty_books_engine: Engine) -> None:
    upgrade(empty_books_engine)
    assert set(inspect(empty_books_engine).get_table_names()) == OUR_TABLES
    assert differences(empty_books_engine, METADATA) == []


def test_the_migrations_make_the_keys_and_conditions_that_the_code_expects(empty_books_engine: Engine) -> None:
    upgrade(empty_books_engine)
    migrated = keys_and_conditions(empty_books_engine)
    METADATA.drop_all(empty_books_engine)
    METADATA.create_all(empty_books_engine)
    assert keys_and_conditions(empty_books_engine) == migrated
    assert [len(migrated[table]) for table in ("activity_log", "accounting_periods", "landed_files")] == [2, 7, 1]


def test_the_comparison_of_tables_sees_a_changed_type_a_new_column_and_a_missing_index(
    empty_books_engine: Engine,
) -> None:
    upgrade(empty_books_engine)
    changed = MetaData(naming_convention=METADATA.naming_convention)
    for table in METADATA.tables.values():
        table.to_metadata(changed)
    changed.tables["activity_log"].append_column(Column("added", String))
    changed.tables["landed_files"].append_column(Column("size_bytes", Integer, nullable=False), replace_existing=True)
    Table("export_files", changed).indexes.clear()
    found = differences(empty_books_engine, changed)
    kinds = {entry[0] if isinstance(entry, tuple) else entry[0][0] for entry in found}
    assert kinds == {"add_column", "modify_type", "remove_index"}


def test_upgrading_again_changes_nothing_and_needs_no_lock(books: Books, empty_books_engine: Engine) -> None:
    with transaction(empty_books_engine) as connection:  # on SQLite this locks out every writer
        connection.execute(text("DELETE FROM landed_files"))
        upgrade(empty_books_engine)
    assert version(empty_books_engine) == ["0005"]


def test_threads_that_upgrade_several_books_at_once_all_succeed(tmp_path: Path) -> None:
    engines = [open_engine(f"sqlite:///{tmp_path / f'books-{number}.sqlite3'}") for number in range(6)]
    with ThreadPoolExecutor(len(engines)) as threads:
        list(threads.map(upgrade, engines))
    assert [version(engine) for engine in engines] == [["0005"]] * len(engines)
    for engine in engines:
        engine.dispose()


def test_a_migration_that_fails_leaves_nothing_behind(empty_books_engine: Engine) -> None:
    with empty_books_engine.begin() as connection:
        connection.execute(text("CREATE TABLE activity_log (something TEXT)"))  # the last table of the first migration
    with pytest.raises((DatabaseError, BooksUnavailableError), match="activity_log"):
        upgrade(empty_books_engine)
    assert set(inspect(empty_books_engine).get_table_names()) == {"activity_log"}


def test_books_migrated_by_a_newer_revrec_are_refused(books: Books, empty_books_engine: Engine) -> None:
    with empty_books_engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))
    with pytest.raises(BooksNewerThanCodeError, match="at version 0999, and this revrec knows versions up to 0005"):
        upgrade(empty_books_engine)


def test_the_books_can_share_a_database_with_another_user_of_alembic(empty_books_engine: Engine) -> None:
    with empty_books_engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('dagsters-own')"))
    upgrade(empty_books_engine)
    with empty_books_engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "dagsters-own"


def test_a_transaction_that_fails_is_rolled_back_tables_included(empty_books_engine: Engine) -> None:
    def make_and_fail() -> None:
        with transaction(empty_books_engine) as connection:
            connection.execute(text("CREATE TABLE halfway (a INTEGER)"))
            connection.execute(text("INSERT INTO halfway VALUES (1)"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        make_and_fail()
    assert inspect(empty_books_engine).get_table_names() == []


def test_sqlite_waits_for_writers_and_enforces_foreign_keys(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'books.sqlite3'}")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "journal_mode", "busy_timeout")
        }
    engine.dispose()
    assert found == {"foreign_keys": 1, "journal_mode": "wal", "busy_timeout": 30_000}


def test_sqlite_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'books.sqlite3'}")
    upgrade(engine)
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM landed_files"))
        assert Books(engine).landed_files() == []
    engine.dispose()


@pytest.mark.parametrize("scheme", ["postgresql://", "postgres://", "postgresql+psycopg2://"])
def test_postgresql_is_reached_through_psycopg2_however_it_is_written(postgres_url: str, scheme: str) -> None:
    engine = open_engine(postgres_url.replace("postgresql://", scheme))
    assert engine.dialect.driver == "psycopg2"
    with transaction(engine, reads_only=True) as connection:
        assert connection.scalar(text("SELECT current_setting('application_name')")) == "revrec"
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://revrec:hunter2@db/books",
        "postgresql+psycopg://revrec:hunter2@db/books",
        "postgresql://revrec:hunt@hunter2@db/books",
        "postgresql://revrec:hunter2@db:port/books",
        "books.sqlite3",
        "",
    ],
    ids=["other database", "other driver", "unescaped @", "port", "path", "empty"],
)
def test_other_addresses_are_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(BooksAddressError, match=r"books .*'.*': (give sqlite:///|the password holds)") as caught:
        open_engine(url)
    assert isinstance(caught.value, ValueError)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    ["postgresql://revrec:hunter2@127.0.0.1:1/books", "postgresql://127.0.0.1:1/books?user=revrec&password=hunter2"],
    ids=["user info", "query"],
)
@pytest.mark.parametrize("use", [upgrade, lambda engine: Books(engine).activities()], ids=["upgrade", "read"])
def test_a_server_that_is_not_there_is_reported_in_one_line_without_the_password(
    url: str, use: Callable[[Engine], object]
) -> None:
    engine = open_engine(url)
    with pytest.raises(
        BooksUnavailableError, match=r"cannot use the books at postgresql.*127.0.0.1.*refused"
    ) as caught:
        use(engine)
    assert isinstance(caught.value, ConnectionError)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in repr(engine)
    assert (engine.url.username, engine.url.password) == ("revrec", "hunter2")


def test_a_missing_folder_for_the_sqlite_file_is_reported_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BooksUnavailableError, match=r"the folder '.*nowhere' for the books does not exist: create it"):
        open_engine(f"sqlite:///{tmp_path}/nowhere/books.sqlite3")


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "books.sqlite3").write_text("not a database, but long enough to have a header" * 10)
    with pytest.raises(BooksUnavailableError, match="file is not a database"):
        upgrade(open_engine(f"sqlite:///{tmp_path / 'books.sqlite3'}"))


def test_a_missing_driver_is_reported_with_what_to_install() -> None:
    program = (
        "import sys; sys.modules['psycopg2'] = None\n"  # what Python itself does to block an import
        "from resources.books import DriverMissingError, open_engine\n"
        "try: open_engine('postgresql://revrec:hunter2@db/books')\n"
        "except DriverMissingError as error: print(isinstance(error, ImportError), error)\n"
    )
    output = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert output.startswith("True PostgreSQL needs the driver psycopg2")
    assert output.rstrip().endswith("install revrec[production]")


def test_the_migrations_are_found_inside_an_installed_package(tmp_path: Path) -> None:
    repository = Path(__file__).parents[2]
    archive = tmp_path / "revrec.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for package in ("resources", "revrec"):
            for source in (repository / package).rglob("*.py"):
                packed.write(source, source.relative_to(repository))
    installed = tmp_path / "site-packages"
    zipfile.ZipFile(archive).extractall(installed)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import resources.books as books; assert books.__file__.startswith(sys.argv[1])\n"
        "books.upgrade(books.open_engine(f'sqlite:///{sys.argv[2]}'))"
    )
    target = tmp_path / "books.sqlite3"
    subprocess.run([sys.executable, "-c", program, str(installed), str(target)], check=True, cwd=tmp_path)
    with sqlite3.connect(target) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables >= OUR_TABLES
