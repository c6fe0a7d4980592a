"""Where every schedule stands at a month's end: the figures that all other reports add up (SPEC 8).

What belongs here: schedules and their movements as two tables, `DEFERRED_REVENUE` and `MONTHLY_MOVEMENTS`. What does
not: the reports made of them, and which schedules are in force (`assets.month_end`).

Both tables hold the schedules that have begun by the month's end: those with a movement or an accounting date by then,
and the instalments of billing schedules that have started. What lowers an obligation counts with it, whatever its date.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from revrec.accounts import Account
from revrec.reports.query import batches
from revrec.reports.schemas import DATE, DEFERRED_REVENUE, MINOR, MONTHLY_MOVEMENTS, TEXT

# What is read of `tables.OBLIGATIONS`.
OBLIGATION_COLUMNS = (
    "obligation_no",
    "obligation_id",
    "entity",
    "currency",
    "customer_id",
    "product_id",
    "contract_id",
    "invoice_id",
    "invoice_number",
    "credit_note_id",
    "credit_note_number",
    "source",
    "effect",
    "recognition_method",
    "service_start",
    "service_end",
    "accounting_date",
    "amount_minor",
    "run_id",
    "landed_file",
    "landed_row",
)
# Bands of `age_days`, as (last day, name); what is older than the last is in `_OLDEST`.
AGEING_BANDS = ((30, "0-30 days"), (60, "31-60 days"), (90, "61-90 days"), (180, "91-180 days"), (365, "181-365 days"))
_OLDEST = "over 365 days"
# What leaves Deferred within so many months of the month's end is a current liability (SPEC 8).
CURRENT_MONTHS = 12

# Manual journals up to the month's end, per journal: what they do to each account, in the sign of its normal side.
MANUAL_POSITIONS = pa.schema(
    [
        ("manual_journal_id", TEXT),
        ("date", DATE),
        *((name, TEXT) for name in ("entity", "currency", "customer_id", "product_id", "invoice_id", "invoice_number")),
        *((f"{account}_minor", MINOR) for account in Account),
    ]
)

# What a schedule is of, as columns of a query on `tables.OBLIGATIONS`.
DOCUMENT = """
CASE effect WHEN 'VOID' THEN 'VOID' WHEN 'OBLIGATION' THEN source ELSE 'CREDIT_NOTE' END AS document,
CASE WHEN effect IN ('CANCEL', 'ADJUST') OR source = 'CREDIT_NOTE' THEN coalesce(credit_note_id, '')
     ELSE invoice_id END AS document_id,
CASE WHEN effect IN ('CANCEL', 'ADJUST') OR source = 'CREDIT_NOTE' THEN coalesce(credit_note_number, '')
     ELSE invoice_number END AS document_number
