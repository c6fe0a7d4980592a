"""`revrec export`: journals in any format, here and now, or in the background with a mail.

What belongs here: arguments, messages, exit status. What does not: what is exported (`assets.requested_exports`), where
it is put (`revrec_dagster.export_output`), the job (`revrec_dagster.export_jobs`).
"""

import getpass
import os
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from resources import settings
from resources.books import Activity
from resources.lake import Lake
from resources.mailer import Mailer, checked_address
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from resources.signed_links import LONGEST_LIFE
from revrec.errors import RevrecError
from revrec.exports.requests import REQUESTABLE_FORMATS, ExportRequest, RequestTexts
from revrec.policy import Policy
from revrec_dagster.command_line import FAILED, WRONG_USAGE, PolicyOption, StoreOption, stop, use, wrong_usage

_LONGEST_LIFE_HOURS = int(LONGEST_LIFE.total_seconds()) // 3600


def export(
    format_: Annotated[str, typer.Option("--format", metavar="FORMAT", help=", ".join(REQUESTABLE_FORMATS))],
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="First posting day or month.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Last posting day or month, included.")],
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="What was known then: day or timestamp.")] = "",
    entity: Annotated[str, typer.Option("--entity", metavar="ID", help="Of the ledger.")] = "",
    currency: Annotated[str, typer.Option("--currency", metavar="CODE", help="Of the ledger, ISO 4217.")] = "",
    type_: Annotated[str, typer.Option("--type", metavar="TYPE", help="SYSTEM or MANUAL.")] = "",
    source: Annotated[
        str, typer.Option("--source", metavar="SOURCE", help="INVOICE, BILLING_SCHEDULE, CREDIT_NOTE or STANDALONE.")
    ] = "",
    customers: Annotated[
        list[str] | None, typer.Option("--customer", metavar="NAME", help="Id or legal name; may be repeated.")
    ] = None,
    products: Annotated[
        list[str] | None, typer.Option("--product", metavar="NAME", help="Id or name; may be repeated.")
    ] = None,
    invoices: Annotated[
        list[str] | None, typer.Option("--invoice", metavar="NUMBER", help="Id or number; may be repeated.")
    ] = None,
    credit_notes: Annotated[
        list[str] | None, typer.Option("--credit-note", metavar="NUMBER", help="Id or number; may be repeated.")
    ] = None,
    exclude_fully_recognized: Annotated[
        bool, typer.Option("--exclude-fully-recognized", help="Leave out what is wholly earned.")
    ] = False,
    granularity: Annotated[
        str, typer.Option("--granularity", metavar="GRAIN", help="daily or monthly. Default: the policy's.")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="Of xero: report or import.")] = "",
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE|FOLDER", help="A .csv, a .zip, or a folder. Default: stdout.")
    ] = None,
    background: Annotated[
        bool, typer.Option("--background", help="Write into the store, and mail a link to --recipient.")
    ] = False,
    recipient: Annotated[
        str, typer.Option("--recipient", metavar="ADDRESS", help="With --background: gets the link.")
    ] = "",
    link_life_hours: Annotated[
        int,
        typer.Option(
            "--link-life-hours", metavar="HOURS", min=1, max=_LONGEST_LIFE_HOURS, help="How long the link works."
        ),
    ] = 72,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who asks; kept in the books. Default: you.")] = "",
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Export journals: any days, filters and format, to standard output, a file or a folder, or in the background."""
    use(store, policy)
    _refuse_contradictions(background=background, out=out, recipient=recipient, places_given=bool(store or policy))
    with wrong_usage():
        texts = RequestTexts(
            format=format_,
            first=first,
            last=last,
            as_of=as_of,
            granularity=granularity,
            kind=kind,
            texts={"entity": entity, "currency": currency, "type": type_, "source": source},
            names={
                "customers": tuple(customers or ()),
                "products": tuple(products or ()),
                "invoices": tuple(invoices or ()),
                "credit_notes": tuple(credit_notes or ()),
            },
            exclude_fully_recognized=exclude_fully_recognized,
        )
        request, rules = _checked(texts)
    actor = by.strip() or _user()
    if background:
        _in_background(texts, {"recipient": recipient, "requested_by": actor, "link_life_hours": link_life_hours})
    else:
        _now(request, rules, out, actor)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # as in a container whose user has no name
        stop("this machine has no name for you: give --by NAME, the books keep who asks", WRONG_USAGE)


def _refuse_contradictions(*, background: bool, out: str | None, recipient: str, places_given: bool) -> None:
    if background and out is not None:
        stop("--background writes into the store: leave --out out", WRONG_USAGE)
    if recipient and not background:
        stop("--recipient gets a link to an export in the store: give --background with it", WRONG_USAGE)
    if background and places_given and os.environ.get("DAGSTER_HOME"):
        stop(
            "with DAGSTER_HOME the instance's own store and policy count: leave --store and --policy out, or unset "
            "DAGSTER_HOME",
            WRONG_USAGE,
        )


def _checked(texts: RequestTexts) -> tuple[ExportRequest, Policy]:
    """The request, and the policy in force: everything that can be wrong before Dagster is imported."""
    texts.request("UTC")  # says what is wrong with the texts before anything is opened
    chosen = settings.settings_from()
    rules = load_policy(chosen.policy, open_store(chosen))
    open_books(chosen)
    return texts.request(rules.time_zone), rules


def _in_background(texts: RequestTexts, delivery: dict[str, Any]) -> None:
    with wrong_usage():
        if delivery["recipient"]:
            checked_address(delivery["recipient"])
            if not os.environ.get("DAGSTER_HOME"):  # else the instance's settings count
                chosen = settings.settings_from()
                Mailer(chosen.smtp_url, chosen.mail_from).require_server()
    from revrec_dagster.background_exports import start_in_background

    names = {name: list(values) for name, values in texts.names.items()}
    config = {
        "format": texts.format,
        "from": texts.first,
        "to": texts.last,
        "as_of": texts.as_of,
        "granularity": texts.granularity,
        "kind": texts.kind,
        "exclude_fully_recognized": texts.exclude_fully_recognized,
        **texts.texts,
        **names,
        **delivery,
    }
    try:
        submitted = start_in_background(config)
    except RevrecError as error:
        stop(error, FAILED)
    sys.stdout.write(f"{submitted.run_id}\n")
    sys.stderr.write(f"revrec: request {submitted.run_id} is under way: {submitted.where}\n")


def _now(request: ExportRequest, rules: Policy, out: str | None, actor: str) -> None:
    from assets.requested_exports import opened_export  # Dagster takes seconds to import: wrong usage is told at once
    from assets.up_to_date import Places
    from revrec_dagster.export_output import SeveralFilesError, stop_writing, summary, write_export

    store, books = open_store(settings.settings_from()), open_books(settings.settings_from())
    places = Places(store, Lake(store), books, rules)
    try:
        with opened_export(request, places) as opened:
            manifests = write_export(opened, out)
        books.record_activity([_activity(request, manifests, actor)], now=datetime.now(UTC))
    except BrokenPipeError:
        stop_writing()
        return
    except RevrecError as error:
        stop(error, WRONG_USAGE if isinstance(error, SeveralFilesError) else FAILED)
    if out is not None:
        sys.stdout.writelines(f"{line}\n" for line in summary(manifests))


def _activity(request: ExportRequest, manifests: list[dict[str, Any]], actor: str) -> Activity:
    """Who took which journals out, for the activity log: the same export by the same person is told once."""
    from assets.requested_exports import totals_of

    selection = request.selection
    return Activity(
        actor=actor,
        activity="exported",
        subject=f"{request.format} {selection.first_day} to {selection.last_day}",
        details={
            "format": request.format,
            "filters": request.told(),
            "recipient": "",
            "rows": sum(each["rows"] for each in manifests),
            "totals": totals_of(manifests),
            "sha256": {each["file"]: each["sha256"] for each in manifests},
            "by": actor,
        },
    )
