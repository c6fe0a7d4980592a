"""The contract of an export format: what a format module says, and what the machinery makes of it.

What belongs here: the description of a file (`FileLayout`), of a format (`ExportFormat`), and what a column's cells are
computed from (`Sides`). What does not: any one format's columns and caps (its module), cells and lines as text
(`revrec.exports.cells`, `revrec.exports.lines`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from revrec.accounts import Ledger
from revrec.arrays import BoolArray, Int64Array
from revrec.exports.caps import Caps
from revrec.money import currency_exponent
from revrec.policy import ChartOfAccounts, Granularity, Policy

# The general ledgers that the chart of accounts has names or codes for.
AccountTarget = Literal["name", "xero", "quickbooks", "netsuite"]


@dataclass(frozen=True, eq=False)
class Sides:
    """Sides of movements, one per row: what the cells of an export line are computed from.

    Attributes:
        texts: cells of each text column of `tables.ENTRIES` that an export may show, quoted and neutralised.
        account_codes: cells of the account's name or code in each general ledger the layout asks for.
        account: int64, place in the order of `Account`.
        is_debit: the side.
        amount_minor: int64 minor units, above 0.
        exponent: decimals of the ledger's currency.
    """

    texts: Mapping[str, pa.Array]
    account_codes: Mapping[AccountTarget, pa.Array]
    account: Int64Array
    is_debit: BoolArray
    amount_minor: Int64Array
    exponent: int


@dataclass(frozen=True)
class Column:
    """A column after journal and date: its header, and its cells as string array, or one string for all lines."""

    header: str
    cells: Callable[[Sides], "pa.Array | str"]


@dataclass(frozen=True)
class FileLayout:
    """One kind of file of a format, for one ledger under one policy. In every kind, journal and date stand first.

    Attributes:
        format: name of the format; `exports.<format>` are its settings.
        suffix: what follows the ledger in file names, where a format has several kinds of file.
        ledger: whose journals the file holds.
        chart: names and codes of accounts.
        accounts: the general ledgers whose names or codes the columns show.
        granularity: a line per day or per month.
        date_format: of strftime; None for ISO 8601.
        journal_header: header of the first column.
        date_header: header of the second column.
        columns: the others.
        caps: what one file may hold.
        journal_prefix: put before the journal number in the first column, and
        journal_suffix: put after it, where the number alone would not be unique in the target.
        one_date_per_journal: whether the target's journals have a single date: then each day of a daily file is a
            journal of its own, numbered by the day.
        journal_characters: most characters of the first column; None where the target has no limit.
    """

    format: str
    ledger: Ledger
    chart: ChartOfAccounts
    accounts: tuple[AccountTarget, ...]
    granularity: Granularity
    journal_header: str
    date_header: str
    columns: tuple[Column, ...]
    caps: Caps
    suffix: str = ""
    date_format: str | None = None
    journal_prefix: str = ""
    journal_suffix: str = ""
    one_date_per_journal: bool = False
    journal_characters: int | None = None

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return (self.journal_header, self.date_header, *(column.header for column in self.columns))

    @property
    def exponent(self) -> int:
        """Decimals of the ledger's currency."""
        return currency_exponent(self.ledger.currency)

    @property
    def advice(self) -> str:
        """What to change where a journal is too large for a file."""
        finest = "set journal_grain to customer_product_invoice, the finest"
        if self.granularity is Granularity.DAILY:
            return f"set exports.{self.format}.granularity to monthly, or {finest}"
        return f"{finest}, or bill in more than one invoice"

    def file_name(self, part: int, parts: int) -> str:
        """Name of a file: the ledger, the kind and, where there are several, the part (SPEC 9, DESIGN: Storage)."""
        number = f"-{part:03d}" if parts > 1 else ""
        return f"{self.ledger.key}{self.suffix}{number}.csv"


@dataclass(frozen=True)
class ExportFormat:
    """A format: its name, whether a policy wants it, and its kinds of file."""

    name: str
    enabled: Callable[[Policy], bool]
    layouts: Callable[[Policy, Ledger], tuple[FileLayout, ...]]
