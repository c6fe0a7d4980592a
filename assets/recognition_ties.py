"""Whether a document month ties: the figures of its blocking checks, also told before a month closes.

What belongs here: both sides of each reconciliation, from the lake. What does not: computing them
(`revrec.reconciliation`, `revrec.accounted_for`), the checks (`assets.recognition_checks`).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from resources.lake import Lake
from resources.object_store import ObjectStore
from resources.quarantine import read_quarantine
from resources.workspace import workspace
from revrec import accounted_for, reconciliation
from revrec.columns import constant
from revrec.policy import Policy
from revrec.reconciliation import Source
from revrec.schemas import DATASETS

OBLIGATION_COLUMNS = [
    "obligation_no",
    "obligation_id",
    "entity",
    "currency",
    "effect",
    "recognition_method",
    "accounting_date",
    "amount_minor",
]
_ROW = pa.schema([("landed_file", pa.string()), ("landed_row", pa.int64())])


def source(lake: Lake, table: str, month: str | None, columns: list[str]) -> Source:
    """Columns of a lake table as a stream."""
    opened = lake.open(table, month)
    return Source(pa.schema([opened.schema.field(column) for column in columns]), opened.batches(columns))


def invoiced(lake: Lake, month: str, columns: list[str]) -> Source:
    """Columns of the obligations that invoices bring, without the credit notes and voids that lower them."""
    opened = lake.open("obligations", month)
    batches = (
        batch.filter(pc.and_(pc.equal(batch["source"], "INVOICE"), pc.equal(batch["effect"], "OBLIGATION")))
        for batch in opened.batches([*columns, "source", "effect"])
    )
    schema = pa.schema([opened.schema.field(column) for column in columns])
    return Source(schema, (batch.select(columns) for batch in batches))


def _rejected_rows(store: ObjectStore, month: str, dataset: str) -> Source:
    rows = sorted(
        {(item.file, item.row) for item in read_quarantine(store, "line_allocations", month) if item.dataset == dataset}
    )
    table = pa.table({"landed_file": [file for file, _ in rows], "landed_row": [row for _, row in rows]}, schema=_ROW)
    return Source(_ROW, table.to_batches())


def _superseded_rows(lake: Lake, month: str) -> list[pa.RecordBatch]:
    """Rows of invoices that another month has a later version of: they count there."""
    newer = pa.array(json.loads(lake.open("line_allocations", month).metadata["superseded"]), pa.string())
    rows = lake.open("invoices", month).read(["id", "landed_file", "landed_row"])
    batches: list[pa.RecordBatch] = rows.filter(pc.is_in(rows["id"], newer)).select(_ROW.names).cast(_ROW).to_batches()
    return batches


# Datasets whose rows are accounted for one by one; a credit note is, by its lines, and a credit grant by what uses it.
_DATASETS_OF_ROWS = (
    "credit_note_line_items",
    "milestones",
    "usage",
    "billing_schedules",
    "credit_grant_transactions",
)
_LANDED = pa.schema([("dataset", pa.string()), *_ROW])
_AMENDMENT = pa.schema([*_ROW, ("disposition", pa.string()), ("reason", pa.string())])


@dataclass(frozen=True)
class Tie:
    """Figures, and what must hold of them.

    Attributes:
        frame: labels, and integers of minor units or counts.
        equal: pairs of columns that must agree in every row.
        zero: columns that must be 0 in every row.
    """

    frame: pd.DataFrame
    equal: tuple[tuple[str, str], ...] = ()
    zero: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether it does, of every row."""
        agrees = all((self.frame[left] == self.frame[right]).all() for left, right in self.equal)
        return agrees and all((self.frame[column] == 0).all() for column in self.zero)


def lines_accounted_for(lake: Lake, store: ObjectStore, month: str) -> Tie:
    """Each landed line has one obligation, or a recorded exclusion, or is in quarantine."""
    with workspace() as connection:
        table = accounted_for.lines_accounted_for(
            connection,
            source(lake, "invoice_line_items", month, ["id", "kind", "landed_file", "landed_row"]),
            source(lake, "line_allocations", month, ["line_id", "disposition", "reason"]),
            invoiced(lake, month, ["line_id"]),
            _rejected_rows(store, month, "invoice_line_items"),
        )
    return Tie(table.to_pandas(), zero=("unaccounted", "accounted_twice", "never_landed", "without_reason"))


def obligations_and_invoices(lake: Lake, store: ObjectStore, policy: Policy, month: str) -> Tie:
    """Per ledger, obligations add up to the net totals of the invoices that post."""
    invoice_columns = ["entity_id", "currency", "status", "net_total_minor", "landed_file", "landed_row"]
    with workspace() as connection:
        table = reconciliation.obligations_and_invoices(
            connection,
            source(lake, "invoices", month, invoice_columns),
            invoiced(lake, month, ["entity", "currency", "amount_minor"]),
            Source(_ROW, [*_rejected_rows(store, month, "invoices").batches, *_superseded_rows(lake, month)]),
            # what a voided invoice posted is reversed, not undone
            {*policy.posting_statuses, "VOIDED"},
        )
    return Tie(table.to_pandas(), equal=(("invoiced_minor", "obligations_minor"),))


def runs_and_obligations(lake: Lake, month: str) -> Tie:
    """Each obligation is billed once and earned once, less what credit notes and voids take back."""
    run_columns = ["obligation_no", "kind", "days", "amount_minor", "daily_minor"]
    with workspace() as connection:
        table = reconciliation.runs_and_obligations(
            connection,
            source(lake, "recognized_schedules", month, run_columns),
            source(lake, "obligations", month, OBLIGATION_COLUMNS),
        )
    equal = (("to_bill_minor", "billed_minor"), ("to_earn_minor", "earned_minor"))
    return Tie(table.to_pandas(), equal=equal, zero=("broken_obligations",))


def documents_accounted_for(lake: Lake, store: ObjectStore, months: Sequence[str]) -> Tie:
    """Each landed row of a document that is not an invoice bears on something, is excluded, or is in quarantine."""
    with workspace() as connection:
        table = accounted_for.documents_accounted_for(connection, *_documents(lake, store, months))
    return Tie(table.to_pandas(), zero=("unaccounted", "accounted_twice", "without_reason"))


def _documents(lake: Lake, store: ObjectStore, months: Sequence[str]) -> tuple[Source, Source, Source]:
    """Landed rows of all documents that are not invoices, what became of them, and what is in quarantine."""
    rejected = sorted(
        {(item.file, item.row) for month in [*months, None] for item in read_quarantine(store, "amendments", month)}
    )
    rejected_rows = pa.RecordBatch.from_pylist(
        [dict(zip(_ROW.names, row, strict=True)) for row in rejected], schema=_ROW
    )
    amendments = (batch for month in months for batch in lake.open("amendments", month).batches(_AMENDMENT.names))
    return (
        Source(_LANDED, _landed(lake, months)),
        Source(_AMENDMENT, amendments),
        Source(_ROW, [rejected_rows]),
    )


def _landed(lake: Lake, months: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for dataset in _DATASETS_OF_ROWS:
        for month in months if DATASETS[dataset].monthly else [None]:
            table = lake.find(dataset, month)
            for batch in table.batches(_ROW.names) if table else ():
                arrays = [constant(dataset, batch.num_rows), *batch.columns]
                yield pa.RecordBatch.from_arrays(arrays, names=_LANDED.names)
