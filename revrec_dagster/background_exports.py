"""Starting the job `export_journals` so that it goes on when the command has ended.

What belongs here: submitting it to the Dagster instance of DAGSTER_HOME, or running it in a process of its own. What
does not: the job (`revrec_dagster.export_jobs`), arguments of the command (`revrec_dagster.export_command`).
"""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.masking import mask_credentials
from resources.settings import settings_from
from resources.state_folder import StateFolderError, state_folder
from revrec.errors import RevrecError

# Names of the job and of its only op. Here, so that starting it does not import Dagster, which takes seconds.
JOB, OP = "export_journals", "export"

# Loading the code location takes seconds, on a busy machine many.
SUBMIT_TIMEOUT_SECONDS = 300

# As workspace.yaml and pyproject.toml name it: the daemon finds the run's code by this name.
_WORKSPACE = """
load_from:
  - python_module: {module_name: revrec_dagster.definitions, location_name: revrec}
"""


class NotSubmittedError(RevrecError, RuntimeError):
    """The Dagster instance did not take the run."""


@dataclass(frozen=True)
class Submitted:
    """A run that has been asked for.

    Attributes:
        run_id: of the run, and of the request.
        where: who runs it, as the end of a sentence.
    """

    run_id: str
    where: str


def start_in_background(config: Mapping[str, Any]) -> Submitted:
    """Start the job with the configuration of its op.

    Raises:
        NotSubmittedError: the Dagster instance did not take it.
        StateFolderError: there is no place for the log.
    """
    run_id = str(uuid.uuid4())
    if os.environ.get("DAGSTER_HOME"):
        return _submit(run_id, config)
    return _detach(run_id, config)


def run_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The job's configuration with that of its op."""
    return {"ops": {OP: {"config": dict(config)}}}


def _submit(run_id: str, config: Mapping[str, Any]) -> Submitted:
    """Hand the run to the instance, as `dagster job launch` does: its daemon starts it, its web server shows it."""
    with tempfile.TemporaryDirectory(prefix="revrec-submit-") as folder:
        workspace, wanted = Path(folder, "workspace.yaml"), Path(folder, "run_config.json")
        workspace.write_text(_WORKSPACE, encoding="utf-8")
        # in a file: other users may read a command's arguments
        wanted.write_text(json.dumps(run_config(config)), encoding="utf-8")
        command = [sys.executable, "-m", "dagster", "job", "launch", "--workspace", str(workspace), "--job", JOB]
        finished = subprocess.run(  # noqa: S603 - of our own making, without a shell
            [*command, "--config", str(wanted), "--run-id", run_id],
            capture_output=True,
            text=True,
            check=False,
            timeout=SUBMIT_TIMEOUT_SECONDS,
        )
    if finished.returncode:
        lines = [line for line in finished.stderr.splitlines() if line.strip()] or ["no reason was given"]
        raise NotSubmittedError(
            f"the Dagster instance of DAGSTER_HOME did not take the run: {mask_credentials(lines[-1])}; check "
            "DAGSTER_HOME, or unset it to run the export in a process of its own"
        )
    return Submitted(run_id, "the daemon of the Dagster instance starts it, its web server shows it")


def _detach(run_id: str, config: Mapping[str, Any]) -> Submitted:
    folder = state_folder(settings_from().state_folder) / "exports"
    log = folder / f"{run_id}.log"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        output = log.open("wb")
    except OSError as error:
        raise StateFolderError(f"cannot write the log {log}: {error}; check the folder's permissions") from error
    with output:
        process = subprocess.Popen(  # noqa: S603 - of our own making, without a shell
            [sys.executable, "-m", __name__, run_id],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # goes on when the terminal is closed
        )
    assert process.stdin is not None  # noqa: S101 - it was asked for
    with process.stdin as stdin:
        stdin.write(json.dumps(dict(config)).encode())
    return Submitted(run_id, f"its log is {log}")


def main() -> None:
    """Run the job in this process, with the configuration of its op on stdin and the run's id as argument."""
    from revrec_dagster.chain_run import run_op_job
    from revrec_dagster.definitions import defs

    outcome = run_op_job(defs, JOB, OP, json.load(sys.stdin), run_id=sys.argv[1])
    for error in outcome.errors:
        sys.stderr.write(f"revrec: {' '.join(error.split())}\n")
    sys.stdout.write("done\n" if outcome.success else "failed\n")
    sys.exit(0 if outcome.success else 1)


if __name__ == "__main__":
    main()
