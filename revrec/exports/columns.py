"""The cells that the formats' columns are made of.

What belongs here: how a side of a movement becomes a cell. What does not: which columns a format has (its module).
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import NORMAL_SIDE, Account, Direction
from revrec.exports.cells import text_cell
from revrec.exports.layout import AccountTarget, Sides
from revrec.money import amount_texts

_DEBIT_NORMAL = np.array([NORMAL_SIDE[account] is Direction.DEBIT for account in Account])


def text(name: str) -> Callable[[Sides], pa.Array]:
    """A text column of the entries."""
    return lambda sides: sides.texts[name]


def constant(value: str) -> Callable[[Sides], str]:
    """The same text on every line."""
    cell = text_cell(value)
    return lambda _: cell


def account(target: AccountTarget) -> Callable[[Sides], pa.Array]:
    """Name or code of the account in a general ledger."""
    return lambda sides: sides.account_codes[target]


def direction(sides: Sides) -> pa.Array:
    """DEBIT or CREDIT."""
    return pc.if_else(pa.array(sides.is_debit), Direction.DEBIT.value, Direction.CREDIT.value)


def amount(sides: Sides) -> pa.Array:
    """The positive amount."""
    return amount_texts(sides.amount_minor, sides.exponent)


def debit_amount(sides: Sides) -> pa.Array:
    """The amount of a debit; blank, never 0, on a credit."""
    return pc.if_else(pa.array(sides.is_debit), amount(sides), "")


def credit_amount(sides: Sides) -> pa.Array:
    """The amount of a credit; blank, never 0, on a debit."""
    return pc.if_else(pa.array(sides.is_debit), "", amount(sides))


def debit_positive_amount(sides: Sides) -> pa.Array:
    """The amount, debits positive and credits negative."""
    return amount_texts(np.where(sides.is_debit, sides.amount_minor, -sides.amount_minor), sides.exponent)


def normal_positive_amount(sides: Sides) -> pa.Array:
    """The amount, positive where it increases the account, on its normal side, and negative on the other (SPEC 1)."""
    on_normal_side = sides.is_debit == _DEBIT_NORMAL[sides.account]
    return amount_texts(np.where(on_normal_side, sides.amount_minor, -sides.amount_minor), sides.exponent)
