"""Reading the activity log: what was done, by whom, to what (SPEC 8).

What belongs here: choosing events, and expanding recognition runs into the documents that they concern. What does not:
entering events (`resources.books`, `assets.recognition_log`), and how they are shown (`revrec_dagster.log_command`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from assets.recognition_log import RECOGNIZED, documents_of
from resources.books import Books, RecordedActivity
from resources.lake import Lake
from resources.object_store import ObjectStore
from revrec.accounts import Ledger
from revrec.errors import RevrecError
from revrec.nearest import nearest
from revrec.recognition_log import DocumentType, Outcome

# What documents and their customers are called by.
_NAMES = ["document_type", "document_id", "document_number", "customer_id"]


class UnknownInLogError(RevrecError, LookupError):
    """Nothing in the log has this name."""


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which events are wanted; None: any.

    Attributes:
        activity: as the books call it.
        month: the month concerned, YYYY-MM.
        ledger: e.g. default-USD; events that name no ledger, such as a reopening, concern all of them.
        by: who did it.
        since: first moment, aware.
        before: the moment at which those wanted end, aware.
        invoice: id or number; recognition runs and manual journals that concern it.
        credit_note: id or number; recognition runs that concern it.
        customer: id or legal name; recognition runs and manual journals that concern it.
    """

    activity: str | None = None
    month: str | None = None
    ledger: str | None = None
    by: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    invoice: str | None = None
    credit_note: str | None = None
    customer: str | None = None

    @property
    def names_documents(self) -> bool:
        """Whether only what concerns certain documents is wanted."""
        return (self.invoice, self.credit_note, self.customer) != (None, None, None)


@dataclass(frozen=True)
class LogEvent:
    """One line of the log.

    Attributes:
        entry: of the books.
        document: of a recognition run, the document that this line is about: the columns of
            `revrec.recognition_log.RECOGNIZED_DOCUMENTS` but `digest`; None for the run, or the event, as a whole.
    """

    entry: RecordedActivity
    document: Mapping[str, Any] | None = None

    @property
    def ledgers(self) -> frozenset[str]:
        """The ledgers that the event names."""
        return frozenset({_ledger(self.document)} if self.document else _ledgers_named(self.entry))


def log_events(wanted: LogFilter, books: Books, store: ObjectStore, *, by_document: bool = False) -> list[LogEvent]:
    """The events of the log that a filter wants, the newest last.

    Args:
        wanted: the filter.
        books: where the log is.
        store: where the documents of recognition runs are listed.
        by_document: whether runs are expanded into the documents that they made something new of. Where the filter
            names documents they always are; those of an invoice or credit note then include the runs that changed
            nothing of it.

    Raises:
        UnknownInLogError: nothing in the log has a name of the filter; the message names the nearest ones.
        LogFileError: a file of the log is gone or altered.
    """
    every = books.activities()
    _require_known("--by", wanted.by, (entry.actor for entry in every))
    _require_known("--ledger", wanted.ledger, (ledger for entry in every for ledger in LogEvent(entry).ledgers))
    entries = [entry for entry in every if wanted.month in (None, entry.month)]
    if wanted.names_documents:
        events = list(_about(wanted, entries, store))
    elif by_document:
        events = [event for entry in entries for event in _expanded(entry, store)]
    else:
        events = [LogEvent(entry) for entry in entries]
    return [event for event in events if _is_wanted(event, wanted)]


def _is_wanted(event: LogEvent, wanted: LogFilter) -> bool:
    entry = event.entry
    return (
        wanted.activity in (None, entry.activity)
        and wanted.by in (None, entry.actor)
        and (wanted.since is None or entry.occurred_at >= wanted.since)
        and (wanted.before is None or entry.occurred_at < wanted.before)
        and (wanted.ledger is None or not event.ledgers or wanted.ledger in event.ledgers)
    )


def _require_known(option: str, wanted: str | None, known: Iterable[str]) -> None:
    if wanted is None:
        return
    names = set(known)
    if wanted not in names:
        raise UnknownInLogError(
            f"{option} {wanted!r} is not in the log{nearest(wanted, names)}: leave it out to see what is"
        )


def _expanded(entry: RecordedActivity, store: ObjectStore) -> Iterator[LogEvent]:
    if entry.activity != RECOGNIZED:
        yield LogEvent(entry)
        return
    for row in documents_of(entry, store).drop_columns("digest").to_pylist():
        yield LogEvent(entry, row)


