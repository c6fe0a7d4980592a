"""Closes, locks and reopenings in the books, inside a transaction.

What belongs here: reading them in order, and adding one that follows from those before it. What does not: which one may
follow (`revrec.accounting_periods`), opening the transaction (`books.py`).
"""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from resources.books.activity_log import add_activities
from resources.books.engine import hold_lock
from resources.books.records import Activity, RecordedPeriodEvent
from resources.books.tables import ACCOUNTING_PERIOD_LEDGERS, ACCOUNTING_PERIODS
from revrec.accounting_periods import PeriodAction, PeriodEvent, Periods, SealedLedger
from revrec.errors import RevrecError


class PeriodsChangedError(RevrecError, RuntimeError):
    """What was closed, locked or reopened changed since the caller looked."""


def hold_periods(connection: Connection) -> None:
    """Keep others from closing, locking and reopening, and from adding manual journals, until this transaction ends."""
    hold_lock(connection, "accounting periods")


def read_periods(connection: Connection) -> list[RecordedPeriodEvent]:
    """Every close, lock and reopening in the order in which they were recorded."""
    # Events first: ledgers of an event that is recorded between the two statements are then left over, not missing.
    events = connection.execute(select(ACCOUNTING_PERIODS).order_by(ACCOUNTING_PERIODS.c.id)).mappings().all()
    ledgers: dict[int, list[SealedLedger]] = {}
    for row in connection.execute(select(ACCOUNTING_PERIOD_LEDGERS)).mappings():
        fields = dict(row)
        ledgers.setdefault(fields.pop("period_id"), []).append(SealedLedger(**fields))
    return [
        RecordedPeriodEvent(
            **{
                **row,
                "event": PeriodAction(row["event"]),
                # Not in SQL, whose order of texts depends on the database.
                "ledgers": tuple(sorted(ledgers.get(row["id"], []), key=_ledger_key)),
            }
        )
        for row in events
    ]


def add_period(connection: Connection, event: PeriodEvent, after: int | None, now: datetime) -> RecordedPeriodEvent:
    """Add one event after the last one that the caller saw, and tell the activity log.

    Args:
        connection: In a transaction that holds the periods.
        event: The close, lock or reopening.
        after: Number of the last event that the caller saw; None for none.
        now: The present time, aware.

    Raises:
        PeriodsChangedError: Another event was recorded in between.
        PeriodError: The event is not allowed after those before it.
        NaiveTimestampError: The time has no zone.
    """
    events = read_periods(connection)
    _require_unchanged(events, after)
    Periods.of(events).after(event)
    fields = {**_fields(event), "ledgers": len(event.ledgers), "occurred_at": now}
    number = connection.execute(
        insert(ACCOUNTING_PERIODS).values(fields).returning(ACCOUNTING_PERIODS.c.id)
    ).scalar_one()
    if event.ledgers:
        rows = [{"period_id": number, **vars(ledger)} for ledger in event.ledgers]
        connection.execute(insert(ACCOUNTING_PERIOD_LEDGERS), rows)
    add_activities(connection, [_activity(event, number)], now)
    return read_periods(connection)[-1]


def _require_unchanged(events: list[RecordedPeriodEvent], after: int | None) -> None:
    last = events[-1] if events else None
    if (last.id if last else None) == after:
        return
    found = f"{last.actor} {last.event} {last.month} (event {last.id})" if last else "no event is recorded"
    raise PeriodsChangedError(
        f"the accounting periods changed meanwhile: {found}, where {f'event {after}' if after else 'no event'} was "
        "expected as the last one; look at them again and repeat what you wanted to do"
    )


def _activity(event: PeriodEvent, number: int) -> Activity:
    """The log's entry for one event; its fingerprint is its own, because a month may be closed more than once."""
    return Activity(
        actor=event.actor,
        activity=event.event.value,
        subject=event.month,
        month=event.month,
        details={
            "locked_through": event.locked_through.isoformat() if event.locked_through else None,
            "reason": event.reason,
            "manifest_key": event.manifest_key,
            "manifest_sha256": event.manifest_sha256,
            "ledgers": [dict(vars(ledger)) for ledger in sorted(event.ledgers, key=_ledger_key)],
        },
        fingerprint=f"accounting period event {number}",
    )


def _fields(event: PeriodEvent) -> dict[str, object]:
    """The event's own fields, also where it is one that was recorded elsewhere."""
    names = ("month", "locked_through", "actor", "reason", "manifest_key", "manifest_sha256")
    return {"event": event.event.value, **{name: getattr(event, name) for name in names}}


def _ledger_key(ledger: SealedLedger) -> tuple[str, str]:
    return ledger.entity, ledger.currency
