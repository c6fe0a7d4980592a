"""Obligations: one amount with one method and one period, and the policy version it is recognized under (SPEC 3).

What belongs here: turning allocated lines and amendments into obligations, and the rows of credit notes and voids that
lower them. What does not: how amounts are allocated (`revrec.line_allocations`), what other documents bear on
(`revrec.amendments`), when amounts are earned (`revrec.methods`, `revrec.schedules`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import columns, tables
from revrec.arrays import DateArray, Int64Array
from revrec.policy import Policy

# A document of an obligation of its own; several rows of one (usage of one period, lines of one note) are added up.
_OF_ITS_OWN = {"ACCRUED": "BILLING_SCHEDULE", "STANDALONE": "CREDIT_NOTE"}
_LOWERING = "CREDIT_NOTE"
# Effects of rows that lower an obligation: credit notes by their mode, and voids.
LOWERING_EFFECTS = ("CANCEL", "ADJUST", "VOID")


def obligations(
    allocations: Iterable[pa.RecordBatch], amendments: pa.Table, policy: Policy, run_id: str
) -> Iterator[pa.RecordBatch]:
    """The obligations of a document month, numbered from 0.

    Args:
        allocations: batches of `tables.LINE_ALLOCATIONS`.
        amendments: `tables.AMENDMENTS` of the same document month.
        policy: its version in force on an obligation's accounting date applies to it (DESIGN, Settings); an accrual
            follows the version in force at its period's end.
        run_id: what identifies the recognition run: the same inputs give the same id.

    Returns:
        batches of `tables.OBLIGATIONS`: the lines' obligations in the order of the allocations, with the voids that
        reverse them; then those of other documents; then the credit notes.
    """
    taken_over = _taken_over(amendments)
    credited = _Credited(pc.unique(_crediting(amendments)["obligation_id"]))
    first_no = 0
    for batch in allocations:
        for part in _of_lines(batch, taken_over, credited):
            yield _numbered(part, policy, run_id, first_no)
            first_no += part.num_rows
    for part in (_of_other_documents(amendments, policy), _credit_notes(amendments, credited)):
        if part.num_rows:
            yield _numbered(part, policy, run_id, first_no)
            first_no += part.num_rows


def versions_in_force(accounting_dates: DateArray, policy: Policy) -> Int64Array:
    """Index of the policy version in force on each date; documents older than the first version follow the first."""
    since = np.array([version.effective_from for version in policy.versions], dtype="datetime64[D]")
    return np.maximum(np.searchsorted(since, accounting_dates, side="right") - 1, 0).astype(np.int64)


def _taken_over(amendments: pa.Table) -> pa.Table:
    """Lines that took over an accrual, the accruals' obligation ids and posting floors.

    A floor is the day on which an earlier invoice of the accrual was voided: until then that one's revenue stood.
    """
    columns_of = ["line_id", "obligation_id", "posting_floor"]
    rows = amendments.filter(pc.equal(amendments["disposition"], "TAKEN_OVER")).select(columns_of)
    # several rows of usage are one accrual
    return rows.group_by(columns_of, use_threads=False).aggregate([]).combine_chunks()


@dataclass(frozen=True)
class _Credited:
    """The lines' obligations that credit notes lower: what the notes' rows take from them, noted as lines go by.

    Attributes:
        ids: of those obligations, by their lines.
        named: id to the id it goes by, an accrual's where the line took one over, and its method.
    """

    ids: pa.Array
    named: dict[str, tuple[str, str]] = field(default_factory=dict)

    def note(self, lines: pa.RecordBatch, own: pa.RecordBatch) -> None:
        """Take in a batch of lines and their obligations, row by row the same."""
        among = pc.is_in(lines["obligation_id"], self.ids)
        columns_of = (lines["obligation_id"], own["obligation_id"], own["recognition_method"])
        for line, obligation, method in zip(*(column.filter(among).to_pylist() for column in columns_of), strict=True):
            self.named[line] = obligation, method


def _of_lines(lines: pa.RecordBatch, taken_over: pa.Table, credited: _Credited) -> Iterator[pa.RecordBatch]:
    """The obligations of a batch of lines, and the voids among them."""
    recognized = lines.filter(pc.equal(lines["disposition"], "RECOGNIZED"))
    if not recognized.num_rows:
        return
    accruals = taken_over.take(pc.index_in(recognized["line_id"], taken_over["line_id"])).combine_chunks()
    own = _arranged(
        recognized,
        {
            "obligation_id": pc.coalesce(accruals["obligation_id"].combine_chunks(), recognized["obligation_id"]),
            "source": columns.constant("INVOICE", recognized.num_rows),
            "effect": columns.constant("OBLIGATION", recognized.num_rows),
            "amount_minor": recognized["allocated_minor"],
            "posting_floor": accruals["posting_floor"].combine_chunks(),
        },
    )
    credited.note(recognized, own)
    yield own
    voided = pc.is_valid(recognized["voided_on"])
    if pc.any(voided).as_py():
        yield _arranged(
            own.filter(voided),
            {
                "effect": columns.constant("VOID", pc.sum(voided).as_py()),
                "amount_minor": pc.negate(own["amount_minor"].filter(voided)),
                "accounting_date": recognized["voided_on"].filter(voided),
            },
        )


def _of_other_documents(amendments: pa.Table, policy: Policy) -> pa.RecordBatch:
    """Accruals and standalone credit notes.

    Under the lock method `accounting_date` revenue is held back until its invoice (SPEC 5): there are no accruals.
    """
    chosen = amendments.filter(pc.is_in(amendments["disposition"], pa.array(list(_OF_ITS_OWN))))
    rows = _added_up(chosen, ["obligation_id", "disposition"])
    standalone = pc.equal(rows["disposition"], "STANDALONE")
    amounts = pc.if_else(standalone, pc.negate(rows["amount_minor"]), rows["amount_minor"])
    computed = {
        **_note_columns(rows, standalone),
        "line_id": rows["row_id"],
        "source": pc.if_else(standalone, _OF_ITS_OWN["STANDALONE"], _OF_ITS_OWN["ACCRUED"]),
        "effect": columns.constant("OBLIGATION", rows.num_rows),
        "amount_minor": amounts,
        # an accrual has no invoice yet: nothing bills it
        "accounting_date": pc.if_else(standalone, rows["event_date"], pa.scalar(None, pa.date32())),
    }
    held_back = _held_back(rows["event_date"], policy)
    posts = pc.and_(pc.not_equal(amounts, 0), pc.or_(standalone, pc.invert(held_back)))
    return _arranged(rows, computed).filter(posts)


def _held_back(dates: pa.Array, policy: Policy) -> pa.Array:
    """Whether the version in force on each date holds revenue back until the invoice's accounting date."""
    holds_back = pa.array([item.lock_method == "accounting_date" for item in policy.versions])
    return holds_back.take(pa.array(versions_in_force(columns.days(dates), policy)))


