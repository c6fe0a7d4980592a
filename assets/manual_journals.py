"""Manual journals against what has landed: what they refer to is there.

What belongs here: looking up the ids that a manual journal names. What does not: its own rules
(`revrec.manual_journals`), keeping it (`resources.books`).
"""

from collections.abc import Iterator, Sequence

from assets.up_to_date import Places, UpToDate
from resources.lake import Lake
from resources.landing import landed_months
from revrec.manual_journals import ManualJournal, ManualJournalError
from revrec.schemas import CUSTOMERS, INVOICES, PRODUCTS


def require_known(journals: Sequence[ManualJournal], source: str, places: Places) -> None:
    """See that customers, products, invoices and adjusted journals are there.

    Args:
        journals: to be recorded.
        source: where they are from, for the message.
        places: where documents have landed and journals are posted.

    Raises:
        ManualJournalError: names every id that is not.
    """
    raw = UpToDate(places, lambda *_: None)
    ids = {
        dataset.name: set(raw.reference(dataset).read(["id"])["id"].to_pylist()) for dataset in (CUSTOMERS, PRODUCTS)
    }
    faults = [fault for journal in journals for fault in _faults(journal, ids, places.lake)]
    if faults:
        raise ManualJournalError(source, faults)


def _faults(journal: ManualJournal, ids: dict[str, set[str]], lake: Lake) -> Iterator[str]:
    for field, known, where in (
        ("customer_id", ids[CUSTOMERS.name], "landing/customers"),
        ("product_id", ids[PRODUCTS.name], "landing/products"),
    ):
        if getattr(journal, field) not in known:
            yield f"journal {journal.id}: {field} {getattr(journal, field)!r} is not in {where}: correct it"
    if journal.invoice_id and not _is_in_any_month(lake, INVOICES.name, "id", journal.invoice_id):
        yield f"journal {journal.id}: invoice_id {journal.invoice_id!r} has not landed: correct it, or leave it empty"
    if journal.adjusts and not _is_journal(lake, journal.adjusts):
        yield f"journal {journal.id}: adjusts {journal.adjusts!r} is in no month that was run: correct or empty it"


def _is_in_any_month(lake: Lake, table: str, column: str, value: str) -> bool:
    landed = (lake.find(table, month) for month in landed_months(lake.store))
    return any(each.read_in(column, [value]).num_rows for each in landed if each)


def _is_journal(lake: Lake, number: str) -> bool:
    """Whether a month that was run has the journal: RR-202501-000001 is one of 2025-01."""
    month = f"{number[3:7]}-{number[7:9]}"
    journals = lake.find("daily_journals", month)
    return journals is not None and journals.read_in("journal_number", [number]).num_rows > 0
