"""Whether the names that a selection filters by exist.

What belongs here: looking names up in the landed tables and in the journals, and suggesting others. What does not: how
near two names are (`revrec.nearest`).
"""

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from assets.amendments import document_months
from assets.reports import month_ledgers
from assets.up_to_date import Places
from resources.lake_table import LakeTable
from revrec.errors import RevrecError
from revrec.journal_selection import NAMED, Selection
from revrec.nearest import nearest

# Where the names of a filter land: dataset, and its columns of id and number or name.
_LANDED = {
    "customers": ("customers", ("id", "legal_name")),
    "products": ("products", ("id", "name")),
    "invoices": ("invoices", ("id", "invoice_number")),
    "credit_notes": ("credit_notes", ("id", "credit_note_number")),
}


class UnknownNameError(RevrecError, LookupError):
    """Nothing is called like this."""


def require_known(selection: Selection, journals: Mapping[str, LakeTable], places: Places) -> None:
    """See that everything a selection names exists: in what has landed, or in its months' journals, as documents may be
    gone since.

    Raises:
        UnknownNameError: one does not; the message suggests others.
    """
    if selection.entity is not None:
        begun = {ledger.entity for table in journals.values() for ledger in month_ledgers(table)}
        _require("entity", [selection.entity], {*begun, *places.policy.entities})
    for kind in NAMED:
        wanted = getattr(selection, kind)
        if wanted:
            _require_each(kind, wanted, journals, places)


def _require_each(kind: str, wanted: Iterable[str], journals: Mapping[str, LakeTable], places: Places) -> None:
    known = names_of(kind, places)
    if not known.issuperset(wanted):
        known |= {name for table in journals.values() for name in _mentioned(table, NAMED[kind])}
    _require(kind.removesuffix("s").replace("_", " "), wanted, known)


def _require(what: str, wanted: Iterable[str], known: set[str]) -> None:
    for name in wanted:
        if name not in known:
            raise UnknownNameError(
                f"{what} {name!r} is not known{nearest(name, known)}: give an id, a number or a name that has landed"
            )


def names_of(kind: str, places: Places) -> set[str]:
    """Ids, and numbers or names, of the customers, products, invoices or credit notes that have landed and been read.

    Args:
        kind: a key of `NAMED`.
        places: where the tables are.
    """
    dataset, columns = _LANDED[kind]
    months = [None] if dataset in ("customers", "products") else document_months(places.lake)
    tables = (places.lake.find(dataset, month) for month in months)
    return {name for table in tables if table is not None for name in _mentioned(table, columns)}


def _mentioned(table: LakeTable, columns: tuple[str, str]) -> Iterator[str]:
    for batch in table.batches(list(columns)):
        for column in columns:
            yield from pc.unique(batch[column].cast(pa.string())).drop_null().to_pylist()
