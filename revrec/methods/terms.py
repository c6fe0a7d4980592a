"""What every recognition method is given: the terms of obligations, and the rule they are recognized by.

What belongs here: the common signature of the methods. What does not: the methods themselves, and how documents become
obligations.
"""

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from revrec.arrays import BoolArray, DateArray, Int64Array
from revrec.errors import RevrecError
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.runs import EarningRuns


class TermsError(RevrecError, ValueError):
    """Terms that a recognition method cannot compute from.

    Bad input is quarantined on arrival (SPEC 10); this says it again at the boundary of the arithmetic.
    """


# eq=False: comparing dataclasses of arrays raises.
@dataclass(frozen=True, eq=False)
class ObligationTerms:
    """Terms of obligations of one recognition method, in columns of equal length.

    Attributes:
        amount_minor: int64, signed minor units, at most `revrec.money.MAX_AMOUNT_MINOR` either way.
        service_start: datetime64[D], first day of service; NaT where absent.
        service_end: datetime64[D], last day of service, inclusive; NaT where absent.
        recognition_date: datetime64[D]; NaT where absent.
        accounting_date: datetime64[D] of the document; NaT where absent.
    """

    amount_minor: Int64Array
    service_start: DateArray
    service_end: DateArray
    recognition_date: DateArray
    accounting_date: DateArray

    def __len__(self) -> int:
        """Number of obligations."""
        return len(self.amount_minor)

    def at(self, rows: Int64Array) -> Self:
        """The terms at these positions, in this order."""
        return replace(
            self,
            amount_minor=self.amount_minor[rows],
            service_start=self.service_start[rows],
            service_end=self.service_end[rows],
            recognition_date=self.recognition_date[rows],
            accounting_date=self.accounting_date[rows],
        )


@dataclass(frozen=True)
class RecognitionRule:
    """What the policy in force says about spreading an amount over months (SPEC 2)."""

    strategy: AllocationStrategy
    residue: Residue


class Kernel(Protocol):
    """A recognition method, vectorised over obligations."""

    def __call__(self, obligations: ObligationTerms, rule: RecognitionRule) -> EarningRuns:
        """The runs of the obligations, which add up to each obligation's amount.

        Raises:
            TermsError: an obligation lacks what the method computes from.
        """
        ...


def refuse(where: BoolArray, what: str, *values: DateArray | Int64Array) -> None:
    """Stop where any obligation's terms are unusable.

    Args:
        where: which obligations are.
        what: what is wrong with them.
        values: the columns to show of the first of them.

    Raises:
        TermsError: `where` holds anywhere.
    """
    if where.any():
        first = int(np.argmax(where))
        shown = ", ".join(str(column[first]) for column in values)
        count = int(where.sum())
        raise TermsError(
            f"{count} obligation(s) {what}; the first, row {first}: {shown}. Quarantine such lines on arrival"
        )
