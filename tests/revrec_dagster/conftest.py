"""What the tests of the code location share: surroundings that lead nowhere real.

The code location reads its first month and time zone from the policy in force when it is imported (assets.partitions), so
the surroundings are set before any test module imports it.
"""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

# Where a developer's shell points to must neither show in the snapshot nor be written to; a missing store has no policy.
for name in [name for name in os.environ if name.startswith(("REVREC_", "DAGSTER_"))]:
    del os.environ[name]
os.environ["REVREC_STORE"] = str(Path(__file__).parent / "no-store")

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
