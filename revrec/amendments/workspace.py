"""The DuckDB tables that the documents are resolved in.

What belongs here: loading documents, reference data and settings; which version of a document counts; the two tables
of results. What does not: invoice lines (`revrec.amendments.billed_lines`), any rule.

Tables made here: `raw_<dataset>` (the landed rows with their `month`, empty for reference data); `newer_<dataset>`
(month, id, newer_month: a later version is in force); `door_<dataset>` (month, id, reason: rejected at the door);
`customer`, `product`, `currency`, `posting_status`, `policy_version`, `home_entity`; and the results, `amendment` and
`fault`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from revrec import tables
from revrec.amendments.documents import (
    AMENDING_DATASETS,
    MONTHLY_DATASETS,
    REFERENCE_DATASETS,
    AmendingDocuments,
    RejectedDocument,
)
from revrec.money import MAX_AMOUNT_MINOR, MONEY_MACROS, known_currencies
from revrec.policy import Policy
from revrec.schemas import DATASETS

# Documents of no invoice belong to it, where the policy has it.
_DEFAULT_ENTITY = "default"

# One row per fault of a landed row. `home` is the document month under which it is reported; `document_id` and `month`
# tie the rows of one document together, `row_id` orders them whatever their files are called.
_FAULT = """
CREATE TABLE fault (dataset VARCHAR NOT NULL, home VARCHAR NOT NULL, month VARCHAR NOT NULL,
                    document_id VARCHAR NOT NULL, row_id VARCHAR NOT NULL, landed_file VARCHAR NOT NULL,
                    landed_row BIGINT NOT NULL, field VARCHAR NOT NULL, value VARCHAR NOT NULL, reason VARCHAR NOT NULL,
                    action VARCHAR NOT NULL, rule INTEGER NOT NULL)
"""

# As in `revrec.document_months`: the latest updated_at, of equal ones a sound row, then the later month. Without
# updated_at the later month. A later version in quarantine keeps the earlier one out: it is known to be outdated.
_NEWER = """
CREATE TABLE newer_{dataset} AS
WITH version AS (
    SELECT month, id, {updated_at} AS updated_at, true AS sound FROM raw_{dataset}
    UNION ALL
    SELECT month, id, {rejected_updated_at} AS updated_at, false AS sound FROM rejected_{dataset}
    WHERE id IS NOT NULL AND {rejected_updated_at} IS NOT NULL
),
repeated AS (SELECT id FROM version GROUP BY id HAVING count(DISTINCT month) > 1),
newest AS (
    SELECT id, arg_max(month, (updated_at, {order})) AS newer_month
    FROM version SEMI JOIN repeated USING (id) GROUP BY id
)
SELECT DISTINCT version.month, id, newest.newer_month FROM version JOIN newest USING (id)
WHERE version.month <> newest.newer_month
"""

# Such a row replaces the sound one of its month: where a sound one landed after it, it is no longer in quarantine.
_DOOR = """
CREATE TABLE door_{dataset} AS
SELECT month, id, min(reason) AS reason FROM rejected_{dataset} WHERE id IS NOT NULL GROUP BY month, id
"""

# Documents older than the policy's first version follow the first version.
_POLICY_VERSION = """
CREATE TABLE policy_version AS
SELECT * EXCLUDE (effective_from),
       if(effective_from = min(effective_from) OVER (), DATE '0001-01-01', effective_from) AS since
