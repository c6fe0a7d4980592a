"""Journals of a posting month: numbers, accounts and narratives on the month's runs (SPEC 7).

What belongs here: grouping runs into journals and numbering them without gaps. What does not: daily entries (`revrec.entries`), the
amounts (`revrec.schedules`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from revrec import tables
from revrec.accounts import MOVEMENT_KINDS
from revrec.policy import JournalGrain

BATCH_ROWS = 65_536

# What one journal covers within its ledger and month.
_GRAIN_KEYS = {
    JournalGrain.CUSTOMER_PRODUCT_INVOICE: ("customer_id", "product_id", "invoice_id"),
    JournalGrain.CUSTOMER: ("customer_id",),
    JournalGrain.PRODUCT: ("product_id",),
    JournalGrain.LEDGER: (),
}


@dataclass(frozen=True)
class MonthMovements:
    """The movements of one document month that fall into the posting month.

    Attributes:
        obligations: table of `tables.OBLIGATIONS` holding at least the obligations that the runs name.
        runs: table of `tables.RECOGNIZED_SCHEDULES`, of the posting month only.
    """

    obligations: pa.Table
    runs: pa.Table


def daily_journals(
    connection: duckdb.DuckDBPyConnection,
    month: str,
    movements: Iterable[MonthMovements],
    customers: Mapping[str, str],
    products: Mapping[str, str],
    grain: JournalGrain,
) -> Iterator[pa.RecordBatch]:
    """Journals of a posting month.

    Args:
        connection: an empty DuckDB database, for this month alone.
        month: posting month, e.g. 2025-01.
        movements: per document month, in any order.
        customers: customer id to legal name.
        products: product id to name.
        grain: what one journal covers.

    Returns:
        batches of `tables.DAILY_JOURNALS`. Numbers count from 1 per ledger in the order of customer, product and invoice: the same
        movements get the same numbers whatever order they arrive in.
    """
    connection.execute(_TABLES)
    for part in movements:
        _add(connection, part)
    for name, rows in (("customer", customers), ("product", products)):
        table = pa.table({"id": pa.array(rows.keys(), pa.string()), "name": pa.array(rows.values(), pa.string())})
        connection.register("arriving", table)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
        connection.unregister("arriving")
    connection.executemany(
        "INSERT INTO kind VALUES (?, ?, ?, ?, ?)",
        [(place, kind.name, kind.debit.value, kind.credit.value, kind.narrative) for place, kind in enumerate(MOVEMENT_KINDS.values())],
    )
    keys = ", ".join(_GRAIN_KEYS[grain]) or "entity"
    reader = connection.sql(_JOURNALS.format(keys=keys, prefix=f"RR-{month.replace('-', '')}-", month=month)).to_arrow_reader(BATCH_ROWS)
    return (batch.cast(tables.DAILY_JOURNALS) for batch in reader)


def _add(connection: duckdb.DuckDBPyConnection, part: MonthMovements) -> None:
    runs, obligations = part.runs, part.obligations
    for name, table in (("arriving_runs", runs), ("arriving_obligations", obligations)):
        connection.register(name, table)
    connection.execute(_MOVEMENTS)
    for name in ("arriving_runs", "arriving_obligations"):
        connection.unregister(name)


_TABLES = """
CREATE TABLE kind (place INTEGER, kind VARCHAR, debit_account VARCHAR, credit_account VARCHAR, narrative VARCHAR);
CREATE TABLE movement (
    entity VARCHAR, currency VARCHAR, customer_id VARCHAR, product_id VARCHAR, invoice_id VARCHAR, invoice_number VARCHAR,
    obligation_id VARCHAR, recognition_method VARCHAR, source VARCHAR, run_id VARCHAR,
    kind VARCHAR, first_day DATE, days INTEGER, amount_minor BIGINT, daily_minor BIGINT
)
"""

_MOVEMENTS = """
INSERT INTO movement
SELECT entity, currency, customer_id, product_id, invoice_id, invoice_number, obligation_id, recognition_method, source, run_id,
       kind, first_day, days, run.amount_minor, daily_minor
FROM arriving_runs AS run JOIN arriving_obligations AS obligation USING (obligation_no)
"""

# A negative movement swaps debit and credit (SPEC 1): from here on amounts are positive.
_JOURNALS = """
WITH numbered AS (
    SELECT movement.*, dense_rank() OVER (PARTITION BY entity, currency ORDER BY {keys}) AS number FROM movement
)
SELECT entity, currency, '{prefix}' || format('{{:06d}}', number) AS journal_number,
       kind.narrative || ' {month}: ' || coalesce(product.name, product_id) || ', invoice ' || invoice_number AS narrative,
       product_id, coalesce(product.name, product_id) AS product_name, customer_id, coalesce(customer.name, customer_id) AS customer_name,
       invoice_id, invoice_number, recognition_method, source, 'SYSTEM' AS type, obligation_id, kind,
       CASE WHEN amount_minor > 0 THEN debit_account ELSE credit_account END AS debit_account,
       CASE WHEN amount_minor > 0 THEN credit_account ELSE debit_account END AS credit_account,
       first_day, days, abs(daily_minor) AS amount_a_day_minor, abs(amount_minor - daily_minor * (days - 1)) AS amount_last_day_minor,
       abs(amount_minor) AS amount_minor, first_day AS effective_first_day, run_id
FROM numbered JOIN kind USING (kind)
LEFT JOIN product ON product.id = product_id
LEFT JOIN customer ON customer.id = customer_id
ORDER BY entity, currency, number, obligation_id, first_day, kind.place
"""
