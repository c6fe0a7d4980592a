"""Commands of accountants: `revrec close`, `reopen`, `lock` and `manual-journal` (DESIGN, The command).

What belongs here: arguments, messages, exit status. What does not: the jobs they start (`revrec_dagster.closing_jobs`).
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resources import settings
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from revrec.accounting_periods import Periods
from revrec.calendar import parse_month
from revrec.manual_journals import ManualJournal, parse_manual_csv, parse_manual_journals
from revrec.money import to_text
from revrec_dagster.command_line import FAILED, WRONG_USAGE, ByOption, PolicyOption, StoreOption, stop, use, wrong_usage

if TYPE_CHECKING:
    from revrec_dagster.chain_run import JobOutcome

MonthArgument = Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month.")]


def add_closing_commands(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(close)
    app.command()(reopen)
    app.command()(lock)
    app.command("manual-journal")(manual_journal)


def close(month: MonthArgument, by: ByOption, store: StoreOption = None, policy: PolicyOption = None) -> None:
    """Close a month: post it, check it, and seal it. What it posted never changes again."""
    use(store, policy)
    with wrong_usage():
        parse_month(month)
        _require_name(by)
        _periods().require_closable(month)
        load_policy(settings.settings_from().policy, open_store(settings.settings_from()))
    outcome = _run("close_month", "close", {"month": month, "closed_by": by})
    _tell(outcome, f"closed {month}")


def reopen(
    month: MonthArgument,
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the books.")],
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Reopen the newest closed month, or the one with a lock inside; run it again afterwards."""
    use(store, policy)
    with wrong_usage():
        _require_name(by)
        _periods().require_reopenable(month, reason)
    outcome = _run("reopen_month", "reopen", {"month": month, "reopened_by": by, "reason": reason})
    _tell(outcome, f"reopened {month}")


def lock(
    through: Annotated[str, typer.Option("--through", metavar="YYYY-MM-DD", help="Last day to lock.")],
    by: ByOption,
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Lock the days of a month up to one inside it."""
    use(store, policy)
    from revrec_dagster.closing_jobs import lock_day  # Dagster takes seconds to import: wrong usage is told at once

    with wrong_usage():
        _require_name(by)
        _periods().require_lockable(lock_day(through))
    outcome = _run("lock_days", "lock", {"through": through, "locked_by": by})
    _tell(outcome, f"locked days through {through}")


def manual_journal(
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="Journals as .yaml, .json or .csv.")],
    by: ByOption,
    approved_by: Annotated[str, typer.Option("--approved-by", metavar="NAME", help="Who approved them: not the same.")],
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Record manual journals: balanced entries between the four accounts; run their months afterwards."""
    use(store, policy)
    with wrong_usage():
        journals = _read(file, by, approved_by)
    config = {"journals": [_config(journal) for journal in journals], "prepared_by": by}
    outcome = _run("manual_journals", "record_manual_journals", {**config, "approved_by": approved_by})
    months = sorted({f"{journal.date:%Y-%m}" for journal in journals})
    _tell(outcome, f"recorded {len(journals)} manual journal(s): run {', '.join(months)} to post them")


def _require_name(by: str) -> None:
    if not by.strip():
        stop("--by must name who does it", WRONG_USAGE)


def _periods() -> Periods:
    return Periods.of(open_books(settings.settings_from()).periods())


def _read(file: Path, by: str, approved_by: str) -> list[ManualJournal]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{file} cannot be read: {error}", WRONG_USAGE)
    parse = parse_manual_csv if file.suffix.lower() == ".csv" else parse_manual_journals
    rules = load_policy(settings.settings_from().policy, open_store(settings.settings_from()))
    return parse(text, file.name, by, approved_by, rules)


def _config(journal: ManualJournal) -> dict[str, Any]:
    """A journal as the job's configuration takes it."""
    entries = [
        {
            "direction": entry.direction.name,
            "account": entry.account.name,
            "amount": to_text(entry.amount_minor, journal.currency),
        }
        for entry in journal.entries
    ]
    people = ("prepared_by", "approved_by")
    fields = {name: value for name, value in vars(journal).items() if name not in people}
    return {**fields, "date": str(journal.date), "entries": entries}


def _run(job: str, op: str, config: dict[str, Any]) -> "JobOutcome":
    from revrec_dagster.chain_run import run_op_job  # Dagster takes seconds to import: wrong usage is told at once
    from revrec_dagster.definitions import defs

    return run_op_job(defs, job, op, config)


def _tell(outcome: "JobOutcome", done: str) -> None:
    for error in outcome.errors:
        sys.stderr.write(f"revrec: {' '.join(error.split())}\n")
    if not outcome.success:
        raise typer.Exit(FAILED)
    for event in outcome.observed:
        sys.stdout.write(f"{event['event']} {event['month']}: locked through {event['locked_through']}\n")
        for ledger, figures in sorted(event["ledgers"].items()):
            sys.stdout.write(
                f"  {ledger}: {figures['journals']} journals, {figures['numbers']}, debits {figures['debits']}, "
                f"credits {figures['credits']}\n"
            )
    sys.stdout.write(f"{done}\n")