FROM given_version
"""


class Workspace:
    """Runs statements and makes tables on a connection of the caller."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Work on an empty database."""
        self.connection = connection

    def run(self, *statements: str) -> None:
        """Execute statements in order."""
        for statement in statements:
            self.connection.execute(statement)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """All rows of a query that gives few."""
        rows: list[dict[str, Any]] = self.connection.sql(query).to_arrow_table().to_pylist()
        return rows

    def create(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Make a table of a stream of batches."""
        self.read(schema, batches, f"CREATE TABLE {name} AS FROM arriving")

    def read(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch], statement: str) -> None:
        """Execute a statement that reads the batches, once, as `arriving`."""
        self.connection.register("arriving", pa.RecordBatchReader.from_batches(schema, iter(batches)))
        self.connection.execute(statement)
        self.connection.unregister("arriving")

    def table(self, name: str, /, **columns: "pa.Array | Sequence[str | None]") -> None:
        """Make a table of short columns, texts unless they are arrays."""
        made = pa.table(
            {
                column: values if isinstance(values, pa.Array) else pa.array(values, pa.string())
                for column, values in columns.items()
            }
        )
        self.create(name, made.schema, made.to_batches())


def load(work: Workspace, documents: AmendingDocuments) -> None:
    """Make the tables of this module's docstring."""
    work.connection.execute("SET VARIABLE largest_amount_minor = ?", [MAX_AMOUNT_MINOR])
    work.run(*MONEY_MACROS, _FAULT)
    made = pa.schema([pa.field("home", pa.string(), nullable=False), *tables.AMENDMENTS])
    work.create("amendment", made, [])
    _load_settings(work, documents)
    for dataset in MONTHLY_DATASETS:
        _load_months(work, dataset, getattr(documents, dataset))
    for dataset in REFERENCE_DATASETS:
        _load_months(work, dataset, {"": getattr(documents, dataset)})
    for dataset in (*AMENDING_DATASETS, "invoices", "invoice_line_items"):
        _load_rejected(work, dataset, documents.rejected.get(dataset, ()))
    for dataset in AMENDING_DATASETS:
        versioned = "updated_at" in DATASETS[dataset] and dataset in MONTHLY_DATASETS
        work.run(
            _NEWER.format(
                dataset=dataset,
                updated_at="updated_at" if versioned else "0",
                rejected_updated_at="TRY_CAST(updated_at AS TIMESTAMPTZ)" if versioned else "0",
                order="sound, month" if versioned else "month, sound",
            ),
            _DOOR.format(dataset=dataset),
        )


def _load_months(work: Workspace, dataset: str, months: Mapping[str, Iterable[pa.RecordBatch]]) -> None:
    schema = DATASETS[dataset].lake_schema
    work.create("landed", schema, [])
    work.run(f"CREATE TABLE raw_{dataset} AS SELECT '' AS month, * FROM landed", "DROP TABLE landed")  # noqa: S608 - our own constants
    insert = f"INSERT INTO raw_{dataset} SELECT getvariable('month'), * FROM arriving"  # noqa: S608 - our own constants
    for month, batches in months.items():
        work.connection.execute("SET VARIABLE month = ?", [month])
        work.read(schema, batches, insert)


def _load_rejected(work: Workspace, dataset: str, rejected: Sequence[RejectedDocument]) -> None:
    work.table(
        f"rejected_{dataset}",
        month=[row.month for row in rejected],
        reason=[row.reason for row in rejected],
        **{field.name: [row.record.get(field.name) for row in rejected] for field in DATASETS[dataset].fields},
    )


def _load_settings(work: Workspace, documents: AmendingDocuments) -> None:
    policy, currencies = documents.policy, known_currencies()
    work.table("customer", customer_id=sorted(set(documents.customers)))
    work.table("product", product_id=list(documents.products.keys()), method=list(documents.products.values()))
    work.table("currency", currency=list(currencies), exponent=pa.array(currencies.values(), pa.int64()))
    work.table("posting_status", status=sorted(policy.posting_statuses))
    work.table("home_entity", entity=[_home_entity(policy)])
    work.table(
        "given_version",
        effective_from=pa.array([version.effective_from for version in policy.versions], pa.date32()),
        credit_note_mode=[version.credit_note_mode for version in policy.versions],
        credit_grant_policy=[version.credit_grant_policy for version in policy.versions],
    )
    work.run(_POLICY_VERSION)


def _home_entity(policy: Policy) -> str:
    return _DEFAULT_ENTITY if _DEFAULT_ENTITY in policy.entities else min(policy.entities)
