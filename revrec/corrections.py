"""Corrections: why locked days had to be caught up on, line by line (SPEC 5).

What belongs here: finding, for each catch-up, the documents or rules that differ from those the locked days were posted
from. What does not: the amounts (`revrec.catch_up`), where either side is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from revrec import tables

# One row per catch-up line of the journals: what it posts, the locked days it belongs to, and the document that caused
# it. `cause` is LANDED (a document that is new, or says something else), WITHDRAWN (one that is gone or was replaced),
# POLICY (the same documents under other rules) or ENGINE (neither: another version of revrec). Where several documents
# did, the one landed last stands, and `other_causes` counts the others.
CORRECTIONS = pa.schema(
    [
        *(
            pa.field(name, pa.string(), nullable=False)
            for name in (
                "entity",
                "currency",
                "journal_number",
                "narrative",
                "customer_id",
                "customer_name",
                "product_id",
                "product_name",
                "invoice_id",
                "invoice_number",
                "obligation_id",
                "debit_account",
                "credit_account",
            )
        ),
        pa.field("date", pa.date32(), nullable=False),
        pa.field("amount_minor", pa.int64(), nullable=False),
        pa.field("period_first_day", pa.date32(), nullable=False),
        pa.field("period_last_day", pa.date32(), nullable=False),
        pa.field("cause", pa.string(), nullable=False),
        *(pa.field(name, pa.string(), nullable=False) for name in ("dataset", "document_id", "landed_file")),
        pa.field("landed_row", pa.int64(), nullable=False),
        pa.field("landed_at", pa.string(), nullable=False),
        pa.field("other_causes", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True)
class MonthDocuments:
    """What the obligations of a document month follow from.

    Attributes:
        obligations: table of `tables.OBLIGATIONS`.
        amendments: table of `tables.AMENDMENTS`.
        invoices: table of id, landed_file, landed_row; what a void is told by. None of months under seal.
    """

    obligations: pa.Table
    amendments: pa.Table
    invoices: pa.Table | None = None


def corrections(
    connection: duckdb.DuckDBPyConnection,
    journals: pa.Table,
    present: Iterable[MonthDocuments],
    sealed: Iterable[MonthDocuments],
    landed_at: Mapping[str, datetime],
) -> pa.Table:
    """The catch-up lines among journals, each with its cause.

    Args:
        connection: an empty DuckDB database.
        journals: rows of `tables.DAILY_JOURNALS`.
        present: the document months that changed since the lock, as they are.
        sealed: the same months as they were when the days were locked.
        landed_at: landed file to when it was first seen; files it does not name have an empty time.

    Returns:
        table of `CORRECTIONS`, in order of ledger, journal and row.
    """
    for name, months in (("present", present), ("sealed", sealed)):
        connection.execute(f"CREATE TABLE {name} ({_DOCUMENT_COLUMNS})")
        for month in months:
            connection.register("obligation", month.obligations)
            connection.register("amendment", month.amendments)
            connection.register("invoice", _NO_INVOICES if month.invoices is None else month.invoices)
            connection.execute(f"INSERT INTO {name} BY NAME {_DOCUMENTS}")
            for view in ("obligation", "amendment", "invoice"):
                connection.unregister(view)
    seen = {"file": list(landed_at), "at": [moment.isoformat() for moment in landed_at.values()]}
    connection.register("seen", pa.table(seen, schema=pa.schema([("file", pa.string()), ("at", pa.string())])))
    connection.register("journal", journals.cast(tables.DAILY_JOURNALS))
    return connection.sql(_CORRECTIONS).to_arrow_table().cast(CORRECTIONS)


_NO_INVOICES = pa.schema([("id", pa.string()), ("landed_file", pa.string()), ("landed_row", pa.int64())]).empty_table()

_DOCUMENT_COLUMNS = """
    obligation_id VARCHAR, document_id VARCHAR, landed_file VARCHAR, landed_row BIGINT, says VARCHAR, rules VARCHAR
"""

# What each document says of its obligation, and the rules it is recognized by. A void is told by its invoice.
_DOCUMENTS = """
SELECT obligation_id, coalesce(credit_note_id, nullif(invoice_id, ''), line_id) AS document_id,
       coalesce(if(effect = 'VOID', invoice.landed_file, NULL), obligation.landed_file) AS landed_file,
       coalesce(if(effect = 'VOID', invoice.landed_row, NULL), obligation.landed_row) AS landed_row,
       concat_ws('|', effect = 'VOID', source, line_id, recognition_method, service_start, service_end,
                 recognition_date, accounting_date, amount_minor, customer_id, product_id, entity, currency) AS says,
       concat_ws('|', effect, allocation_strategy, residue, policy_effective_from, posting_floor) AS rules
FROM obligation LEFT JOIN invoice ON invoice.id = obligation.invoice_id
UNION ALL
SELECT obligation_id, document_id, landed_file, landed_row,
       concat_ws('|', event, row_id, event_date, amount_minor, service_start, service_end) AS says, '' AS rules
FROM amendment WHERE disposition = 'APPLIED' AND event <> 'CREDIT_NOTE'
"""

_CORRECTIONS = """
WITH caught_up AS (
    SELECT *, row_number() OVER () AS place FROM journal
    WHERE type = 'SYSTEM' AND effective_last_day < first_day
), cause AS (
    SELECT obligation_id, document_id, landed_file, landed_row, 'LANDED' AS cause
    FROM (SELECT obligation_id, document_id, landed_file, landed_row, says FROM present
          EXCEPT SELECT obligation_id, document_id, landed_file, landed_row, says FROM sealed)
    UNION ALL
    SELECT obligation_id, document_id, landed_file, landed_row, 'WITHDRAWN'
    FROM (FROM sealed ANTI JOIN present USING (obligation_id, document_id, landed_file, landed_row))
    UNION ALL
    SELECT obligation_id, document_id, landed_file, landed_row, 'POLICY'
    FROM present JOIN sealed USING (obligation_id, document_id, landed_file, landed_row, says)
    WHERE present.rules <> sealed.rules
), known AS (
    SELECT DISTINCT cause.*, coalesce(seen.at, '') AS landed_at
    FROM cause LEFT JOIN seen ON seen.file = cause.landed_file
), chief AS (
    SELECT *, count(*) OVER (PARTITION BY obligation_id) - 1 AS other_causes FROM known
    QUALIFY row_number() OVER (
        PARTITION BY obligation_id
        ORDER BY CASE cause WHEN 'LANDED' THEN 0 WHEN 'WITHDRAWN' THEN 1 ELSE 2 END, landed_at DESC, landed_file DESC,
                 landed_row DESC, document_id
    ) = 1
)
SELECT entity, currency, journal_number, narrative, customer_id, customer_name, product_id, product_name, invoice_id,
       invoice_number, obligation_id, debit_account, credit_account, first_day AS date, amount_minor,
       effective_first_day AS period_first_day, effective_last_day AS period_last_day,
       coalesce(cause, 'ENGINE') AS cause, coalesce(split_part(landed_file, '/', 2), '') AS dataset,
       coalesce(document_id, '') AS document_id, coalesce(landed_file, '') AS landed_file,
       coalesce(landed_row, 0) AS landed_row, coalesce(landed_at, '') AS landed_at,
       coalesce(other_causes, 0) AS other_causes
FROM caught_up LEFT JOIN chief USING (obligation_id)
ORDER BY place
"""
