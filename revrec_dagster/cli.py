"""The `revrec` command (DESIGN, The command).

What belongs here: the application, `revrec run`, and the exit status of wrong usage. What does not: running the chain
(`revrec_dagster.chain_run`), summaries (`revrec_dagster.summary`), the other commands (`..._commands` modules).

Exit status: 0 when all was materialized and no blocking check failed, 1 when something failed, 2 for wrong usage.
"""

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from resources import settings
from resources.landing import landed_months, misplaced_objects
from resources.object_store import ObjectStore
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from revrec import ENGINE_VERSION
from revrec.calendar import parse_month
from revrec.errors import RevrecError
from revrec_dagster.closing_commands import add_closing_commands
from revrec_dagster.command_line import FAILED, WRONG_USAGE, PolicyOption, StoreOption, progress_bar, stop, use
from revrec_dagster.explain_command import explain
from revrec_dagster.export_command import export
from revrec_dagster.log_command import log
from revrec_dagster.policy_commands import policy_app
from revrec_dagster.serve_command import serve

app = typer.Typer(
    name="revrec",
    help="Revenue recognition: billing extracts in, reconciled general-ledger files out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    use(store, policy)
    try:
        for month in (first, last):
            parse_month(month)
        object_store = open_store(settings.settings_from())
        load_policy(settings.settings_from().policy, object_store)
        document_months = landed_months(object_store)
    except RevrecError as error:
        stop(error, WRONG_USAGE)
    from revrec_dagster import chain_run  # Dagster takes seconds to import: wrong usage is told at once
    from revrec_dagster.definitions import defs
    from revrec_dagster.summary import print_summary

    try:
        jobs = chain_run.plan(document_months, chain_run.checked_months(first, last))
        open_books(settings.settings_from())
    except RevrecError as error:
        stop(error, WRONG_USAGE)
    outcomes = []
    with progress_bar() as progress:
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


def _doing(job: str, month: str | None) -> str:
    return f"{job.replace('_', ' ')} {month or ''}".strip()


add_closing_commands(app)
app.command()(explain)
app.command()(log)
app.command()(export)
app.command()(serve)
app.add_typer(policy_app, name="policy")


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
