"""Manual journals as movements: pairs of a debit and a credit account with one amount (SPEC 1).

What belongs here: pairing the debits of a journal with its credits. What does not: journal numbers (`revrec.journals`).
"""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from revrec.accounts import Account, Direction
from revrec.manual_journals.journal import ManualJournal

# One row per movement, ordered by date and id; `amount_minor` is positive. `invoice_id` is empty where there is none.
MANUAL_MOVEMENTS = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in (
            ("manual_journal_id", pa.string()),
            ("date", pa.date32()),
            ("entity", pa.string()),
            ("currency", pa.string()),
            ("customer_id", pa.string()),
            ("product_id", pa.string()),
            ("invoice_id", pa.string()),
            ("narrative", pa.string()),
            ("debit_account", pa.string()),
            ("credit_account", pa.string()),
            ("amount_minor", pa.int64()),
        )
    ]
)


def manual_movements(journals: Iterable[ManualJournal]) -> pa.Table:
    """The movements of manual journals: each journal's debits matched against its credits in order.

    Args:
        journals: In any order; every id once.

    Returns:
        Table of `MANUAL_MOVEMENTS`. Its debits and credits per account are those of the journals' entries, and a
        journal of d debits and c credits has at most d + c - 1 movements.
    """
    # A loop, not a kernel: people write these journals by hand.
    rows = [
        {
            "manual_journal_id": journal.id,
            "date": journal.date,
            "entity": journal.entity,
            "currency": journal.currency,
            "customer_id": journal.customer_id,
            "product_id": journal.product_id,
            "invoice_id": journal.invoice_id,
            "narrative": journal.narrative,
            "debit_account": debit.value,
            "credit_account": credit.value,
            "amount_minor": amount_minor,
        }
        for journal in sorted(journals, key=lambda journal: (journal.date, journal.id))
        for debit, credit, amount_minor in _pairs(
            [(entry.account, entry.amount_minor) for entry in journal.side(Direction.DEBIT)],
            [(entry.account, entry.amount_minor) for entry in journal.side(Direction.CREDIT)],
        )
    ]
    return pa.Table.from_pylist(rows, schema=MANUAL_MOVEMENTS)


def _pairs(
    debits: Sequence[tuple[Account, int]], credits_: Sequence[tuple[Account, int]]
) -> Iterator[tuple[Account, Account, int]]:
    """Match two sides of equal total: the next debit takes from the next credit until one of them is used up."""
    open_credits = iter(credits_)
    credit, credit_left = next(open_credits)
    for debit, debit_left in debits:
        while debit_left:
            if not credit_left:
                credit, credit_left = next(open_credits)
            matched = min(debit_left, credit_left)
            yield debit, credit, matched
            debit_left, credit_left = debit_left - matched, credit_left - matched
