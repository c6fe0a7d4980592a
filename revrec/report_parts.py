"""The parts of a report's rows, and how they add up: schedules by month, and journals by account.

What belongs here: queries on a month end that is loaded in DuckDB. What does not: which parts belong to which row
(`revrec.report_rows`), reading the tables (`assets.explain`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from revrec.accounts import Ledger
from revrec.report_rows import ReportRows
from revrec.reports.account_movements import CAUSED_JOURNALS
from revrec.reports.deferred_revenue_totals import SERVICE_PERIOD
from revrec.reports.month_end import DOCUMENT

# What tells one part from another, as people are told of it.
IDENTITY = (
    "document",
    "document_id",
    "document_number",
    "obligation_id",
    "customer_id",
    "product_id",
    "landed_file",
    "landed_row",
)
# The part that is no journal: the balance before the month.
_OPENING = "OPENING"


@dataclass(frozen=True)
class Parts:
    """What a row is made of.

    Attributes:
        rows: how many rows of the report the key names.
        reported: figure to amount as the report has it; minor units.
        added_up: figure to the sum over all parts and what is brought forward; minor units.
        brought_forward: figure to the balance before the month in it; minor units. Only journals go on from one.
        counts: figure to how many parts have a share in it.
        count: how many parts there are.
        largest: the largest ones, each with `IDENTITY` and its share of every figure; minor units.
    """

    rows: int
    reported: dict[str, int]
    added_up: dict[str, int]
    brought_forward: dict[str, int]
    counts: dict[str, int]
    count: int
    largest: pa.Table


def load_schedule_parts(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Make `part` of the schedules of one ledger.

    Args:
        connection: with a month end (`revrec.reports.month_end.load_month_end`).
        ledger: whose schedules.
    """
    _set(connection, ledger)
    connection.execute(_SCHEDULE_PARTS)


