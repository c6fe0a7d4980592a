"""The `revrec` command (DESIGN, The command).

What belongs here: arguments, messages, exit status. What does not: running the chain (`revrec_dagster.chain_run`),
summaries (`revrec_dagster.summary`).

Exit status: 0 when all was materialized and no blocking check failed, 1 when something failed, 2 for wrong usage.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from typer.exceptions import TyperException

from resources import settings
from resources.landing import landed_months, misplaced_objects
from resources.object_store import ObjectStore
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from revrec import ENGINE_VERSION
from revrec.calendar import parse_month
from revrec.errors import RevrecError

FAILED, WRONG_USAGE = 1, 2

app = typer.Typer(
    name="revrec",
    help="Revenue recognition: billing extracts in, reconciled general-ledger files out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="DIR", help="Folder or s3://bucket/prefix. Default: REVREC_STORE, else ./store."),
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Policy file. Default: REVREC_POLICY, else policy.yaml in the store, else the defaults.",
    ),
]


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        sys.stdout.write(f"revrec {ENGINE_VERSION}\n")
        raise typer.Exit


@app.command()
def run(
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM", help="First posting month.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="Last posting month, included.")],
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Bring every landed document month up to date, then post the months of the range; print what was written."""
    _use(store, policy)
    try:
        for month in (first, last):
            parse_month(month)
        object_store = open_store(settings.settings_from())
        load_policy(settings.settings_from().policy, object_store)
        document_months = landed_months(object_store)
    except RevrecError as error:
        _stop(error, WRONG_USAGE)
    from revrec_dagster import chain_run  # Dagster takes seconds to import: wrong usage is told at once
    from revrec_dagster.definitions import defs
    from revrec_dagster.summary import print_summary

    try:
        jobs = chain_run.plan(document_months, chain_run.checked_months(first, last))
        open_books(settings.settings_from())
    except RevrecError as error:
        _stop(error, WRONG_USAGE)
    outcomes = []
    with _progress() as progress:
        task = progress.add_task("starting", total=len(jobs))
        for outcome in chain_run.run_jobs(
            defs, jobs, lambda job, month: progress.update(task, description=_doing(job, month))
        ):
            outcomes.append(outcome)
            progress.advance(task)
        progress.update(task, description="done")
    _tell_of_landing(object_store, document_months)
    raise typer.Exit(0 if print_summary(outcomes, object_store) else FAILED)


def _tell_of_landing(store: ObjectStore, document_months: list[str]) -> None:
    """Say what a newcomer overlooks most easily: files in the wrong place are read by nothing, and are no error."""
    if not document_months:
        sys.stderr.write(
            f"revrec: no documents have landed yet: put files into {store.uri('landing/invoices/2025-01')}\n"
        )
    for misplaced in misplaced_objects(store):
        sys.stderr.write(f"revrec: {misplaced.file}: {misplaced.reason}; {misplaced.action}\n")


def _use(store: str | None, policy: str | None) -> None:
    """Hand the options on through the environment, which everything reads its places from."""
    if store:
        os.environ[settings.STORE] = store if "://" in store else str(Path(store).expanduser().resolve())
    if policy:
        os.environ[settings.POLICY] = str(Path(policy).expanduser().resolve())


def _progress() -> Progress:
    """On stderr, so that stdout holds the summary alone; for people only, so that a script's stderr holds errors
    alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _doing(job: str, month: str | None) -> str:
    return f"{job.replace('_', ' ')} {month or ''}".strip()


def _stop(error: RevrecError, status: int) -> NoReturn:
    sys.stderr.write(f"revrec: {' '.join(str(error).split())}\n")
    raise typer.Exit(status)


def main() -> None:
    """Entry point of the `revrec` command."""
    try:
        status = app(standalone_mode=False)
    except TyperException as error:
        # typer would print usage over four lines; of no arguments at all, the message is the help text
        message = error.format_message()
        sys.stderr.write(f"{message}\n" if "\n" in message else f"revrec: {message} See revrec --help\n")
        status = WRONG_USAGE
    sys.exit(status)