def _about(wanted: LogFilter, entries: Collection[RecordedActivity], store: ObjectStore) -> Iterator[LogEvent]:
    """Events about the documents that a filter names, in the order of the log.

    A run's documents may be a million: they are read run by run, and only those that are named are held.
    """
    customers = _customer_names(store)
    customer_ids = {wanted.customer, *(id_ for id_, name in customers if name == wanted.customer)}
    runs = [entry for entry in entries if entry.activity == RECOGNIZED]
    chosen = {entry.id: _chosen(documents_of(entry, store), wanted, customer_ids) for entry in runs}
    manual = [entry for entry in entries if "invoice_id" in entry.details]
    invoice_ids = {wanted.invoice, *(row["document_id"] for rows in chosen.values() for row in rows)}
    found = any(chosen.values()) or any(_concerns(entry, wanted, invoice_ids, customer_ids) for entry in manual)
    if not found:
        _require_all_known(wanted, [documents_of(entry, store).select(_NAMES) for entry in runs], manual, customers)
    # what a run leaves of a document, by month and document
    left: dict[str, dict[tuple[str, str], dict[str, Any]]] = {}
    for entry in entries:
        if entry.id in chosen:
            yield from _run(entry, chosen[entry.id], left.setdefault(entry.month or "", {}), wanted)
        elif "invoice_id" in entry.details and _concerns(entry, wanted, invoice_ids, customer_ids):
            yield LogEvent(entry)


def _require_all_known(
    wanted: LogFilter, runs: list[pa.Table], manual: list[RecordedActivity], customers: list[tuple[str, str]]
) -> None:
    """Each name of the filter is in the log, though nothing is about all of them at once."""
    _require_known("--invoice", wanted.invoice, _names_of(DocumentType.INVOICE, runs, manual))
    _require_known("--credit-note", wanted.credit_note, _names_of(DocumentType.CREDIT_NOTE, runs, ()))
    known = {*_texts(runs, "customer_id"), *(str(entry.details["customer_id"]) for entry in manual)}
    _require_known("--customer", wanted.customer, known | {name for id_, name in customers if id_ in known})


def _run(
    entry: RecordedActivity,
    rows: list[dict[str, Any]],
    left: dict[tuple[str, str], dict[str, Any]],
    wanted: LogFilter,
) -> Iterator[LogEvent]:
    """A run's events about its chosen documents, and about those that it found as they were."""
    here = {(row["document_type"], row["document_id"]): row for row in rows}
    if wanted.customer is None:
        same = {"outcome": Outcome.UNCHANGED.value, "run_id": entry.details["run_id"]}
        here = {name: row | same for name, row in left.items()} | here
    for name, row in sorted(here.items()):
        yield LogEvent(entry, row)
        left[name] = row
        if row["outcome"] == Outcome.GONE:
            del left[name]


def _chosen(table: pa.Table, wanted: LogFilter, customer_ids: Collection[str | None]) -> list[dict[str, Any]]:
    """The rows of the documents that a filter names."""
    for kind, name in ((DocumentType.INVOICE, wanted.invoice), (DocumentType.CREDIT_NOTE, wanted.credit_note)):
        if name is not None:
            named = pc.or_(pc.equal(table["document_id"], name), pc.equal(table["document_number"], name))
            table = table.filter(pc.and_(named, pc.equal(table["document_type"], kind.value)))
    if wanted.customer is not None:
        ids = pa.array(sorted(id_ for id_ in customer_ids if id_), pa.string())
        table = table.filter(pc.is_in(table["customer_id"], ids))
    rows: list[dict[str, Any]] = table.drop_columns("digest").to_pylist()
    return rows


def _concerns(
    entry: RecordedActivity,
    wanted: LogFilter,
    invoice_ids: Collection[str | None],
    customer_ids: Collection[str | None],
) -> bool:
    """Whether a manual journal is about the invoice and the customer that a filter names."""
    return (
        wanted.credit_note is None
        and (wanted.invoice is None or entry.details["invoice_id"] in invoice_ids)
        and (wanted.customer is None or entry.details["customer_id"] in customer_ids)
    )


def _customer_names(store: ObjectStore) -> list[tuple[str, str]]:
    """Ids and legal names of the customers that have landed."""
    table = Lake(store).find("customers", None)
    if table is None:
        return []
    rows = table.read(["id", "legal_name"])
    return list(zip(rows["id"].to_pylist(), rows["legal_name"].to_pylist(), strict=True))


def _names_of(kind: DocumentType, runs: Iterable[pa.Table], manual: Iterable[RecordedActivity]) -> Iterator[str]:
    of_kind = [table.filter(pc.equal(table["document_type"], kind.value)) for table in runs]
    yield from _texts(of_kind, "document_id")
    yield from _texts(of_kind, "document_number")
    yield from (str(entry.details["invoice_id"]) for entry in manual)


def _texts(tables: Iterable[pa.Table], column: str) -> set[str]:
    return {text for table in tables for text in pc.unique(table[column]).to_pylist()}


def _ledgers_named(entry: RecordedActivity) -> set[str]:
    """The ledgers that an entry's details name, whatever kind of entry it is."""
    details = entry.details
    if "entity" in details:
        return {_ledger(details)}
    ledgers = details.get("ledgers", details.get("totals", ()))
    if isinstance(ledgers, Mapping):
        return set(ledgers)
    return {_ledger(ledger) for ledger in ledgers} if isinstance(ledgers, list) else set()


def _ledger(names: Mapping[str, Any]) -> str:
    return Ledger(names["entity"], names["currency"]).key
