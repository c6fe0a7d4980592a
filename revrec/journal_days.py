"""The first days of a month's journals: what a lock date inside the month keeps (SPEC 5).

What belongs here: cutting run-length journals at a day. What does not: catch-ups, and the journals of the days that
stay open (`revrec.journals`).
"""

from datetime import date

import duckdb
import pyarrow as pa

from revrec import tables

# Each day of a stretch but its last has the daily amount. Numbers close up over journals that begin later, so that the
# open days count on without a gap; journals that an earlier lock has already numbered are the first, and keep theirs.
_THROUGH = """
WITH kept AS (
    SELECT * REPLACE (
               if(first_day + days - 1 <= through, amount_last_day_minor, amount_a_day_minor) AS amount_last_day_minor,
               if(first_day + days - 1 <= through, amount_minor,
                  amount_a_day_minor * (through - first_day + 1)) AS amount_minor,
               CAST(least(days, through - first_day + 1) AS INTEGER) AS days,
               if(effective_last_day > through AND effective_first_day = first_day, through, effective_last_day)
                   AS effective_last_day
           )
    FROM (SELECT *, CAST(getvariable('through') AS DATE) AS through FROM journal)
    WHERE first_day <= through
), numbered AS (
    SELECT *, dense_rank() OVER (
               PARTITION BY entity, currency ORDER BY CAST(split_part(journal_number, '-', 3) AS BIGINT)
           ) AS number, row_number() OVER () AS place
    FROM kept WHERE amount_minor > 0
)
SELECT * EXCLUDE (through, number, place)
       REPLACE (format('{}-{}-{:06d}', split_part(journal_number, '-', 1), split_part(journal_number, '-', 2), number)
                AS journal_number)
FROM numbered ORDER BY place
"""


def journals_through(connection: duckdb.DuckDBPyConnection, journals: pa.Table, through: date) -> pa.Table:
    """A month's journals on its days up to one.

    Args:
        connection: an empty DuckDB database.
        journals: `tables.DAILY_JOURNALS` of the month.
        through: the last day to keep.

    Returns:
        table of `tables.DAILY_JOURNALS`; journals without an entry on those days are gone, the others are numbered
        without gaps in the same order.
    """
    connection.execute("SET VARIABLE through = ?", [through])
    connection.register("arriving", journals)
    connection.execute("CREATE TABLE journal AS FROM arriving")
    connection.unregister("arriving")
    return connection.sql(_THROUGH).to_arrow_table().cast(tables.DAILY_JOURNALS)
