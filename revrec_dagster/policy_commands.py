"""`revrec policy diff`: what a change of policy would alter, before it is applied.

What belongs here: arguments and how the differences read. What does not: computing them (`assets.policy_preview`).
"""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from resources import settings
from resources.lake import Lake
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from revrec.money import to_text
from revrec.policy_diff import SettingChange, changed_settings
from revrec_dagster.command_line import PolicyOption, StoreOption, use, wrong_usage

policy_app = typer.Typer(help="The policy: what it says, and what a change would alter.", no_args_is_help=True)


@policy_app.callback()
def _commands() -> None:
    """Keep `diff` a command of its own though it is the only one."""


@policy_app.command()
def diff(
    changed: Annotated[Path, typer.Argument(metavar="NEW_POLICY", help="The policy file as it would be.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Figures alone, as CSV, for scripts.")] = False,
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Tell what another policy would alter, per ledger, month and account; nothing is written.

    What it alters on locked days posts on the first open day.
    """
    use(store, policy)
    with wrong_usage():
        chosen = settings.settings_from()
        object_store = open_store(chosen)
        before, after = load_policy(chosen.policy, object_store), load_policy(str(changed), None)
        books = open_books(chosen)
    from assets.policy_preview import preview  # Dagster takes seconds to import: wrong usage is told at once
    from assets.up_to_date import Places

    rows = [_row(row) for row in preview(Places(object_store, Lake(object_store), books, before), after).to_pylist()]
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([_COLUMNS, *rows])
        return
    console = Console(soft_wrap=True)
    if not console.is_terminal:
        console = Console(soft_wrap=True, width=_WIDTH_OF_A_FILE)  # nothing is cut off in a log
    _print_settings(console, changed_settings(before, after))
    _print_figures(console, rows)


_WIDTH_OF_A_FILE = 160
_COLUMNS = ("ledger", "month", "account", "before", "after", "difference", "posts_on")


def _row(row: dict[str, object]) -> tuple[str, ...]:
    """Debits less credits as decimals of the ledger's currency."""
    currency, before, after = str(row["currency"]), int(str(row["before_minor"])), int(str(row["after_minor"]))
    amounts = (to_text(amount, currency) for amount in (before, after, after - before))
    ledger = f"{row['entity']}-{currency}"
    return (ledger, str(row["month"]), str(row["account"]), *amounts, str(row["posts_on"] or row["month"]))


def _print_settings(console: Console, changes: list[SettingChange]) -> None:
    for change in changes:
        console.print(f"{change.setting}: {change.before or '(none)'} -> {change.after or '(none)'}", highlight=False)
    if not changes:
        console.print("no setting differs")


def _print_figures(console: Console, rows: list[tuple[str, ...]]) -> None:
    if not rows:
        console.print("no figure would change")
        return
    table = Table(*(name.replace("_", " ").capitalize() for name in _COLUMNS), title="Debits less credits")
    for row in rows:
        table.add_row(*row)
    console.print(table)
