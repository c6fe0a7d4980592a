"""Which jobs `revrec run` starts, in which order, and what it learns of each."""

import os
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest

from revrec_dagster.build import build_defs
from revrec_dagster.chain_run import JobOutcome, UnknownMonthError, checked_months, plan, run_jobs


def outcomes(jobs: list[tuple[str, str | None]], **environment: str) -> list[JobOutcome]:
    with mock.patch.dict(os.environ, environment):
        return list(run_jobs(build_defs(), jobs, lambda job, month: None))


def test_reference_data_comes_first_then_document_months_then_posting_months() -> None:
    assert plan(["2025-01", "2025-03"], ["2025-02"]) == [
        ("reference_data", None),
        ("document_month", "2025-01"),
        ("document_month", "2025-03"),
        ("posting_month", "2025-02"),
    ]


def test_a_landed_month_that_is_no_partition_has_no_run_of_its_own() -> None:
    assert plan(["2019-12", "2025-01"], []) == [("reference_data", None), ("document_month", "2025-01")]


def test_a_range_of_months_includes_both_ends() -> None:
    assert checked_months("2024-11", "2025-02") == ["2024-11", "2024-12", "2025-01", "2025-02"]
    assert checked_months("2025-02", "2025-02") == ["2025-02"]


@pytest.mark.parametrize(
    ("first", "last"),
    [("2022-12", "2025-01"), ("2025-01", "2999-01"), ("2025-02", "2025-01")],
    ids=["before the first partition", "after the running month", "swapped"],
)
def test_a_range_that_is_not_all_partitions_is_refused(first: str, last: str) -> None:
    with pytest.raises(UnknownMonthError):
        checked_months(first, last)


def test_runs_are_remembered_where_dagster_home_is(tmp_path: Path) -> None:
    store, home = tmp_path / "store", tmp_path / "home"
    store.mkdir()
    home.mkdir()
    [outcome] = outcomes([("reference_data", None)], REVREC_STORE=str(store), DAGSTER_HOME=str(home))
    assert outcome.success
    assert set(outcome.materialized) == {"customers", "products", "credit_grants", "billing_schedules"}
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert [run.job_name for run in instance.get_runs()] == ["reference_data"]


def test_a_failed_job_is_told_and_does_not_keep_the_next_from_running(tmp_path: Path) -> None:
    """Lines cannot be allocated without customers; a posting month brings them up to date itself."""
    first, second = outcomes([("document_month", "2025-01"), ("posting_month", "2025-01")], REVREC_STORE=str(tmp_path))
    assert not first.success
    [error] = first.errors
    assert error.startswith("line_allocations: table credit_grants is not in the lake")
    assert second.success
    assert second.errors == ()


def test_a_job_that_fails_before_any_asset_says_why(tmp_path: Path) -> None:
    [outcome] = outcomes([("reference_data", None)], REVREC_STORE=str(tmp_path), REVREC_DATABASE_URL="mongodb://books")
    assert not outcome.success
    [error] = outcome.errors
    assert error.startswith("the books cannot be kept in 'mongodb://books'")
