"""Which obligations are wholly earned by a day (SPEC 7: exclude fully recognized).

What belongs here: comparing what schedules earn with what the obligations are. What does not: leaving their journals
out (`revrec.journal_selection`), reading the tables.
"""

from collections.abc import Iterable
from datetime import date

import duckdb
import pyarrow as pa

from revrec.accounts import MOVEMENT_KINDS, Account
from revrec.catch_up import MonthSchedules

# What moves the Recognized account, always on its credit side for a positive amount.
_EARNING = [kind.name for kind in MOVEMENT_KINDS.values() if kind.credit is Account.RECOGNIZED]


def fully_recognized(
    connection: duckdb.DuckDBPyConnection, months: Iterable[MonthSchedules], through: date
) -> pa.Array:
    """Obligations that are earned to the last minor unit by a day, with nothing to earn or to take back after it.

    Schedules are what an obligation earns, whatever a lock date makes of the posting dates.

    Args:
        connection: an empty DuckDB database.
        months: every document month: an obligation's rows may lie in several.
        through: the day, inclusive.

    Returns:
        their ids (string), in order.
    """
    connection.execute("SET VARIABLE through = ?", [through])
    connection.execute("SET VARIABLE earning = ?", [_EARNING])
    connection.execute(_PART)
    for month in months:
        connection.register("arriving_runs", month.runs)
        connection.register("arriving_obligations", month.obligations)
        connection.execute(_PARTS)
        connection.unregister("arriving_runs")
        connection.unregister("arriving_obligations")
    return connection.sql(_FULLY).to_arrow_table()["obligation_id"].combine_chunks().cast(pa.string())


_PART = "CREATE TABLE part (obligation_id VARCHAR, left_minor HUGEINT, last_day DATE)"

_PARTS = """
INSERT INTO part
SELECT obligation_id, amount_minor, NULL FROM arriving_obligations
UNION ALL
SELECT obligation_id, -sum(CAST(run.amount_minor AS HUGEINT)), max(first_day + days - 1)
FROM arriving_runs AS run JOIN arriving_obligations AS obligation USING (obligation_no)
WHERE list_contains(getvariable('earning'), CAST(kind AS VARCHAR))
GROUP BY obligation_id
"""

_FULLY = """
SELECT obligation_id FROM part
GROUP BY obligation_id HAVING sum(left_minor) = 0 AND max(last_day) <= getvariable('through')
ORDER BY obligation_id
"""
