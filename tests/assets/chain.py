"""The chain of one store, materialized in this process: what the tests of the assets drive.

What belongs here: running parts of the real code location on a store, and reading or spoiling what they wrote. What
does not: the stores (conftest.py and the tests write them), and judging what came out.
"""

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from resources import settings

# A failure's log would be printed beside the failing assertion as well as read from the events.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@cache
def code_location() -> dg.Definitions:
    """The real code location; it opens what the environment points to when a run starts.

    Imported here, in surroundings without a store: it takes its first month from the policy in force at that moment.
    """
    with mock.patch.dict(os.environ, {settings.STORE: "no-store", settings.POLICY: ""}):
        from revrec_dagster.build import build_defs
    return build_defs()


@dataclass(frozen=True)
class Chain:
    """A store and what Dagster remembers of it.

    Attributes:
        store: root folder.
        instance: forgets everything with the test.
    """

    store: Path
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    def reference_data(self) -> dg.ExecuteInProcessResult:
        """Run the job of that name."""
        return self._execute(code_location().resolve_job_def("reference_data"))

    def document_month(self, month: str) -> dg.ExecuteInProcessResult:
        """Run the job of that name."""
        return self._execute(code_location().resolve_job_def("document_month"), month)

    def posting_month(self, month: str) -> dg.ExecuteInProcessResult:
        """Run the job of that name."""
        return self._execute(code_location().resolve_job_def("posting_month"), month)

    def materialize(self, *assets: str, month: str | None = None) -> dg.ExecuteInProcessResult:
        """Materialize these assets in one run, with their checks, whether it succeeds or not."""
        job = code_location().resolve_implicit_global_asset_job_def()
        return self._execute(job.get_subset(asset_selection={dg.AssetKey(asset) for asset in assets}), month)

    def check(self, asset: str, name: str, month: str) -> dg.AssetCheckEvaluation:
        """Run one check of what lies in the store."""
        key = dg.AssetCheckKey(dg.AssetKey(asset), name)
        job = code_location().resolve_implicit_global_asset_job_def()
        result = self._execute(job.get_subset(asset_selection=set(), asset_check_selection={key}), month)
        [evaluation] = result.get_asset_check_evaluations()
        return evaluation

    def _execute(self, job: dg.JobDefinition, month: str | None = None) -> dg.ExecuteInProcessResult:
        with mock.patch.dict(
            os.environ, {settings.STORE: str(self.store), settings.POLICY: "", settings.DATABASE_URL: ""}
        ):
            return job.execute_in_process(
                run_config=_QUIET,
                instance=self.instance,
                raise_on_error=False,
                tags={"dagster/partition": month} if month else None,
            )

    def table(self, name: str, month: str | None = None) -> list[dict[str, Any]]:
        """Rows of a lake table."""
        rows: list[dict[str, Any]] = pq.read_table(self._path(name, month)).to_pylist()
        return rows

    def spoil(self, name: str, month: str | None, change: Callable[[pa.Table], pa.Table]) -> None:
        """Change a lake table behind revrec's back; what it notes about itself stays."""
        path = self._path(name, month)
        notes, changed = pq.read_metadata(path).metadata, change(pq.read_table(path))
        with pq.ParquetWriter(path, changed.schema) as writer:
            writer.write_table(changed)
            writer.add_key_value_metadata({key: value for key, value in notes.items() if key != b"ARROW:schema"})

    def _path(self, name: str, month: str | None) -> Path:
        return self.store / "lake" / name / f"{month or 'all'}.parquet"

    def files(self, *folders: str) -> dict[str, bytes]:
        """Content of every file below these folders of the store, by path."""
        paths = (path for folder in folders for path in sorted((self.store / folder).rglob("*")) if path.is_file())
        return {path.relative_to(self.store).as_posix(): path.read_bytes() for path in paths}

    def csv(self, path: str) -> list[dict[str, str]]:
        """Rows of a CSV file of the store."""
        with (self.store / path).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines, strict=True))


def posted(store: Path, months: Sequence[str]) -> bool:
    """Run the job of posting months alone, in whatever process this is; whether all succeeded."""
    return all(Chain(store).posting_month(month).success for month in months)


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    """What the UI shows of an asset's materialization in a run."""
    [event] = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


def failures(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Failed step to its error, causes included."""
    return {
        str(event.step_key): event.step_failure_data.error.to_string()
        for event in result.all_events
        if event.is_step_failure and event.step_failure_data.error
    }
