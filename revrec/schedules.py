"""Schedules: the whole life of obligations as runs of equal days (DESIGN, The chain).

What belongs here: putting together what obligations earn, when they are billed and what touches them later. What does
not: the rules themselves (`revrec.methods`, `revrec.billing`, `revrec.amended_schedules`), journals and their numbers
(`revrec.journals`).
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import columns, tables
from revrec.amended_schedules import CreditNotes, amended_movements
from revrec.arrays import Int32Array, Int64Array
from revrec.billing import KINDS, billed_against_earned
from revrec.earning import Earning
from revrec.methods import RELEASED, EarningRuns, ObligationTerms
from revrec.posting_floor import hold_back
from revrec.releases import releases_of

# An annual obligation has 13 runs: this many keep a chunk's columns in some 30 MB, and its rows of one month in a
# Parquet row group or two.
CHUNK_OBLIGATIONS = 16_384
_RELEASED_METHODS = pa.array(sorted(method.value for method in RELEASED))


def recognized_schedules(
    obligations: Iterable[pa.RecordBatch], effects: pa.Table, amendments: pa.Table
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Movements of obligations, as runs.

    Args:
        obligations: batches of `tables.OBLIGATIONS` of a document month, in order of their numbers.
        effects: those of them that are credit notes and voids.
        amendments: `tables.AMENDMENTS` of the month; milestones and consumption earn what they release.

    Returns:
        (obligations, runs): `tables.OBLIGATIONS` and their `tables.RECOGNIZED_SCHEDULES`, each batch of runs in order
        of month, obligation, kind and day, so that readers of one month skip most row groups. Obligations that another
        document touches come last, with the effects: they take the slower path.
    """
    lowered = pc.unique(effects["obligation_id"])
    set_aside = []
    for batch in obligations:
        touched = pc.or_(
            pc.is_in(batch["obligation_id"], lowered), pc.is_in(batch["recognition_method"], _RELEASED_METHODS)
        )
        if pc.any(touched).as_py():
            set_aside.append(batch.filter(touched))
            batch = batch.filter(pc.invert(touched))
        for start in range(0, batch.num_rows, CHUNK_OBLIGATIONS):
            chunk = batch.slice(start, CHUNK_OBLIGATIONS)
            yield chunk, _untouched(chunk)
    if set_aside:
        whole = pa.concat_batches(set_aside)
        yield whole, _touched(whole, amendments)


def _untouched(obligations: pa.RecordBatch) -> pa.RecordBatch:
    terms = _terms(obligations)
    earned = Earning(obligations)(terms, np.arange(len(terms)))
    floor = columns.days(obligations["posting_floor"])
    runs, kinds = billed_against_earned(earned if np.isnat(floor).all() else hold_back(earned, floor), terms)
    return _arranged(runs, kinds, columns.integers(obligations["obligation_no"])[runs.obligation])


def _touched(rows: pa.RecordBatch, amendments: pa.Table) -> pa.RecordBatch:
    """Movements of obligations that credit notes, voids or releases touch, and of those effects."""
    owned = rows.filter(pc.equal(rows["effect"], "OBLIGATION"))
    notes = _of_effects(rows, ["CANCEL", "ADJUST"], owned)
    voids = _of_effects(rows, ["VOID"], owned)
    voided_on = np.full(owned.num_rows, "NaT", dtype="datetime64[D]")
    voided_on[_position(voids, owned)] = columns.days(voids["accounting_date"])
    void_no = np.full(owned.num_rows, -1, dtype=np.int64)
    void_no[_position(voids, owned)] = columns.integers(voids["obligation_no"])
    moved = amended_movements(
        _terms(owned),
        Earning(owned),
        releases_of(amendments, owned),
        pc.is_in(owned["recognition_method"], _RELEASED_METHODS).to_numpy(zero_copy_only=False),
        CreditNotes(
            obligation=_position(notes, owned),
            date=columns.days(notes["accounting_date"]),
            amount_minor=-columns.integers(notes["amount_minor"]),
            adjusts=pc.equal(notes["effect"], "ADJUST").to_numpy(zero_copy_only=False),
        ),
        voided_on,
        columns.days(owned["posting_floor"]),
    )
    own_no = columns.integers(owned["obligation_no"])[moved.runs.obligation]
    note_no = np.append(columns.integers(notes["obligation_no"]), -1)[moved.note]
    number = np.where(moved.note >= 0, note_no, np.where(moved.void, void_no[moved.runs.obligation], own_no))
    return _arranged(moved.runs, moved.kind, number)


def _of_effects(rows: pa.RecordBatch, effects: list[str], owned: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of some effects by obligation, date and order of documents."""
    chosen = rows.filter(pc.is_in(rows["effect"], pa.array(effects)))
    order = np.lexsort(
        (
            columns.integers(chosen["obligation_no"]),
            columns.days(chosen["accounting_date"]).astype(np.int64),
            _position(chosen, owned),
        )
    )
    return chosen.take(pa.array(order))


def _position(rows: pa.RecordBatch, owned: pa.RecordBatch) -> Int64Array:
    """Place of each row's obligation.

    Raises:
        MissingValueError: a credit note or void of an obligation that is not there.
    """
    return columns.integers(pc.index_in(rows["obligation_id"], owned["obligation_id"]))


def _terms(obligations: pa.RecordBatch) -> ObligationTerms:
    return ObligationTerms(
        amount_minor=columns.integers(obligations["amount_minor"]),
        service_start=columns.days(obligations["service_start"]),
        service_end=columns.days(obligations["service_end"]),
        recognition_date=columns.days(obligations["recognition_date"]),
        accounting_date=columns.days(obligations["accounting_date"]),
    )


def _arranged(runs: EarningRuns, kinds: Int32Array, obligation_no: Int64Array) -> pa.RecordBatch:
    order = np.lexsort((runs.first_day, kinds, obligation_no, runs.month.astype(np.int64)))
    return pa.RecordBatch.from_arrays(
        [
            pa.array(obligation_no[order].astype(np.int32)),
            columns.dates(runs.month[order]),
            columns.labels(KINDS, kinds[order]),
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
        obligations: batch of `tables.OBLIGATIONS`.
        runs: their movements.
        starts: ledger key (entity-currency) to month; brought up to date.
    """
    ledger = pc.binary_join_element_wise(obligations["entity"], obligations["currency"], "-").dictionary_encode()
    row = columns.integers(pc.index_in(runs["obligation_no"], obligations["obligation_no"]))
    of_run = columns.integers(ledger.indices)[row]
    months = columns.days(runs["month"]).astype("datetime64[M]")
    for code, key in enumerate(ledger.dictionary.to_pylist()):
        if (of_run == code).any():
            month = str(months[of_run == code].min())
            starts[key] = min(month, starts.get(key, month))
