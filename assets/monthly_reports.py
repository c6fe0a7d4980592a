"""Reports of a posting month (SPEC 8): tables of the lake, CSV files per ledger, and tables of the books.

What belongs here: the report assets, which one step writes: all follow from one reading of the schedules. What does
not: what a report says (`revrec.reports`), what it is made of (`assets.month_end`), checks (`assets.report_checks`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import dagster as dg
import duckdb
import pyarrow as pa

from assets.attributes import Group, layer
from assets.month_end import MonthEnd
from assets.partitions import MONTHS
from assets.reports import replace_files
from assets.up_to_date import Places
from resources.books import Books, ReportMonth
from resources.lake import Lake, SealedTable, TableStream, WrittenTable
from resources.lake_io_manager import table_metadata
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from resources.workspace import workspace
from revrec.accounting_periods import last_day_of
from revrec.accounts import Ledger
from revrec.journal_stream import by_ledger
from revrec.policy import Policy
from revrec.reports.account_movements import (
    JOURNAL_COLUMNS,
    LEDGERS,
    VOIDS,
    load_movements,
    roll_forward,
    trial_balance,
)
from revrec.reports.csv_lines import table_lines
from revrec.reports.deferred_revenue_totals import deferred_revenue_totals
from revrec.reports.month_end import deferred_revenue, load_month_end, monthly_movements
from revrec.reports.obligation_register import obligation_register
from revrec.reports.query import load
from revrec.reports.remaining_performance_obligations import remaining_performance_obligations
from revrec.reports.revenue_cohorts import revenue_cohorts
from revrec.reports.revenue_forecast import revenue_forecast
from revrec.reports.revenue_waterfall import revenue_waterfall, waterfall_lines
from revrec.reports.schemas import DEFERRED_REVENUE, MONTHLY_MOVEMENTS, REPORTS

# Reports that add up the rows of the two tables that the schedules make.
_OF_POSITIONS: Mapping[str, Callable[[duckdb.DuckDBPyConnection, str], Iterator[pa.RecordBatch]]] = {
    "deferred_revenue_totals": deferred_revenue_totals,
    "revenue_waterfall": revenue_waterfall,
    "obligation_register": obligation_register,
    "remaining_performance_obligations": remaining_performance_obligations,
    "revenue_cohorts": revenue_cohorts,
    "revenue_forecast": revenue_forecast,
}
# What each report adds up, as the UI shows it.
_SOURCES = {
    "monthly_movements": ["daily_journals", "recognized_schedules"],
    "deferred_revenue": ["daily_journals", "recognized_schedules"],
    "deferred_revenue_totals": ["deferred_revenue"],
    "obligation_register": ["deferred_revenue"],
    "trial_balance": ["daily_journals", "monthly_movements"],
    "roll_forward": ["daily_journals", "monthly_movements", "deferred_revenue"],
    "revenue_waterfall": ["monthly_movements"],
    "remaining_performance_obligations": ["monthly_movements"],
    "revenue_cohorts": ["monthly_movements"],
    "revenue_forecast": ["monthly_movements"],
}
_DESCRIPTIONS = {
    "monthly_movements": "What the schedules do in each month of their lives, per customer, product and method.",
    "deferred_revenue": "One row per schedule: invoiced, recognized, balance, remaining in Deferred, ageing.",
    "deferred_revenue_totals": "The deferred revenue report by customer, product, invoice, method, service period.",
    "obligation_register": "Every performance obligation: total, earned, billed, remaining, status.",
    "trial_balance": "Opening balance, debits, credits and closing balance of every account.",
    "roll_forward": "Each account from opening to closing balance by cause of movement; nothing is unexplained.",
    "revenue_waterfall": "Booked, recognized and remaining per customer and product, released in which month.",
    "remaining_performance_obligations": "Remaining performance obligations by time band, billed and unbilled.",
    "revenue_cohorts": "Recognized revenue by the month of a customer's first revenue.",
    "revenue_forecast": "What the schedules will recognize in later months.",
}
MONTHLY_TABLES = ("monthly_movements", *REPORTS)


def report_folder(report: str, month: str) -> str:
    """Prefix of a report's CSV files of a month."""
    return f"reports/{report}/{month}"


def write_monthly_reports(month: str, places: Places, *, now: datetime) -> dict[str, WrittenTable]:
    """Replace every report of a month: table, CSV files, rows in the books. A closed month has those it was closed
    with; one that was closed without a report gets it from the schedules it was closed with.

    Args:
        month: posting month with journals.
        places: where the tables and the books are.
        now: the present time, aware: when it was published is history for the books.

    Returns:
        what was written, by table.

    Raises:
        SealBrokenError: a sealed file is missing or altered.
    """
    end = MonthEnd.of(month, places)
    sealed = {
        name: contents[key]
        for name in MONTHLY_TABLES
        if (key := Lake.key(name, month)) in (contents := end.locks.sealed_files(month, f"lake/{name}"))
    }
    written = {name: places.lake.write(name, month, SealedTable.of(content)) for name, content in sealed.items()}
    if missing := [name for name in MONTHLY_TABLES if name not in sealed]:
        written |= {name: table for name, table in _computed(end).items() if name in missing}
    for name in REPORTS:
        table = places.lake.open(name, month)
        _write_files(name, end, table)
        told = written[name]
        content = ReportMonth(name, month, told.rows, told.uri, told.sha256, table.batches())
        places.books.publish_report(content, now=now)
    return written


