"""Explaining a row of a report: the schedules or journals that add up to it, down to landed rows.

What belongs here: reading what the report was made of, and telling of the largest parts. What does not: which parts
belong to which row (`revrec.report_rows`), how they add up (`revrec.report_parts`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from assets.explain.explanation import MOST, Explanation, NotExplainedError, money
from assets.explain.journals import decoded, largest_obligations, manual_journals, month_status
from assets.explain.obligations import obligations
from assets.month_end import MonthEnd
from assets.reports import reported_ledgers
from assets.up_to_date import Places
from resources.lake_table import LakeTable
from resources.workspace import workspace
from revrec.accounting_periods import last_day_of
from revrec.accounts import Ledger
from revrec.calendar import parse_month
from revrec.nearest import nearest
from revrec.reconciliation import ACCOUNT_FIGURES
from revrec.report_parts import Parts, known_keys, load_journal_parts, load_schedule_parts, row_parts
from revrec.report_rows import REPORT_ROWS, ReportRows
from revrec.reports.account_movements import JOURNAL_COLUMNS, VOIDS
from revrec.reports.month_end import load_month_end
from revrec.reports.query import load


class UnknownReportError(NotExplainedError):
    """There is no report of this name, or none of this month."""


class UnknownRowError(NotExplainedError):
    """The report has no row of this key, or no ledger of this name."""


def explain_row(
    report: str, month: str, key: str, places: Places, ledger: str | None = None, most: int = MOST
) -> list[Explanation]:
    """What the rows of a report that a key names are made of, once per ledger that has one.

    Args:
        report: e.g. deferred_revenue.
        month: posting month, e.g. 2025-01.
        key: as of `revrec.report_rows`; where it names several rows, their sum is explained.
        places: where the tables and the books are.
        ledger: e.g. default-USD; None for all of them.
        most: how many parts to tell of, the largest ones.

    Raises:
        MonthError: `month` is not a month.
        UnknownReportError: no report is called that, or the month was not run.
        UnknownRowError: no ledger has such a row; the message names the nearest keys and where they are listed.
    """
    parse_month(month)
    rows, table = _report(report, month, places)
    end = MonthEnd.of(month, places)
    ledgers = _ledgers(ledger, month, places)
    found, known = [], set[str]()
    with loaded(rows, end) as connection:
        for each in ledgers:
            load(connection, "report", table.batches_where(vars(each)), table.schema)
            load_parts(connection, rows, each)
            parts = row_parts(connection, rows, key, most)
            if parts is None:
                known.update(known_keys(connection, rows))
            else:
                found.append(_explanation(report, month, key, rows, each, parts, end, most))
    if not found:
        of = f" of ledger {ledger}" if ledger else ""
        raise UnknownRowError(
            f"{report} of {month} has no row {key!r}{of}{nearest(key, known)}: a row is named by its {rows.named_by}; "
            f"they are listed in {places.store.uri(f'reports/{report}/{month}')}"
        )
    return found


def _report(report: str, month: str, places: Places) -> tuple[ReportRows, LakeTable]:
    if report not in REPORT_ROWS:
        raise UnknownReportError(
            f"report {report!r} is not known{nearest(report, REPORT_ROWS)}: give one of {', '.join(REPORT_ROWS)}"
        )
    table = places.lake.find(report, month)
    if table is None:
        raise UnknownReportError(
            f"{report} of {month} is not in the lake: use `revrec run --from {month} --to {month}` first"
        )
    return REPORT_ROWS[report], table


def _ledgers(name: str | None, month: str, places: Places) -> list[Ledger]:
    reported = reported_ledgers(places.lake.open("trial_balance", month))
    chosen = [ledger for ledger in reported if name in (None, ledger.key)]
    if not chosen:
        keys = [ledger.key for ledger in reported]
        near = nearest(name or "", keys)
        raise UnknownRowError(f"ledger {name} has no {month}{near}: there is {', '.join(keys) or 'none'}")
    return chosen


@contextmanager
def loaded(rows: ReportRows, end: MonthEnd) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with what the month's reports are made of."""
    with workspace() as connection:
        connection.execute("SET VARIABLE month = ?", [end.month])
        if rows.of_journals:
            _load_journals(connection, end, end.places)
        else:
            load_month_end(connection, last_day_of(end.month), end.schedules(), end.manual(), end.names())
        yield connection


def _load_journals(connection: duckdb.DuckDBPyConnection, end: MonthEnd, places: Places) -> None:
    columns = [*JOURNAL_COLUMNS, "journal_number"]
    schema = pa.schema([end.journals.schema.field(name) for name in columns])
    load(connection, "journal", end.journals.batches(columns), schema)
    voids = places.lake.open("deferred_revenue", end.month).batches_where({"document": "VOID"})
    load(connection, "void", (batch.select(VOIDS.names) for batch in voids), VOIDS)
    opening = end.opening(places.lake.open("monthly_movements", end.month))
    load(connection, "opening", opening.to_batches(), ACCOUNT_FIGURES)


def load_parts(connection: duckdb.DuckDBPyConnection, rows: ReportRows, ledger: Ledger) -> None:
    """Make the table `part` of one ledger."""
    if rows.of_journals:
        load_journal_parts(connection, ledger)
    else:
        load_schedule_parts(connection, ledger)


def _explanation(
    report: str, month: str, key: str, rows: ReportRows, ledger: Ledger, parts: Parts, end: MonthEnd, most: int
) -> Explanation:
    shown = parts.largest.to_pylist()
    if rows.of_journals:
        ids, manual = _behind_journals([part["document_id"] for part in shown], ledger, end, most)
    else:
        ids = list(dict.fromkeys(part["obligation_id"] for part in shown if part["document"] != "MANUAL"))
        manual = [part["document_id"] for part in shown if part["document"] == "MANUAL"]
    return Explanation(
        kind="report row",
        subject=f"{report} of {month}, {key}",
        ledger=ledger.key,
        status=month_status(month, end.places),
        figures=[_figure(name, amount, parts, rows, ledger) for name, amount in parts.reported.items()],
        parts=[_part(part, list(parts.reported), ledger.currency) for part in shown],
        obligations=obligations(ids, end.places),
        manual_journals=manual_journals(manual, end.places),
        in_all={"rows": parts.rows, "parts": parts.count},
    )


def _figure(name: str, amount: int, parts: Parts, rows: ReportRows, ledger: Ledger) -> dict[str, Any]:
    before = parts.brought_forward[name]
    return {
        "figure": name,
        "amount": money(amount, ledger.currency),
        "made_of": "journals" if rows.of_journals else "schedules",
        "parts": parts.counts[name],
        "brought_forward": money(before, ledger.currency) if before else "",
        "adds_up_to": money(parts.added_up[name], ledger.currency),
        "agrees": amount == parts.added_up[name],
    }


def _part(part: dict[str, Any], figures: list[str], currency: str) -> dict[str, Any]:
    told = {name: value for name, value in part.items() if name not in figures}
    return {**told, "amounts": {name: money(part[name], currency) for name in figures if part[name]}}


def _behind_journals(numbers: list[str], ledger: Ledger, end: MonthEnd, most: int) -> tuple[list[str], list[str]]:
    """The largest obligations, and the manual journals, behind some journals of a month."""
    rows = decoded(end.journals.read_in("journal_number", numbers))
    own = rows.filter(pc.and_(pc.equal(rows["entity"], ledger.entity), pc.equal(rows["currency"], ledger.currency)))
    ids, _ = largest_obligations(own, most)
    return ids, [id_ for id_ in pc.unique(own["manual_journal_id"]).to_pylist() if id_]
