"""POINT_IN_TIME: the whole amount on one day.

What belongs here: this method alone. Minimum fees and true-ups use it at their period's end.
"""

import numpy as np

from revrec.arrays import DateArray, Int64Array
from revrec.calendar import month_of
from revrec.methods.runs import EarningRuns
from revrec.methods.terms import ObligationTerms, RecognitionRule, refuse


def point_in_time(amount_minor: Int64Array, recognition_date: DateArray) -> EarningRuns:
    """Runs of one day each.

    Args:
        amount_minor: int64, signed minor units.
        recognition_date: datetime64[D], the day that earns the whole amount.

    Raises:
        TermsError: a date is missing.

    Source: SPEC 2; ASC 606-10-25-30, IFRS 15.38 (control passes at a point in time).
    """
    refuse(np.isnat(recognition_date), "have no date to recognize on (amount in minor units follows)", amount_minor)
    obligation = np.arange(len(amount_minor), dtype=np.int32)
    one_day = np.ones(len(amount_minor), dtype=np.int32)
    return EarningRuns.of_amounts(obligation, month_of(recognition_date), recognition_date, one_day, amount_minor)


def recognition_day(obligations: ObligationTerms) -> DateArray:
    """The line's recognition date; absent that, the service period's end; absent that, the accounting date (SPEC 2)."""
    day = obligations.recognition_date
    for fallback in (obligations.service_end, obligations.accounting_date):
        day = np.where(np.isnat(day), fallback, day)
    return day


def recognize(obligations: ObligationTerms, rule: RecognitionRule) -> EarningRuns:
    """The method in the registry's signature. The rule is about spreading over months and changes nothing here.

    Raises:
        TermsError: an obligation has none of the three dates.
    """
    return point_in_time(obligations.amount_minor, recognition_day(obligations))
