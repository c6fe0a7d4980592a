"""`revrec explain`: from a journal or an invoice back to the landed rows.

What belongs here: arguments and how an explanation reads. What does not: what it holds (`assets.explain`).
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from resources import settings
from resources.lake import Lake
from resources.opening import open_books, open_store
from resources.policy_file import load_policy
from revrec.errors import RevrecError
from revrec_dagster.command_line import FAILED, WRONG_USAGE, PolicyOption, StoreOption, stop, use, wrong_usage

if TYPE_CHECKING:
    from assets.explain import Explanation


def explain(
    journal: Annotated[str | None, typer.Option("--journal", metavar="NUMBER", help="E.g. RR-202501-000001.")] = None,
    invoice: Annotated[str | None, typer.Option("--invoice", metavar="NUMBER", help="Number or id.")] = None,
    ledger: Annotated[
        str | None, typer.Option("--ledger", metavar="LEDGER", help="E.g. default-USD: each ledger numbers by itself.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    store: StoreOption = None,
    policy: PolicyOption = None,
) -> None:
    """Tell what stands behind a journal or an invoice: obligations, rules, documents, landed files and rows."""
    use(store, policy)
    if (journal is None) == (invoice is None):
        stop("give either --journal or --invoice", WRONG_USAGE)
    with wrong_usage():
        chosen = settings.settings_from()
        object_store = open_store(chosen)
        rules, books = load_policy(chosen.policy, object_store), open_books(chosen)
    from assets.explain import explain_invoice, explain_journal  # Dagster takes seconds to import
    from assets.up_to_date import Places

    places = Places(object_store, Lake(object_store), books, rules)
    try:
        found = explain_journal(journal, places) if journal else [explain_invoice(invoice or "", places)]
    except RevrecError as error:
        stop(error, FAILED)
    shown = [each for each in found if ledger in (None, each.ledger)]
    if not shown:
        stop(f"ledger {ledger} has no journal {journal}: it is in {', '.join(each.ledger for each in found)}", FAILED)
    if as_json:
        sys.stdout.write(json.dumps([asdict(each) for each in shown], indent=1, sort_keys=True) + "\n")
    else:
        sys.stdout.write("\n\n".join("\n".join(_lines(each)) for each in shown) + "\n")


def _lines(explanation: "Explanation") -> Iterator[str]:
    title = (explanation.subject, f"ledger {explanation.ledger}" if explanation.ledger else "", explanation.status)
    yield "; ".join(part for part in title if part)
    if explanation.manual_journal:
        told = [f"{name.replace('_', ' ')} {text}" for name, text in explanation.manual_journal.items() if text]
        yield f"  manual journal: {', '.join(told)}"
    for entry in explanation.entries:
        first, last = entry["first_day"], entry["last_day"]
        days = first if first == last else f"{first} to {last}"
        yield f"  {days}  debit {entry['debit']}, credit {entry['credit']}  {entry['amount']}  {entry['narrative']}"
    for correction in explanation.corrections:
        yield "  " + _correction(correction)
    for obligation in explanation.obligations:
        yield "  " + _obligation(obligation)
        for document in obligation["documents"]:
            amount = f", {document['amount']} on {document['date'] or '-'}" if "amount" in document else ""
            yield f"    {document['document']}{amount}: {_landed(document)}"


def _correction(told: Mapping[str, str]) -> str:
    cause = (
        f"{told['cause'].lower()}: {told['dataset']} {told['document_id']} of invoice {told['invoice_number'] or '-'}"
    )
    others = "" if told["other_causes"] == "0" else f", and {told['other_causes']} more document(s)"
    period = f"{told['period_first_day']} to {told['period_last_day']}"
    return f"catch-up of {told['amount']} for {period}; {cause}, {_landed(told)}{others}"


def _obligation(told: Mapping[str, str]) -> str:
    left = "" if told["amount_left"] == told["amount"] else f" ({told['amount_left']} left)"
    parts = (
        f"obligation {told['obligation_id']}: {told['amount']}{left}",
        f"{told['method']} over {told['service_period']}",
        f"customer {told['customer_id']}",
        f"product {told['product_id']}",
        f"invoice {told['invoice'] or '-'} of {told['accounting_date']}",
        f"policy version of {told['policy_version']} ({told['allocation_strategy']})",
    )
    return ", ".join(parts)


def _landed(told: Mapping[str, str]) -> str:
    return f"{told['landed_file'] or '-'} row {told['landed_row']}, landed {told['landed_at'] or '-'}"
