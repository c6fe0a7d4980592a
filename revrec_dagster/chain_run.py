"""Running the chain in this process, the way `revrec run` does.

What belongs here: which jobs run for which months, and what came of them. What does not: how it is shown
(`revrec_dagster.cli`).
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster_shared.error import SerializableErrorInfo

from assets.partitions import MONTHS
from revrec.errors import RevrecError
from revrec_dagster.jobs import DOCUMENT_MONTH, POSTING_MONTH, REFERENCE_DATA

# Dagster's own log lines would drown the progress display; a failed step's error is in the events.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class UnknownMonthError(RevrecError, ValueError):
    """A month that is no partition."""


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not hold.

    Attributes:
        asset: checked asset.
        check: name of the check.
        month: partition; None for reference data.
        blocking: whether it keeps the month from being complete, or is a warning.
        description: figures and what to do.
    """

    asset: str
    check: str
    month: str | None
    blocking: bool
    description: str


@dataclass(frozen=True)
class JobOutcome:
    """What came of one job of one month.

    Attributes:
        job: name.
        month: partition; None for reference data.
        success: whether every asset was materialized.
        errors: one line per failed asset.
        failed_checks: checks that did not hold.
        materialized: asset to its metadata.
        observed: metadata of what was closed, locked or reopened, in order.
    """

    job: str
    month: str | None
    success: bool
    errors: tuple[str, ...]
    failed_checks: tuple[FailedCheck, ...]
    materialized: dict[str, dict[str, Any]]
    observed: tuple[dict[str, Any], ...] = ()


def partition_months() -> list[str]:
    """The months that are partitions, in order: from the policy's first month to the current one."""
    return list(MONTHS.get_partition_keys())


def checked_months(first: str, last: str) -> list[str]:
    """Months from first to last.

    Raises:
        UnknownMonthError: the range is empty or not all of it is a partition.
    """
    known = partition_months()
    for month in (first, last):
        if month not in known:
            raise UnknownMonthError(
                f"month {month} is not between {known[0]} (first_month of the policy) and {known[-1]} (the current "
                "month)"
            )
    if first > last:
        raise UnknownMonthError(f"the first month {first} is after the last {last}: swap --from and --to")
    return known[known.index(first) : known.index(last) + 1]


def plan(document_months: list[str], posting_months: list[str]) -> list[tuple[str, str | None]]:
    """The jobs to run, in order: reference data, every landed document month, then the posting months.

    Landed months outside of the partitions have no run of their own: journals bring them up to date themselves.
    """
    known = set(partition_months())
    return [
        (REFERENCE_DATA.name, None),
        *((DOCUMENT_MONTH.name, month) for month in document_months if month in known),
        *((POSTING_MONTH.name, month) for month in posting_months),
    ]


@contextmanager
def dagster_instance() -> Iterator[dg.DagsterInstance]:
    """The instance of DAGSTER_HOME, so that the UI shows the runs; without one, an instance that is gone afterwards."""
    if os.environ.get("DAGSTER_HOME"):
        with dg.DagsterInstance.get() as instance:
            yield instance
    else:
        with (
            tempfile.TemporaryDirectory(prefix="revrec-dagster-") as folder,
            dg.DagsterInstance.ephemeral(tempdir=folder) as instance,
        ):
            yield instance


def run_op_job(
    definitions: dg.Definitions, job: str, op: str, config: dict[str, Any], run_id: str | None = None
) -> JobOutcome:
    """Run a job of one op that is not about a partition, with its typed configuration; a run id is made up where none
    is given."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with dagster_instance() as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            run_config={**_QUIET, "ops": {op: {"config": config}}},
            instance=instance,
            raise_on_error=False,
            run_id=run_id,
        )
        return _outcome(job, None, result)


def run_jobs(
    definitions: dg.Definitions, jobs: list[tuple[str, str | None]], on_start: Callable[[str, str | None], None]
) -> Iterator[JobOutcome]:
    """Run jobs one after another.

    Args:
        definitions: the code location.
        jobs: (job, month) as `plan` gives them.
        on_start: called before each.

    Yields:
        what came of each; a failed one does not keep the others from running.
    """
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    with dagster_instance() as instance:
        for name, month in jobs:
            on_start(name, month)
            result = definitions.resolve_job_def(name).execute_in_process(
                run_config=_QUIET, instance=instance, partition_key=month, raise_on_error=False
            )
            yield _outcome(name, month, result)


def _outcome(name: str, month: str | None, result: dg.ExecuteInProcessResult) -> JobOutcome:
    checks = result.get_asset_check_evaluations()
    return JobOutcome(
        job=name,
        month=month,
        success=result.success,
        errors=tuple(_errors(result)),
        failed_checks=tuple(
            FailedCheck(
                asset=check.asset_key.to_user_string(),
                check=check.check_name,
                month=month,
                blocking=check.severity is dg.AssetCheckSeverity.ERROR,
                description=check.description or "",
            )
            for check in checks
            if not check.passed
        ),
        materialized={
            event.materialization.asset_key.to_user_string(): {
                key: value.value for key, value in event.materialization.metadata.items()
            }
            for event in result.get_asset_materialization_events()
            if event.partition == month
        },
        observed=tuple(
            {key: value.value for key, value in event.asset_observation_data.asset_observation.metadata.items()}
            for event in result.all_events
            if event.is_asset_observation
        ),
    )


def _errors(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """One line per failed step; where a run failed before any step, as when a resource cannot be opened, its one
    reason."""
    failed = [event for event in result.all_events if event.is_step_failure]
    for event in failed:
        text = _root_cause(event.step_failure_data.error)
        # of a blocking check, its own finding says more
        if "blocking asset check" not in text:
            yield f"{event.step_key}: {text}"
    if not failed:
        yield from (_root_cause(event.job_failure_data.error) for event in result.all_events if event.is_job_failure)


def _root_cause(error: SerializableErrorInfo | None) -> str:
    """The message of the first exception in a chain of causes, without its class."""
    while error is not None and error.cause is not None:
        error = error.cause
    message = error.message.strip() if error else "unknown error"
    kind, _, text = message.partition(": ")
    return text or kind
