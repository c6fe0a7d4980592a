"""Reconciliations: the same figure from two independent computations, side by side.

What belongs here: small tables that put two figures of the books beside each other, and counts of what breaks a law.
What does not: deciding what a difference means (the asset checks), figures of exports (`assets.gl_export_checks`, which
read the written manifests).

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


@dataclass(frozen=True)
class Source:
    """A named stream of batches for one query."""

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]


def _query(connection: duckdb.DuckDBPyConnection, sql: str, sources: Mapping[str, Source]) -> pa.Table:
    """Run a query over streams. Each is loaded first: a stream can be run through once, a query may need it twice."""
    for name, source in sources.items():
        connection.register("arriving", pa.RecordBatchReader.from_batches(source.schema, iter(source.batches)))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM arriving")
        connection.unregister("arriving")
    return connection.sql(sql).to_arrow_table()


def lines_accounted_for(
    connection: duckdb.DuckDBPyConnection, lines: Source, allocations: Source, obligations: Source, rejected: Source
) -> pa.Table:
    """Whether each landed line has exactly one obligation or one recorded exclusion (DESIGN, Checks).

    Args:
        connection: a DuckDB database.
        lines: id, landed_file, landed_row of every line that was read.
        allocations: line_id, disposition, reason.
        obligations: line_id.
        rejected: landed_file, landed_row of lines in quarantine.

    Returns:
        one row: lines, with_obligation, excluded, quarantined, unaccounted, accounted_twice, without_reason, and
        never_landed: obligations and allocations of lines that were not read.
    """
    sources = {"line": lines, "allocation": allocations, "obligation": obligations, "rejected_row": rejected}
    return _query(connection, _LINES_ACCOUNTED_FOR, sources)


_LINES_ACCOUNTED_FOR = """
WITH obliged AS (SELECT line_id AS id, count(*) AS obligations FROM obligation GROUP BY line_id),
allocated AS (
    SELECT line_id AS id, count(*) FILTER (disposition <> 'RECOGNIZED') AS exclusions FROM allocation GROUP BY line_id
),
quarantined AS (SELECT DISTINCT landed_file, landed_row, 1 AS rejections FROM rejected_row),
found AS (
    SELECT coalesce(obliged.obligations, 0) AS obligations, coalesce(allocated.exclusions, 0) AS exclusions,
           coalesce(quarantined.rejections, 0) AS rejections
    FROM line LEFT JOIN obliged USING (id) LEFT JOIN allocated USING (id)
    LEFT JOIN quarantined USING (landed_file, landed_row)
)
SELECT count(*) AS lines, count(*) FILTER (obligations = 1) AS with_obligation,
       count(*) FILTER (exclusions = 1) AS excluded, count(*) FILTER (rejections = 1) AS quarantined,
       count(*) FILTER (obligations + exclusions + rejections = 0) AS unaccounted,
       count(*) FILTER (obligations + exclusions + rejections > 1) AS accounted_twice,
       (SELECT count(*) FROM allocation WHERE disposition <> 'RECOGNIZED' AND reason = '') AS without_reason,
       (SELECT count(*) FROM (FROM obliged ANTI JOIN line USING (id)))
       + (SELECT count(*) FROM (FROM allocated ANTI JOIN line USING (id))) AS never_landed
FROM found
"""


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
    return _query(connection, _OBLIGATIONS_AND_INVOICES, sources)


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
    """Per ledger, what obligations amount to beside what their runs bill and earn.

    Args:
        connection: a DuckDB database.
        runs: obligation_no, kind, days, amount_minor, daily_minor.
        obligations: obligation_no, entity, currency, amount_minor.

    Returns:
        entity, currency, amount_minor, billed_minor, earned_minor, broken_obligations: those that do not tie each by
        itself, or have a run whose days do not all have the sign of its amount. Runs without an obligation are in a row
        of their own, without entity and currency.
    """
    return _query(connection, _RUNS_AND_OBLIGATIONS, {"run": runs, "obligation": obligations})


_RUNS_AND_OBLIGATIONS = """
WITH run_of_days AS (
    SELECT *, CAST(amount_minor AS HUGEINT) - CAST(daily_minor AS HUGEINT) * (days - 1) AS last_day_minor FROM run
), moved AS (
    SELECT obligation_no, sum(amount_minor) FILTER (kind LIKE 'BILLED%') AS billed,
           sum(amount_minor) FILTER (kind LIKE 'EARNED%') AS earned,
           bool_or(days < 1 OR sign(daily_minor) * sign(amount_minor) < 0
                   OR sign(last_day_minor) * sign(amount_minor) < 0) AS has_broken_run
    FROM run_of_days GROUP BY obligation_no
)
SELECT entity, currency, CAST(coalesce(sum(amount_minor), 0) AS BIGINT) AS amount_minor,
       CAST(coalesce(sum(billed), 0) AS BIGINT) AS billed_minor,
       CAST(coalesce(sum(earned), 0) AS BIGINT) AS earned_minor,
       count(*) FILTER (amount_minor IS DISTINCT FROM billed OR amount_minor IS DISTINCT FROM earned OR has_broken_run)
           AS broken_obligations
FROM obligation FULL JOIN moved USING (obligation_no)
GROUP BY ALL ORDER BY ALL
"""


def journals_and_runs(connection: duckdb.DuckDBPyConnection, journals: Source, runs: Source) -> pa.Table:
    """Per ledger and account, what journals debit less credit beside what the month's runs do.

    The journals' side is read off their accounts and directions, the runs' side off their kinds and signs.

    Args:
        connection: a DuckDB database.
        journals: entity, currency, debit_account, credit_account, days, amount_a_day_minor, amount_last_day_minor.
        runs: entity, currency, kind, amount_minor: the month's runs of all document months.

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
    sources = {"journal": journals, "run": runs, "kind": Source(kinds.schema, kinds.to_batches())}
    return _query(connection, _JOURNALS_AND_RUNS, sources)


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
