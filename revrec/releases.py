"""Releases: what completed milestones and the consumption of credit grants earn of their obligations (SPEC 2, 3).

What belongs here: turning such amendments into earning runs. What does not: how much each releases
(`revrec.amendments`), what credit notes take away again (`revrec.amended_schedules`).
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import columns
from revrec.earning import Earning
from revrec.methods import EarningRuns, ObligationTerms
from revrec.methods.runs import concat
from revrec.posting_floor import hold_back

RELEASING_EVENTS = pa.array(["MILESTONE", "CONSUMPTION", "BREAKAGE"])


def releases_of(amendments: pa.Table, obligations: pa.RecordBatch) -> EarningRuns:
    """Earning runs of all releases, in order of obligation and day.

    Consumption on an invoice line follows the line's method and period, under the strategy of the grant's purchase; all
    else is earned on the day of the event.

    Args:
        amendments: `tables.AMENDMENTS` of the document month.
        obligations: rows of `tables.OBLIGATIONS`; the runs number them by their position.

    Raises:
        MissingValueError: a release of an obligation that is not there.
    """
    applied = pc.and_(pc.is_in(amendments["event"], RELEASING_EVENTS), pc.equal(amendments["disposition"], "APPLIED"))
    rows = amendments.filter(applied).combine_chunks()
    position = columns.integers(pc.index_in(rows["obligation_id"], obligations["obligation_id"]).combine_chunks())
    terms = ObligationTerms(
        amount_minor=columns.integers(rows["amount_minor"]),
        service_start=columns.days(rows["service_start"]),
        service_end=columns.days(rows["service_end"]),
        recognition_date=columns.days(rows["recognition_date"]),
        accounting_date=columns.days(rows["event_date"]),
    )
    earned = _earned(rows, terms, obligations.take(pa.array(position)))
    floor = columns.days(rows["posting_floor"])
    if not np.isnat(floor).all():
        earned = hold_back(earned, floor)
    # of several releases: concat puts them in order of their obligations
    return concat([replace(earned, obligation=position.astype(np.int32)[earned.obligation])])


def _earned(rows: pa.Table, terms: ObligationTerms, owners: pa.RecordBatch) -> EarningRuns:
    """Runs by release: by its own method where it names one, else in one day on the day of the event."""
    methods = pc.fill_null(rows["recognition_method"], "POINT_IN_TIME").combine_chunks()
    place = owners.schema.get_field_index("recognition_method")
    return Earning(owners.set_column(place, "recognition_method", methods))(
        terms, np.arange(rows.num_rows, dtype=np.int64)
    )
