"""What the tests of the code location share: the installed commands, and surroundings that lead nowhere real."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

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