def _crediting(amendments: pa.Table) -> pa.Table:
    applied = pc.and_(pc.equal(amendments["event"], _LOWERING), pc.equal(amendments["disposition"], "APPLIED"))
    return amendments.filter(applied)


def _credit_notes(amendments: pa.Table, credited: _Credited) -> pa.RecordBatch:
    """What each credit note takes off each obligation."""
    rows = _added_up(_crediting(amendments), ["obligation_id", "document_id"])
    everyone = pa.repeat(pa.scalar(True), rows.num_rows)
    named = [credited.named[obligation] for obligation in rows["obligation_id"].to_pylist()]
    computed = {
        **_note_columns(rows, everyone),
        "obligation_id": pa.array([obligation for obligation, _ in named], pa.string()),
        "recognition_method": pa.array([method for _, method in named], pa.string()),
        "line_id": rows["row_id"],
        "source": columns.constant("CREDIT_NOTE", rows.num_rows),
        "effect": pc.utf8_upper(rows["mode"]),
        "amount_minor": pc.negate(rows["amount_minor"]),
        "accounting_date": rows["event_date"],
    }
    return _arranged(rows, computed).filter(pc.not_equal(rows["amount_minor"], 0))


def _note_columns(rows: pa.RecordBatch, where: pa.Array) -> dict[str, pa.Array]:
    nothing = pa.scalar(None, pa.string())
    return {
        "credit_note_id": pc.if_else(where, rows["document_id"], nothing),
        "credit_note_number": pc.if_else(where, rows["document_number"], nothing),
    }


def _added_up(rows: pa.Table, key: list[str]) -> pa.RecordBatch:
    """One row per key: amounts added up, all else as in the key's first row."""
    others = [name for name in rows.schema.names if name not in key and name != "amount_minor"]
    grouped = rows.group_by(key, use_threads=False).aggregate(
        [("amount_minor", "sum"), *((name, "first", pc.ScalarAggregateOptions(skip_nulls=False)) for name in others)]
    )
    names = {"amount_minor_sum": "amount_minor", **{f"{name}_first": name for name in others}}
    table = grouped.rename_columns([names.get(name, name) for name in grouped.schema.names]).combine_chunks()
    arrays = [
        table[name].combine_chunks() if table.num_rows else pa.nulls(0, rows.schema.field(name).type)
        for name in rows.schema.names
    ]
    return pa.RecordBatch.from_arrays(arrays, names=rows.schema.names)


def _arranged(rows: pa.RecordBatch, computed: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Rows with the columns of `tables.OBLIGATIONS`, null where neither rows nor `computed` have one."""
    arrays = []
    for item in tables.OBLIGATIONS:
        column = computed.get(item.name)
        if column is None:
            known = item.name in rows.schema.names
            column = rows[item.name] if known else pa.nulls(rows.num_rows, item.type)
        arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, names=tables.OBLIGATIONS.names)


def _numbered(rows: pa.RecordBatch, policy: Policy, run_id: str, first_no: int) -> pa.RecordBatch:
    """The rows with their numbers and the policy version in force."""
    dates = pc.coalesce(rows["accounting_date"], rows["service_end"], rows["recognition_date"])
    versions = policy.versions
    in_force = pa.array(versions_in_force(columns.days(dates), policy))
    # a standalone credit note is held back like the invoice it is the opposite of
    billed = pc.and_(_held_back(dates, policy), pc.is_valid(rows["accounting_date"]))
    computed = {
        "obligation_no": pa.array(np.arange(first_no, first_no + rows.num_rows, dtype=np.int32)),
        "posting_floor": pc.if_else(billed, rows["accounting_date"], rows["posting_floor"]),
        "allocation_strategy": pa.array([str(item.allocation_strategy) for item in versions]).take(in_force),
        "residue": pa.array([str(item.residue) for item in versions]).take(in_force),
        "policy_effective_from": pa.array([item.effective_from for item in versions], pa.date32()).take(in_force),
        "run_id": columns.constant(run_id, rows.num_rows),
    }
    arrays = [computed[name] if name in computed else rows[name] for name in tables.OBLIGATIONS.names]
    return pa.RecordBatch.from_arrays(
        [array.cast(item.type) for array, item in zip(arrays, tables.OBLIGATIONS, strict=True)],
        schema=tables.OBLIGATIONS,
    )