"""


@dataclass(frozen=True)
class ForceSchedules:
    """Schedules of a document month that are in force: as they are, or as a closed month was closed with.

    Attributes:
        month: document month, e.g. 2025-01.
        obligations: `OBLIGATION_COLUMNS` of `tables.OBLIGATIONS`.
        runs: obligation_no, month, kind and amount_minor of `tables.RECOGNIZED_SCHEDULES`.
        instalments: obligation_id and service_start of the billing schedules' rows among the month's `AMENDMENTS`,
            with document_id, the billing schedule.
    """

    month: str
    obligations: pa.Table
    runs: pa.RecordBatchReader
    instalments: pa.Table


def load_month_end(
    connection: duckdb.DuckDBPyConnection,
    month_end: date,
    schedules: Iterable[ForceSchedules],
    manual: pa.Table,
    names: Mapping[str, pa.Table],
) -> None:
    """Read schedules and manual journals into an empty DuckDB database, for the functions below.

    Args:
        connection: an empty DuckDB database.
        month_end: the month's last day.
        schedules: every document month's.
        manual: table of `MANUAL_POSITIONS`, up to the month's end.
        names: `customers` (id, legal_name) and `products` (id, name).

    Raises:
        duckdb.OutOfRangeException: an amount that does not fit int64.
    """
    connection.execute("SET VARIABLE month_end = ?", [month_end])
    connection.execute("SET VARIABLE month = ?", [f"{month_end:%Y-%m}"])
    for table in (_SCHEDULE, _MOVED, _INSTALMENT):
        connection.execute(table)
    for document_month in schedules:
        connection.execute("SET VARIABLE document_month = ?", [document_month.month])
        for name in ("obligations", "runs", "instalments"):
            connection.register(f"arriving_{name}", getattr(document_month, name))
        for statement in (_ADD_SCHEDULES, _ADD_MOVED, _ADD_INSTALMENTS):
            connection.execute(statement)
        for name in ("obligations", "runs", "instalments"):
            connection.unregister(f"arriving_{name}")
    for name, table in {"manual": manual, **names}.items():
        connection.register("arriving", table)
        connection.execute(f"CREATE TABLE {name} AS FROM arriving")
        connection.unregister("arriving")
    for statement in (_OWNER, _FIGURE, _BEGUN):
        connection.execute(statement)


def deferred_revenue(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """Rows of `DEFERRED_REVENUE`, by ledger, customer, product, invoice and obligation; see `load_month_end`."""
    return batches(connection, _DEFERRED_REVENUE, DEFERRED_REVENUE)


def monthly_movements(connection: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """Rows of `MONTHLY_MOVEMENTS`, by ledger, customer, product, method and month; see `load_month_end`."""
    return batches(connection, _MONTHLY_MOVEMENTS, MONTHLY_MOVEMENTS)


_SCHEDULE = """
CREATE TABLE schedule (
    document_month VARCHAR, obligation_no INTEGER, obligation_id VARCHAR, entity VARCHAR, currency VARCHAR,
    customer_id VARCHAR, product_id VARCHAR, contract_id VARCHAR, invoice_id VARCHAR, invoice_number VARCHAR,
    credit_note_id VARCHAR, credit_note_number VARCHAR, source VARCHAR, effect VARCHAR, recognition_method VARCHAR,
    service_start DATE, service_end DATE, accounting_date DATE, amount_minor BIGINT, run_id VARCHAR,
    landed_file VARCHAR, landed_row BIGINT
)
"""
_ADD_SCHEDULES = f"""
INSERT INTO schedule BY NAME
SELECT getvariable('document_month') AS document_month, {", ".join(OBLIGATION_COLUMNS)} FROM arriving_obligations
"""  # noqa: S608 - our own constants

# What each schedule does in each month, in the sign of the accounts' normal sides.
_MOVED = """
CREATE TABLE moved (
    document_month VARCHAR, obligation_no INTEGER, month DATE, billed HUGEINT, recognized HUGEINT, deferred HUGEINT,
    unbilled HUGEINT
)
"""
_ADD_MOVED = """
INSERT INTO moved
SELECT getvariable('document_month'), obligation_no, month,
       coalesce(sum(amount_minor) FILTER (kind IN ('BILLED_UNBILLED', 'BILLED_DEFERRED', 'BILLED_RECOGNIZED')), 0),
       coalesce(sum(amount_minor) FILTER (kind IN ('EARNED_UNBILLED', 'EARNED_DEFERRED', 'BILLED_RECOGNIZED')), 0),
       coalesce(sum(CASE kind WHEN 'BILLED_DEFERRED' THEN amount_minor WHEN 'EARNED_DEFERRED' THEN -amount_minor END),
                0),
       coalesce(sum(CASE kind WHEN 'EARNED_UNBILLED' THEN amount_minor WHEN 'BILLED_UNBILLED' THEN -amount_minor END),
                0)
