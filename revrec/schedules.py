"""Schedules: the whole life of obligations as runs of equal days (DESIGN, The chain).

What belongs here: the billed-against-earned rule of SPEC 1, which turns what a method earns and the invoice's
accounting date into movements between the four accounts. What does not: the methods (`revrec.methods`), journals and
their numbers (`revrec.journals`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import columns, tables
from revrec.accounts import MOVEMENT_KINDS
from revrec.arrays import BoolArray, DateArray, Int32Array, Int64Array
from revrec.methods import METHODS, EarningRuns, ObligationTerms, RecognitionMethod, RecognitionRule
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.runs import concat

_KINDS = list(MOVEMENT_KINDS)
# An annual obligation has 13 runs: this many keep a chunk's columns in some 30 MB, and its rows of one month in a
# Parquet row group or two.
CHUNK_OBLIGATIONS = 16_384


def recognized_schedules(obligations: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Movements of obligations, as runs.

    Args:
        obligations: batches of `tables.OBLIGATIONS`.

    Returns:
        batches of `tables.RECOGNIZED_SCHEDULES`, each in order of month, obligation, kind and day, so that readers of
        one month skip most row groups.
    """
    for batch in obligations:
        for start in range(0, batch.num_rows, CHUNK_OBLIGATIONS):
            yield _chunk(batch.slice(start, CHUNK_OBLIGATIONS))


def _chunk(obligations: pa.RecordBatch) -> pa.RecordBatch:
    terms = ObligationTerms(
        amount_minor=columns.integers(obligations["amount_minor"]),
        service_start=columns.days(obligations["service_start"]),
        service_end=columns.days(obligations["service_end"]),
        recognition_date=columns.days(obligations["recognition_date"]),
        accounting_date=columns.days(obligations["accounting_date"]),
    )
    return _arranged(
        billed_against_earned(_earned(obligations, terms), terms), columns.integers(obligations["obligation_no"])
    )


def _earned(obligations: pa.RecordBatch, terms: ObligationTerms) -> EarningRuns:
    """Earning runs of all obligations of a chunk, each by its own method and rule, in order of obligation."""
    rules = [obligations[name].dictionary_encode() for name in ("recognition_method", "allocation_strategy", "residue")]
    codes = [columns.integers(rule.indices) for rule in rules]
    combination = (codes[0] * len(rules[1].dictionary) + codes[1]) * len(rules[2].dictionary) + codes[2]
    parts = []
    for value in np.unique(combination):
        rows = np.flatnonzero(combination == value)
        method, strategy, residue = (rule[int(rows[0])].as_py() for rule in rules)
        kernel = METHODS[RecognitionMethod(method)]
        runs = kernel(_subset(terms, rows), RecognitionRule(AllocationStrategy(strategy), Residue(residue)))
        parts.append(runs.renumbered(rows.astype(np.int32)))
    return concat(parts)


def _subset(terms: ObligationTerms, rows: Int64Array) -> ObligationTerms:
    return ObligationTerms(
        terms.amount_minor[rows],
        terms.service_start[rows],
        terms.service_end[rows],
        terms.recognition_date[rows],
        terms.accounting_date[rows],
    )


