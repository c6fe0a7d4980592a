"""Which invoices and credit notes a recognition run made anything new of, for the activity log (SPEC 8).

What belongs here: obligations summed up by document, and what is new of them after earlier runs. What does not: where
the log is kept (`assets.recognition_log`), and reading it (`assets.activity_log`).

Vectorised (DuckDB): a month may have a million documents.
"""

from collections.abc import Sequence
from enum import StrEnum

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from revrec.row_digests import LANDED_COLUMNS
from revrec.tables import OBLIGATIONS


class Outcome(StrEnum):
    """What a run meant for a document."""

    NEW = "NEW"
    CHANGED = "CHANGED"
    GONE = "GONE"
    # of documents that a run did not change nothing is kept: it follows from the entries around it
    UNCHANGED = "UNCHANGED"


class DocumentType(StrEnum):
    """What obligations follow from; an accrual has no invoice yet (SPEC 3.6)."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    ACCRUAL = "ACCRUAL"


# One row per document that a run made something new of; of one that is gone, as it was.
RECOGNIZED_DOCUMENTS = pa.schema(
    [
        ("outcome", pa.string()),
        ("document_type", pa.string()),
        ("document_id", pa.string()),
        ("document_number", pa.string()),
        ("customer_id", pa.string()),
        ("entity", pa.string()),
        ("currency", pa.string()),
        ("run_id", pa.string()),
        ("obligations", pa.int64()),
        ("amount_minor", pa.int64()),
        ("digest", pa.string()),
    ]
)

# Obligations are counted anew in every run, and where they landed says nothing of them: neither is a difference.
READ_COLUMNS = [name for name in OBLIGATIONS.names if name not in {"obligation_no", *LANDED_COLUMNS}]
# The run is what is told, and the document is found by its id.
_NO_CONTENT = {"run_id", "invoice_id", "credit_note_id"}
_CONTENT = ", ".join(f"coalesce(CAST({name} AS VARCHAR), chr(30))" for name in READ_COLUMNS if name not in _NO_CONTENT)
# What milestones, consumption and breakage release of an obligation is part of what its document means.
RELEASE_COLUMNS = ["obligation_id", "event", "row_id", "event_date", "amount_minor", "service_start", "service_end"]
_RELEASE = ", ".join(f"coalesce(CAST({name} AS VARCHAR), chr(30))" for name in RELEASE_COLUMNS[1:])
# Sums of hashes do not depend on the order of rows, and tell a row from the same row twice (`revrec.row_digests`).
_DOCUMENTS = f"""
CREATE OR REPLACE TEMP TABLE documents AS
WITH released AS (
    SELECT obligation_id, sum(CAST(md5_number_lower(concat_ws(chr(31), {_RELEASE})) AS HUGEINT)) AS digest
    FROM amendments GROUP BY obligation_id
)
SELECT CASE WHEN credit_note_id <> '' THEN '{DocumentType.CREDIT_NOTE}'
            WHEN invoice_id <> '' THEN '{DocumentType.INVOICE}' ELSE '{DocumentType.ACCRUAL}' END AS document_type,
       coalesce(nullif(credit_note_id, ''), nullif(invoice_id, ''), obligation_id) AS document_id,
       max(CASE WHEN credit_note_id <> '' THEN coalesce(credit_note_number, '') ELSE invoice_number END)
           AS document_number,
       max(customer_id) AS customer_id, max(entity) AS entity, max(currency) AS currency, max(run_id) AS run_id,
       count(*) AS obligations, CAST(sum(amount_minor) AS BIGINT) AS amount_minor,
       CAST(sum(CAST(md5_number_lower(concat_ws(chr(31), {_CONTENT})) AS HUGEINT)
                + if(effect = 'OBLIGATION', coalesce(released.digest, 0), 0)) AS VARCHAR) AS digest
FROM obligations LEFT JOIN released USING (obligation_id) GROUP BY ALL
"""  # noqa: S608 - names of columns
_NEW = f"""
SELECT CASE WHEN known.document_id IS NULL THEN '{Outcome.NEW}' WHEN documents.document_id IS NULL THEN '{Outcome.GONE}'
            ELSE '{Outcome.CHANGED}' END AS outcome,
       document_type, document_id, coalesce(documents.document_number, known.document_number) AS document_number,
       coalesce(documents.customer_id, known.customer_id) AS customer_id,
       coalesce(documents.entity, known.entity) AS entity, coalesce(documents.currency, known.currency) AS currency,
       coalesce(documents.run_id, $run_id) AS run_id,
       coalesce(documents.obligations, known.obligations) AS obligations,
       coalesce(documents.amount_minor, known.amount_minor) AS amount_minor,
       coalesce(documents.digest, known.digest) AS digest
FROM documents FULL JOIN known USING (document_type, document_id)
WHERE documents.digest IS DISTINCT FROM known.digest
ORDER BY document_type, document_id
"""  # noqa: S608 - names of outcomes


def newly_recognized(
    connection: duckdb.DuckDBPyConnection,
    obligations: pa.RecordBatchReader,
    amendments: pa.Table,
    run_id: str,
    known: pa.Table,
) -> pa.Table:
    """The documents that a run made something new of.

    Args:
        connection: a database that is used for nothing else meanwhile.
        obligations: `READ_COLUMNS` of `revrec.tables.OBLIGATIONS`, what the run made.
        amendments: those rows of `revrec.tables.AMENDMENTS` that are applied.
        run_id: of the run.
        known: of `RECOGNIZED_DOCUMENTS`, from `last_known`.

    Returns:
        table of `RECOGNIZED_DOCUMENTS`, by type and id; one that is the same as before is not there.
    """
    of_others = amendments.filter(pc.not_equal(amendments["event"], "CREDIT_NOTE"))  # a note is a document of its own
    connection.register("obligations", obligations)
    connection.register("amendments", of_others.select(RELEASE_COLUMNS))
    connection.execute(_DOCUMENTS)
    connection.register("known", known)
    return connection.sql(_NEW, params={"run_id": run_id}).to_arrow_table().cast(RECOGNIZED_DOCUMENTS)


_LAST_KNOWN = f"""
SELECT * EXCLUDE (place) FROM (
    SELECT * FROM logged QUALIFY row_number() OVER (PARTITION BY document_type, document_id ORDER BY place DESC) = 1
) WHERE outcome <> '{Outcome.GONE}'
"""  # noqa: S608 - the name of an outcome


def last_known(connection: duckdb.DuckDBPyConnection, logged: Sequence[pa.Table]) -> pa.Table:
    """Every document as the last run that made something new of it left it.

    Args:
        connection: a database that is used for nothing else meanwhile.
        logged: of `RECOGNIZED_DOCUMENTS`, one per run, in order.

    Returns:
        table of `RECOGNIZED_DOCUMENTS` without those that are gone.
    """
    if len(logged) < 2:
        # a first run makes nothing go
        return logged[0] if logged else RECOGNIZED_DOCUMENTS.empty_table()
    placed = [
        table.append_column("place", pa.array([place] * len(table), pa.int64())) for place, table in enumerate(logged)
    ]
    connection.register("logged", pa.concat_tables(placed))
    return connection.sql(_LAST_KNOWN).to_arrow_table().cast(RECOGNIZED_DOCUMENTS)
