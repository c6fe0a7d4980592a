"""How an event of the activity log reads: in a sentence, as a row of CSV, as JSON.

What belongs here: words and columns. What does not: which events there are (`assets.activity_log`), options and output
(`revrec_dagster.log_command`).
"""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from revrec.exports.cells import text_cell
from revrec.money import to_text
from revrec_dagster.command_line import printable

if TYPE_CHECKING:
    from assets.activity_log import LogEvent

# What people type, to what the books call it.
ACTIVITIES = {
    "recognized": "recognized",
    "closed": "closed",
    "locked": "locked",
    "reopened": "reopened",
    "manual-journal": "manual journal recorded",
    "exported": "exported",
    "export-mailed": "export mailed",
    "export-withdrawn": "export withdrawn",
}
_TYPED = {stored: typed for typed, stored in ACTIVITIES.items()}

_AMOUNT = "amount"
CSV_COLUMNS = (
    *("number", "occurred_at", "activity", "month", "by", "subject", "ledgers", "what"),
    *("document_type", "document_id", "document_number", "customer_id", "outcome", "run_id", "obligations"),
    _AMOUNT,
)

Details = Mapping[str, Any]


def sentence(event: "LogEvent") -> str:
    """What was done, in one line."""
    details = event.entry.details
    if event.document is not None:
        return _document(event.document)
    tell = _SENTENCES.get(event.entry.activity)
    return (
        tell(event.entry.subject, details) if tell else f"{event.entry.subject} {json.dumps(details, sort_keys=True)}"
    )


def columns(event: "LogEvent") -> tuple[str, str, str, str, str]:
    """When, what kind, of which month, by whom, and the sentence."""
    entry = event.entry
    texts = (_time(event), _kind(event), entry.month or "-", entry.actor, sentence(event))
    when, kind, month, actor, told = map(printable, texts)
    return when, kind, month, actor, told


def json_text(events: Iterable["LogEvent"]) -> str:
    """A list of objects; amounts are integers of minor units."""
    told = [
        {
            "number": event.entry.id,
            "occurred_at": _time(event),
            "activity": _kind(event),
            "month": event.entry.month,
            "by": event.entry.actor,
            "subject": event.entry.subject,
            "details": event.entry.details,
            "document": event.document,
        }
        for event in events
    ]
    return json.dumps(told, indent=1, sort_keys=True)


def csv_text(events: Iterable["LogEvent"]) -> str:
    """A header and a row per event; what a spreadsheet would run is neutralised as in exports."""
    sink = io.StringIO()
    sink.write(",".join(CSV_COLUMNS) + "\n")
    for event in events:
        row = _csv_row(event)
        cells = [text_cell(printable(row.get(name, ""))) for name in CSV_COLUMNS if name != _AMOUNT]
        # a number is no text: a minus in front makes no formula of it
        sink.write(",".join([*cells, row.get(_AMOUNT, "")]) + "\n")
    return sink.getvalue()


def _csv_row(event: "LogEvent") -> dict[str, str]:
    entry, document = event.entry, event.document
    row = {
        "number": str(entry.id),
        "occurred_at": _time(event),
        "activity": _kind(event),
        "month": entry.month or "",
        "by": entry.actor,
        "subject": entry.subject,
        "ledgers": " ".join(sorted(event.ledgers)),
        "what": sentence(event),
    }
    if document is not None:
        row |= {name: str(document[name]) for name in CSV_COLUMNS if name in document}
        row[_AMOUNT] = to_text(document["amount_minor"], document["currency"])
    return row


def _time(event: "LogEvent") -> str:
    return event.entry.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _kind(event: "LogEvent") -> str:
    return _TYPED.get(event.entry.activity, event.entry.activity)


def _document(told: Details) -> str:
    kind = told["document_type"].lower().replace("_", " ")
    number = told["document_number"]
    name = f"{number} ({told['document_id']})" if number not in ("", told["document_id"]) else told["document_id"]
    amount = f"{to_text(told['amount_minor'], told['currency'])} {told['currency']}"
    return (
        f"{kind} {name} of {told['customer_id']}, {told['entity']}-{told['currency']}: {told['outcome'].lower()}, "
        f"{told['obligations']} obligation(s), {amount}, run {told['run_id'] or '-'}"
    )


def _recognized(month: str, told: Details) -> str:
    counts = [
        f"{told[field]} {name}(s)"
        for field, name in (("invoices", "invoice"), ("credit_notes", "credit note"), ("accruals", "accrual"))
        if told[field]
    ]
    outcomes = ", ".join(f"{count} {outcome.lower()}" for outcome, count in told["outcomes"].items())
    what = f"{', '.join(counts)}: {outcomes}; {', '.join(told['ledgers'])}" if counts else "no document changed"
    return f"run {told['run_id'] or '-'} of documents of {month}: {what}"


def _locked(month: str, told: Details) -> str:
    sealed = [
        f"{ledger['entity']}-{ledger['currency']} {ledger['journals']} journal(s) "
        f"{to_text(ledger['debits_minor'], ledger['currency'])}"
        for ledger in told["ledgers"]
    ]
    reason = [told["reason"]] if told["reason"] else []
    return "; ".join([f"{month} locked through {told['locked_through']}", *sealed, *reason])


def _reopened(month: str, told: Details) -> str:
    through = told["locked_through"]
    return f"{month}: {told['reason']}; {f'locked through {through}' if through else 'nothing locked'} from then on"


def _manual(subject: str, told: Details) -> str:
    adjusts = f", adjusts {told['adjusts']}" if told["adjusts"] else ""
    why = f": {told['narrative']}" if told.get("narrative") else ""
    amount = to_text(told["debits_minor"], told["currency"])
    ledger = f"{told['entity']}-{told['currency']}"
    return f"{subject} of {told['date']}, {ledger} {amount}{adjusts}, approved by {told['approved_by']}{why}"


def _exported(subject: str, told: Details) -> str:
    if "files" not in told:  # asked for by somebody
        asked = ", ".join(f"{name} {text}" for name, text in sorted(told["filters"].items()))
        mailed = f", for {told['recipient']}" if told["recipient"] else ""
        return f"{subject}: {told['format']}, {told['rows']} row(s), {asked or 'no filter'}{mailed}"
    rows, debits = (sum(file[name] for file in told["files"]) for name in ("rows", "debits_minor"))
    return f"{subject}: {len(told['files'])} file(s), {rows} row(s), debits {to_text(debits, told['currency'])}"


_SENTENCES: Mapping[str, Callable[[str, Details], str]] = {
    "recognized": _recognized,
    "closed": _locked,
    "locked": _locked,
    "reopened": _reopened,
    "manual journal recorded": _manual,
    "exported": _exported,
    "export mailed": lambda subject, told: f"{subject} to {told['recipient']}",
    "export withdrawn": lambda subject, told: f"{subject}: {len(told['files'])} file(s) gone",
}
