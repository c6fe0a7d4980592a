"""Reading and writing the books.

What belongs here: one small method per question or record, each one transaction, safe to repeat and to run in two
processes at once. What does not: the clock (callers say what time it is), and deciding what is recorded when.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, case, delete, select

from resources.books.activity_log import add_activities, add_next_activity
from resources.books.engine import hold_lock, transaction
from resources.books.export_log import tell_of_export
from resources.books.manual_journals import add_manual_journals, read_manual_journals, require_all_sealed
from resources.books.periods import add_period, hold_periods, read_periods
from resources.books.records import (
    Activity,
    ExportFile,
    LandedFile,
    RecordedActivity,
    RecordedExportFile,
    RecordedLandedFile,
    RecordedManualJournal,
    RecordedPeriodEvent,
)
from resources.books.reports import PublishedReport, ReportMonth, publish_report, published_reports
from resources.books.requested_exports import RequestedExports
from resources.books.statements import equal, insert_into, run
from resources.books.tables import ACTIVITY_LOG, EXPORT_FILES, LANDED_FILES, MANUAL_JOURNALS
from revrec.accounting_periods import PeriodEvent
from revrec.errors import RevrecError
from revrec.manual_journals import ManualJournal


class ForeignExportFileError(RevrecError, ValueError):
    """A file was given as part of an export that it does not belong to."""


class Books:
    """The books in one database. Safe to share between threads.

    Every method raises `BooksUnavailableError` where the database cannot be reached. Writing a record again changes
    nothing, and a write that fails leaves the books as they were.
    """

    def __init__(self, engine: Engine) -> None:
        """Use a database whose tables are current.

        Args:
            engine: From `open_engine`, after `upgrade`.
        """
        self._engine = engine

    @property
    def requested_exports(self) -> RequestedExports:
        """The exports that people asked for."""
        return RequestedExports(self._engine)

    def record_landed_files(self, files: Sequence[LandedFile], *, now: datetime) -> None:
        """Record versions of landed files; of a version known already, all but the time it was first seen is renewed.

        Args:
            files: Their key and sha256 name the version; of equal ones the last counts.
            now: The present time, aware.

        Raises:
            NaiveTimestampError: The time has no zone.
            InexactIntegerError: A count is not a 64-bit integer.
        """
        rows = {(file.object_key, file.sha256): {**vars(file), "first_seen_at": now} for file in files}
        with transaction(self._engine) as connection:
            # Else two processes that record the same files in another order would wait for each other.
            hold_lock(connection, "landed files")
            insert = insert_into(connection, LANDED_FILES)
            renewed = {
                name: insert.excluded[name]
                for name in ("dataset", "month", "size_bytes", "etag", "rows_kept", "rows_quarantined")
            }
            run(
                connection,
                insert.on_conflict_do_update(index_elements=["object_key", "sha256"], set_=renewed),
                rows.values(),
            )

    def landed_files(self, dataset: str | None = None, month: str | None = None) -> list[RecordedLandedFile]:
        """Return every recorded version of the landed files, by key and time.

        Args:
            dataset: Only those of this dataset.
            month: Only those of this month folder, YYYY-MM.
        """
        found = LANDED_FILES.c
        with transaction(self._engine, reads_only=True) as connection:
            rows = connection.execute(
                select(LANDED_FILES)
                .where(*equal(LANDED_FILES, dataset=dataset, month=month))
                .order_by(found.object_key, found.first_seen_at, found.sha256)
            )
            return [RecordedLandedFile(**row) for row in rows.mappings()]

    def replace_export_files(
        self,
        export_format: str,
        month: str,
        entity: str,
        currency: str,
        files: Sequence[ExportFile],
        *,
        now: datetime,
    ) -> None:
        """Make these the files of one export: one format, month and ledger; the activity log is told what changed.

        Files that are gone are forgotten. A file whose content is the same keeps the time it was written.

        Args:
            export_format: The format, such as "xero".
            month: The posting month, YYYY-MM.
            entity: The entity of the ledger.
            currency: The currency of the ledger, ISO 4217.
            files: All files of the export; none where it has none any more.
            now: The present time, aware.

        Raises:
            ForeignExportFileError: A file is of another format, month or ledger.
            NaiveTimestampError: The time has no zone.
            InexactIntegerError: A count or total is not a 64-bit integer.
        """
        export = {"format": export_format, "month": month, "entity": entity, "currency": currency}
        _check_all_belong(files, export)
        rows = {file.object_key: {**vars(file), "written_at": now} for file in files}
        old = EXPORT_FILES.c
        with transaction(self._engine) as connection:
            # Else two processes would each delete what they see, and leave the files of both.
            hold_lock(connection, f"export files {export_format} {month} {entity} {currency}")
            known = connection.execute(select(old.object_key, old.sha256).where(*equal(EXPORT_FILES, **export)))
            before = {row.object_key: row.sha256 for row in known}
            connection.execute(delete(EXPORT_FILES).where(*equal(EXPORT_FILES, **export), old.object_key.not_in(rows)))
            insert = insert_into(connection, EXPORT_FILES)
            new = insert.excluded
            renewed: dict[str, Any] = {column.name: new[column.name] for column in old if not column.primary_key}
            renewed["written_at"] = case((old.sha256 == new.sha256, old.written_at), else_=new.written_at)
            run(connection, insert.on_conflict_do_update(index_elements=["object_key"], set_=renewed), rows.values())
            tell_of_export(connection, export, before, files, now)

    def export_files(
        self,
        export_format: str | None = None,
        month: str | None = None,
        entity: str | None = None,
        currency: str | None = None,
    ) -> list[RecordedExportFile]:
        """Return the recorded export files by key.

        Args:
            export_format: Only those of this format.
            month: Only those of this posting month, YYYY-MM.
            entity: Only those of this entity.
            currency: Only those in this currency.
        """
        wanted = equal(EXPORT_FILES, format=export_format, month=month, entity=entity, currency=currency)
        with transaction(self._engine, reads_only=True) as connection:
            rows = connection.execute(select(EXPORT_FILES).where(*wanted).order_by(EXPORT_FILES.c.object_key))
            return [RecordedExportFile(**row) for row in rows.mappings()]

    def publish_report(self, content: ReportMonth, *, now: datetime) -> bool:
        """Make these the rows of a report's month; see `resources.books.reports`."""
        return publish_report(self._engine, content, now=now)

    def published_reports(self) -> list[PublishedReport]:
        """Return which months of which reports are published."""
        return published_reports(self._engine)

    def record_activity(self, activities: Sequence[Activity], *, now: datetime) -> int:
        """Add to the activity log what it does not hold yet, as of the activities' fingerprints.

        Args:
            activities: What happened, in order.
            now: The present time, aware.

        Returns:
            How many were new.

        Raises:
            NaiveTimestampError: The time has no zone.
        """
        with transaction(self._engine) as connection:
            return add_activities(connection, activities, now)

    def record_next_activity(self, activity: Activity, *, after: int | None, now: datetime) -> bool:
        """Add to the log what follows from the last activity of its kind, subject and month; see `add_next_activity`.

        Returns:
            False where another one than `after` is the last: nothing was added.
        """
        with transaction(self._engine) as connection:
            return add_next_activity(connection, activity, after, now)

    def activities(
        self, activity: str | None = None, month: str | None = None, subject: str | None = None
    ) -> list[RecordedActivity]:
        """Return the activity log in the order of its entries.

        Args:
            activity: Only this kind of activity.
            month: Only what concerns this month, YYYY-MM.
            subject: Only what was done to this subject.
        """
        wanted = equal(ACTIVITY_LOG, activity=activity, month=month, subject=subject)
        with transaction(self._engine, reads_only=True) as connection:
            rows = connection.execute(select(ACTIVITY_LOG).where(*wanted).order_by(ACTIVITY_LOG.c.id))
            return [RecordedActivity(**row) for row in rows.mappings()]

    def record_period(
        self,
        event: PeriodEvent,
        *,
        after: int | None,
        now: datetime,
        sealed_manual_journals: Collection[str] | None = None,
    ) -> RecordedPeriodEvent:
        """Record a close, a lock or a reopening, with its entry in the activity log.

        Of two that do so at once, one succeeds: the other finds that the periods changed.

        Args:
            event: What was done; for ever, there is no way to change it.
            after: The id of the last event that the caller saw; None for none.
            now: The present time, aware.
            sealed_manual_journals: Ids of all manual journals dated through the event's last locked day when the seal
                was made, so that none that arrived meanwhile gets lost between seal and lock. None: not checked.

        Raises:
            PeriodsChangedError: Another event, or a manual journal that the seal does not hold, was recorded meanwhile.
            PeriodError: The event is not allowed after those before it.
            NaiveTimestampError: The time has no zone.
            InexactIntegerError: A count or total is not a 64-bit integer.
        """
        with transaction(self._engine) as connection:
            hold_periods(connection)
            if sealed_manual_journals is not None:
                require_all_sealed(connection, event, sealed_manual_journals)
            return add_period(connection, event, after, now)

    def periods(self) -> list[RecordedPeriodEvent]:
        """Return every close, lock and reopening in the order in which they were recorded, for `Periods.of`."""
        with transaction(self._engine, reads_only=True) as connection:
            return read_periods(connection)

    def record_manual_journals(self, journals: Sequence[ManualJournal], *, now: datetime) -> int:
        """Record manual journals, all or none, with their entries in the activity log.

        Recording the same journal again changes nothing, whether or not its day has been locked since.

        Args:
            journals: In any order; for ever, there is no way to change one.
            now: The present time, aware.

        Returns:
            How many were new.

        Raises:
            ManualJournalExistsError: Another journal has the id.
            LockedDayError: A new journal is dated on a locked day; the message names the first open day.
            NaiveTimestampError: The time has no zone.
            InexactIntegerError: An amount is not a 64-bit integer.
        """
        with transaction(self._engine) as connection:
            hold_periods(connection)
            return add_manual_journals(connection, journals, now)

    def manual_journals(self, first: date | None = None, last: date | None = None) -> list[RecordedManualJournal]:
        """Return the manual journals by date and id.

        Args:
            first: Only those dated on this day or later.
            last: Only those dated on this day or earlier.
        """
        conditions = [MANUAL_JOURNALS.c.date >= first] if first else []
        conditions += [MANUAL_JOURNALS.c.date <= last] if last else []
        with transaction(self._engine, reads_only=True) as connection:
            return read_manual_journals(connection, conditions)


def _check_all_belong(files: Sequence[ExportFile], export: Mapping[str, str]) -> None:
    for file in files:
        actual = {name: getattr(file, name) for name in export}
        if actual != export:
            raise ForeignExportFileError(
                f"file {file.object_key!r} belongs to {_listed(actual)}, not to {_listed(export)}: "
                "record it with its own export"
            )


def _listed(export: Mapping[str, str]) -> str:
    return " ".join(export.values())
