"""Recognition methods: when an obligation's amount is earned (SPEC 2).

What belongs here: the registry. A method is a module with a `recognize` of the signature `revrec.methods.terms.Kernel`,
and its name and entry below; nothing else in the system knows the methods one by one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from revrec.methods import point_in_time, released, straight_line, usage
from revrec.methods.runs import EarningRuns
from revrec.methods.terms import Kernel, ObligationTerms, RecognitionRule, TermsError

__all__ = [
    "METHODS",
    "RELEASED",
    "EarningRuns",
    "Kernel",
    "ObligationTerms",
    "RecognitionMethod",
    "RecognitionRule",
    "TermsError",
]


class RecognitionMethod(StrEnum):
    """The recognition methods of obligations.

    A product or an invoice line item can name all but CONSUMPTION, which is how the purchase of a credit grant is
    earned where it is deferred until consumed.
    """

    STRAIGHT_LINE = "STRAIGHT_LINE"
    USAGE = "USAGE"
    POINT_IN_TIME = "POINT_IN_TIME"
    MILESTONE = "MILESTONE"
    CONSUMPTION = "CONSUMPTION"


METHODS: Mapping[RecognitionMethod, Kernel] = MappingProxyType(
    {
        RecognitionMethod.STRAIGHT_LINE: straight_line.recognize,
        RecognitionMethod.USAGE: usage.recognize,
        RecognitionMethod.POINT_IN_TIME: point_in_time.recognize,
        RecognitionMethod.MILESTONE: released.recognize,
        RecognitionMethod.CONSUMPTION: released.recognize,
    }
)

# Earned by what other documents release (`revrec.methods.released`).
RELEASED = frozenset({RecognitionMethod.MILESTONE, RecognitionMethod.CONSUMPTION})
