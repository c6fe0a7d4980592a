"""The two dagster.yaml files, on the storage each of them names: SQLite on a laptop, PostgreSQL in production."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import make_url

ROOT = Path(__file__).parents[2]
SETTINGS = {"laptop": ROOT / "dagster.yaml", "production": ROOT / "deploy" / "dagster.yaml"}


@dg.asset
def closed_books() -> None:
    """Something to remember."""


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> str:
    """What deploy/dagster.yaml asks DAGSTER_PG_URL to be."""
    return make_url(postgres_server).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


@pytest.fixture(scope="module", params=SETTINGS)
def settings(request: pytest.FixtureRequest) -> str:
    """Which of the two."""
    return str(request.param)


@pytest.fixture(scope="module")
def dagster_home(settings: str, tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[str]:
    """A folder with that file."""
    folder = tmp_path_factory.mktemp(settings)
    shutil.copyfile(SETTINGS[settings], folder / "dagster.yaml")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_PG_URL", postgres_url)
        yield str(folder)


def test_a_later_process_finds_what_an_earlier_one_materialized(dagster_home: str) -> None:
    with dg.DagsterInstance.from_config(dagster_home) as instance:
        run_id = dg.materialize([closed_books], instance=instance).run_id
    with dg.DagsterInstance.from_config(dagster_home) as later:
        event = later.get_latest_materialization_event(closed_books.key)
        assert event is not None
        assert event.run_id == run_id


def test_nothing_is_reported_to_anyone(dagster_home: str) -> None:
    with dg.DagsterInstance.from_config(dagster_home) as instance:
        assert not instance.telemetry_enabled


def test_a_run_whose_machine_died_does_not_keep_its_place_in_the_queue_for_ever(dagster_home: str) -> None:
    with dg.DagsterInstance.from_config(dagster_home) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds > 0


def test_runs_are_remembered_in_local_files_on_a_laptop_only(dagster_home: str, settings: str) -> None:
    with dg.DagsterInstance.from_config(dagster_home) as instance:
        dg.materialize([closed_books], instance=instance)
    assert any(Path(dagster_home).rglob("*.db")) == (settings == "laptop")
