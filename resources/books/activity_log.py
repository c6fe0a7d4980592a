"""Adding to the activity log inside a transaction that records what the log tells of.

What belongs here: the one way into the log. What does not: what is told, and reading it (`books.py`).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from resources.books.engine import hold_lock
from resources.books.records import Activity
from resources.books.statements import insert_into, run
from resources.books.tables import ACTIVITY_LOG


def add_activities(connection: Connection, activities: Sequence[Activity], now: datetime) -> int:
    """Add what the log does not hold yet, as of the activities' fingerprints, and return how many that were.

    Whoever holds other locks takes this one last: two transactions never wait for each other.

    Args:
        connection: In a transaction that may write.
        activities: What happened, in order.
        now: The present time, aware.

    Raises:
        NaiveTimestampError: The time has no zone.
    """
    rows = {activity.fingerprint: {**vars(activity), "occurred_at": now} for activity in activities}
    # Else two processes that add the same in another order would wait for each other; and the log's numbers follow the
    # order in which its entries became visible.
    hold_lock(connection, "activity log")
    insert = insert_into(connection, ACTIVITY_LOG).on_conflict_do_nothing(index_elements=["fingerprint"])
    return len(run(connection, insert.returning(ACTIVITY_LOG.c.id), rows.values()))
