"""The corrections report: each catch-up of a month line by line, with its cause (SPEC 5).

What belongs here: the report asset, and putting the two sides it compares together. What does not: finding causes
(`revrec.corrections`).
"""

from collections import Counter
from dataclasses import replace

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.attributes import Group, layer
from assets.ledger import document_months_of
from assets.locks import Locks
from assets.partitions import MONTHS
from assets.reports import month_ledgers, replace_files
from assets.up_to_date import DocumentMonth, Places
from resources.books import Books
from resources.lake import Lake, SealedTable, TableStream
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from resources.seals import SealedSchedules
from resources.workspace import workspace
from revrec.corrections import CORRECTIONS, MonthDocuments
from revrec.corrections import corrections as make_corrections
from revrec.policy import Policy
from revrec.reports.csv_lines import table_lines

CORRECTIONS_FOLDER = "reports/corrections"
_INVOICE_COLUMNS = ["id", "landed_file", "landed_row"]


def corrections_of(month: str, journals: LakeTable, places: Places) -> TableStream:
    """The catch-up lines of a month's journals, each with its cause; of a closed month as they were sealed."""
    locks = Locks.of(places.books, places.store)
    if locks.periods.is_closed(month):
        return SealedTable.of(locks.sealed_files(month, "lake/corrections")[places.lake.key("corrections", month)])
    seal = locks.in_force()
    if seal is None or not locks.catches_up(month):
        return TableStream(CORRECTIONS, [])
    document_months = [
        DocumentMonth(each, places.lake.open("obligations", each), places.lake.open("recognized_schedules", each))
        for each in document_months_of(journals)
    ]
    changed, then = locks.changed_months(document_months, seal)
    landed_at = {file.object_key: file.first_seen_at for file in places.books.landed_files()}
    with workspace() as connection:
        table = make_corrections(
            connection,
            _caught_up(journals),
            (_present(document, places.lake) for document in changed),
            (_sealed(entry, locks) for entry in then),
            landed_at,
        )
    return TableStream(CORRECTIONS, table.to_batches())


def _caught_up(journals: LakeTable) -> pa.Table:
    """The rows that post locked days, out of a month's journals."""
    batches = (batch.filter(pc.less(batch["effective_last_day"], batch["first_day"])) for batch in journals.batches())
    return pa.Table.from_batches(batches, journals.schema)


def _present(document: DocumentMonth, lake: Lake) -> MonthDocuments:
    invoices = lake.open("invoices", document.month).read(_INVOICE_COLUMNS)
    return MonthDocuments(document.obligations.read(), lake.open("amendments", document.month).read(), invoices)


def _sealed(entry: SealedSchedules, locks: Locks) -> MonthDocuments:
    return MonthDocuments(locks.sealed_table(entry.obligations), locks.sealed_table(entry.amendments))


def write_correction_files(month: str, journals: LakeTable, corrections: pa.Table, store: ObjectStore) -> None:
    """Replace the report's files of a month, one per ledger."""
    folder = f"{CORRECTIONS_FOLDER}/{month}"
    keys = []
    for ledger in month_ledgers(journals):
        rows = pc.and_(
            pc.equal(corrections["entity"], ledger.entity), pc.equal(corrections["currency"], ledger.currency)
        )
        keys.append(f"{folder}/{ledger.key}.csv")
        with store.open_write(keys[-1]) as file:
            file.writelines(table_lines(corrections.filter(rows).to_batches(), CORRECTIONS, ledger.currency))
    replace_files(store, folder, keys)


@dg.asset(partitions_def=MONTHS, **layer(Group.REPORTS, "csv", "duckdb", "parquet"))
def corrections(
    context: dg.AssetExecutionContext,
    daily_journals: LakeTable,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> dg.Output[TableStream]:
    """Each catch-up of the month line by line: what locked days it belongs to, and the document, landed when, that
    caused it; one file per ledger under reports/."""
    month = context.partition_key
    table = corrections_of(month, daily_journals, Places(store, lake, books, policy))
    rows = pa.Table.from_batches(table.batches, table.schema)
    write_correction_files(month, daily_journals, rows, store)
    causes = Counter(rows["cause"].to_pylist())
    return dg.Output(
        replace(table, batches=rows.to_batches()),
        metadata={"catch_ups": rows.num_rows, "causes": dg.MetadataValue.json(dict(sorted(causes.items())))},
    )
