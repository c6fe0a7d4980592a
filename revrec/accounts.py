"""The four accounts of the revenue ledger and the movements between them.

What belongs here: accounts, normal sides, and the kinds of movement with the accounts they debit and credit. What does
not: names and codes in a company's general ledger (`revrec.policy`).
"""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Side of a journal entry. Amounts are positive; the side carries the sign (SPEC 1)."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


class Account(StrEnum):
    """The accounts of one ledger (SPEC 1)."""

    BILLED = "billed"
    RECOGNIZED = "recognized"
    DEFERRED = "deferred"
    UNBILLED = "unbilled"


NORMAL_SIDE = {
    Account.BILLED: Direction.DEBIT,
    Account.RECOGNIZED: Direction.CREDIT,
    Account.DEFERRED: Direction.CREDIT,
    Account.UNBILLED: Direction.DEBIT,
}


@dataclass(frozen=True)
class MovementKind:
    """What a movement does: the accounts of a positive amount, and the words of its narrative.

    A negative amount swaps the accounts (SPEC 1).
    """

    name: str
    debit: Account
    credit: Account
    narrative: str


# In the order in which the movements of one day are listed. The kind's name is what lake tables hold.
MOVEMENT_KINDS = {
    kind.name: kind
    for kind in (
        MovementKind("BILLED_UNBILLED", Account.BILLED, Account.UNBILLED, "Invoiced, already earned"),
        MovementKind("BILLED_DEFERRED", Account.BILLED, Account.DEFERRED, "Invoiced, not yet earned"),
        # a credit note takes back what was billed and has been earned already: its amounts are negative
        MovementKind("BILLED_RECOGNIZED", Account.BILLED, Account.RECOGNIZED, "Invoiced and earned"),
        MovementKind("EARNED_UNBILLED", Account.UNBILLED, Account.RECOGNIZED, "Earned, not yet invoiced"),
        MovementKind("EARNED_DEFERRED", Account.DEFERRED, Account.RECOGNIZED, "Earned"),
    )
}


@dataclass(frozen=True, order=True)
class Ledger:
    """One ledger: an entity's books in one currency (SPEC 1). No figure ever mixes two."""

    entity: str
    currency: str

    @property
    def key(self) -> str:
        """Name in files and metadata, e.g. default-USD."""
        return f"{self.entity}-{self.currency}"