FROM arriving_runs GROUP BY obligation_no, month
"""

# The first day of a billing schedule is that of its first instalment.
_INSTALMENT = "CREATE TABLE instalment (obligation_id VARCHAR, document_id VARCHAR, service_start DATE)"
_ADD_INSTALMENTS = "INSERT INTO instalment BY NAME FROM arriving_instalments"

_OWNER = """
CREATE TABLE owner AS
WITH begin AS (
    SELECT obligation_id, min(first.service_start) AS contract_start
    FROM instalment JOIN (SELECT document_id, min(service_start) AS service_start FROM instalment GROUP BY ALL) AS first
        USING (document_id)
    WHERE obligation_id IS NOT NULL GROUP BY ALL
)
SELECT document_month, obligation_id,
       bool_or(coalesce(accounting_date <= getvariable('month_end'), false)) AS is_billed,
       bool_or(coalesce(contract_start <= getvariable('month_end'), false)
               OR source = 'BILLING_SCHEDULE' AND contract_start IS NULL
                  AND service_start <= getvariable('month_end')) AS is_contracted,
       min(accounting_date) AS accounting_date
FROM schedule LEFT JOIN begin USING (obligation_id)
WHERE effect = 'OBLIGATION'
GROUP BY ALL
"""

_FIGURE = """
CREATE TABLE figure AS
SELECT document_month, obligation_no, bool_or(month <= getvariable('month_end')) AS has_moved,
       coalesce(sum(billed) FILTER (month <= getvariable('month_end')), 0) AS billed,
       coalesce(sum(recognized) FILTER (month <= getvariable('month_end')), 0) AS recognized,
       coalesce(sum(deferred) FILTER (month <= getvariable('month_end')), 0) AS deferred,
       coalesce(sum(unbilled) FILTER (month <= getvariable('month_end')), 0) AS unbilled,
       -- what is released later than current; what has no date yet is current
       coalesce(-sum(deferred) FILTER (month > last_day(getvariable('month_end') + to_months(getvariable('current')))),
                0) AS released_later
FROM moved GROUP BY ALL
""".replace("getvariable('current')", str(CURRENT_MONTHS))

# Schedules of obligations that have begun by the month's end, with what lowers them.
_BEGUN = """
CREATE TABLE begun AS
WITH with_figures AS (
    SELECT schedule.*, coalesce(has_moved, false) AS has_moved, coalesce(billed, 0) AS billed,
           coalesce(recognized, 0) AS recognized, coalesce(deferred, 0) AS deferred, coalesce(unbilled, 0) AS unbilled,
           coalesce(released_later, 0) AS released_later
    FROM schedule LEFT JOIN figure USING (document_month, obligation_no)
)
SELECT with_figures.*, owner.is_billed, bool_or(has_moved) OVER obligation OR is_billed OR is_contracted AS has_begun
FROM with_figures JOIN owner USING (document_month, obligation_id)
WINDOW obligation AS (PARTITION BY document_month, obligation_id)
QUALIFY has_begun
"""

_BANDS = " ".join(f"WHEN age_days <= {last} THEN '{name}'" for last, name in AGEING_BANDS)

_DEFERRED_REVENUE = f"""
WITH row AS (
    SELECT entity, currency, customer_id, product_id, coalesce(contract_id, '') AS contract_id, {DOCUMENT},
           invoice_id, invoice_number, obligation_id, recognition_method, service_start, service_end, accounting_date,
           amount_minor AS contracted, billed, recognized, deferred, unbilled,
           -- of an obligation not billed yet nothing is deferred now: what is released later is billed later, too
           if(is_billed, released_later, 0) AS released_later, run_id, landed_file, landed_row
    FROM begun
    UNION ALL BY NAME
    SELECT entity, currency, customer_id, product_id, '' AS contract_id, 'MANUAL' AS document,
           manual_journal_id AS document_id, manual_journal_id AS document_number, invoice_id, invoice_number,
           manual_journal_id AS obligation_id, '' AS recognition_method, date AS accounting_date,
           recognized_minor + deferred_minor AS contracted, billed_minor AS billed, recognized_minor AS recognized,
           deferred_minor AS deferred, unbilled_minor AS unbilled, 0 AS released_later, '' AS run_id, '' AS landed_file
    FROM manual
), aged AS (
    SELECT *, if(accounting_date <= getvariable('month_end'), getvariable('month_end') - accounting_date, NULL)
              AS age_days
    FROM row
)
SELECT getvariable('month') AS month, entity, currency, customer_id,
       coalesce(customers.legal_name, customer_id) AS customer_name, product_id,
       coalesce(products.name, product_id) AS product_name, contract_id, document, document_id, document_number,
       invoice_id, invoice_number, obligation_id, recognition_method, service_start, service_end, accounting_date,
       CAST(contracted AS BIGINT) AS contracted_minor, CAST(billed AS BIGINT) AS invoiced_minor,
       CAST(recognized AS BIGINT) AS recognized_minor, CAST(contracted - recognized AS BIGINT) AS balance_minor,
       CAST(deferred AS BIGINT) AS remaining_minor, CAST(unbilled AS BIGINT) AS unbilled_minor,
       CAST(deferred - released_later AS BIGINT) AS current_minor,
       CAST(released_later AS BIGINT) AS non_current_minor, age_days,
       CASE WHEN deferred = 0 OR age_days IS NULL THEN '' {_BANDS} ELSE '{_OLDEST}' END AS ageing,
       run_id, landed_file, landed_row
