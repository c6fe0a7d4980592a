"""Journals of a posting month: numbers, accounts and narratives on the month's runs (SPEC 7).

What belongs here: grouping runs into journals and numbering them without gaps. What does not: daily entries
(`revrec.entries`), the amounts (`revrec.schedules`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from revrec import tables
from revrec.accounts import MOVEMENT_KINDS
from revrec.calendar import parse_month
from revrec.errors import RevrecError
from revrec.policy import JournalGrain

BATCH_ROWS = 65_536

# What one journal covers within its ledger and month.
_GRAIN_KEYS = {
    JournalGrain.CUSTOMER_PRODUCT_INVOICE: ("customer_id", "product_id", "invoice_id"),
    JournalGrain.CUSTOMER: ("customer_id",),
    JournalGrain.PRODUCT: ("product_id",),
    JournalGrain.LEDGER: (),
}


class StrayRunsError(RevrecError, ValueError):
    """Runs that do not belong to exactly one obligation each: posted as they are, amounts would be lost or doubled."""

    def __init__(self, runs: int, movements: int) -> None:
        """Say how many."""
        super().__init__(
            f"{runs} runs of a document month make {movements} movements with its obligations: "
            "materialize the month's obligations and recognized_schedules again"
        )


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
        batches of `tables.DAILY_JOURNALS`. Numbers count from 1 per ledger in the order of customer, product and
        invoice: the same movements get the same numbers whatever order they arrive in.

    Raises:
        MonthError: `month` is not a month.
        StrayRunsError: a run does not belong to exactly one obligation.
    """
    parse_month(month)
    connection.execute("SET VARIABLE month = ?", [month])
    connection.execute("SET VARIABLE grain = ?", [list(_GRAIN_KEYS[grain])])
    connection.execute(_MOVEMENT)
    for part in movements:
        _add(connection, part)
    _create(connection, "customer", _names(customers))
    _create(connection, "product", _names(products))
    _create(connection, "kind", _kinds())
    reader = connection.sql(_JOURNALS).to_arrow_reader(BATCH_ROWS)
    return (batch.cast(tables.DAILY_JOURNALS) for batch in reader)


def _add(connection: duckdb.DuckDBPyConnection, part: MonthMovements) -> None:
    connection.register("arriving_runs", part.runs)
    connection.register("arriving_obligations", part.obligations)
    [(movements,)] = connection.execute(_MOVEMENTS).fetchall()
    connection.unregister("arriving_runs")
    connection.unregister("arriving_obligations")
    if movements != part.runs.num_rows:
        raise StrayRunsError(part.runs.num_rows, movements)


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("arriving", table)
    connection.execute(f"CREATE TABLE {name} AS FROM arriving")
    connection.unregister("arriving")


def _names(names: Mapping[str, str]) -> pa.Table:
    return pa.table({"id": pa.array(names.keys(), pa.string()), "name": pa.array(names.values(), pa.string())})


def _kinds() -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "place": place,
                "kind": kind.name,
                "debit_account": kind.debit.value,
                "credit_account": kind.credit.value,
                "narrative": kind.narrative,
            }
            for place, kind in enumerate(MOVEMENT_KINDS.values())
        ]
    )


_MOVEMENT = """
CREATE TABLE movement (
    entity VARCHAR, currency VARCHAR, customer_id VARCHAR, product_id VARCHAR, invoice_id VARCHAR,
    invoice_number VARCHAR, obligation_id VARCHAR, recognition_method VARCHAR, source VARCHAR, run_id VARCHAR,
    kind VARCHAR, first_day DATE, days INTEGER, amount_minor BIGINT, daily_minor BIGINT
)
"""

_MOVEMENTS = """
INSERT INTO movement
SELECT entity, currency, customer_id, product_id, invoice_id, invoice_number, obligation_id, recognition_method, source,
       run_id, kind, first_day, days, run.amount_minor, daily_minor
FROM arriving_runs AS run JOIN arriving_obligations AS obligation USING (obligation_no)
"""

# A negative movement swaps debit and credit (SPEC 1): from here on amounts are positive.
_JOURNALS = """
WITH numbered AS (
    SELECT movement.*, dense_rank() OVER (
               PARTITION BY entity, currency
               ORDER BY if(list_contains(getvariable('grain'), 'customer_id'), customer_id, ''),
                        if(list_contains(getvariable('grain'), 'product_id'), product_id, ''),
                        if(list_contains(getvariable('grain'), 'invoice_id'), invoice_id, '')
           ) AS number
    FROM movement
), named AS (
    SELECT numbered.*, kind.debit_account, kind.credit_account, kind.narrative AS words, kind.place,
           coalesce(product.name, product_id) AS product_name, coalesce(customer.name, customer_id) AS customer_name
    FROM numbered JOIN kind USING (kind)
    LEFT JOIN product ON product.id = product_id
    LEFT JOIN customer ON customer.id = customer_id
)
SELECT entity, currency,
       format('RR-{}-{:06d}', replace(getvariable('month'), '-', ''), number) AS journal_number,
       format('{} {}: {}, invoice {}', words, getvariable('month'), product_name, invoice_number) AS narrative,
       product_id, product_name, customer_id, customer_name, invoice_id, invoice_number, recognition_method, source,
       'SYSTEM' AS type, obligation_id, kind,
       CASE WHEN amount_minor > 0 THEN debit_account ELSE credit_account END AS debit_account,
       CASE WHEN amount_minor > 0 THEN credit_account ELSE debit_account END AS credit_account,
       first_day, days, abs(daily_minor) AS amount_a_day_minor,
       abs(amount_minor - daily_minor * (days - 1)) AS amount_last_day_minor, abs(amount_minor) AS amount_minor,
       first_day AS effective_first_day, run_id
FROM named
ORDER BY entity, currency, number, obligation_id, first_day, place
"""
