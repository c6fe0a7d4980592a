"""Accounts of journals in a company's general ledger.

What belongs here: looking up names and codes for columns of products and accounts, and stopping an export that lacks
one. What does not: the chart itself (`revrec.policy`).
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import Account
from revrec.arrays import Int64Array
from revrec.entries import account_index
from revrec.errors import RevrecError
from revrec.exports.cells import text_cells
from revrec.exports.layout import AccountTarget, FileLayout
from revrec.policy import ChartOfAccounts

_ACCOUNTS = tuple(Account)


class MissingAccountMappingError(RevrecError, LookupError):
    """A product's account has no name or code in the general ledger that the export is for (SPEC 9)."""


def account_cells(
    chart: ChartOfAccounts, target: AccountTarget, product_ids: pa.Array, accounts: Int64Array
) -> pa.Array:
    """Cells of the accounts' names or codes; empty where the chart has none.

    Args:
        chart: names and codes.
        target: the general ledger.
        product_ids: string array.
        accounts: int64, place in the order of `Account`, one per product id.
    """
    pairs, pair_of_row = _product_accounts(product_ids, accounts)
    codes = [chart.code(account, product_id, target) or "" for product_id, account in pairs]
    return text_cells(pa.array(codes, pa.string())).take(pa.array(pair_of_row))


def with_mapped_accounts(layout: FileLayout, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Pass a stream on as long as every account in it is mapped, then look through the rest to name all that are not.

    Args:
        layout: which general ledgers need a name or code.
        batches: of `tables.DAILY_JOURNALS`.

    Raises:
        MissingAccountMappingError: after the last batch, naming every product, account and setting to fill in.
    """
    missing: set[tuple[AccountTarget, Account, str]] = set()
    for batch in batches:
        missing |= _missing(layout, batch)
        if not missing:
            yield batch
    if missing:
        faults = "; ".join(
            f"product {product_id!r} has no {account} account: set accounts.{account}.{target} or "
            f"accounts.products.{product_id}.{account}.{target}"
            for target, account, product_id in sorted(missing)
        )
        raise MissingAccountMappingError(f"the {layout.format} export of ledger {layout.ledger.key} stops: {faults}")


def _missing(layout: FileLayout, batch: pa.RecordBatch) -> set[tuple[AccountTarget, Account, str]]:
    product_ids = pa.concat_arrays([batch["product_id"], batch["product_id"]])
    accounts = np.concatenate([account_index(batch[name]) for name in ("debit_account", "credit_account")])
    pairs, _ = _product_accounts(product_ids, accounts)
    return {
        (target, account, product_id)
        for target in layout.accounts
        for product_id, account in pairs
        if not layout.chart.code(account, product_id, target)
    }


def _product_accounts(product_ids: pa.Array, accounts: Int64Array) -> tuple[Sequence[tuple[str, Account]], Int64Array]:
    """The distinct pairs of product and account, and which of them each row has."""
    products = pc.dictionary_encode(product_ids)
    code = products.indices.to_numpy(zero_copy_only=False).astype(np.int64) * len(_ACCOUNTS) + accounts
    distinct, pair_of_row = np.unique(code, return_inverse=True)
    ids = products.dictionary.to_pylist()
    return [(ids[pair // len(_ACCOUNTS)], _ACCOUNTS[pair % len(_ACCOUNTS)]) for pair in distinct], pair_of_row
