"""Journals of a posting month: numbers, accounts and narratives on the month's runs (SPEC 7).

What belongs here: grouping runs, catch-ups and manual journals into journals and numbering them without gaps. What does
not: daily entries (`revrec.entries`), the amounts (`revrec.schedules`, `revrec.catch_up`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa

from revrec import tables
from revrec.accounts import MOVEMENT_KINDS
from revrec.calendar import parse_month
from revrec.catch_up import CATCH_UPS
from revrec.errors import RevrecError
from revrec.journal_numbers import number_journals
from revrec.manual_journals import MANUAL_MOVEMENTS
from revrec.policy import JournalGrain

BATCH_ROWS = 65_536


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


@dataclass(frozen=True)
class OpenDays:
    """What the open days of a posting month hold besides the runs of the schedules.

    Attributes:
        first: first open day of the month: runs post from it on.
        catch_ups: table of `CATCH_UPS`, posted on the first open day.
        locked: table of `tables.DAILY_JOURNALS`: the month's days before the first open one, as they were posted.
        manual: table of `MANUAL_MOVEMENTS`: manual journals of the month's open days.
        invoice_numbers: id to number of the invoices that manual journals name.
    """

    first: date
    catch_ups: pa.Table = field(default_factory=CATCH_UPS.empty_table)
    locked: pa.Table = field(default_factory=tables.DAILY_JOURNALS.empty_table)
    manual: pa.Table = field(default_factory=MANUAL_MOVEMENTS.empty_table)
    invoice_numbers: Mapping[str, str] = field(default_factory=dict)


def daily_journals(
    connection: duckdb.DuckDBPyConnection,
    month: str,
    movements: Iterable[MonthMovements],
    customers: Mapping[str, str],
    products: Mapping[str, str],
    grain: JournalGrain,
    open_days: OpenDays | None = None,
) -> Iterator[pa.RecordBatch]:
    """Journals of a posting month.

    Args:
        connection: an empty DuckDB database, for this month alone.
        month: posting month, e.g. 2025-01.
        movements: per document month, in any order.
        customers: customer id to legal name.
        products: product id to name.
        grain: what one journal covers.
        open_days: None: all days are open, and there is nothing but the runs.

    Returns:
        batches of `tables.DAILY_JOURNALS`. Numbers count from 1 per ledger in the order of customer, product and
        invoice, manual journals last: the same movements get the same numbers whatever order they arrive in. A journal
        that locked days have keeps its number there; others count on from the highest of those.

    Raises:
        MonthError: `month` is not a month.
        StrayRunsError: a run does not belong to exactly one obligation.
    """
    parse_month(month)
    start = date.fromisoformat(f"{month}-01")
    rest = open_days or OpenDays(start)
    connection.execute("SET VARIABLE month = ?", [month])
    connection.execute("SET VARIABLE first_open_day = ?", [rest.first])
    connection.execute(_MOVEMENT)
    for part in movements:
        _add(connection, part)
    for name, table in (("catch_up", rest.catch_ups), ("manual", rest.manual), ("locked", rest.locked)):
        _create(connection, name, table)
    if rest.first > start:
        connection.execute(_OPEN_DAYS)
    connection.execute(_CATCH_UPS)
    _create(connection, "invoice", _names(rest.invoice_numbers))
    connection.execute(_MANUAL)
    _create(connection, "customer", _names(customers))
    _create(connection, "product", _names(products))
    _create(connection, "kind", _kinds())
    connection.execute(_PERIOD)
    number_journals(connection, grain, after_locked=rest.locked.num_rows > 0)
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
                "words": kind.narrative,
            }
            for place, kind in enumerate(MOVEMENT_KINDS.values())
        ]
    )


# `narrative`, `debit_account` and `credit_account` are given by manual journals; of all else they follow from the kind.
_MOVEMENT = """
CREATE TABLE movement (
    entity VARCHAR, currency VARCHAR, customer_id VARCHAR, product_id VARCHAR, invoice_id VARCHAR,
    invoice_number VARCHAR, credit_note_id VARCHAR, credit_note_number VARCHAR, obligation_id VARCHAR,
    recognition_method VARCHAR, source VARCHAR, effect VARCHAR, run_id VARCHAR, kind VARCHAR, first_day DATE,
    days INTEGER, amount_minor BIGINT, daily_minor BIGINT, effective_first_day DATE, effective_last_day DATE,
    manual_journal_id VARCHAR, narrative VARCHAR, debit_account VARCHAR, credit_account VARCHAR
)
"""

# Every run counts towards the number of movements, so that strays are noticed; those of locked days are posted already.
_MOVEMENTS = """
INSERT INTO movement BY NAME
SELECT entity, currency, customer_id, product_id, invoice_id, invoice_number, credit_note_id, credit_note_number,
       obligation_id, recognition_method, source, effect, run_id, kind, first_day, days, run.amount_minor, daily_minor,
       '' AS manual_journal_id