def billed_against_earned(earned: EarningRuns, terms: ObligationTerms) -> tuple[EarningRuns, Int32Array]:
    """The billed-against-earned rule (SPEC 1), for any mix of in-advance, in-arrears and everything between.

    Before the accounting date each day's earning is Dr Unbilled / Cr Recognized. On it: Dr Billed A, Cr Unbilled what
    was earned before, Cr Deferred the rest. From it on each day's earning is Dr Deferred / Cr Recognized.

    Args:
        earned: earning runs of the obligations, in order of obligation.
        terms: the obligations; every one has an accounting date.

    Returns:
        (movements, kinds): runs of movements, and per run the position of its kind in `MOVEMENT_KINDS`.
    """
    accounting = terms.accounting_date
    until_accounting = (accounting[earned.obligation] - earned.first_day).astype(np.int64)
    days_before = np.clip(until_accounting, 0, earned.days).astype(np.int32)
    days_after = earned.days - days_before
    # the last day of a run carries its remainder: only a whole run before the accounting date earns its whole amount
    amount_before = np.where(days_before == earned.days, earned.amount_minor, earned.daily_minor * days_before)
    earned_before = np.zeros(len(terms), dtype=np.int64)
    np.add.at(earned_before, earned.obligation, amount_before)
    everyone = np.arange(len(terms), dtype=np.int32)
    amount_after = earned.amount_minor - amount_before
    return _together(
        {
            "BILLED_UNBILLED": _one_day(everyone, accounting, earned_before),
            "BILLED_DEFERRED": _one_day(everyone, accounting, terms.amount_minor - earned_before),
            "EARNED_UNBILLED": _stretch(earned, earned.first_day, days_before, amount_before),
            "EARNED_DEFERRED": _stretch(earned, earned.first_day + days_before, days_after, amount_after),
        }
    )


def _together(movements: Mapping[str, EarningRuns]) -> tuple[EarningRuns, Int32Array]:
    """Movements of several kinds as one table, with the position of each row's kind."""
    kinds = [np.full(len(runs), _KINDS.index(kind), np.int32) for kind, runs in movements.items()]
    columns_of = {
        field.name: np.concatenate([getattr(runs, field.name) for runs in movements.values()])
        for field in fields(EarningRuns)
    }
    return EarningRuns(**columns_of), np.concatenate(kinds)


def _one_day(obligation: Int32Array, day: DateArray, amount: Int64Array) -> EarningRuns:
    moves: BoolArray = amount != 0
    moved = amount[moves]
    return EarningRuns(
        obligation=obligation[moves],
        month=day[moves].astype("datetime64[M]"),
        first_day=day[moves],
        days=np.ones(len(moved), dtype=np.int32),
        amount_minor=moved,
        daily_minor=moved,
    )


def _stretch(earned: EarningRuns, first_day: DateArray, days: Int32Array, amount: Int64Array) -> EarningRuns:
    """The part of each run that lies on one side of the accounting date; its daily amount stays the whole run's."""
    moves: BoolArray = (days > 0) & (amount != 0)
    return EarningRuns(
        obligation=earned.obligation[moves],
        month=earned.month[moves],
        first_day=first_day[moves],
        days=days[moves],
        amount_minor=amount[moves],
        daily_minor=earned.daily_minor[moves],
    )


def _arranged(movements: tuple[EarningRuns, Int32Array], obligation_no: Int64Array) -> pa.RecordBatch:
    runs, kinds = movements
    order = np.lexsort((runs.first_day, kinds, runs.obligation, runs.month.astype(np.int64)))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(obligation_no[runs.obligation[order]].astype(np.int32)),
            columns.dates(runs.month[order]),
            columns.labels(_KINDS, kinds[order]),
            columns.dates(runs.first_day[order]),
            pa.array(runs.days[order]),
            pa.array(runs.amount_minor[order]),
            pa.array(runs.daily_minor[order]),
        ],
        schema=tables.RECOGNIZED_SCHEDULES,
    )


def ledger_starts(obligations: pa.RecordBatch, runs: pa.RecordBatch, starts: dict[str, str]) -> None:
    """Note the month of each ledger's first movement.

    Args:
        obligations: batch of `tables.OBLIGATIONS`, numbered consecutively.
        runs: their movements.
        starts: ledger key (entity-currency) to month; brought up to date.
    """
    first_no = obligations["obligation_no"][0].as_py()
    ledger = pc.binary_join_element_wise(obligations["entity"], obligations["currency"], "-").dictionary_encode()
    of_run = columns.integers(ledger.indices)[columns.integers(runs["obligation_no"]) - first_no]
    months = columns.days(runs["month"]).astype("datetime64[M]")
    for code, key in enumerate(ledger.dictionary.to_pylist()):
        if (of_run == code).any():
            month = str(months[of_run == code].min())
            starts[key] = min(month, starts.get(key, month))
