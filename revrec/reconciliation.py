"""Reconciliations: the same figure from two independent computations, side by side.

What belongs here: small tables that put two figures of the books beside each other, and counts of what breaks a law.
What does not: counting landed rows (`revrec.accounted_for`), deciding what a difference means (the asset checks),
figures of exports (`assets.gl_export_checks`, which read the written manifests).

Every function gives a table whose `..._minor` columns are int64: sums are cast to BIGINT in SQL, which raises rather
than wraps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import duckdb
import pyarrow as pa

from revrec.accounts import MOVEMENT_KINDS
from revrec.columns import exact_sum
from revrec.entries import account_index, day_movements
from revrec.methods import RELEASED


@dataclass(frozen=True)
class Source:
    """A named stream of batches for one query."""

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]


# What an account of a ledger holds: debits less credits.
ACCOUNT_FIGURES = pa.schema(
    [
        ("entity", pa.string()),
        ("currency", pa.string()),
        ("account", pa.string()),
        ("net_debits_minor", pa.int64()),
    ]
)


def query(connection: duckdb.DuckDBPyConnection, sql: str, sources: Mapping[str, Source]) -> pa.Table:
    """Run a query over streams. Each is loaded first: a stream can be run through once, a query may need it twice."""
    for name, source in sources.items():
        connection.register("arriving", pa.RecordBatchReader.from_batches(source.schema, iter(source.batches)))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM arriving")
        connection.unregister("arriving")
    return connection.sql(sql).to_arrow_table()


def obligations_and_invoices(
    connection: duckdb.DuckDBPyConnection,
    invoices: Source,
    obligations: Source,
    rejected_invoices: Source,
    posting_statuses: Iterable[str],
) -> pa.Table:
    """Per ledger, the net totals of the invoices that post beside the sum of their obligations.

    Args:
        connection: a DuckDB database.
        invoices: entity_id, currency, status, net_total_minor, landed_file, landed_row.
        obligations: entity, currency, amount_minor.
        rejected_invoices: landed_file, landed_row of invoices in quarantine.
        posting_statuses: of the policy.

    Returns:
        entity, currency, invoiced_minor, obligations_minor.
    """
    statuses = pa.table({"status": pa.array(sorted(posting_statuses), pa.string())})
    sources = {
        "invoice": invoices,
        "obligation": obligations,
        "rejected_row": rejected_invoices,
        "posting_status": Source(statuses.schema, statuses.to_batches()),
    }
    return query(connection, _OBLIGATIONS_AND_INVOICES, sources)


_OBLIGATIONS_AND_INVOICES = """
SELECT entity, currency, CAST(sum(invoiced) AS BIGINT) AS invoiced_minor,
       CAST(sum(obligations) AS BIGINT) AS obligations_minor
FROM (
    SELECT coalesce(entity_id, 'default') AS entity, currency, net_total_minor AS invoiced, 0 AS obligations
    FROM invoice SEMI JOIN posting_status USING (status) ANTI JOIN rejected_row USING (landed_file, landed_row)
    UNION ALL
    SELECT entity, currency, 0, amount_minor FROM obligation
)
GROUP BY ALL ORDER BY ALL
"""


def runs_and_obligations(connection: duckdb.DuckDBPyConnection, runs: Source, obligations: Source) -> pa.Table:
    """Per ledger, what is to bill and to earn of obligations beside what their runs bill and earn.

    Credit notes and voids count with the obligation they lower. What no invoice bills is to bill 0. Of an obligation
    that milestones or consumption release any part may be earned, but no more than all of it.

    Args:
        connection: a DuckDB database.
        runs: obligation_no, kind, days, amount_minor, daily_minor.
        obligations: obligation_no, obligation_id, entity, currency, effect, recognition_method, accounting_date,
            amount_minor.

    Returns:
        entity, currency, to_bill_minor, billed_minor, to_earn_minor, earned_minor, broken_obligations: those that do
        not tie each by itself, or have a run whose days do not all have the sign of its amount. Runs without an
        obligation are in a row of their own, without entity and currency.
    """
    connection.execute("SET VARIABLE released = ?", [sorted(method.value for method in RELEASED)])
    return query(connection, _RUNS_AND_OBLIGATIONS, {"run": runs, "obligation": obligations})


_RUNS_AND_OBLIGATIONS = """
WITH run_of_days AS (
    SELECT *, CAST(amount_minor AS HUGEINT) - CAST(daily_minor AS HUGEINT) * (days - 1) AS last_day_minor FROM run
), moved AS (
    SELECT obligation_no, sum(amount_minor) FILTER (kind LIKE 'BILLED%') AS billed,
           sum(amount_minor) FILTER (kind LIKE 'EARNED%' OR kind = 'BILLED_RECOGNIZED') AS earned,
           bool_or(days < 1 OR sign(daily_minor) * sign(amount_minor) < 0
                   OR sign(last_day_minor) * sign(amount_minor) < 0) AS has_broken_run
    FROM run_of_days GROUP BY obligation_no
), whole AS (
    SELECT obligation_id, entity, currency, sum(amount_minor) AS amount,
           bool_or(effect = 'OBLIGATION' AND accounting_date IS NOT NULL) AS is_billed,
           bool_or(list_contains(getvariable('released'), recognition_method)) AS is_released,
           coalesce(sum(billed), 0) AS billed, coalesce(sum(earned), 0) AS earned,
           coalesce(bool_or(has_broken_run), false) AS has_broken_run
    FROM obligation FULL JOIN moved USING (obligation_no)
    GROUP BY ALL
), expected AS (
    SELECT *, if(is_billed, amount, 0) AS to_bill,
           if(is_released AND earned BETWEEN least(amount, 0) AND greatest(amount, 0), earned, amount) AS to_earn
    FROM whole
)
SELECT entity, currency, CAST(coalesce(sum(to_bill), 0) AS BIGINT) AS to_bill_minor,
       CAST(sum(billed) AS BIGINT) AS billed_minor, CAST(coalesce(sum(to_earn), 0) AS BIGINT) AS to_earn_minor,
       CAST(sum(earned) AS BIGINT) AS earned_minor,
       count(*) FILTER (to_bill IS DISTINCT FROM billed OR to_earn IS DISTINCT FROM earned OR has_broken_run)
           AS broken_obligations
