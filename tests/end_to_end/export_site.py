"""Two stores of the same journals behind one real web server: a folder, and a bucket of a real S3 API.

What belongs here: setting them up, launching the export job through GraphQL as the Launchpad does, and waiting for it.
What does not: what is exported and mailed.

Each code location is the same code in surroundings of its own, which its Python gets from a script.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # ships no types

from tests.end_to_end.dagster_servers import DagsterUi, dagster_servers, free_port
from tests.mail_server import MailServer, mail_server

RUN_TIMEOUT_S = 300
BUCKET = "acme-books"

CONFIG = {
    "format": "generic",
    "from": "2025-01",
    "to": "2025-01",
    "customers": ["acme"],
    "recipient": "ana@example.com",
    "requested_by": "Ana",
    "link_life_hours": 24,
}

LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on PythonError { message }
  }
}
"""
LAUNCH_AGAIN = """
mutation ($id: String!) {
  launchRunReexecution(reexecutionParams: {parentRunId: $id, strategy: ALL_STEPS}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
RUN = """
query ($id: ID!) {
  runOrError(runId: $id) { ... on Run { status rootRunId } }
  logsForRun(runId: $id) {
    ... on EventConnection {
      events { ... on ExecutionStepFailureEvent { error { message causes: errorChain { error { message } } } } }
    }
  }
}
"""


@dataclass(frozen=True)
class Site:
    """Two stores of the same journals behind one web server.

    Attributes:
        ui: the web server.
        folder: environment of the folder store's code.
        folder_mails: where its mail server is when it runs.
        s3_mails: the mail server of the other code location.
        dagster_home: what Dagster remembers.
        secret: of links to the folder store.
        runs: one of the job per code location, by its name; both have been launched.
    """

    ui: DagsterUi
    folder: Mapping[str, str]
    folder_mails: int
    s3_mails: MailServer
    dagster_home: Path
    secret: Path
    runs: Mapping[str, str]


@contextmanager
def export_site(posted: Path, s3_url: str, folder: Path) -> Iterator[Site]:
    """Set up both, and launch the job in each.

    Args:
        posted: a folder store with the journals of 2025-01; its content is copied into a bucket.
        s3_url: of a real S3 API.
        folder: an empty one.
    """
    mail_port = free_port()
    on_disk = {
        "REVREC_STORE": str(posted),
        "REVREC_LINK_URL": f"http://127.0.0.1:{free_port()}",
        "REVREC_SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
        "XDG_STATE_HOME": str(folder / "state"),
    }
    with mail_server() as s3_mails:
        on_s3 = {
            **in_bucket(posted, s3_url),
            "REVREC_DATABASE_URL": f"sqlite:///{posted / 'books.sqlite3'}",
            "REVREC_SMTP_URL": s3_mails.url,
        }
        locations = {"revrec": on_disk, "revrec_s3": on_s3}
        workspace = folder / "workspace.yaml"
        workspace.write_text(json.dumps({"load_from": [location(folder, *each) for each in locations.items()]}))
        dagster_home = folder / "dagster_home"
        dagster_home.mkdir()
        with dagster_servers(dagster_home, neutral_environment(), workspace=workspace, daemon=False) as ui:
            secret = folder / "state" / "revrec" / "link-key"
            runs = {name: launch(ui, name, CONFIG) for name in locations}
            yield Site(ui, on_disk, mail_port, s3_mails, dagster_home, secret, runs)


def neutral_environment() -> dict[str, str]:
    """The developer's, without what leads to real stores."""
    names = ("REVREC_", "DAGSTER_", "AWS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(names)}


def in_bucket(store: Path, s3_url: str) -> dict[str, str]:
    """Copy a folder store into a bucket; returns the environment that leads there."""
    credentials = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing-secret"}
    client = boto3.session.Session("testing", "testing-secret", region_name="us-east-1").client(
        "s3", endpoint_url=s3_url
    )
    client.create_bucket(Bucket=BUCKET)
    for part in ("landing", "lake"):
        for path in filter(Path.is_file, (store / part).rglob("*")):
            client.upload_file(str(path), BUCKET, f"acme/{path.relative_to(store)}")
    return {
        **credentials,
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
        "REVREC_STORE": f"s3://{BUCKET}/acme",
        "REVREC_S3_ENDPOINT_URL": s3_url,
    }


def location(folder: Path, name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """A code location whose Python has an environment of its own."""
    program = folder / f"{name}.sh"
    exports = "".join(f"export {variable}='{value}'\n" for variable, value in environment.items())
    program.write_text(f"#!/bin/sh\n{exports}exec '{sys.executable}' \"$@\"\n")
    program.chmod(0o755)
    module = {"module_name": "revrec_dagster.definitions", "location_name": name, "executable_path": str(program)}
    return {"python_module": module}


def launch(ui: DagsterUi, code_location: str, config: Mapping[str, Any]) -> str:
    """Start the job as the Launchpad does; returns the run's id."""
    selector = {
        "repositoryLocationName": code_location,
        "repositoryName": "__repository__",
        "jobName": "export_journals",
    }
    run_config = {"ops": {"export": {"config": config}}}
    launched = ui.ask(LAUNCH, params={"selector": selector, "mode": "default", "runConfigData": run_config})
    assert launched["launchRun"]["__typename"] == "LaunchRunSuccess", launched
    return str(launched["launchRun"]["run"]["runId"])


def ended(ui: DagsterUi, run: str) -> Any:
    """The run with its events when it has ended."""

    def found() -> Any:
        answer = ui.ask(RUN, id=run)
        return answer if answer["runOrError"]["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None

    return ui.wait_for(f"run {run}", found, RUN_TIMEOUT_S)
