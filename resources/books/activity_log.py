"""Adding to the activity log inside a transaction that records what the log tells of.

What belongs here: the ways into the log. What does not: what is told, and reading it (`books.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select

from resources.books.engine import hold_lock
from resources.books.records import Activity
from resources.books.statements import equal, insert_into, run
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


def add_next_activity(connection: Connection, activity: Activity, after: int | None, now: datetime) -> bool:
    """Add an activity that follows from the last one of its kind, subject and month, and say whether it still did.

    It counts as an occurrence of its own, whatever was done before: the same may be done, undone and done again.

    Args:
        connection: In a transaction that may write.
        activity: What happened.
        after: Number of the last one that the caller saw; None for none.
        now: The present time, aware.

    Raises:
        NaiveTimestampError: The time has no zone.
    """
    hold_lock(connection, "activity log")
    if last_activity(connection, activity.activity, activity.subject, activity.month) != after:
        return False
    fingerprint = f"{activity.fingerprint} after {after or 0}"
    return add_activities(connection, [replace(activity, fingerprint=fingerprint)], now) == 1


def last_activity(connection: Connection, activity: str, subject: str, month: str | None) -> int | None:
    """Number of the last activity of a kind, subject and month; None for none."""
    same = equal(ACTIVITY_LOG, activity=activity, subject=subject, month=month)
    number: int | None = connection.scalar(select(func.max(ACTIVITY_LOG.c.id)).where(*same))
    return number
