"""The jobs of accountants, started as the Launchpad starts them: typed configuration, and the books as the outcome."""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import dagster as dg
import pytest

from resources.books import Books
from resources.opening import open_books
from resources.settings import settings_from
from revrec.accounting_periods import PeriodAction
from revrec.accounts import Account, Direction
from revrec_dagster.build import build_defs
from tests.end_to_end.conftest import landing_store  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

LANDED = """
    customers
    id
    acme

    products
    id
    plan

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 1200.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
"""
JOURNAL = {
    "id": "MJ-1",
    "date": "2025-02-15",
    "currency": "USD",
    "customer_id": "acme",
    "product_id": "plan",
    "narrative": "Termination, as agreed",
    "adjusts": "RR-202501-000001",
    "entries": [
        {"direction": "DEBIT", "account": "DEFERRED", "amount": "50.00"},
        {"direction": "CREDIT", "account": "RECOGNIZED", "amount": "50.00"},
    ],
}
CLOSED = {"month": "2025-01", "closed_by": "Ana"}
TWO_PEOPLE = {"prepared_by": "Ana", "approved_by": "Ben"}


@dataclass(frozen=True)
class Launchpad:
    """Starts jobs on a store."""

    store: Path

    @property
    def environment(self) -> Mapping[str, str]:
        return {"REVREC_STORE": str(self.store), "REVREC_DATABASE_URL": "", "REVREC_POLICY": ""}

    def start(self, job: str, op: str, config: Mapping[str, Any]) -> dg.ExecuteInProcessResult:
        """Run a job whether it succeeds or not."""
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        with mock.patch.dict(os.environ, self.environment), dg.DagsterInstance.ephemeral() as instance:
            return (
                build_defs()
                .resolve_job_def(job)
                .execute_in_process(
                    run_config={**quiet, "ops": {op: {"config": dict(config)}}}, instance=instance, raise_on_error=False
                )
            )

    @property
    def books(self) -> Books:
        with mock.patch.dict(os.environ, self.environment):
            return open_books(settings_from())


@pytest.fixture
def launchpad(landing_store: "LandingStore") -> Launchpad:  # noqa: F811 - the fixture
    return Launchpad(landing_store(LANDED))


def observed(run: dg.ExecuteInProcessResult) -> list[tuple[str | None, dict[str, object]]]:
    """Partition and metadata of what the run told of `daily_journals`."""
    events = [event.asset_observation_data.asset_observation for event in run.all_events if event.is_asset_observation]
    assert {event.asset_key.to_user_string() for event in events} == {"daily_journals"}
    return [(event.partition, {name: value.value for name, value in event.metadata.items()}) for event in events]


def error(run: dg.ExecuteInProcessResult) -> str:
    """Of the only failed step, causes included."""
    assert not run.success
    [text] = [
        event.step_failure_data.error.to_string()
        for event in run.all_events
        if event.is_step_failure and event.step_failure_data.error
    ]
    return text


def test_a_month_is_closed_locked_further_and_reopened_and_each_is_told(launchpad: Launchpad) -> None:
    closed = launchpad.start("close_month", "close", CLOSED)
    assert closed.success
    [(partition, told)] = observed(closed)
    assert (partition, told["event"], told["by"], told["locked_through"]) == ("2025-01", "closed", "Ana", "2025-01-31")
    assert told["ledgers"] == {
        "default-USD": {
            "journals": 1,
            "numbers": "RR-202501-000001 to RR-202501-000001",
            "debits": "1300.00",
            "credits": "1300.00",
        }
    }
    assert (launchpad.store / str(told["manifest"])).is_file()

    locked = launchpad.start("lock_days", "lock", {"through": "2025-02-10", "locked_by": "Ana"})
    assert locked.success
    assert [(where, what["event"]) for where, what in observed(locked)] == [("2025-02", "locked")]

    reason = {"month": "2025-02", "reopened_by": "Ben", "reason": "locked too early"}
    assert launchpad.start("reopen_month", "reopen", reason).success
    assert [(event.event, event.month, event.actor, event.reason) for event in launchpad.books.periods()] == [
        (PeriodAction.CLOSED, "2025-01", "Ana", ""),
        (PeriodAction.LOCKED, "2025-02", "Ana", ""),
        (PeriodAction.REOPENED, "2025-02", "Ben", "locked too early"),
    ]


