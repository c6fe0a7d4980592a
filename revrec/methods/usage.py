"""USAGE: the period's whole amount on the last day of the usage period.

What belongs here: this method alone. Usage without an invoice yet, and what takes it over, are documents' business
(`revrec.amendments`).
"""

import numpy as np

from revrec.methods.point_in_time import point_in_time
from revrec.methods.runs import EarningRuns
from revrec.methods.terms import ObligationTerms, RecognitionRule, refuse


def recognize(obligations: ObligationTerms, rule: RecognitionRule) -> EarningRuns:
    """The method in the registry's signature. The rule is about spreading over months and changes nothing here.

    Raises:
        TermsError: an obligation has no usage period.

    Source: SPEC 2; ASC 606-10-55-65 (usage-based consideration is earned as the usage occurs; it is metered by period).
    """
    refuse(
        np.isnat(obligations.service_end),
        "have no usage period (amount in minor units follows)",
        obligations.amount_minor,
    )
    return point_in_time(obligations.amount_minor, obligations.service_end)
