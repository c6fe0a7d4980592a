"""What the tests of the code location share: the installed commands, and surroundings that lead nowhere real."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from tests.surroundings import lead_nowhere

lead_nowhere()

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def command() -> Callable[[str], Path]:
    """Path of a command that the project's environment installs, by name."""
    return Path(sys.executable).with_name


@pytest.fixture
def surroundings(tmp_path: Path) -> Mapping[str, str]:
    """Environment of a process that remembers nothing outside of the test, under the project's own dagster.yaml."""
    dagster_home = tmp_path / "dagster_home"
    dagster_home.mkdir()
    (dagster_home / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    # dg and Dagster keep caches and settings in the home folder.
    return {**os.environ, "DAGSTER_HOME": str(dagster_home), "HOME": str(tmp_path), "NO_COLOR": "1"}


@dataclass(frozen=True)
class Finished:
    """How the command ended."""

    status: int
    stdout: str
    stderr: str


Revrec = Callable[..., Finished]


@pytest.fixture
def revrec(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Revrec:
    """A function that runs the command's entry point in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REVREC_STORE")

    from revrec_dagster.cli import main

    def run(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> Finished:
        capsys.readouterr()
        argv = ["revrec", *map(str, arguments)]
        # What its options set in the environment goes with the patch.
        with (
            mock.patch.dict(os.environ, environment or {}),
            mock.patch.object(sys, "argv", argv),
            pytest.raises(SystemExit) as exit_info,
        ):
            main()
        said = capsys.readouterr()
        status = exit_info.value.code or 0  # a command that ends by returning exits with None
        assert isinstance(status, int)
        return Finished(status, said.out, said.err)

    return run
