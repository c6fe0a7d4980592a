"""The figures at the head of a pack, beside those of the month before.

What belongs here: what is recognized, billed, deferred and unbilled, and how that changed. What does not: how it looks.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import NORMAL_SIDE, Account, Direction
from revrec.close_pack.amounts import accounting_text, percent_text
from revrec.close_pack.pack import ClosePack
from revrec.columns import exact_sum

_FLOWS = {Account.RECOGNIZED: "Recognized in the month", Account.BILLED: "Billed in the month"}
_BALANCES = {Account.DEFERRED: "Deferred at month end", Account.UNBILLED: "Unbilled at month end"}


@dataclass(frozen=True)
class KeyFigure:
    """A figure beside that of the month before; minor units in the sign of the account's normal side.

    Attributes:
        name: what it is.
        amount_minor: in this month, or at its end.
        before_minor: the same of the month before; None where that is not known.
        currency: of both.
    """

    name: str
    amount_minor: int
    before_minor: int | None
    currency: str

    @property
    def text(self) -> str:
        """The amount."""
        return accounting_text(self.amount_minor, self.currency)

    @property
    def before_text(self) -> str:
        """The amount of the month before."""
        return "" if self.before_minor is None else accounting_text(self.before_minor, self.currency)

    @property
    def change_minor(self) -> int:
        """By how much it grew."""
        return 0 if self.before_minor is None else self.amount_minor - self.before_minor

    @property
    def change_text(self) -> str:
        """By how much it grew; empty where that is not known."""
        return "" if self.before_minor is None else accounting_text(self.change_minor, self.currency)

    @property
    def percent(self) -> str:
        """The same in percent of the month before; empty where that was nothing."""
        return percent_text(self.change_minor, self.before_minor or 0)


def key_figures(pack: ClosePack) -> list[KeyFigure]:
    """The pack's four head figures: two movements of the month and two balances at its end.

    The balance of the month before is the opening one. Its movements come with `pack.previous`.
    """
    now = pack.report("trial_balance")
    flows = [
        KeyFigure(name, _moved(now, account), pack.previous.get(account), pack.currency)
        for account, name in _FLOWS.items()
    ]
    balances = [
        KeyFigure(name, _signed(now, account, "closing_minor"), _signed(now, account, "opening_minor"), pack.currency)
        for account, name in _BALANCES.items()
    ]
    return flows + balances


@dataclass(frozen=True)
class Fact:
    """A smaller figure of the head: what, and how much."""

    name: str
    text: str


def facts(pack: ClosePack) -> list[Fact]:
    """What else the head says: counts and balances that a reader looks for first."""
    currency, deferred = pack.currency, pack.reports["deferred_revenue"].totals
    rpo = pack.reports["remaining_performance_obligations"].totals
    return [
        Fact("Remaining performance obligations", accounting_text(rpo["total_minor"], currency)),
        Fact("Deferred, current", accounting_text(deferred["current_minor"], currency)),
        Fact("Deferred, non-current", accounting_text(deferred["non_current_minor"], currency)),
        Fact("Journals", f"{pack.journals.journals.of:,}"),
        Fact("Posted to both sides", accounting_text(pack.journals.journals.totals["amount_minor"], currency)),
        Fact("Catch-up lines", f"{pack.corrections.of:,}"),
        Fact("Manual journals", f"{len(pack.manual_journals):,}"),
        Fact("Checks passed", f"{sum(check.passed for check in pack.checks):,} of {len(pack.checks):,}"),
    ]


def _moved(trial_balance: pa.Table, account: Account) -> int:
    debit = _of(trial_balance, account, "debit_minor") - _of(trial_balance, account, "credit_minor")
    return debit if NORMAL_SIDE[account] is Direction.DEBIT else -debit


def _signed(trial_balance: pa.Table, account: Account, column: str) -> int:
    balance = _of(trial_balance, account, column)
    return balance if NORMAL_SIDE[account] is Direction.DEBIT else -balance


def _of(trial_balance: pa.Table, account: Account, column: str) -> int:
    return exact_sum(trial_balance.filter(pc.equal(trial_balance["account"], account.value))[column])
