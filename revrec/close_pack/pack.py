"""What a close pack says: everything about one ledger's month, put together before anything is laid out.

What belongs here: the rows and facts of a pack, and that they are of its ledger and month. What does not: choosing
rows (`extracts.py`), figures that follow from them (`figures.py`, `charts.py`), and how they look.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import Account, Ledger
from revrec.calendar import month_before, parse_month
from revrec.close_pack.extracts import Extract, extract_of
from revrec.close_pack.journal_extracts import JournalExtracts
from revrec.corrections import CORRECTIONS
from revrec.errors import RevrecError
from revrec.money import currency_exponent
from revrec.reports.schemas import REPORTS

_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class PackError(RevrecError, ValueError):
    """Tables that do not make a pack: one is missing, or is of another ledger."""


@dataclass(frozen=True, kw_only=True)
class ManualEntryRow:
    """A manual journal of the month.

    Attributes:
        id: its name.
        date: the day it posts on.
        narrative: what it is for.
        entries: its entries as text, e.g. "DEBIT deferred 12.00; CREDIT recognized 12.00".
        prepared_by: who made it.
        approved_by: who approved it.
        adjusts: number of the system's journal that it corrects, or "".
    """

    id: str
    date: dt.date
    narrative: str
    entries: str
    prepared_by: str
    approved_by: str
    adjusts: str = ""


@dataclass(frozen=True)
class TieRow:
    """A check of the month: its name, whether it holds, and its figures as text."""

    name: str
    passed: bool
    figures: str


@dataclass(frozen=True)
class ExportedFile:
    """A file for a general ledger; totals in minor units."""

    file: str
    rows: int
    debits_minor: int
    credits_minor: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ClosePack:
    """One ledger's month.

    Attributes:
        ledger: entity and currency.
        month: posting month, e.g. 2025-12.
        entity_name: the entity's legal name.
        status: e.g. "Open", "Closed by Dana".
        reports: by name, one for each of `REPORTS`, all of this ledger and month.
        journals: of the ledger and month.
        embedded: rows of `journals.embedded` with their `cause`, a line of the roll-forward.
        documents: rows of `DEFERRED_REVENUE`: those of the obligations of embedded journals.
        corrections: of `CORRECTIONS`: the month's catch-ups.
        manual_journals: by date.
        checks: of the month, in their order.
        previous: what moved each account in the month before, minor units in the sign of its normal side; empty where
            the ledger had not begun.
        exports: files for general ledgers.
        files: report name to where its whole CSV file is, for what the pack cuts short.
        parameters: what the pack was made from (filters, as of, policy, hashes), by name, in the order of printing.
    """

    ledger: Ledger
    month: str
    entity_name: str
    status: str
    reports: Mapping[str, Extract]
    journals: JournalExtracts
    embedded: pa.Table
    documents: pa.Table
    corrections: Extract = field(default_factory=lambda: extract_of("corrections", CORRECTIONS.empty_table()))
    manual_journals: Sequence[ManualEntryRow] = ()
    checks: Sequence[TieRow] = ()
    previous: Mapping[Account, int] = field(default_factory=dict)
    exports: Sequence[ExportedFile] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """See that every table is there and of the pack's ledger: rows of two ledgers would look like one's.

        Raises:
            PackError: one is missing, or has rows of another ledger.
            MonthError: the month is none.
            UnknownCurrencyError: the currency is none.
        """
        parse_month(self.month)
        currency_exponent(self.ledger.currency)
        missing = sorted(set(REPORTS) - set(self.reports))
        if missing:
            raise PackError(
                f"the close pack of {self.ledger.key} {self.month} has no {', '.join(missing)}: materialize them first"
            )
        # rows of an empty table need no columns
        extracts = {**self.reports, "journals": self.journals.stretches, "corrections": self.corrections}
        for name, each in extracts.items():
            for column, wanted in (("entity", self.ledger.entity), ("currency", self.ledger.currency)):
                found = pc.unique(each.rows[column].cast(pa.string())).to_pylist()
                if any(value != wanted for value in found):
                    raise PackError(
                        f"{name} for the close pack of {self.ledger.key} {self.month} has rows of {column} {found}: "
                        "give only the ledger's"
                    )

    @property
    def currency(self) -> str:
        """ISO 4217 code of every amount."""
        return self.ledger.currency

    @property
    def month_name(self) -> str:
        """E.g. December 2025."""
        return f"{_MONTH_NAMES[int(self.month[5:]) - 1]} {self.month[:4]}"

    @cached_property
    def previous_month(self) -> str:
        """Key of the month before, e.g. 2025-11."""
        return month_before(self.month)

    def report(self, name: str) -> pa.Table:
        """A report's rows, as far as the pack has them."""
        return self.reports[name].rows

    def file_of(self, name: str) -> str:
        """Where a report's whole CSV file is."""
        return self.files.get(name, f"reports/{name}/{self.month}/{self.ledger.key}.csv")
