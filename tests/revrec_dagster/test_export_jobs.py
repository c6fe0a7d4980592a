"""The export job, started as the Launchpad starts it: typed configuration, and what it tells."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import dagster as dg
import pytest

from resources.opening import open_books
from resources.settings import settings_from
from revrec_dagster.build import build_defs
from tests.assets.chain import Chain
from tests.end_to_end.conftest import landing_store  # noqa: F401 - a fixture
from tests.mail_server import mail_server
from tests.revrec_dagster.test_export_command import LANDED

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

CONFIG = {"format": "generic", "from": "2025-01", "to": "2025-01", "requested_by": "Ana"}


@pytest.fixture(scope="module")
def store(landing_store: "LandingStore") -> Path:  # noqa: F811 - the fixture
    store = landing_store(LANDED)
    assert Chain(store).materialize("daily_journals", month="2025-01").success
    return store


def start(store: Path, config: Mapping[str, Any], **environment: str) -> dg.ExecuteInProcessResult:
    """Run the job whether it succeeds or not."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    places = {"REVREC_STORE": str(store), "XDG_STATE_HOME": str(store / "state"), **environment}
    with mock.patch.dict(os.environ, places), dg.DagsterInstance.ephemeral() as instance:
        job = build_defs().resolve_job_def("export_journals")
        run_config = {**quiet, "ops": {"export": {"config": dict(config)}}}
        return job.execute_in_process(run_config=run_config, instance=instance, raise_on_error=False)


def error(run: dg.ExecuteInProcessResult) -> str:
    """Of the only failed step, causes included."""
    assert not run.success
    [text] = [
        event.step_failure_data.error.to_string()
        for event in run.all_events
        if event.is_step_failure and event.step_failure_data.error
    ]
    return text


def told(run: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Metadata of the op's output."""
    [output] = [event.step_output_data for event in run.all_events if event.is_successful_output]
    return {name: value.value for name, value in output.metadata.items()}


def test_the_run_tells_key_checksum_and_totals_and_never_the_link(store: Path) -> None:
    with mail_server() as server:
        run = start(store, {**CONFIG, "recipient": "ana@example.com"}, REVREC_SMTP_URL=server.url)
    assert run.success
    shown = told(run)
    recorded = open_books(settings_from({"REVREC_STORE": str(store)})).requested_exports.find(run.run_id)
    assert recorded is not None
    assert (shown["request"], shown["object_key"], shown["sha256"]) == (
        run.run_id,
        recorded.object_key,
        recorded.sha256,
    )
    assert shown["ledgers"]["default-USD"] == {"journals": 1, "debits": "1300.00", "credits": "1300.00"}
    assert shown["ledgers"]["default-JPY"]["debits"] == "18000"
    assert [mail["Message-ID"] for mail in server.mails] == [f"<revrec-export-{run.run_id}@localhost>"]
    assert "signature=" in str(server.mails[0].get_content())
    assert "signature=" not in "".join(str(event) for event in run.all_events)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"format": "quickbook"}, "did you mean quickbooks?"),
        ({"recipient": "ana@example.com\nBcc: eve@example.com"}, "is no mail address"),
        ({"recipient": "ana@example.com"}, "set REVREC_SMTP_URL"),
        ({"link_life_hours": 169}, "link_life_hours"),
        ({"customers": ["acne"]}, "customer 'acne' is not known (did you mean acme"),
    ],
    ids=["format", "a header in the address", "no mail server", "a link for more than a week", "customer"],
)
def test_what_cannot_be_done_fails_the_run_and_writes_nothing(store: Path, words: dict[str, Any], said: str) -> None:
    books = open_books(settings_from({"REVREC_STORE": str(store)}))
    before = books.requested_exports.all()
    assert said in error(start(store, {**CONFIG, **words}))
    assert books.requested_exports.all() == before


def test_the_secret_of_the_mail_server_is_in_no_event_of_a_run_that_fails(store: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"smtp://ana:hunter2@127.0.0.1:{nobody.getsockname()[1]}"
        run = start(store, {**CONFIG, "recipient": "ana@example.com"}, REVREC_SMTP_URL=url)
    assert "the export is kept as exports/requested/generic-" in error(run)
    assert "hunter2" not in "".join(str(event) for event in run.all_events)