FROM aged LEFT JOIN customers ON customers.id = customer_id LEFT JOIN products ON products.id = product_id
ORDER BY entity, currency, customer_id, product_id, invoice_number, invoice_id, obligation_id, document, document_id,
         accounting_date, landed_file, landed_row
"""  # noqa: S608 - our own constants

_MONTHLY_MOVEMENTS = """
WITH row AS (
    SELECT entity, currency, customer_id, product_id, recognition_method, is_billed, moved.month,
           CAST(NULL AS BIGINT) AS contracted, moved.billed, moved.recognized, moved.deferred, moved.unbilled
    FROM moved JOIN begun USING (document_month, obligation_no)
    UNION ALL BY NAME
    SELECT entity, currency, customer_id, product_id, recognition_method, is_billed, NULL AS month,
           amount_minor AS contracted, 0 AS billed, 0 AS recognized, 0 AS deferred, 0 AS unbilled
    FROM begun
    UNION ALL BY NAME
    SELECT entity, currency, customer_id, product_id, '' AS recognition_method, true AS is_billed,
           date_trunc('month', date) AS month, NULL AS contracted, billed_minor AS billed,
           recognized_minor AS recognized, deferred_minor AS deferred, unbilled_minor AS unbilled
    FROM manual
    UNION ALL BY NAME
    SELECT entity, currency, customer_id, product_id, '' AS recognition_method, true AS is_billed, NULL AS month,
           recognized_minor + deferred_minor AS contracted, 0 AS billed, 0 AS recognized, 0 AS deferred, 0 AS unbilled
    FROM manual
)
SELECT getvariable('month') AS month, entity, currency, customer_id,
       coalesce(customers.legal_name, customer_id) AS customer_name, product_id,
       coalesce(products.name, product_id) AS product_name, recognition_method, is_billed,
       strftime(row.month, '%Y-%m') AS movement_month, CAST(coalesce(sum(contracted), 0) AS BIGINT) AS contracted_minor,
       CAST(sum(billed) AS BIGINT) AS billed_minor, CAST(sum(recognized) AS BIGINT) AS recognized_minor,
       CAST(sum(deferred) AS BIGINT) AS deferred_minor, CAST(sum(unbilled) AS BIGINT) AS unbilled_minor
FROM row LEFT JOIN customers ON customers.id = customer_id LEFT JOIN products ON products.id = product_id
GROUP BY ALL
ORDER BY entity, currency, customer_id, product_id, recognition_method, is_billed, movement_month NULLS FIRST
"""
