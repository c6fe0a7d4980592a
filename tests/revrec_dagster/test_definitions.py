"""The code location as a whole: it loads, every way to start Dagster finds it, and it is what the snapshot says.

The snapshot, `definitions.txt`, is for people to read in a review: what a change does to keys, dependencies,
partitions, groups, kinds, owners, checks and jobs. Where the change is meant, write it again with

    .venv/bin/python tests/revrec_dagster/test_definitions.py
"""

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest

from revrec_dagster.build import build_defs

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).with_name("definitions.txt")
REFRESH = ".venv/bin/python tests/revrec_dagster/test_definitions.py"
# Loading takes 5 s; test machines are shared.
TIMEOUT_S = 120
# The only warning there may be: Dagster would rather be started by `dg` (FACTS 10).
SUPERSEDED = re.compile(r".*SupersessionWarning: Function `definitions_validate_command`.*\n.*\n")


def snapshot(definitions: dg.Definitions) -> str:
    """The code location as text: assets by group with their checks, then jobs, automation and resources."""
    checks = [spec for check in definitions.asset_checks or () for spec in _check_specs(check)]
    specs = sorted(definitions.resolve_all_asset_specs(), key=lambda spec: (spec.group_name, spec.key))
    jobs = sorted(definitions.resolve_all_job_defs(), key=lambda job: job.name)
    blocks = [
        f"# What Dagster loads. Refresh with: {REFRESH}",
        *("\n".join(_asset_lines(spec, checks)) for spec in specs),
        *("\n".join(_job_lines(job)) for job in jobs),
        f"schedules: {_listed(schedule.name for schedule in definitions.schedules or ())}",
        f"sensors: {_listed(sensor.name for sensor in definitions.sensors or ())}",
        f"resources: {_listed(definitions.resources or ())}",
    ]
    return "\n\n".join(blocks) + "\n"


def _asset_lines(asset: dg.AssetSpec, checks: Iterable[dg.AssetCheckSpec]) -> Iterator[str]:
    yield f"asset {asset.key.to_user_string()}"
    yield f"  group {asset.group_name}; kinds {_listed(asset.kinds)}; owners {_listed(asset.owners)}"
    yield f"  partitions: {_partitions(asset.partitions_def)}"
    for dep in sorted(asset.deps, key=lambda dep: dep.asset_key):
        mapping = f" by {type(dep.partition_mapping).__name__}" if dep.partition_mapping else ""
        yield f"  depends on {dep.asset_key.to_user_string()}{mapping}"
    for check in sorted(checks, key=lambda check: check.name):
        if check.asset_key == asset.key:
            blocking = "blocking" if check.blocking else "not blocking"
            yield f"  check {check.name}: {blocking}; partitions: {_partitions(check.partitions_def)}"


def _job_lines(job: dg.JobDefinition) -> Iterator[str]:
    yield f"job {job.name}"
    yield f"  partitions: {_partitions(job.partitions_def)}; executor: {job.executor_def.name}"
    yield f"  assets: {_listed(key.to_user_string() for key in job.asset_layer.executable_asset_keys)}"


def _check_specs(check: object) -> Iterable[dg.AssetCheckSpec]:
    assert isinstance(check, dg.AssetChecksDefinition), check
    return check.check_specs


def _partitions(partitions: object) -> str:
    return str(partitions or "none").rstrip(".")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_defs()


def test_the_code_location_loads(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_code_location_is_what_the_snapshot_says(definitions: dg.Definitions) -> None:
    assert snapshot(definitions) == SNAPSHOT.read_text(encoding="utf-8"), f"if this is meant: {REFRESH}"


def test_every_asset_says_what_it_is_and_whose(definitions: dg.Definitions) -> None:
    silent = [
        spec.key.to_user_string()
        for spec in definitions.resolve_all_asset_specs()
        if not (spec.description and spec.owners and spec.kinds and spec.group_name != "default")
    ]
    assert silent == []


def test_every_check_says_what_it_holds(definitions: dg.Definitions) -> None:
    specs = [spec for check in definitions.asset_checks or () for spec in _check_specs(check)]
    assert [f"{spec.asset_key.to_user_string()}: {spec.name}" for spec in specs if not spec.description] == []


def test_a_resource_can_be_replaced_by_a_plain_object() -> None:
    replaced = build_defs({"policy": "a policy of the test"})
    assert (replaced.resources or {})["policy"] == "a policy of the test"
    assert sorted(replaced.resources or {}) == sorted(build_defs().resources or {})


def test_dagster_validates_the_workspace_without_a_word(
    command: Callable[[str], Path], surroundings: Mapping[str, str]
) -> None:
    """As `make validate` does what pyproject.toml names, in CI."""
    validated = subprocess.run(
        [command("dagster"), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    said = SUPERSEDED.sub("", validated.stdout + validated.stderr)
    assert validated.returncode == 0, said
    assert "Validation successful for code location revrec." in said
    assert re.findall(r"(?i).*(?:warning|error|deprecat).*", said) == []


def test_dg_finds_every_asset_and_job(
    definitions: dg.Definitions, command: Callable[[str], Path], surroundings: Mapping[str, str]
) -> None:
    listed = subprocess.run(
        [command("dg"), "list", "defs", "--json"],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    found = json.loads(listed.stdout)
    assert {asset["asset_key"] for asset in found["assets"]} == {
        key.to_user_string() for key in definitions.resolve_all_asset_keys()
    }
    assert {job["name"] for job in found["jobs"]} >= {job.name for job in definitions.jobs or ()}


if __name__ == "__main__":
    SNAPSHOT.write_text(snapshot(build_defs()), encoding="utf-8")