def test_what_had_to_be_brought_up_to_date_is_materialized_by_the_closing_run(launchpad: Launchpad) -> None:
    run = launchpad.start("close_month", "close", CLOSED)
    told = {
        event.asset_key.to_user_string()
        for event in run.get_asset_materialization_events()
        if event.asset_key and event.partition == "2025-01"
    }
    assert told >= {"invoices", "obligations", "recognized_schedules", "daily_journals", "monthly_journal_report"}


def test_manual_journals_are_recorded_once_with_both_people(launchpad: Launchpad) -> None:
    assert launchpad.start("close_month", "close", CLOSED).success
    config = {"journals": [JOURNAL], **TWO_PEOPLE}
    for new in (1, 0):
        run = launchpad.start("manual_journals", "record_manual_journals", config)
        assert run.success, error(run)
        [output] = [event for event in run.all_events if event.is_successful_output]
        told = {name: value.value for name, value in output.step_output_data.metadata.items()}
        assert told == {"recorded": new, "known_already": 1 - new}
    [journal] = launchpad.books.manual_journals(None, None)
    assert (journal.id, journal.date, journal.adjusts) == ("MJ-1", dt.date(2025, 2, 15), "RR-202501-000001")
    assert (journal.prepared_by, journal.approved_by) == ("Ana", "Ben")
    assert [(entry.direction, entry.account, entry.amount_minor) for entry in journal.entries] == [
        (Direction.DEBIT, Account.DEFERRED, 50_00),
        (Direction.CREDIT, Account.RECOGNIZED, 50_00),
    ]


@pytest.mark.parametrize(
    ("job", "op", "config", "message"),
    [
        pytest.param("close_month", "close", {**CLOSED, "month": "2025-1"}, "'2025-1' is not a month", id="no month"),
        pytest.param(
            "lock_days", "lock", {"through": "15.2.2025", "locked_by": "Ana"}, "'15.2.2025' is not a day", id="no day"
        ),
        pytest.param(
            "lock_days",
            "lock",
            {"through": "2025-01-31", "locked_by": "Ana"},
            "use `revrec close 2025-01`",
            id="a month's last day",
        ),
        pytest.param(
            "reopen_month",
            "reopen",
            {"month": "2025-01", "reopened_by": "Ana", "reason": "a late bill"},
            "no month is closed",
            id="nothing to reopen",
        ),
        pytest.param(
            "manual_journals",
            "record_manual_journals",
            {"journals": [JOURNAL], "prepared_by": "Ana", "approved_by": "ana"},
            "approve",
            id="approved by its preparer",
        ),
    ],
)
def test_what_is_not_allowed_fails_with_its_reason_and_records_nothing(
    job: str, op: str, config: dict[str, Any], message: str, launchpad: Launchpad
) -> None:
    assert message in error(launchpad.start(job, op, config))
    assert launchpad.books.periods() == []
    assert launchpad.books.manual_journals(None, None) == []


@pytest.mark.parametrize(
    ("job", "op", "config"),
    [
        ("close_month", "close", {"month": "2025-01"}),
        ("close_month", "close", {**CLOSED, "force": True}),
        ("manual_journals", "record_manual_journals", {"journals": [{**JOURNAL, "entries": "none"}], **TWO_PEOPLE}),
    ],
    ids=["nobody closes it", "an unknown field", "entries that are none"],
)
def test_configuration_of_another_shape_is_refused_before_anything_runs(
    job: str, op: str, config: dict[str, Any], launchpad: Launchpad
) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError):
        launchpad.start(job, op, config)