FROM arriving_runs AS run JOIN arriving_obligations AS obligation USING (obligation_no)
"""

_CATCH_UPS = """
INSERT INTO movement BY NAME
SELECT * EXCLUDE (kind), kind, getvariable('first_open_day') AS first_day, 1 AS days, amount_minor AS daily_minor,
       '' AS manual_journal_id
FROM catch_up
"""

_MANUAL = """
INSERT INTO movement BY NAME
SELECT entity, currency, customer_id, product_id, invoice_id, coalesce(invoice.name, invoice_id) AS invoice_number,
       'manual/' || manual_journal_id AS obligation_id, '' AS recognition_method, 'STANDALONE' AS source,
       'OBLIGATION' AS effect, 'manual/' || manual_journal_id AS run_id, 'MANUAL' AS kind, date AS first_day, 1 AS days,
       amount_minor, amount_minor AS daily_minor, manual_journal_id, narrative, debit_account, credit_account
FROM manual LEFT JOIN invoice ON invoice.id = invoice_id
"""

# Of a run that begins on a locked day, the open days: its last ones.
_OPEN_DAYS = """
DELETE FROM movement WHERE first_day + days <= getvariable('first_open_day');
UPDATE movement SET amount_minor = amount_minor - daily_minor * (getvariable('first_open_day') - first_day),
                    days = days - (getvariable('first_open_day') - first_day),
                    first_day = getvariable('first_open_day')
WHERE first_day < getvariable('first_open_day');
"""

# Months of a catch-up: 2025-03, or 2025-03 to 2025-11.
_PERIOD = """
CREATE MACRO period(first_day, last_day) AS
    if(strftime(first_day, '%Y-%m') = strftime(last_day, '%Y-%m'), strftime(first_day, '%Y-%m'),
       format('{} to {}', strftime(first_day, '%Y-%m'), strftime(last_day, '%Y-%m')))
"""

# A negative movement swaps debit and credit (SPEC 1): from here on amounts are positive.
_JOURNALS = """
WITH named AS (
    SELECT numbered.* EXCLUDE (debit_account, credit_account), kind.place,
           coalesce(numbered.debit_account, kind.debit_account) AS debit_account,
           coalesce(numbered.credit_account, kind.credit_account) AS credit_account,
           CASE WHEN credit_note_number IS NOT NULL THEN format('Credit note {}, ', credit_note_number)
                WHEN effect = 'VOID' THEN 'Void, ' ELSE '' END || kind.words AS words,
           coalesce(product.name, product_id) AS product_name, coalesce(customer.name, customer_id) AS customer_name,
           if(invoice_number = '', '', ', invoice ' || invoice_number) AS of_invoice
    FROM numbered LEFT JOIN kind USING (kind)
    LEFT JOIN product ON product.id = product_id
    LEFT JOIN customer ON customer.id = customer_id
), posted AS (
    SELECT entity, currency, format('RR-{}-{:06d}', replace(getvariable('month'), '-', ''), number) AS journal_number,
           CASE WHEN narrative IS NOT NULL THEN narrative
                WHEN effective_first_day IS NULL
                THEN format('{} {}: {}{}', words, getvariable('month'), product_name, of_invoice)
                ELSE format('Catch-up for {}, {}: {}{}', period(effective_first_day, effective_last_day), words,
                            product_name, of_invoice) END AS narrative,
           product_id, product_name, customer_id, customer_name, invoice_id, invoice_number,
           coalesce(credit_note_id, '') AS credit_note_id, coalesce(credit_note_number, '') AS credit_note_number,
           manual_journal_id, recognition_method, source,
           if(manual_journal_id = '', 'SYSTEM', 'MANUAL') AS type, obligation_id, kind,
           CASE WHEN amount_minor > 0 THEN debit_account ELSE credit_account END AS debit_account,
           CASE WHEN amount_minor > 0 THEN credit_account ELSE debit_account END AS credit_account,
           first_day, days, abs(daily_minor) AS amount_a_day_minor,
           abs(amount_minor - daily_minor * (days - 1)) AS amount_last_day_minor, abs(amount_minor) AS amount_minor,
           coalesce(effective_first_day, first_day) AS effective_first_day,
           coalesce(effective_last_day, first_day + days - 1) AS effective_last_day, run_id, number,
           coalesce(place, 99) AS place
    FROM named
    UNION ALL BY NAME
    SELECT locked.*, locked_number(journal_number) AS number, coalesce(kind.place, 99) AS place
    FROM locked LEFT JOIN kind USING (kind)
)
SELECT * EXCLUDE (number, place) FROM posted
ORDER BY entity, currency, number, obligation_id, first_day, place, effective_first_day, credit_note_id, debit_account,
         credit_account, amount_minor
"""
