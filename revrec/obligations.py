"""Obligations: one amount with one method and one period, and the policy version it is recognized under (SPEC 3).

What belongs here: turning allocated lines into obligations. What does not: how amounts are allocated
(`revrec.line_allocations`), when they are earned (`revrec.methods`, `revrec.schedules`).
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import columns, tables
from revrec.arrays import DateArray, Int64Array
from revrec.policy import Policy


def obligations(allocations: Iterable[pa.RecordBatch], policy: Policy, run_id: str) -> Iterator[pa.RecordBatch]:
    """The obligations of a document month, numbered from 0 in the order of the allocations.

    Args:
        allocations: batches of `tables.LINE_ALLOCATIONS`.
        policy: its version in force on an obligation's accounting date applies to it (DESIGN, Settings).
        run_id: what identifies the recognition run: the same inputs give the same id.

    Returns:
        batches of `tables.OBLIGATIONS`.
    """
    first_no = 0
    for batch in allocations:
        recognized = batch.filter(pc.equal(batch["disposition"], "RECOGNIZED"))
        if recognized.num_rows:
            yield _numbered(recognized, policy, run_id, first_no)
            first_no += recognized.num_rows


def versions_in_force(accounting_dates: DateArray, policy: Policy) -> Int64Array:
    """Index of the policy version in force on each date; documents older than the first version follow the first."""
    since = np.array([version.effective_from for version in policy.versions], dtype="datetime64[D]")
    return np.maximum(np.searchsorted(since, accounting_dates, side="right") - 1, 0).astype(np.int64)


def _numbered(lines: pa.RecordBatch, policy: Policy, run_id: str, first_no: int) -> pa.RecordBatch:
    version = versions_in_force(columns.days(lines["accounting_date"]), policy)
    in_force = pa.array(version)
    rows = lines.num_rows
    computed = {
        "obligation_no": pa.array(np.arange(first_no, first_no + rows, dtype=np.int32)),
        "source": columns.constant("INVOICE", rows),
        "amount_minor": lines["allocated_minor"],
        "allocation_strategy": pa.array([str(item.allocation_strategy) for item in policy.versions]).take(in_force),
        "residue": pa.array([str(item.residue) for item in policy.versions]).take(in_force),
        "policy_effective_from": pa.array([item.effective_from for item in policy.versions], pa.date32()).take(
            in_force
        ),
        "run_id": columns.constant(run_id, rows),
    }
    arrays = [computed[name] if name in computed else lines[name] for name in tables.OBLIGATIONS.names]
    return pa.RecordBatch.from_arrays(arrays, schema=tables.OBLIGATIONS)
