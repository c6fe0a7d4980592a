"""Manual journals as values that balance, prepared and approved by two people (SPEC 6).

What belongs here: the journal, and the rules that hold for every one. What does not: files (`files.py`,
`csv_files.py`), and which days are open (`revrec.accounting_periods`).
"""

import datetime as dt
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from revrec.accounts import Account, Direction
from revrec.errors import RevrecError
from revrec.money import MAX_AMOUNT_MINOR, UnknownCurrencyError, currency_exponent, to_text


class ManualJournalError(RevrecError, ValueError):
    """Manual journals that cannot be taken.

    Attributes:
        faults: Everything that is wrong with them.
    """

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        """List the faults, each with where it is, the value and what to do.

        Args:
            source: Name of the file, or of the journal.
            faults: At least one.
        """
        super().__init__(f"{source}: {'; '.join(faults)}")
        self.faults = tuple(faults)


@dataclass(frozen=True)
class ManualEntry:
    """One side of a manual journal; `amount_minor` is positive, minor units of the journal's currency."""

    direction: Direction
    account: Account
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class ManualJournal:
    """Balanced entries between the four accounts, made by a person: source STANDALONE, type MANUAL (SPEC 6).

    Attributes:
        id: Names the journal, and never another one.
        date: The day it posts on.
        entity: The entity of its ledger.
        currency: The currency of its ledger, ISO 4217.
        customer_id: The customer it concerns.
        product_id: The product it concerns.
        invoice_id: The invoice it concerns; empty where there is none.
        narrative: What it is for.
        adjusts: Number of the system's journal that it corrects; empty where it corrects none.
        prepared_by: Who made it.
        approved_by: Who approved it: somebody else.
        entries: Its entries in order; debits equal credits.
    """

    id: str
    date: dt.date
    entity: str
    currency: str
    customer_id: str
    product_id: str
    invoice_id: str = ""
    narrative: str
    adjusts: str = ""
    prepared_by: str
    approved_by: str
    entries: tuple[ManualEntry, ...]

    def __post_init__(self) -> None:
        """See that the journal balances and has two people behind it: nothing else may ever reach a ledger.

        Raises:
            ManualJournalError: It does not; the message lists every fault.
        """
        faults = [*people_faults(self.prepared_by, self.approved_by), *entry_faults(self.entries, self.currency)]
        if faults:
            raise ManualJournalError(f"manual journal {self.id!r}", faults)

    @property
    def total_minor(self) -> int:
        """Sum of the debits, which is the sum of the credits; minor units."""
        return _total(self.entries, Direction.DEBIT)

    def side(self, direction: Direction) -> list[ManualEntry]:
        """The entries of one side, in order."""
        return [entry for entry in self.entries if entry.direction is direction]


def people_faults(prepared_by: str, approved_by: str) -> list[str]:
    """What is wrong with who prepared and who approved (SPEC 6: not the same person).

    Names that differ in case, white space or Unicode form only are of the same person.
    """
    faults = [
        f"{field} {name!r} is blank: give the name of the person"
        for field, name in (("prepared_by", prepared_by), ("approved_by", approved_by))
        if not _person(name)
    ]
    if not faults and _person(prepared_by) == _person(approved_by):
        faults.append(
            f"prepared_by {prepared_by!r} and approved_by {approved_by!r} are the same person: have another one approve"
        )
    return faults


def entry_faults(entries: Sequence[ManualEntry], currency: str) -> list[str]:
    """What is wrong with the entries of one journal taken together.

    Args:
        entries: All entries of the journal.
        currency: Of the journal, ISO 4217.
    """
    try:
        currency_exponent(currency)
    except UnknownCurrencyError as error:
        return [str(error)]
    faults = [
        f"amount_minor {entry.amount_minor} of {entry.direction} {entry.account} is not between 1 and "
        f"{MAX_AMOUNT_MINOR}: give a positive amount, the direction says which side it is on"
        for entry in entries
        if not 1 <= entry.amount_minor <= MAX_AMOUNT_MINOR
    ]
    faults += [
        f"entries hold no {side}: give at least one DEBIT and one CREDIT"
        for side in Direction
        if side not in {entry.direction for entry in entries}
    ]
    faults += [
        f"account {account} is debited and credited: give only the difference, on its side"
        for account in Account
        if {entry.direction for entry in entries if entry.account is account} == set(Direction)
    ]
    debits, credits_ = (_total(entries, side) for side in (Direction.DEBIT, Direction.CREDIT))
    if not faults and debits != credits_:
        faults.append(
            f"debits {to_text(debits, currency)} and credits {to_text(credits_, currency)} {currency} differ by "
            f"{to_text(abs(debits - credits_), currency)}: correct the amounts until both are equal"
        )
    return faults


def _total(entries: Iterable[ManualEntry], direction: Direction) -> int:
    return sum(entry.amount_minor for entry in entries if entry.direction is direction)


def _person(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
