"""What moved each account in a month and why: the trial balance and the roll-forward (SPEC 8).

What belongs here: adding a month's journals up by account and cause, and putting them between two balances. What does
not: the balances themselves (`assets.opening_balances`): they come from elsewhere, so that the reports tie.
"""

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

from revrec.accounts import NORMAL_SIDE, Account, Direction
from revrec.reconciliation import ACCOUNT_FIGURES
from revrec.reports.query import load, rows
from revrec.reports.schemas import MOVEMENT_CAUSES, ROLL_FORWARD, TRIAL_BALANCE

# What is read of the journals.
JOURNAL_COLUMNS = (
    "entity",
    "currency",
    "debit_account",
    "credit_account",
    "amount_minor",
    "type",
    "source",
    "kind",
    "obligation_id",
    "first_day",
    "effective_last_day",
)
# Voids of the month: which obligation, and on which day.
VOIDS = pa.schema([("obligation_id", pa.string()), ("accounting_date", pa.date32())])
LEDGERS = pa.schema([("entity", pa.string()), ("currency", pa.string())])


def load_movements(
    connection: duckdb.DuckDBPyConnection,
    ledgers: pa.Table,
    opening: pa.Table,
    journals: Iterable[pa.RecordBatch],
    journals_schema: pa.Schema,
    voids: pa.Table,
) -> None:
    """Read a month into a DuckDB database, for the two reports below.

    Args:
        connection: a DuckDB database.
        ledgers: table of `LEDGERS`: those that have begun by the month.
        opening: table of `ACCOUNT_FIGURES` at the end of the month before.
        journals: the month's, with `JOURNAL_COLUMNS`.
        journals_schema: of the batches.
        voids: table of `VOIDS`.
    """
    load(connection, "ledger", ledgers.to_batches(), LEDGERS)
    load(connection, "opening", opening.to_batches(), ACCOUNT_FIGURES)
    load(connection, "journal", journals, journals_schema)
    load(connection, "void", voids.to_batches(), VOIDS)
    accounts = ", ".join(
        f"({place}, '{account}', {1 if NORMAL_SIDE[account] is Direction.DEBIT else -1})"
        for place, account in enumerate(Account)
    )
    connection.execute(f"CREATE OR REPLACE TABLE account AS FROM (VALUES {accounts}) AS t(place, account, sign)")
    causes = ", ".join(f"({place}, '{cause}')" for place, cause in enumerate(MOVEMENT_CAUSES, start=1))
    connection.execute(f"CREATE OR REPLACE TABLE cause AS FROM (VALUES {causes}) AS t(position, cause)")
    connection.execute(_MOVEMENT)


def trial_balance(connection: duckdb.DuckDBPyConnection, month: str) -> Iterator[pa.RecordBatch]:
    """Opening balance, debits, credits and closing balance of every account, as `TRIAL_BALANCE`; see
    `load_movements`."""
    return rows(connection, _TRIAL_BALANCE, TRIAL_BALANCE, month)


def roll_forward(connection: duckdb.DuckDBPyConnection, closing: pa.Table, month: str) -> Iterator[pa.RecordBatch]:
    """Opening balance, movements by cause and closing balance of every account, as `ROLL_FORWARD`; see
    `load_movements`.

    Args:
        connection: with the month's movements.
        closing: table of `ACCOUNT_FIGURES` at the month's end, by another way than adding up the movements: what they
            do not explain is a row of its own.
        month: posting month.
    """
    load(connection, "closing", closing.to_batches(), ACCOUNT_FIGURES)
    return rows(connection, _ROLL_FORWARD, ROLL_FORWARD, month)


# A catch-up belongs to locked days: it ends before the day it posts on. A void posts on its own day alone.
CAUSED_JOURNALS = """
SELECT *,
       CASE WHEN type = 'MANUAL' THEN 'MANUAL'
            WHEN effective_last_day < first_day THEN 'CAUGHT_UP'
            WHEN (obligation_id, first_day) IN (SELECT (obligation_id, accounting_date) FROM void) THEN 'VOIDED'
            WHEN kind LIKE 'BILLED%' AND source = 'CREDIT_NOTE' THEN 'CREDITED'
            WHEN kind LIKE 'BILLED%' THEN 'INVOICED'
            ELSE 'EARNED' END AS cause
FROM journal
"""
_MOVEMENT = f"""
CREATE OR REPLACE TABLE journal_movement AS
WITH told AS ({CAUSED_JOURNALS})
SELECT entity, currency, debit_account AS account, cause, amount_minor AS debit, 0 AS credit FROM told
UNION ALL
SELECT entity, currency, credit_account, cause, 0, amount_minor FROM told
"""  # noqa: S608 - our own constants

_ACCOUNTS = """
SELECT entity, currency, place, account, sign FROM ledger CROSS JOIN account
"""

_TRIAL_BALANCE = f"""
WITH line AS ({_ACCOUNTS}), moved AS (
    SELECT entity, currency, account, sum(debit) AS debit, sum(credit) AS credit FROM journal_movement GROUP BY ALL
)
SELECT getvariable('month') AS month, entity, currency, account,
       CAST(coalesce(net_debits_minor, 0) AS BIGINT) AS opening_minor,
       CAST(coalesce(debit, 0) AS BIGINT) AS debit_minor, CAST(coalesce(credit, 0) AS BIGINT) AS credit_minor,
       CAST(coalesce(net_debits_minor, 0) + coalesce(debit, 0) - coalesce(credit, 0) AS BIGINT) AS closing_minor
FROM line LEFT JOIN opening USING (entity, currency, account) LEFT JOIN moved USING (entity, currency, account)
ORDER BY entity, currency, place
"""  # noqa: S608 - our own constants

_ROLL_FORWARD = f"""
WITH account_line AS ({_ACCOUNTS}), moved AS (
    SELECT entity, currency, account, cause, sum(debit) - sum(credit) AS net FROM journal_movement GROUP BY ALL
), by_cause AS (
    SELECT line.*, position, cause AS label, coalesce(net, 0) AS net
    FROM account_line AS line CROSS JOIN cause LEFT JOIN moved USING (entity, currency, account, cause)
), bound AS (
    SELECT line.*, coalesce(opening.net_debits_minor, 0) AS opens, coalesce(closing.net_debits_minor, 0) AS closes
    FROM account_line AS line LEFT JOIN opening USING (entity, currency, account)
    LEFT JOIN closing USING (entity, currency, account)
), explained AS (
    SELECT entity, currency, account, sum(net) AS moved FROM by_cause GROUP BY ALL
), line AS (
    SELECT entity, currency, place, account, sign, position, label, net FROM by_cause
    UNION ALL SELECT entity, currency, place, account, sign, 0, 'OPENING', opens FROM bound
    UNION ALL SELECT entity, currency, place, account, sign, {len(MOVEMENT_CAUSES) + 1}, 'CLOSING', closes FROM bound
    UNION ALL SELECT entity, currency, place, account, sign, {len(MOVEMENT_CAUSES) + 2}, 'UNEXPLAINED',
                     closes - opens - moved FROM bound JOIN explained USING (entity, currency, account)
)
SELECT getvariable('month') AS month, entity, currency, account, position, label AS line,
       CAST(sign * net AS BIGINT) AS amount_minor
FROM line ORDER BY entity, currency, place, position
"""  # noqa: S608 - our own constants
