"""Recognition methods: when an obligation's amount is earned (SPEC 2).

What belongs here: the registry. A method is a module with a `recognize` of the signature `revrec.methods.terms.Kernel`,
and its name and entry below; nothing else in the system knows the methods one by one.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from revrec.methods import point_in_time, straight_line
from revrec.methods.runs import EarningRuns
from revrec.methods.terms import Kernel, ObligationTerms, RecognitionRule, TermsError

__all__ = ["METHODS", "EarningRuns", "Kernel", "ObligationTerms", "RecognitionMethod", "RecognitionRule", "TermsError"]


class RecognitionMethod(StrEnum):
    """The recognition methods a product or an invoice line item can name."""

    STRAIGHT_LINE = "STRAIGHT_LINE"
    POINT_IN_TIME = "POINT_IN_TIME"


METHODS: Mapping[RecognitionMethod, Kernel] = MappingProxyType(
    {
        RecognitionMethod.STRAIGHT_LINE: straight_line.recognize,
        RecognitionMethod.POINT_IN_TIME: point_in_time.recognize,
    }
)
