"""`revrec log`: what was done to the books, by whom and when (SPEC 8).

What belongs here: options and output. What does not: the events (`assets.activity_log`), their words
(`revrec_dagster.log_text`).
"""

import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from resources import settings
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from revrec.calendar import parse_month
from revrec.errors import RevrecError
from revrec.nearest import nearest
from revrec_dagster.command_line import FAILED, WRONG_USAGE, PolicyOption, StoreOption, stop, use, wrong_usage
from revrec_dagster.log_text import ACTIVITIES, columns, csv_text, json_text

_MOMENT = "A day, or a time such as 2025-01-31T18:00:00Z."


def log(
    activity: Annotated[str | None, typer.Option(metavar="KIND", help=f"One of {', '.join(ACTIVITIES)}.")] = None,
    month: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="The month concerned.")] = None,
    invoice: Annotated[str | None, typer.Option(metavar="NUMBER", help="Number or id.")] = None,
    credit_note: Annotated[str | None, typer.Option(metavar="NUMBER", help="Number or id.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="NAME", help="Id or legal name.")] = None,
    ledger: Annotated[str | None, typer.Option(metavar="LEDGER", help="E.g. default-USD.")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who did it.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=_MOMENT)] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=f"{_MOMENT} A day is included.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only the last N events.")] = None,
    documents: Annotated[bool, typer.Option("--documents", help="A line per document of a recognition run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets.")] = False,
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Show the activity log, the newest last: recognition runs, closes, locks, reopenings, manual journals, exports."""
    use(store, policy)
    if as_json and as_csv:
        stop("give either --json or --csv", WRONG_USAGE)
    with wrong_usage():
        if month is not None:
            parse_month(month)
        kind = _kind(activity)
        chosen = settings.settings_from()
        object_store = open_store(chosen)
        zone = ZoneInfo(load_policy(chosen.policy, object_store).time_zone)
        books = open_books(chosen)
    first, before = _moment("--since", since, zone, end=False), _moment("--until", until, zone, end=True)
    from assets.activity_log import LogFilter, log_events  # Dagster takes seconds to import

    wanted = LogFilter(
        activity=kind,
        month=month,
        ledger=ledger,
        by=by,
        since=first,
        before=before,
        invoice=invoice,
        credit_note=credit_note,
        customer=customer,
    )
    try:
        events = log_events(wanted, books, object_store, by_document=documents)
    except RevrecError as error:
        stop(error, FAILED)
    shown = events[-limit:] if limit else events
    if as_json:
        sys.stdout.write(json_text(shown) + "\n")
    elif as_csv:
        sys.stdout.write(csv_text(shown))
    else:
        _print([columns(event) for event in shown])


def _kind(activity: str | None) -> str | None:
    if activity is None:
        return None
    if activity not in ACTIVITIES:
        meant = nearest(activity, ACTIVITIES)
        stop(f"--activity {activity!r} is not known{meant}: give one of {', '.join(ACTIVITIES)}", WRONG_USAGE)
    return ACTIVITIES[activity]


def _moment(option: str, text: str | None, zone: ZoneInfo, *, end: bool) -> datetime | None:
    """A day's beginning, or its end; a time as it is."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _time(option, text)
    try:
        return datetime.combine(day + timedelta(days=1) if end else day, time(), zone).astimezone(UTC)
    except OverflowError:
        stop(f"{option} {text!r} is beyond what a calendar has: leave it out", WRONG_USAGE)


def _time(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        stop(f"{option} {text!r} is neither a day nor a time with its zone: {_MOMENT}", WRONG_USAGE)
    return moment


def _print(rows: list[tuple[str, str, str, str, str]]) -> None:
    """In columns; where somebody looks on, when and who stand back behind what."""
    kinds, actors = (max((len(row[place]) for row in rows), default=0) for place in (1, 3))
    for when, kind, month, actor, told in rows:
        front = f"{when}  {kind:<{kinds}}  {month:<7}  {actor:<{actors}}"
        # echo takes the colours out where the output is no terminal
        typer.echo(f"{typer.style(front, dim=True)}  {told}")
    if not rows:
        sys.stderr.write("revrec: nothing of that is in the log\n")
