"""Contracts that are billed in advance and not invoiced yet, as obligations of their own (SPEC 8: unbilled RPO).

What belongs here: what an instalment without an invoice would earn from here on. What does not: instalments billed in
arrears and those that have an invoice, which are obligations already (`revrec.obligations`).

Nothing of them is posted: they are recognized from their invoices. So nothing of a period before the month's end is
earned yet, and what remains of it has no date until it is invoiced.
"""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from revrec import tables
from revrec.amendments.instalments import BILLED_IN_ADVANCE
from revrec.obligations import obligations
from revrec.policy import Policy
from revrec.schedules import recognized_schedules


def not_invoiced(amendments: pa.Table) -> pa.Table:
    """Rows of `tables.AMENDMENTS` that are instalments billed in advance of which no invoice has landed."""
    wanted = pc.and_(pc.equal(amendments["reason"], BILLED_IN_ADVANCE), pc.is_null(amendments["obligation_id"]))
    return amendments.filter(wanted)


def contracted_schedules(instalments: pa.Table, policy: Policy, month_end: date) -> tuple[pa.Table, pa.Table, pa.Table]:
    """What instalments without an invoice earn after a month's end.

    Args:
        instalments: rows of `not_invoiced`.
        policy: an instalment follows the version in force at its period's end, as an accrual does.
        month_end: the month's last day.

    Returns:
        (obligations, runs, instalments): `tables.OBLIGATIONS`, the later ones of their `tables.RECOGNIZED_SCHEDULES`,
        and the instalments under the obligations' ids.
    """
    place = instalments.schema.get_field_index
    ids = pc.binary_join_element_wise("contract", instalments["document_id"], instalments["row_id"], "/")
    named = instalments.set_column(place("obligation_id"), tables.AMENDMENTS.field("obligation_id"), ids)
    accrued = pa.array(["ACCRUED"] * named.num_rows, pa.string())
    owed = list(
        obligations(
            [], named.set_column(place("disposition"), tables.AMENDMENTS.field("disposition"), accrued), policy, ""
        )
    )
    effects, releases = tables.OBLIGATIONS.empty_table(), tables.AMENDMENTS.empty_table()
    later = [
        runs.filter(pc.greater(runs["month"], pa.scalar(month_end, pa.date32())))
        for _, runs in recognized_schedules(owed, effects, releases)
    ]
    return (
        pa.Table.from_batches(owed, tables.OBLIGATIONS),
        pa.Table.from_batches(later, tables.RECOGNIZED_SCHEDULES),
        named,
    )
