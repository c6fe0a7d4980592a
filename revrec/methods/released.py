"""MILESTONE and CONSUMPTION: earned by what other documents release, not by the passing of time.

What belongs here: saying that such obligations earn nothing by themselves. What does not: the releases, which come from
completed milestones and from the transactions of a credit grant (`revrec.amendments`), and how they become runs
(`revrec.amended_schedules`).
"""

from revrec.methods.runs import EarningRuns
from revrec.methods.terms import ObligationTerms, RecognitionRule


def recognize(obligations: ObligationTerms, rule: RecognitionRule) -> EarningRuns:
    """The methods in the registry's signature: no runs.

    Source: SPEC 2 (MILESTONE), SPEC 3 rule 5 (`deferred_until_consumed`); ASC 606-10-55-46 (unexercised rights).
    """
    return EarningRuns.none()
