"""What all commands of `revrec` share: options, exit statuses, error lines, text for a terminal, progress.

What belongs here: the plumbing of the command line. What does not: any one command.
"""

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from resources import settings
from revrec.errors import RevrecError

FAILED, WRONG_USAGE = 1, 2
# Control and format characters could move the cursor, hide text or turn its direction; surrogates cannot be printed.
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")

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
ByOption = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it; kept in the books.")]


def use(store: str | None, policy: str | None = None) -> None:
    """Hand the options on through the environment, which everything reads its places from."""
    if store:
        os.environ[settings.STORE] = store if "://" in store else str(Path(store).expanduser().resolve())
    if policy:
        os.environ[settings.POLICY] = str(Path(policy).expanduser().resolve())


def printable(text: str) -> str:
    """Text that shows what it holds on a terminal: whatever would act there is written as an escape."""
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _HIDDEN else char for char in text
    )


def stop(error: RevrecError | str, status: int) -> NoReturn:
    """End with one line on stderr."""
    sys.stderr.write(f"revrec: {printable(' '.join(str(error).split()))}\n")
    raise typer.Exit(status)


@contextmanager
def wrong_usage() -> Iterator[None]:
    """Errors in this block are the caller's: exit status 2."""
    try:
        yield
    except RevrecError as error:
        stop(error, WRONG_USAGE)


def progress_bar() -> Progress:
    """On stderr, so that stdout holds the summary alone; for people only, so that a script's stderr holds errors
    alone."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