def _computed(end: MonthEnd) -> dict[str, WrittenTable]:
    lake, month, notes = end.places.lake, end.month, {"documents": end.documents_digest()}
    with workspace() as connection:
        load_month_end(connection, last_day_of(month), end.schedules(), end.manual(), end.names())
        written = {
            "deferred_revenue": lake.write(
                "deferred_revenue", month, TableStream(DEFERRED_REVENUE, deferred_revenue(connection), notes)
            ),
            "monthly_movements": lake.write(
                "monthly_movements", month, TableStream(MONTHLY_MOVEMENTS, monthly_movements(connection), notes)
            ),
        }
    deferred, movements = lake.open("deferred_revenue", month), lake.open("monthly_movements", month)
    with workspace() as connection:
        load(connection, "deferred", deferred.batches(), DEFERRED_REVENUE)
        load(connection, "movement", movements.batches(), MONTHLY_MOVEMENTS)
        reports = {name: report(connection, month) for name, report in _OF_POSITIONS.items()}
        for name, batches in reports.items():
            written[name] = lake.write(name, month, TableStream(REPORTS[name], batches, notes))
        for name, batches in _of_journals(connection, end, movements):
            written[name] = lake.write(name, month, TableStream(REPORTS[name], batches, notes))
    return written


def _of_journals(
    connection: duckdb.DuckDBPyConnection, end: MonthEnd, movements: LakeTable
) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """The reports that take their movements from the month's journals, each to be used up before the next."""
    columns = list(JOURNAL_COLUMNS)
    # one whose schedules have moved nothing yet has no journals, but it has reports
    contracted = connection.sql("SELECT DISTINCT entity, currency FROM deferred").fetchall()
    known = {*end.ledgers, *(Ledger(*row) for row in contracted)}
    ledgers = [{"entity": ledger.entity, "currency": ledger.currency} for ledger in sorted(known)]
    voids = connection.sql("SELECT obligation_id, accounting_date FROM deferred WHERE document = 'VOID'")
    load_movements(
        connection,
        pa.Table.from_pylist(ledgers, schema=LEDGERS),
        end.opening(movements),
        end.journals.batches(columns),
        pa.schema([end.journals.schema.field(column) for column in columns]),
        voids.to_arrow_table().cast(VOIDS),
    )
    yield "trial_balance", trial_balance(connection, end.month)
    yield "roll_forward", roll_forward(connection, end.closing(movements), end.month)


def _write_files(report: str, end: MonthEnd, table: LakeTable) -> None:
    """One CSV file per ledger; of a closed month those it was closed with."""
    store, folder = end.places.store, report_folder(report, end.month)
    files = end.locks.sealed_files(end.month, folder)
    for key, content in files.items():
        store.write_bytes(key, content)
    keys = list(files)
    for ledger, lines in _files_of_ledgers(report, end.ledgers, table) if not files else ():
        keys.append(f"{folder}/{ledger.key}.csv")
        with store.open_write(keys[-1]) as file:
            file.writelines(lines)
    replace_files(store, folder, keys)


def _files_of_ledgers(
    report: str, ledgers: Iterable[Ledger], table: LakeTable
) -> Iterator[tuple[Ledger, Iterator[bytes]]]:
    """Each ledger's file, also of those without a row."""
    without_rows = set(ledgers)
    for ledger, batches in by_ledger(table.batches()):
        without_rows.discard(ledger)
        yield ledger, _lines(report, batches, table.schema, ledger.currency)
    for ledger in sorted(without_rows):
        yield ledger, _lines(report, (), table.schema, ledger.currency)


def _lines(report: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema, currency: str) -> Iterator[bytes]:
    if report != "revenue_waterfall":
        return table_lines(batches, schema, currency)
    return waterfall_lines(pa.Table.from_batches(batches, schema), currency)


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            name,
            deps=_SOURCES[name],
            description=_DESCRIPTIONS[name],
            partitions_def=MONTHS,
            **layer(Group.REPORTS, "csv", "duckdb", "parquet"),
        )
        for name in MONTHLY_TABLES
    ],
)
def monthly_reports(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> Iterator[dg.MaterializeResult[None]]:
    """Every report of the month: all are added up from one reading of the schedules in force at its end."""
    written = write_monthly_reports(context.partition_key, Places(store, lake, books, policy), now=datetime.now(UTC))
    for name in _SOURCES:  # sources before what adds them up
        yield dg.MaterializeResult(asset_key=name, metadata=table_metadata(written[name]))
