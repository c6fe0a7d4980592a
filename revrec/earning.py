"""Earning: what obligations earn by their methods and rules, before anything is billed.

What belongs here: choosing each obligation's kernel. What does not: the kernels (`revrec.methods`), billing
(`revrec.billing`).
"""

import numpy as np
import pyarrow as pa

from revrec import columns
from revrec.arrays import Int64Array
from revrec.methods import METHODS, EarningRuns, ObligationTerms, RecognitionMethod, RecognitionRule
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.runs import concat


class Earning:
    """What obligations earn by their own methods and rules, on changed terms if need be."""

    def __init__(self, obligations: pa.RecordBatch) -> None:
        """Take methods and rules from rows of `tables.OBLIGATIONS`."""
        self._rules = [
            obligations[name].dictionary_encode() for name in ("recognition_method", "allocation_strategy", "residue")
        ]
        method, strategy, residue = (columns.integers(rule.indices) for rule in self._rules)
        strategies, residues = (len(rule.dictionary) for rule in self._rules[1:])
        self._rule_of_row = (method * strategies + strategy) * residues + residue

    def __call__(self, terms: ObligationTerms, rows: Int64Array) -> EarningRuns:
        """Earning runs, in order of obligation.

        Args:
            terms: of some of the obligations.
            rows: which ones those are; the runs number them as the terms do.

        Raises:
            TermsError: an obligation lacks what its method computes from.
        """
        rule_of_row = self._rule_of_row[rows]
        parts = []
        for value in np.unique(rule_of_row):
            chosen = np.flatnonzero(rule_of_row == value)
            method, strategy, residue = (rule[int(rows[chosen[0]])].as_py() for rule in self._rules)
            kernel = METHODS[RecognitionMethod(method)]
            runs = kernel(terms.at(chosen), RecognitionRule(AllocationStrategy(strategy), Residue(residue)))
            parts.append(runs.renumbered(chosen.astype(np.int32)))
        return concat(parts) if parts else EarningRuns.none()
