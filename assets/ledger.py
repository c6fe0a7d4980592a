"""The ledger: journals of a posting month.

What belongs here: the `daily_journals` asset. What does not: checks (`assets.ledger_checks`), reports and exports made
from journals.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.amendments import schedules_of_every_month
from assets.attributes import Group, layer
from assets.locks import Locks
from assets.partitions import MONTHS, SAME_MONTH
from assets.up_to_date import DocumentMonth, OnRecomputed, Places, record_in_dagster
from resources.books import Books
from resources.lake import Lake, TableStream
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from resources.workspace import workspace
from revrec import tables
from revrec.accounting_periods import Periods, last_day_of
from revrec.accounts import Ledger
from revrec.calendar import month_key
from revrec.catch_up import CATCH_UPS
from revrec.journals import MonthMovements, OpenDays
from revrec.journals import daily_journals as make_journals
from revrec.manual_journals import manual_movements
from revrec.policy import Policy


def post(month: str, places: Places, on_recomputed: OnRecomputed) -> TableStream:
    """Journals of a posting month: of a closed one the sealed ones, byte for byte; of any other from every document
    month's schedules, and, on the first open day of all, what locked days have to catch up on.

    The metadata lists the ledgers that have begun by that month: each gets its report and files, also where a month is
    empty.

    Raises:
        SealBrokenError: the sealed files of a closed month are missing or altered.
    """
    locks = Locks.of(places.books, places.store)
    if locks.periods.is_closed(month):
        return locks.closed_journals(month)
    return post_open_month(month, places, locks, schedules_of_every_month(places, on_recomputed))


def post_open_month(month: str, places: Places, locks: Locks, documents: Sequence[DocumentMonth]) -> TableStream:
    """Journals of a month that is not closed, from the schedules of every document month (`post`)."""
    first_open_day = locks.first_open_day(month)
    manual = manual_movements(places.books.manual_journals(first_open_day, last_day_of(month)))
    customers, products = (
        _names(places.lake.open(table, None), column)
        for table, column in (("customers", "legal_name"), ("products", "name"))
    )

    def batches() -> Iterator[pa.RecordBatch]:
        if first_open_day is None:
            return  # before the first month that was closed: nothing was posted, and nothing can be any more
        open_days = OpenDays(
            first=first_open_day,
            catch_ups=locks.catch_ups(documents) if locks.catches_up(month) else CATCH_UPS.empty_table(),
            locked=locks.locked_part(month),
            manual=manual,
            invoice_numbers=invoice_numbers(manual, [document.month for document in documents], places.lake),
        )
        movements = (_movements_of(month, document) for document in documents)
        touching = (part for part in movements if part is not None)
        with workspace() as connection:
            yield from make_journals(
                connection, month, touching, customers, products, places.policy.journal_grain, open_days
            )

    metadata = {
        "ledgers": json.dumps(_ledgers(month, documents, places.books, locks.periods)),
        "document_months": json.dumps([document.month for document in documents]),
    }
    return TableStream(tables.DAILY_JOURNALS, batches(), metadata)


def _ledgers(month: str, documents: Sequence[DocumentMonth], books: Books, periods: Periods) -> list[str]:
    """Ledgers that a document or a manual journal has begun by a month, and those of locked days: their documents may
    be gone since, and are then reversed by a catch-up."""
    starts = [json.loads(document.schedules.metadata["ledger_starts"]) for document in documents]
    begun = {ledger for part in starts for ledger, start in part.items() if start <= month}
    manual = books.manual_journals(None, last_day_of(month))
    locked = (*periods.closed.values(), *([periods.partial] if periods.partial else []))
    sealed = {
        Ledger(each.entity, each.currency).key for event in locked if event.month <= month for each in event.ledgers
    }
    return sorted(begun | sealed | {Ledger(journal.entity, journal.currency).key for journal in manual})


def first_posting_month(documents: Sequence[DocumentMonth], books: Books) -> str | None:
    """The first month that anything posts in; None where nothing does."""
    starts = [
        start for document in documents for start in json.loads(document.schedules.metadata["ledger_starts"]).values()
    ]
    manual = [month_key(journal.date) for journal in books.manual_journals(None, None)]
    return min([*starts, *manual], default=None)


def document_months_of(journals: LakeTable) -> list[str]:
    """The document months that a month's journals were posted from."""
    months: list[str] = json.loads(journals.metadata["document_months"])
    return months


def invoice_numbers(manual: pa.Table, document_months: Sequence[str], lake: Lake) -> dict[str, str]:
    """Numbers of the invoices that manual journals name, by the latest version in any document month."""
    ids = [id_ for id_ in pc.unique(manual["invoice_id"]).to_pylist() if id_]
    if not ids:
        return {}
    rows = [row for month in document_months for row in lake.open("invoices", month).read_in("id", ids).to_pylist()]
    # the months are in order: of equal versions the later month's counts
    return {row["id"]: row["invoice_number"] for row in sorted(rows, key=lambda row: row["updated_at"])}


def _names(table: LakeTable, column: str) -> dict[str, str]:
    rows = table.read(["id", column])
    return dict(zip(rows["id"].to_pylist(), rows[column].to_pylist(), strict=True))


def _movements_of(month: str, document: DocumentMonth) -> MonthMovements | None:
    runs = document.schedules.read_where({"month": date.fromisoformat(f"{month}-01")})
    return MonthMovements(document.obligations.read(), runs) if runs.num_rows else None


@dg.asset(
    partitions_def=MONTHS,
    deps=[dg.AssetDep("recognized_schedules", partition_mapping=SAME_MONTH), "customers", "products"],
    **layer(Group.LEDGER, "duckdb", "parquet"),
)
def daily_journals(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> TableStream:
    """Double-entry journals of the month, one row per journal and stretch of equal days; numbers are gapless per ledger
    and month.

    Takes in every document month: one whose schedules are missing or stale is brought up to date first. A closed month
    yields what was sealed; the first open day of all catches up on what locked days should say by now.
    """
    return post(context.partition_key, Places(store, lake, books, policy), record_in_dagster(context))
