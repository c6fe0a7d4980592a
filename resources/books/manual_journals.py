"""Manual journals in the books, inside a transaction.

What belongs here: adding them once and on open days only, and reading them. What does not: their rules
(`revrec.manual_journals`), opening the transaction (`books.py`).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select

from resources.books.activity_log import add_activities
from resources.books.periods import PeriodsChangedError, read_periods
from resources.books.records import Activity, RecordedManualJournal
from resources.books.tables import MANUAL_JOURNAL_ENTRIES, MANUAL_JOURNALS
from revrec.accounting_periods import PeriodAction, PeriodEvent, Periods
from revrec.accounts import Account, Direction
from revrec.calendar import month_key
from revrec.errors import RevrecError
from revrec.manual_journals import ManualEntry, ManualJournal

# SQLite takes some 32,000 values in one statement, and older ones 999.
_IDS_A_STATEMENT = 500


class ManualJournalExistsError(RevrecError, ValueError):
    """Another manual journal has the id."""


class LockedDayError(RevrecError, ValueError):
    """A manual journal is dated on a locked day."""


class ManualJournalsChangedError(PeriodsChangedError):
    """A seal was made without a manual journal that has been recorded meanwhile."""


def read_manual_journals(
    connection: Connection, conditions: Sequence[ColumnElement[bool]] = ()
) -> list[RecordedManualJournal]:
    """The manual journals that fulfil conditions on their table, by date and id."""
    # Journals first: entries of a journal that is recorded between the two statements are then left over, not missing.
    found = connection.execute(select(MANUAL_JOURNALS).where(*conditions)).mappings().all()
    entries: dict[str, list[ManualEntry]] = {}
    part = MANUAL_JOURNAL_ENTRIES.c
    for row in connection.execute(
        select(MANUAL_JOURNAL_ENTRIES)
        .join(MANUAL_JOURNALS, part.manual_journal_id == MANUAL_JOURNALS.c.id)
        .where(*conditions)
        .order_by(part.manual_journal_id, part.place)
    ):
        entry = ManualEntry(Direction(row.direction), Account(row.account), row.amount_minor)
        entries.setdefault(row.manual_journal_id, []).append(entry)
    journals = [RecordedManualJournal(**{**row, "entries": tuple(entries.get(row["id"], ()))}) for row in found]
    # Not in SQL, whose order of texts depends on the database.
    return sorted(journals, key=lambda journal: (journal.date, journal.id))


def add_manual_journals(connection: Connection, journals: Sequence[ManualJournal], now: datetime) -> int:
    """Add the manual journals that the books do not hold yet, tell the activity log, and return how many that were.

    Args:
        connection: In a transaction that holds the periods.
        journals: In any order.
        now: The present time, aware.

    Raises:
        ManualJournalExistsError: A journal with the id of another differs from it.
        LockedDayError: A journal that is new is dated on a locked day.
        NaiveTimestampError: The time has no zone.
    """
    new = _new_ones(connection, journals)
    if not new:
        return 0
    _require_open_days(Periods.of(read_periods(connection)), new)
    connection.execute(
        insert(MANUAL_JOURNALS),
        [{**_columns(journal), "recorded_at": now} for journal in new],
    )
    connection.execute(
        insert(MANUAL_JOURNAL_ENTRIES),
        [
            {"manual_journal_id": journal.id, "place": place, **_entry_columns(entry)}
            for journal in new
            for place, entry in enumerate(journal.entries)
        ],
    )
    add_activities(connection, [_activity(journal) for journal in new], now)
    return len(new)


def require_all_sealed(connection: Connection, event: PeriodEvent, sealed: Collection[str]) -> None:
    """See that a seal holds every manual journal of the days it locks.

    Args:
        connection: In a transaction that holds the periods.
        event: The close or lock that the seal belongs to.
        sealed: Ids of all manual journals dated through the event's last locked day when the seal was made.

    Raises:
        ManualJournalsChangedError: The books hold others; the message names them.
    """
    if event.event is PeriodAction.REOPENED:
        return
    dated = select(MANUAL_JOURNALS.c.id).where(MANUAL_JOURNALS.c.date <= event.locked_through)
    difference = sorted(set(connection.scalars(dated)) ^ set(sealed))
    if difference:
        raise ManualJournalsChangedError(
            f"the seal of {event.month} was made with other manual journals than the books hold through "
            f"{event.locked_through} (they differ in {', '.join(difference)}): seal it again"
        )


def _new_ones(connection: Connection, journals: Sequence[ManualJournal]) -> list[ManualJournal]:
    """The journals whose ids the books do not hold, each once."""
    recorded = {journal.id: journal for journal in _recorded(connection, journals)}
    new: dict[str, ManualJournal] = {}
    for journal in journals:
        same_id = recorded.get(journal.id) or new.setdefault(journal.id, journal)
        if _content(same_id) != _content(journal):
            raise ManualJournalExistsError(
                f"manual journal {journal.id!r} exists with other content, dated {same_id.date} and prepared by "
                f"{same_id.prepared_by}: manual journals are never edited, record the correction under another id"
            )
    return list(new.values())


def _recorded(connection: Connection, journals: Sequence[ManualJournal]) -> Iterator[RecordedManualJournal]:
    ids = sorted({journal.id for journal in journals})
    for start in range(0, len(ids), _IDS_A_STATEMENT):
        condition = MANUAL_JOURNALS.c.id.in_(ids[start : start + _IDS_A_STATEMENT])
        yield from read_manual_journals(connection, [condition])


def _require_open_days(periods: Periods, journals: Sequence[ManualJournal]) -> None:
    locked = [f"{journal.id!r} is dated {journal.date}" for journal in journals if periods.is_locked(journal.date)]
    if locked:
        raise LockedDayError(
            f"days are locked through {periods.locked_through}, and manual journal {', '.join(locked)}: date it "
            f"{periods.first_open_day}, the first open day, or later"
        )


def _activity(journal: ManualJournal) -> Activity:
    return Activity(
        actor=journal.prepared_by,
        activity="manual journal recorded",
        subject=journal.id,
        month=month_key(journal.date),
        details={
            "date": journal.date.isoformat(),
            "entity": journal.entity,
            "currency": journal.currency,
            "customer_id": journal.customer_id,
            "product_id": journal.product_id,
            "invoice_id": journal.invoice_id,
            "narrative": journal.narrative,
            "prepared_by": journal.prepared_by,
            "approved_by": journal.approved_by,
            "adjusts": journal.adjusts,
            "debits_minor": journal.total_minor,
            "credits_minor": sum(entry.amount_minor for entry in journal.side(Direction.CREDIT)),
            "entries": [_entry_columns(entry) for entry in journal.entries],
        },
        fingerprint=f"manual journal {journal.id}",
    )


def _content(journal: ManualJournal) -> dict[str, object]:
    """The journal's own fields, also where it is one that the books hold."""
    return {field.name: getattr(journal, field.name) for field in fields(ManualJournal)}


def _columns(journal: ManualJournal) -> dict[str, object]:
    return {**_content(journal), "entries": len(journal.entries)}


def _entry_columns(entry: ManualEntry) -> dict[str, object]:
    return {"direction": entry.direction.value, "account": entry.account.value, "amount_minor": entry.amount_minor}
