"""Journal numbers: gapless per ledger and month, and stable where days are locked (SPEC 7).

What belongs here: what one journal covers, which number it has, and reading a number back. What does not: what a
journal says (`revrec.journals`).

The queries run on the tables that `revrec.journals` prepares in DuckDB: `movement`, and `locked`, the month's locked
days as they were posted.
"""

import re
from dataclasses import dataclass

import duckdb

from revrec.errors import RevrecError
from revrec.policy import JournalGrain

_NUMBER = re.compile(r"RR-((?!0000)[0-9]{4})(0[1-9]|1[0-2])-([0-9]{6,})")

# What one journal covers within its ledger and month.
_GRAIN_KEYS = {
    JournalGrain.CUSTOMER_PRODUCT_INVOICE: ("customer_id", "product_id", "invoice_id"),
    JournalGrain.CUSTOMER: ("customer_id",),
    JournalGrain.PRODUCT: ("product_id",),
    JournalGrain.LEDGER: (),
}


class JournalNumberError(RevrecError, ValueError):
    """A text that is not the number of a journal."""


@dataclass(frozen=True, order=True)
class JournalNumber:
    """A journal's number, in the order of numbers.

    Attributes:
        month: posting month, e.g. 2025-01.
        place: counts from 1 within ledger and month.
    """

    month: str
    place: int

    @classmethod
    def parse(cls, text: str) -> "JournalNumber":
        """Read a number such as RR-202501-000012.

        Raises:
            JournalNumberError: it is none.
        """
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise JournalNumberError(f"{text!r} is not the number of a journal: they look like RR-202501-000001")
        return cls(f"{match[1]}-{match[2]}", int(match[3]))


def number_journals(connection: duckdb.DuckDBPyConnection, grain: JournalGrain, *, after_locked: bool) -> None:
    """Make the view `numbered`: every movement with the number of its journal, and the macro `locked_number`.

    Args:
        connection: with the tables `movement` and `locked`.
        grain: what one journal covers. A manual journal is always a journal of its own, behind those of the system.
        after_locked: whether there are locked days, whose journals keep their numbers; others count on from the
            highest of those.
    """
    connection.execute("SET VARIABLE grain = ?", [list(_GRAIN_KEYS[grain])])
    for statement in (_GRAIN_KEY, _LOCKED_NUMBER, _NUMBERED_AFTER_LOCKED if after_locked else _NUMBERED):
        connection.execute(statement)


_GRAIN_KEY = """
CREATE MACRO grain_key(part, value, manual_journal_id) AS
    if(manual_journal_id = '' AND list_contains(getvariable('grain'), part), value, '')
"""

_KEYED = """
SELECT *, grain_key('customer_id', customer_id, manual_journal_id) AS customer_key,
       grain_key('product_id', product_id, manual_journal_id) AS product_key,
       grain_key('invoice_id', invoice_id, manual_journal_id) AS invoice_key
"""

_NUMBERED = f"""
CREATE VIEW numbered AS
WITH keyed AS ({_KEYED} FROM movement)
SELECT *, dense_rank() OVER (
           PARTITION BY entity, currency ORDER BY manual_journal_id, customer_key, product_key, invoice_key
       ) AS number
FROM keyed
"""  # noqa: S608 - our own constants

# Locked days keep their journals' numbers: entries of those journals on open days have them too. Where the grain has
# become coarser since, the open days of several locked journals go into the first of them.
_NUMBERED_AFTER_LOCKED = f"""
CREATE VIEW numbered AS
WITH keyed AS ({_KEYED} FROM movement),
given AS (
    SELECT entity, currency, manual_journal_id, customer_key, product_key, invoice_key,
           min(locked_number(journal_number)) AS number
    FROM ({_KEYED} FROM locked) GROUP BY ALL
),
fresh AS (
    SELECT entity, currency, manual_journal_id, customer_key, product_key, invoice_key
    FROM keyed ANTI JOIN given USING (entity, currency, manual_journal_id, customer_key, product_key, invoice_key)
    GROUP BY ALL
),
highest AS (
    SELECT entity, currency, max(locked_number(journal_number)) AS number FROM locked GROUP BY ALL
),
journal AS (
    FROM given UNION ALL BY NAME
    SELECT fresh.*, coalesce(highest.number, 0) + row_number() OVER (
               PARTITION BY entity, currency ORDER BY manual_journal_id, customer_key, product_key, invoice_key
           ) AS number
    FROM fresh LEFT JOIN highest USING (entity, currency)
)
SELECT * FROM keyed JOIN journal USING (entity, currency, manual_journal_id, customer_key, product_key, invoice_key)
"""  # noqa: S608 - our own constants

_LOCKED_NUMBER = "CREATE MACRO locked_number(journal) AS CAST(split_part(journal, '-', 3) AS BIGINT)"
