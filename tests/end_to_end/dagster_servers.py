"""Dagster's web server and daemon as processes of their own, as a team runs them, and their GraphQL interface.

What belongs here: starting, asking and stopping them, every wait bounded. What does not: what is asked.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

ROOT = Path(__file__).parents[2]
# Two servers load the code location at the same time: 15 s on an idle machine.
START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 20
ANSWER_TIMEOUT_S = 60

# SQLite below DAGSTER_HOME; runs as the laptop's dagster.yaml has them, taken from the queue without its usual 5 s.
QUEUED = """
telemetry: {enabled: false}
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config: {max_concurrent_runs: 2, dequeue_interval_seconds: 1}
"""
# Without a daemon, which nothing but a queue and a backfill need: the web server starts runs itself.
STARTED_AT_ONCE = """
telemetry: {enabled: false}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
"""


class StillWaitingError(TimeoutError):
    """Something did not happen in time."""


@dataclass(frozen=True)
class DagsterUi:
    """A web server that answers.

    Attributes:
        url: where it does.
        ended: says which of the processes have ended, and how; nothing as long as both run.
    """

    url: str
    ended: Callable[[], str]

    def ask(self, query: str, **variables: object) -> Any:
        """The data of a GraphQL query or mutation."""
        request = urllib.request.Request(
            f"{self.url}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as answer:
            content = json.load(answer)
        assert "errors" not in content, content["errors"]
        return content["data"]

    def wait_for(self, what: str, happened: Callable[[], Any], timeout_s: float) -> Any:
        """What `happened` returns as soon as it is true.

        Raises:
            StillWaitingError: it is not after this time, or a process has ended.
        """
        deadline = time.monotonic() + timeout_s
        while not (result := happened()):
            if self.ended():
                raise StillWaitingError(f"waiting for {what}: {self.ended()}")
            if time.monotonic() > deadline:
                raise StillWaitingError(f"waited {timeout_s} s for {what}")
            time.sleep(0.5)
        return result

    def is_up(self) -> bool:
        """Whether the web server answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/server_info", timeout=ANSWER_TIMEOUT_S):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@contextmanager
def dagster_servers(
    dagster_home: Path,
    environment: Mapping[str, str],
    *,
    workspace: Path = ROOT / "workspace.yaml",
    daemon: bool = True,
) -> Iterator[DagsterUi]:
    """Start web server and daemon on a workspace; end them, and what they started, with the block.

    Args:
        dagster_home: an empty folder; logs go there too.
        environment: of both processes, besides DAGSTER_HOME.
        workspace: the project's, or another one.
        daemon: whether there is one; without it runs start at once.
    """
    (dagster_home / "dagster.yaml").write_text(QUEUED if daemon else STARTED_AT_ONCE, encoding="utf-8")
    # Both would create the tables of a new SQLite storage at the same time, and one of them would fail.
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        instance.get_run_records(limit=1)
    surroundings = {**environment, "DAGSTER_HOME": str(dagster_home), "HOME": str(dagster_home)}
    port = free_port()
    commands = {
        "dagster-webserver": ["--host", "127.0.0.1", "--port", str(port), "--workspace", str(workspace)],
        "dagster-daemon": ["run", "--workspace", str(workspace)],
    }
    if not daemon:
        del commands["dagster-daemon"]
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(_process(dagster_home / f"{name}.log", [name, *arguments], surroundings))
            for name, arguments in commands.items()
        }

        def ended() -> str:
            return "; ".join(
                f"{name} ended with {server.returncode}: {(dagster_home / f'{name}.log').read_text()[-2000:]}"
                for name, server in servers.items()
                if server.poll() is not None
            )

        ui = DagsterUi(f"http://127.0.0.1:{port}", ended)
        ui.wait_for("the web server", ui.is_up, START_TIMEOUT_S)
        yield ui


@contextmanager
def _process(log: Path, command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A command of the project's environment in a process group of its own, so that its children end with it."""
    program = Path(sys.executable).with_name(command[0])
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, *command[1:]], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with the code servers and runs it started.

    Only as long as it is not waited for, its number, which is the group's, is surely given to no other. Code servers of
    one that has ended before end by themselves when its heartbeat is missing.
    """
    if process.returncode is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_TIMEOUT_S)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
