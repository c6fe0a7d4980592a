"""The trial balance: per ledger, month and account the opening balance, debits, credits and the closing one (SPEC 8).

What belongs here: adding journals up to it. What does not: balances by cause (the roll-forward), files and assets.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import Account, Ledger
from revrec.calendar import months_between
from revrec.money import AmountError

# One row per entity, currency, month (e.g. 2025-01) and account, in that order, accounts as in `Account`: all four of
# every month from the ledger's first one to the last month of all. Balances are debits less credits, whatever the
# account's normal side: closing = opening + debits - credits, and the accounts of a ledger and month add up to 0.
TRIAL_BALANCE = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in (
            ("entity", pa.string()),
            ("currency", pa.string()),
            ("month", pa.string()),
            ("account", pa.string()),
            ("opening_minor", pa.int64()),
            ("debit_minor", pa.int64()),
            ("credit_minor", pa.int64()),
            ("closing_minor", pa.int64()),
        )
    ]
)

# Of int64 amounts: a sum in it cannot wrap around without a word, as one in int64 does.
_EXACT = pa.decimal128(38, 0)

# (ledger, month, account) to minor units
_Totals = Counter[tuple[Ledger, str, str]]


def trial_balance(journals: Iterable[pa.RecordBatch]) -> pa.Table:
    """Trial balance of all journals from the first one on.

    Args:
        journals: batches of `tables.DAILY_JOURNALS`, of any ledgers and months in any order: all months up to the last
            one wanted, as an opening balance is what all months before it come to.

    Returns:
        table of `TRIAL_BALANCE`.

    Raises:
        AmountError: a total or balance that does not fit int64.

    Source: SPEC 8.
    """
    debited, credited = _Totals(), _Totals()
    for batch in journals:
        _add(debited, batch, "debit_account")
        _add(credited, batch, "credit_account")
    rows = list(_rows(debited, credited))
    try:
        columns = [pa.array([row[place] for row in rows], field.type) for place, field in enumerate(TRIAL_BALANCE)]
    except (OverflowError, pa.ArrowInvalid) as error:
        raise AmountError(
            f"a total of the trial balance is too much to hold exactly: check the invoices ({error})"
        ) from None
    return pa.Table.from_arrays(columns, schema=TRIAL_BALANCE)


def _add(totals: _Totals, batch: pa.RecordBatch, side: str) -> None:
    keys = [
        *(batch[name].cast(pa.string()) for name in ("entity", "currency", side)),
        # a stretch of days never leaves its month
        pc.strftime(batch["first_day"], "%Y-%m"),
    ]
    grouped = (
        pa.table(
            [*keys, batch["amount_minor"].cast(_EXACT)], names=["entity", "currency", "account", "month", "amount"]
        )
        .group_by(["entity", "currency", "account", "month"], use_threads=False)
        .aggregate([("amount", "sum")])
    )
    for row in grouped.to_pylist():
        totals[Ledger(row["entity"], row["currency"]), row["month"], row["account"]] += int(row["amount_sum"])


def _rows(debited: _Totals, credited: _Totals) -> Iterator[tuple[str | int, ...]]:
    begins: dict[Ledger, str] = {}
    for ledger, month, _ in debited:
        begins[ledger] = min(month, begins.get(ledger, month))
    last = max((month for _, month, _ in debited), default="")
    for ledger, first in sorted(begins.items()):
        balances = dict.fromkeys(Account, 0)
        for month in months_between(first, last):
            for account, opening in balances.items():
                debit, credit = (totals[ledger, month, account.value] for totals in (debited, credited))
                closing = opening + debit - credit
                yield ledger.entity, ledger.currency, month, account.value, opening, debit, credit, closing
                balances[account] = closing