def load_journal_parts(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Make `part` of a month's journals of one ledger, and of the balances that the month opens with.

    Args:
        connection: with `journal` (`tables.DAILY_JOURNALS`), `void` (`VOIDS`) and `opening` (`ACCOUNT_FIGURES`).
        ledger: whose journals.
    """
    _set(connection, ledger)
    connection.execute(_JOURNAL_PARTS)


def row_parts(connection: duckdb.DuckDBPyConnection, rows: ReportRows, key: str, most: int) -> Parts | None:
    """The parts of the rows that a key names.

    Args:
        connection: with `report`, the report's rows of a ledger, and `part`; the variable `month` is set.
        rows: of the report.
        key: names one row, or several that add up.
        most: how many parts to list.

    Returns:
        None where the key names no row.
    """
    connection.execute("SET VARIABLE row_key = ?", [key])
    connection.execute(
        f"CREATE OR REPLACE TABLE wanted AS FROM report WHERE list_contains({_keys(rows)}, getvariable('row_key'))"
    )
    [(count,)] = connection.execute("SELECT count(*) FROM wanted").fetchall()
    if not count:
        return None
    names = [figure.name for figure in rows.figures]
    shares = ", ".join(f"sum({figure.share}) AS {figure.name}" for figure in rows.figures)
    connection.execute(
        f"""CREATE OR REPLACE TABLE share AS
            WITH scope AS (SELECT DISTINCT {", ".join(rows.scope)} FROM wanted)
            SELECT {", ".join(f"part.{name}" for name in IDENTITY)}, {shares} FROM part JOIN scope ON {rows.belongs}
            GROUP BY {", ".join(f"part.{name}" for name in IDENTITY)}
            HAVING {" OR ".join(f"{name} <> 0" for name in names)}"""  # noqa: S608 - our own constants
    )
    reported = ", ".join(f"coalesce({figure.reported}, 0)" for figure in rows.figures)
    [of_report] = connection.execute(f"SELECT {reported} FROM wanted").fetchall()  # noqa: S608 - our own constants
    return Parts(
        rows=int(count),
        reported=_amounts(names, of_report),
        added_up=_of_each(connection, names, "coalesce(sum({}), 0)"),
        brought_forward=_of_each(connection, names, f"coalesce(sum({{}}) FILTER (document = '{_OPENING}'), 0)"),
        counts=_of_each(connection, names, f"count(*) FILTER ({{}} <> 0 AND document <> '{_OPENING}')"),
        count=_of_each(connection, ["parts"], f"count(*) FILTER (document <> '{_OPENING}')")["parts"],
        largest=_largest(connection, names, most),
    )


def _amounts(names: Sequence[str], amounts: Iterable[int]) -> dict[str, int]:
    return {name: int(amount) for name, amount in zip(names, amounts, strict=True)}


def _of_each(connection: duckdb.DuckDBPyConnection, names: Sequence[str], aggregate: str) -> dict[str, int]:
    """An aggregate of each of these columns of `share`."""
    columns = ", ".join(aggregate.format(name) for name in names)
    [amounts] = connection.execute(f"SELECT {columns} FROM share").fetchall()  # noqa: S608 - our own constants
    return _amounts(names, amounts)


def _largest(connection: duckdb.DuckDBPyConnection, names: Sequence[str], most: int) -> pa.Table:
    identity, sizes = ", ".join(IDENTITY), ", ".join(f"abs({name})" for name in names)
    amounts = ", ".join(f"CAST({name} AS BIGINT) AS {name}" for name in names)
    return connection.sql(
        f"SELECT {identity}, {amounts} FROM share WHERE document <> '{_OPENING}' "  # noqa: S608 - our own constants
        f"ORDER BY greatest({sizes}, 0) DESC, {identity} LIMIT {most}"
    ).to_arrow_table()


def known_keys(connection: duckdb.DuckDBPyConnection, rows: ReportRows) -> list[str]:
    """Every text that names a row of `report`."""
    found = connection.execute(f"SELECT DISTINCT unnest({_keys(rows)}) AS key FROM report ORDER BY key")  # noqa: S608
    return [key for (key,) in found.fetchall() if key]


def _keys(rows: ReportRows) -> str:
    return f"[{', '.join(rows.keys)}]"


def _set(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    connection.execute("SET VARIABLE entity = ?", [ledger.entity])
    connection.execute("SET VARIABLE currency = ?", [ledger.currency])


# The month that a customer's first revenue fell into, as the cohorts have it.
_SCHEDULE_PARTS = f"""
CREATE OR REPLACE TABLE part AS
WITH begun_here AS (
    SELECT document_month, obligation_no, obligation_id, customer_id, product_id, recognition_method, is_billed,
           {DOCUMENT}, invoice_id, {SERVICE_PERIOD} AS service_period, amount_minor, landed_file, landed_row
    FROM begun WHERE entity = getvariable('entity') AND currency = getvariable('currency')
), manual_here AS (
    SELECT manual_journal_id AS obligation_id, customer_id, product_id, '' AS recognition_method, true AS is_billed,
           'MANUAL' AS document, manual_journal_id AS document_id, manual_journal_id AS document_number, invoice_id,
           '' AS service_period, '' AS landed_file, CAST(NULL AS BIGINT) AS landed_row,
           strftime(date, '%Y-%m') AS month, billed_minor AS billed, recognized_minor AS recognized,
           deferred_minor AS deferred, unbilled_minor AS unbilled
    FROM manual WHERE entity = getvariable('entity') AND currency = getvariable('currency')
), moving AS (
    SELECT begun_here.* EXCLUDE (document_month, obligation_no, amount_minor),
           strftime(moved.month, '%Y-%m') AS movement_month, 0 AS contracted, moved.billed, moved.recognized,
           moved.deferred, moved.unbilled
    FROM begun_here JOIN moved USING (document_month, obligation_no)
    UNION ALL BY NAME
    SELECT * EXCLUDE (document_month, obligation_no, amount_minor), NULL AS movement_month, amount_minor AS contracted,
           0 AS billed, 0 AS recognized, 0 AS deferred, 0 AS unbilled
    FROM begun_here
    UNION ALL BY NAME
    SELECT * EXCLUDE (month), month AS movement_month, 0 AS contracted FROM manual_here
    UNION ALL BY NAME
    SELECT * EXCLUDE (month, billed, recognized, deferred, unbilled), NULL AS movement_month,
           recognized + deferred AS contracted, 0 AS billed, 0 AS recognized, 0 AS deferred, 0 AS unbilled
    FROM manual_here
), earning AS (
    SELECT customer_id, movement_month FROM moving WHERE movement_month <= getvariable('month')
    GROUP BY ALL HAVING sum(recognized) <> 0
), cohort AS (
    SELECT customer_id, min(movement_month) AS cohort_month FROM earning GROUP BY ALL
)
SELECT moving.*, cohort_month FROM moving LEFT JOIN cohort USING (customer_id)
"""  # noqa: S608 - our own constants

_JOURNAL_PARTS = f"""
CREATE OR REPLACE TABLE part AS
WITH told AS ({CAUSED_JOURNALS}), side AS (
    SELECT journal_number, cause, debit_account AS account, amount_minor AS debit, 0 AS credit FROM told
    WHERE entity = getvariable('entity') AND currency = getvariable('currency')
    UNION ALL
    SELECT journal_number, cause, credit_account, 0, amount_minor FROM told
    WHERE entity = getvariable('entity') AND currency = getvariable('currency')
)
SELECT 'JOURNAL' AS document, journal_number AS document_id, journal_number AS document_number, '' AS obligation_id,
       '' AS customer_id, '' AS product_id, '' AS landed_file, CAST(NULL AS BIGINT) AS landed_row, cause, account,
       CAST(0 AS HUGEINT) AS opening, sum(debit) AS debit, sum(credit) AS credit
FROM side GROUP BY ALL
UNION ALL
SELECT '{_OPENING}', '', '', '', '', '', '', NULL, '{_OPENING}', account, net_debits_minor, 0, 0
FROM opening WHERE entity = getvariable('entity') AND currency = getvariable('currency')
"""  # noqa: S608 - our own constants
