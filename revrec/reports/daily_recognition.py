"""Revenue recognized on each day of a month, for charts.

What belongs here: adding a ledger's journals up by day. What does not: drawing.
"""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.accounts import Account
from revrec.columns import days, integers


def recognized_by_day(journals: Iterable[pa.RecordBatch]) -> dict[str, int]:
    """Net credits of the Recognized account per day.

    Args:
        journals: batches of `tables.DAILY_JOURNALS` of one ledger and month.

    Returns:
        ISO date to minor units, for the days with a movement, in order.
    """
    by_day: dict[str, int] = {}
    for batch in journals:
        for account, sign in (("credit_account", 1), ("debit_account", -1)):
            rows = batch.filter(pc.equal(batch[account], Account.RECOGNIZED.value))
            if rows.num_rows:
                _add(by_day, rows, sign)
    return dict(sorted(by_day.items()))


def _add(by_day: dict[str, int], rows: pa.RecordBatch, sign: int) -> None:
    first, length = days(rows["first_day"]), integers(rows["days"])
    origin = first.min()
    offset = (first - origin).astype(np.int64)
    # what a day adds to the day before it: a stretch's amount comes on its first day and goes on its last, which has
    # its own
    steps = np.zeros(int((offset + length).max()) + 1, dtype=np.int64)
    daily, last = integers(rows["amount_a_day_minor"]), integers(rows["amount_last_day_minor"])
    np.add.at(steps, offset, daily)
    np.add.at(steps, offset + length - 1, last - daily)
    np.add.at(steps, offset + length, -last)
    for place, amount in enumerate(np.cumsum(steps)[:-1].tolist()):
        if amount:
            day = str(origin + place)
            by_day[day] = by_day.get(day, 0) + sign * amount
