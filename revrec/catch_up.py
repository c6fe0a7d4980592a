"""Catch-ups: what locked days should say now, minus what was posted there (SPEC 5).

What belongs here: comparing the schedules as they are with those that the locked days were posted from. What does not:
where sealed schedules are kept (`resources.seals`), journals and narratives (`revrec.journals`).

Whenever days are locked, everything posted so far equals what the schedules of that moment say through the lock date:
the first open day has always caught up before. So the schedules sealed with the lock are the cumulative positions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from revrec import tables

# What a catch-up says of its obligation, as a movement of a month does.
_ATTRIBUTES = (
    "entity",
    "currency",
    "customer_id",
    "product_id",
    "invoice_id",
    "invoice_number",
    "credit_note_id",
    "credit_note_number",
    "recognition_method",
    "source",
    "effect",
    "run_id",
)

CATCH_UPS = pa.schema(
    [
        pa.field("obligation_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        *(tables.OBLIGATIONS.field(name) for name in _ATTRIBUTES),
        pa.field("amount_minor", pa.int64(), nullable=False),
        pa.field("effective_first_day", pa.date32(), nullable=False),
        pa.field("effective_last_day", pa.date32(), nullable=False),
    ]
)


@dataclass(frozen=True)
class MonthSchedules:
    """Obligations of a document month and their whole schedules.

    Attributes:
        obligations: table of `tables.OBLIGATIONS`.
        runs: table of `tables.RECOGNIZED_SCHEDULES`.
    """

    obligations: pa.Table
    runs: pa.Table


def catch_ups(
    connection: duckdb.DuckDBPyConnection,
    present: Iterable[MonthSchedules],
    sealed: Iterable[MonthSchedules],
    locked_through: date,
) -> pa.Table:
    """One row per obligation and kind of movement, hence account pair, whose locked days were posted otherwise than the
    schedules say now; one that has moved to another ledger, customer or product since has a row on either side.

    Args:
        connection: an empty DuckDB database.
        present: the document months that changed since the lock, as they are; a month that is gone is left out.
        sealed: the same months as they were then; a month that is new is left out.
        locked_through: the last locked day.

    Returns:
        table of `CATCH_UPS`: the amount to post is signed as a movement of the kind is; the effective days are the
        locked days of the first and of the last month that differ. In order of obligation and kind.
    """
    connection.execute("SET VARIABLE locked_through = ?", [locked_through])
    connection.execute(_POSITION)
    for sign, months in ((1, present), (-1, sealed)):
        connection.execute("SET VARIABLE sign = ?", [sign])
        for month in months:
            connection.register("arriving_runs", month.runs)
            connection.register("arriving_obligations", month.obligations)
            connection.execute(_POSITIONS)
            connection.unregister("arriving_runs")
            connection.unregister("arriving_obligations")
    return connection.sql(_CATCH_UPS).to_arrow_table().cast(CATCH_UPS)


_COLUMNS = ", ".join(_ATTRIBUTES)
# What one catch-up is of.
_KEY = "obligation_id, kind, entity, currency, customer_id, product_id"
_SPEAKING = ", ".join(f"speaking.{name}" for name in _ATTRIBUTES)

_POSITION = """
CREATE TABLE position (
    obligation_id VARCHAR, kind VARCHAR, month DATE, amount_minor HUGEINT, sign INTEGER, entity VARCHAR,
    currency VARCHAR, customer_id VARCHAR, product_id VARCHAR, invoice_id VARCHAR, invoice_number VARCHAR,
    credit_note_id VARCHAR, credit_note_number VARCHAR, recognition_method VARCHAR, source VARCHAR, effect VARCHAR,
    run_id VARCHAR
)
"""

# Of a run that the lock date cuts, the days up to it: each but the run's last day has the daily amount.
_POSITIONS = f"""
INSERT INTO position
SELECT obligation_id, kind, month,
       getvariable('sign') * sum(
           CASE WHEN first_day + days - 1 <= getvariable('locked_through') THEN CAST(run.amount_minor AS HUGEINT)
                ELSE CAST(daily_minor AS HUGEINT) * (getvariable('locked_through') - first_day + 1) END),
       getvariable('sign'), {_COLUMNS}
FROM arriving_runs AS run JOIN arriving_obligations AS obligation USING (obligation_no)
WHERE first_day <= getvariable('locked_through')
GROUP BY ALL
"""  # noqa: S608 - our own constants

# An obligation may have moved to another ledger, customer or product since: each gets its own difference.
#
# A document that differs speaks for the catch-up: the obligation's own before a credit note or void of it, what is true
# now before what was.
_CATCH_UPS = f"""
WITH differing AS (
    SELECT {_KEY}, sum(amount_minor) AS amount_minor FROM position
    GROUP BY ALL HAVING amount_minor <> 0
), by_month AS (
    SELECT {_KEY}, month, sum(amount_minor) AS amount_minor
    FROM position SEMI JOIN differing USING ({_KEY})
    GROUP BY ALL HAVING amount_minor <> 0
), period AS (
    SELECT {_KEY}, min(month) AS first_month, max(month) AS last_month FROM by_month
    GROUP BY ALL
), by_document AS (
    SELECT {_KEY}, source, effect, credit_note_id, sum(amount_minor) AS amount_minor
    FROM position SEMI JOIN differing USING ({_KEY}) GROUP BY ALL
), speaking AS (
    SELECT position.*, by_document.amount_minor <> 0 AS differs
    FROM position JOIN by_document ON position.obligation_id = by_document.obligation_id
     AND position.kind = by_document.kind AND position.entity = by_document.entity
     AND position.currency = by_document.currency AND position.customer_id = by_document.customer_id
     AND position.product_id = by_document.product_id AND position.source = by_document.source
     AND position.effect = by_document.effect
     AND position.credit_note_id IS NOT DISTINCT FROM by_document.credit_note_id
    QUALIFY row_number() OVER (
        PARTITION BY position.obligation_id, position.kind, position.entity, position.currency, position.customer_id,
                     position.product_id
        ORDER BY differs DESC, sign DESC, position.effect <> 'OBLIGATION', position.credit_note_id NULLS FIRST,
                 month DESC, run_id
    ) = 1
)
SELECT obligation_id, kind, {_SPEAKING}, CAST(differing.amount_minor AS BIGINT) AS amount_minor,
       CAST(first_month AS DATE) AS effective_first_day,
       CAST(least(last_day(last_month), getvariable('locked_through')) AS DATE) AS effective_last_day
FROM differing JOIN period USING ({_KEY})
JOIN speaking USING ({_KEY})
ORDER BY {_KEY}
"""  # noqa: S608 - our own constants
