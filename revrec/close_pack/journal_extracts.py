"""What a pack takes of a month's journals: the largest stretches, the largest journals, and those it leads down to.

What belongs here: choosing them, and why each row was posted. What does not: the rule of that
(`revrec.reports.account_movements`), and embedding them in a page (`drilldown.py`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import tables
from revrec.close_pack.extracts import Extract, extract
from revrec.close_pack.views import MAX_TABLE_ROWS
from revrec.columns import integers
from revrec.reports.account_movements import CAUSED_JOURNALS, VOIDS
from revrec.reports.query import load

# Run-length rows of journals in a page: of the largest journals, whole ones only. About 150 bytes each.
MAX_STRETCHES = 10_000

SHARED = ("customer_name", "product_name", "invoice_number", "source", "type")
# What is read of the journals to choose between them.
TOTALLED = ("journal_number", "amount_minor", *SHARED)
# The journals with plain text in place of labels.
JOURNAL_ROWS = pa.schema(
    [
        pa.field(each.name, each.type.value_type if pa.types.is_dictionary(each.type) else each.type)
        for each in tables.DAILY_JOURNALS
    ]
)


@dataclass(frozen=True)
class JournalExtracts:
    """Journals of a ledger and month.

    Attributes:
        stretches: rows of `JOURNAL_ROWS`.
        journals: one row per journal: journal_number, amount_minor (its debits, which are its credits), and of
            customer_name, product_name, invoice_number, source and type one, and how many there are (`..._count`).
        embedded: rows of `JOURNAL_ROWS` of the largest journals, whole ones within `MAX_STRETCHES`.
    """

    stretches: Extract
    journals: Extract
    embedded: pa.Table

    @property
    def obligations(self) -> pa.Array:
        """Ids that rows of the deferred revenue report have, of the embedded journals."""
        # a manual journal has no obligation: its row of the report has its own id in place of one
        names = ("obligation_id", "manual_journal_id")
        return pa.concat_arrays([pc.unique(self.embedded[name]) for name in names])


def journal_extracts(
    connection: duckdb.DuckDBPyConnection, read: Callable[[list[str]], Iterable[pa.RecordBatch]]
) -> JournalExtracts:
    """Choose journals.

    Args:
        connection: a DuckDB database.
        read: reads columns of `tables.DAILY_JOURNALS`, all rows of the ledger and month in order; it is called twice.
    """
    schema = pa.schema([JOURNAL_ROWS.field(name) for name in TOTALLED])
    load(connection, "posted", (_plain(batch, schema) for batch in read(list(TOTALLED))), schema)
    totals = connection.sql(_TOTALS).to_arrow_table()
    journals = connection.sql("SELECT count(DISTINCT journal_number) FROM posted").fetchall()[0][0]
    within = np.cumsum(integers(totals["stretches"].combine_chunks())) <= MAX_STRETCHES
    numbers = totals["journal_number"].take(pa.array(np.flatnonzero(within))).combine_chunks()
    whole: list[pa.RecordBatch] = []

    def noting_whole() -> Iterable[pa.RecordBatch]:
        for batch in read(JOURNAL_ROWS.names):
            plain = _plain(batch, JOURNAL_ROWS)
            whole.append(plain.filter(pc.is_in(plain["journal_number"], numbers)))
            yield plain

    stretches = extract("journals", noting_whole(), JOURNAL_ROWS)
    connection.register("shown", totals.slice(0, MAX_TABLE_ROWS).select(["journal_number"]))
    shown = connection.sql(_SHOWN).to_arrow_table()
    connection.unregister("shown")
    posted = {"amount_minor": stretches.totals["amount_minor"]}
    return JournalExtracts(
        stretches, Extract(shown, journals, posted), pa.Table.from_batches(whole, JOURNAL_ROWS).combine_chunks()
    )


def causes(connection: duckdb.DuckDBPyConnection, journals: pa.Table, documents: pa.Table) -> pa.Array:
    """The line of the roll-forward that each row of journals is in.

    Args:
        connection: a DuckDB database.
        journals: rows of `JOURNAL_ROWS`.
        documents: rows of `DEFERRED_REVENUE` of their obligations.
    """
    voids = documents.filter(pc.equal(documents["document"], "VOID")).select(VOIDS.names).cast(VOIDS)
    load(connection, "void", voids.to_batches(), VOIDS)
    numbered = journals.append_column("position", pa.array(np.arange(journals.num_rows)))
    load(connection, "journal", numbered.to_batches(), numbered.schema)
    told = f"SELECT any_value(cause) AS cause FROM ({CAUSED_JOURNALS}) GROUP BY position ORDER BY position"  # noqa: S608 - our own constant
    return connection.sql(told).to_arrow_table()["cause"].combine_chunks()


def _plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return batch.select(schema.names).cast(schema)


# The largest in front; no more are embedded than stretches are.
_TOTALS = f"""
SELECT journal_number, count(*) AS stretches FROM posted
GROUP BY journal_number ORDER BY sum(amount_minor) DESC, min(rowid) LIMIT {max(MAX_STRETCHES, MAX_TABLE_ROWS)}
"""  # noqa: S608 - our own constants
_SHOWN = f"""
SELECT journal_number, CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
       {", ".join(f"min({name}) AS {name}, count(DISTINCT {name}) AS {name}_count" for name in SHARED)}
FROM posted SEMI JOIN shown USING (journal_number) GROUP BY journal_number ORDER BY min(rowid)
"""  # noqa: S608 - our own constants
