"""How a month's reports tie to the ledger and to each other (SPEC 8).

What belongs here: which figures of which reports are put side by side. What does not: reading the reports, and what
follows from a difference (`assets.report_ties`, `assets.report_checks`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from revrec.reports.deferred_revenue_totals import DIMENSIONS
from revrec.reports.query import load
from revrec.reports.schemas import ROLL_FORWARD


@dataclass(frozen=True)
class Comparison:
    """Columns of figures per ledger (or finer), and which of them must agree or be 0."""

    sql: str
    equal: tuple[tuple[str, str], ...] = ()
    zero: tuple[str, ...] = ()


# The ledger's balances by the trial balance, in the sign of the accounts' normal sides as in all other reports.
_BALANCE = """
CREATE TABLE balance AS
SELECT entity, currency, sum(closing_minor) FILTER (account = 'billed') AS billed,
       -sum(closing_minor) FILTER (account = 'recognized') AS recognized,
       -sum(closing_minor) FILTER (account = 'deferred') AS deferred,
       sum(closing_minor) FILTER (account = 'unbilled') AS unbilled
FROM trial_balance GROUP BY ALL
"""
# What every ledger has: a report that lost all of one is compared, too.
_PARTS = f"""
CREATE TABLE level AS FROM (VALUES ('CUSTOMER'), ('PRODUCT')) AS t(level);
CREATE TABLE dimension AS FROM (VALUES {", ".join(f"('{name}')" for name in DIMENSIONS)}) AS t(dimension)
"""

# Report and check to what is compared.
COMPARISONS: Mapping[tuple[str, str], Comparison] = {
    ("trial_balance", "balances_equal_schedules"): Comparison(
        """
        WITH rolled AS (
            SELECT entity, currency, account, amount_minor * if(account IN ('billed', 'unbilled'), 1, -1) AS schedules
            FROM roll_forward WHERE line = 'CLOSING'
        )
        SELECT entity || '-' || currency AS ledger, account, closing_minor, schedules AS schedules_minor,
               sum(closing_minor) OVER (PARTITION BY entity, currency) AS off_balance_minor
        FROM trial_balance FULL JOIN rolled USING (entity, currency, account) ORDER BY ALL
        """,
        equal=(("closing_minor", "schedules_minor"),),
        zero=("off_balance_minor",),
    ),
    ("roll_forward", "nothing_is_unexplained"): Comparison(
        """
        SELECT entity || '-' || currency AS ledger, account,
               sum(amount_minor) FILTER (line = 'OPENING') AS opening_minor,
               sum(amount_minor) FILTER (line NOT IN ('OPENING', 'CLOSING', 'UNEXPLAINED')) AS movements_minor,
               sum(amount_minor) FILTER (line = 'CLOSING') AS closing_minor,
               sum(amount_minor) FILTER (line NOT IN ('CLOSING', 'UNEXPLAINED')) AS opening_and_movements_minor,
               sum(amount_minor) FILTER (line = 'UNEXPLAINED') AS unexplained_minor
        FROM roll_forward GROUP BY ALL ORDER BY ALL
        """,
        equal=(("opening_and_movements_minor", "closing_minor"),),
        zero=("unexplained_minor",),
    ),
    ("deferred_revenue", "remaining_equals_deferred"): Comparison(
        """
        WITH report AS (
            SELECT entity, currency, sum(remaining_minor) AS remaining, sum(recognized_minor) AS earned,
                   sum(invoiced_minor) AS invoiced, sum(unbilled_minor) AS not_invoiced,
                   sum(current_minor) + sum(non_current_minor) AS current_and_non_current
            FROM deferred_revenue GROUP BY ALL
        )
        SELECT entity || '-' || currency AS ledger, coalesce(remaining, 0) AS remaining_minor,
               deferred AS deferred_account_minor,
               coalesce(current_and_non_current, 0) AS current_and_non_current_minor,
               coalesce(earned, 0) AS recognized_minor, recognized AS recognized_account_minor,
               coalesce(invoiced, 0) AS invoiced_minor, billed AS billed_account_minor,
               coalesce(not_invoiced, 0) AS unbilled_minor, unbilled AS unbilled_account_minor
        FROM balance FULL JOIN report USING (entity, currency) ORDER BY ALL
        """,
        equal=(
            ("remaining_minor", "deferred_account_minor"),
            ("remaining_minor", "current_and_non_current_minor"),
            ("recognized_minor", "recognized_account_minor"),
            ("invoiced_minor", "billed_account_minor"),
            ("unbilled_minor", "unbilled_account_minor"),
        ),
    ),
    ("deferred_revenue_totals", "totals_equal_rows"): Comparison(
        """
        WITH whole AS (
            SELECT entity, currency, sum(remaining_minor) AS remaining, sum(balance_minor) AS balance,
                   count(*) AS number
            FROM deferred_revenue GROUP BY ALL
        ), total AS (
            SELECT entity, currency, dimension, sum(remaining_minor) AS remaining, sum(balance_minor) AS balance,
                   sum(schedules) AS number
            FROM deferred_revenue_totals GROUP BY ALL
        ), expected AS (SELECT * FROM whole CROSS JOIN dimension)
        SELECT entity || '-' || currency AS ledger, dimension, total.remaining AS total_remaining_minor,
               expected.remaining AS rows_remaining_minor, total.balance AS total_balance_minor,
               expected.balance AS rows_balance_minor, total.number AS total_schedules,
               expected.number AS rows_schedules
        FROM expected FULL JOIN total USING (entity, currency, dimension) ORDER BY ALL
        """,
        equal=(
            ("total_remaining_minor", "rows_remaining_minor"),
            ("total_balance_minor", "rows_balance_minor"),
            ("total_schedules", "rows_schedules"),
        ),
    ),
    ("revenue_waterfall", "waterfall_equals_ledger"): Comparison(
        """
        WITH waterfall AS (
            SELECT entity, currency, level, sum(amount_minor) FILTER (figure = 'BOOKED') AS booked,
                   sum(amount_minor) FILTER (figure = 'RECOGNIZED') AS earned,
                   sum(amount_minor) FILTER (figure = 'UNBILLED') AS not_invoiced,
                   sum(amount_minor) FILTER (figure = 'REMAINING') AS remaining,
                   sum(amount_minor) FILTER (figure IN ('RELEASE', 'UNSCHEDULED')) AS released
            FROM revenue_waterfall GROUP BY ALL
        )
        SELECT entity || '-' || currency AS ledger, level, coalesce(remaining, 0) AS remaining_minor,
               deferred AS deferred_account_minor, coalesce(released, 0) AS released_later_minor,
               coalesce(booked, 0) AS booked_minor, billed AS billed_account_minor,
               coalesce(earned, 0) AS recognized_minor, recognized AS recognized_account_minor,
               coalesce(not_invoiced, 0) AS unbilled_minor, unbilled AS unbilled_account_minor
        FROM (FROM balance CROSS JOIN level) FULL JOIN waterfall USING (entity, currency, level) ORDER BY ALL
        """,
        equal=(
            ("remaining_minor", "deferred_account_minor"),
            ("remaining_minor", "released_later_minor"),
            ("booked_minor", "billed_account_minor"),
            ("recognized_minor", "recognized_account_minor"),
            ("unbilled_minor", "unbilled_account_minor"),
        ),
    ),
    ("obligation_register", "register_equals_schedules"): Comparison(
        """
        WITH register AS (
            SELECT entity, currency, count(*) AS number, sum(total_minor) AS total, sum(earned_minor) AS earned,
                   sum(remaining_minor) AS remaining, sum(deferred_minor) AS deferred
            FROM obligation_register GROUP BY ALL
        ), schedule AS (
            SELECT entity, currency, count(DISTINCT obligation_id) AS number, sum(contracted_minor) AS total,
                   sum(recognized_minor) AS earned, sum(balance_minor) AS remaining, sum(remaining_minor) AS deferred
            FROM deferred_revenue WHERE document <> 'MANUAL' GROUP BY ALL
        )
        SELECT entity || '-' || currency AS ledger, register.number AS obligations, schedule.number AS expected,
               register.total AS total_minor, schedule.total AS contracted_minor, register.earned AS earned_minor,
               schedule.earned AS recognized_minor, register.remaining AS remaining_minor,
               schedule.remaining AS balance_minor, register.deferred AS deferred_minor,
               schedule.deferred AS schedules_deferred_minor
        FROM register FULL JOIN schedule USING (entity, currency) ORDER BY ALL
        """,
        equal=(
            ("obligations", "expected"),
            ("total_minor", "contracted_minor"),
            ("earned_minor", "recognized_minor"),
            ("remaining_minor", "balance_minor"),
            ("deferred_minor", "schedules_deferred_minor"),
        ),
    ),
    ("remaining_performance_obligations", "rpo_equals_waterfall_and_unbilled_contracted"): Comparison(
        """
        WITH rpo AS (
            SELECT entity, currency, sum(billed_minor) AS billed, sum(total_minor) AS total
            FROM remaining_performance_obligations GROUP BY ALL
        ), waterfall AS (
            SELECT entity, currency, sum(amount_minor) AS remaining FROM revenue_waterfall
            WHERE level = 'PRODUCT' AND figure = 'REMAINING' GROUP BY ALL
        ), unbilled AS (
            SELECT entity, currency, sum(remaining_minor) AS contracted FROM obligation_register
            WHERE accounting_date IS NULL OR accounting_date > getvariable('month_end') GROUP BY ALL
        )
        SELECT entity || '-' || currency AS ledger, coalesce(billed, 0) AS billed_minor,
               coalesce(remaining, 0) AS waterfall_remaining_minor,
               coalesce(contracted, 0) AS unbilled_contracted_minor,
               coalesce(total, 0) AS rpo_minor,
               coalesce(remaining, 0) + coalesce(contracted, 0) AS waterfall_and_unbilled_contracted_minor
        FROM rpo FULL JOIN waterfall USING (entity, currency) FULL JOIN unbilled USING (entity, currency) ORDER BY ALL
        """,
        equal=(
            ("billed_minor", "waterfall_remaining_minor"),
            ("rpo_minor", "waterfall_and_unbilled_contracted_minor"),
        ),
    ),
    ("revenue_cohorts", "cohorts_equal_recognized"): Comparison(
        """
        WITH cohort AS (
            SELECT entity, currency, sum(recognized_minor) AS cohorts FROM revenue_cohorts GROUP BY ALL
        )
        SELECT entity || '-' || currency AS ledger, coalesce(cohorts, 0) AS cohorts_minor,
               recognized AS recognized_account_minor
        FROM balance FULL JOIN cohort USING (entity, currency) ORDER BY ALL
        """,
        equal=(("cohorts_minor", "recognized_account_minor"),),
    ),
    ("revenue_forecast", "forecast_and_recognized_equal_booked"): Comparison(
        """
        WITH forecast AS (
            SELECT entity, currency, sum(recognized_minor) AS forecast FROM revenue_forecast GROUP BY ALL
        ), booked AS (
            SELECT entity, currency, sum(contracted_minor) AS contracted FROM deferred_revenue GROUP BY ALL
        )
        SELECT entity || '-' || currency AS ledger, coalesce(forecast, 0) AS forecast_minor,
               recognized AS recognized_account_minor,
               coalesce(forecast, 0) + recognized AS forecast_and_recognized_minor,
               coalesce(contracted, 0) AS booked_minor
        FROM balance FULL JOIN forecast USING (entity, currency) FULL JOIN booked USING (entity, currency) ORDER BY ALL
        """,
        equal=(("forecast_and_recognized_minor", "booked_minor"),),
    ),
}


def load_balances(connection: duckdb.DuckDBPyConnection, month_end: date) -> None:
    """Prepare a database that has a table per report, by its name, for `compare`."""
    connection.execute("SET VARIABLE month_end = ?", [month_end])
    connection.execute(_BALANCE)
    connection.execute(_PARTS)


def compare(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Figures of a comparison: labels, and int64 columns of minor units or counts.

    Raises:
        duckdb.Error: a total that does not fit int64.
    """
    relation = connection.sql(sql)
    columns = ", ".join(
        f"CAST({name} AS BIGINT) AS {name}" if str(kind) == "HUGEINT" else name
        for name, kind in zip(relation.columns, relation.types, strict=True)
    )
    return relation.project(columns).to_arrow_table()