FROM expected GROUP BY ALL ORDER BY ALL
"""


def journals_and_runs(
    connection: duckdb.DuckDBPyConnection, journals: Source, runs: Source, others: Source
) -> pa.Table:
    """Per ledger and account, what journals debit less credit beside what runs and other figures do.

    The journals' side is read off their accounts and directions, the runs' side off their kinds and signs.

    Args:
        connection: a DuckDB database.
        journals: entity, currency, debit_account, credit_account, days, amount_a_day_minor, amount_last_day_minor.
        runs: entity, currency, kind, amount_minor: runs of all document months.
        others: `ACCOUNT_FIGURES`: what the journals must hold besides runs (manual journals), or not hold again
            (negative: what was posted before).

    Returns:
        entity, currency, account, journals_minor, runs_minor: debits less credits. Runs of an unknown kind are in a row
        of their own, without account.
    """
    kinds = pa.table(
        {
            "kind": [kind.name for kind in MOVEMENT_KINDS.values()],
            "debit_account": [kind.debit.value for kind in MOVEMENT_KINDS.values()],
            "credit_account": [kind.credit.value for kind in MOVEMENT_KINDS.values()],
        }
    )
    kind = Source(kinds.schema, kinds.to_batches())
    sources = {"journal": journals, "run": runs, "kind": kind, "other": others}
    return query(connection, _JOURNALS_AND_RUNS, sources)


_JOURNALS_AND_RUNS = """
WITH expanded AS (
    SELECT entity, currency, debit_account, credit_account,
           CAST(amount_a_day_minor AS HUGEINT) * (days - 1) + amount_last_day_minor AS amount
    FROM journal
), sides AS (
    SELECT entity, currency, debit_account AS account, amount AS journals, 0 AS runs FROM expanded
    UNION ALL SELECT entity, currency, credit_account, -amount, 0 FROM expanded
    UNION ALL SELECT entity, currency, debit_account, 0, amount_minor FROM run LEFT JOIN kind USING (kind)
    UNION ALL SELECT entity, currency, credit_account, 0, -amount_minor FROM run JOIN kind USING (kind)
    UNION ALL SELECT entity, currency, account, 0, net_debits_minor FROM other
)
SELECT entity, currency, account, CAST(sum(journals) AS BIGINT) AS journals_minor,
       CAST(sum(runs) AS BIGINT) AS runs_minor
FROM sides GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True)
class LedgerBalance:
    """Whether every journal and every day of a ledger balances.

    A movement is one amount on one day with a debit and a credit account, so a journal and a day balance if each
    stretch expands to exactly its amount and names two different accounts.

    Attributes:
        rows: number of stretches.
        movements: number of movements, one per stretch and day.
        stretches_minor: sum of the stretches' amounts.
        days_minor: sum of the movements' amounts: the debits, and the credits, of all days.
        one_account_rows: stretches that debit and credit the same account.
    """

    rows: int = 0
    movements: int = 0
    stretches_minor: int = 0
    days_minor: int = 0
    one_account_rows: int = 0


def ledger_balance(journals: Iterable[pa.RecordBatch]) -> LedgerBalance:
    """Expand a ledger's journals to days and add them up.

    Args:
        journals: batches of `tables.DAILY_JOURNALS`, whole journals of one ledger.

    Raises:
        BrokenStretchError: a row contradicts itself.
    """
    totals = [0] * len(fields(LedgerBalance))
    for batch in journals:
        movements = day_movements(batch)
        part = (
            batch.num_rows,
            len(movements.row),
            exact_sum(batch["amount_minor"]),
            exact_sum(pa.array(movements.amount_minor)),
            int((account_index(batch["debit_account"]) == account_index(batch["credit_account"])).sum()),
        )
        totals = [total + figure for total, figure in zip(totals, part, strict=True)]
    return LedgerBalance(*totals)
