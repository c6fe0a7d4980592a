"""What the resolver is given: every landed document that is not an invoice, and the lines of those that are.

What belongs here: the shape of the input, and whether there is anything to resolve. What does not: what becomes of the
documents (the other modules of this package).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from revrec.policy import Policy

MonthlyBatches = Mapping[str, Iterable[pa.RecordBatch]]


@dataclass(frozen=True)
class RejectedDocument:
    """A landed row that is in quarantine already.

    Attributes:
        month: document month it landed in; empty for reference datasets.
        record: the row's fields as they landed.
        reason: why it was rejected.
    """

    month: str
    record: Mapping[str, str | None]
    reason: str


@dataclass(frozen=True)
class AmendingDocuments:
    """Everything that landed, over all document months, after each row was checked by itself.

    Attributes:
        credit_notes: document month to batches of the raw table (`Dataset.lake_schema`); so are the next four.
        credit_note_line_items: see `credit_notes`.
        milestones: see `credit_notes`.
        usage: see `credit_notes`.
        credit_grant_transactions: see `credit_notes`.
        billing_schedules: batches of the raw table.
        credit_grants: batches of the raw table.
        lines: document month to batches of `tables.LINE_ALLOCATIONS`, all months; read once.
        customers: ids of all customers.
        products: product id to recognition method.
        rejected: dataset to its rows in quarantine, those of `invoices` and `invoice_line_items` included. A row that
            only repeats another of its file is not among them: the first one stands.
        policy: entities, posting statuses, and the versions' rules of credit notes and credit grants.
    """

    credit_notes: MonthlyBatches
    credit_note_line_items: MonthlyBatches
    milestones: MonthlyBatches
    usage: MonthlyBatches
    credit_grant_transactions: MonthlyBatches
    billing_schedules: Iterable[pa.RecordBatch]
    credit_grants: Iterable[pa.RecordBatch]
    lines: MonthlyBatches
    customers: Collection[str]
    products: Mapping[str, str]
    rejected: Mapping[str, Sequence[RejectedDocument]] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)


def any_documents(landed_rows: Mapping[str, int]) -> bool:
    """Whether there is anything to resolve: if not, callers need not load hundreds of thousands of invoice lines.

    Args:
        landed_rows: dataset name to its rows over all months, rejected ones aside.
    """
    return any(landed_rows.get(dataset, 0) for dataset in AMENDING_DATASETS)


MONTHLY_DATASETS = ("credit_notes", "credit_note_line_items", "milestones", "usage", "credit_grant_transactions")
REFERENCE_DATASETS = ("billing_schedules", "credit_grants")
AMENDING_DATASETS = (*MONTHLY_DATASETS, *REFERENCE_DATASETS)