def opening_and_prior_closing(connection: duckdb.DuckDBPyConnection, before: pa.Table | None) -> pa.Table:
    """Opening balances beside the closing ones that the month before was reported with; without such a report, beside
    themselves: nothing was told that they could contradict.

    Args:
        connection: with the month's reports.
        before: `ROLL_FORWARD` of the month before.

    Returns:
        ledger, account, opening_minor, prior_closing_minor.
    """
    if before is None:
        return compare(connection, _OPENING_ALONE)
    load(connection, "before", before.to_batches(), ROLL_FORWARD)
    return compare(connection, _OPENING)


_OPENING = """
WITH closed AS (SELECT entity, currency, account, amount_minor AS closing FROM before WHERE line = 'CLOSING'),
opened AS (SELECT entity, currency, account, amount_minor AS opening FROM roll_forward WHERE line = 'OPENING')
SELECT entity || '-' || currency AS ledger, account, coalesce(opening, 0) AS opening_minor,
       coalesce(closing, 0) AS prior_closing_minor
FROM opened FULL JOIN closed USING (entity, currency, account) ORDER BY ALL
"""
_OPENING_ALONE = """
SELECT entity || '-' || currency AS ledger, account, amount_minor AS opening_minor, amount_minor AS prior_closing_minor
FROM roll_forward WHERE line = 'OPENING' ORDER BY ALL
"""
