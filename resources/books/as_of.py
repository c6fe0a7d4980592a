"""The books as they were at a moment, for looking only.

What belongs here: leaving out what was recorded later, and refusing to write. What does not: what is computed from it
(`assets.known_then`).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import takewhile

from resources.books.books import Books
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
from revrec.accounting_periods import PeriodEvent
from revrec.errors import RevrecError
from revrec.manual_journals import ManualJournal


class PastBooksError(RevrecError, PermissionError):
    """Something was to be recorded in the books of the past."""


class BooksAsOf(Books):
    """What the books held at a moment. Recording files that landed by then changes nothing; recording anything else is
    refused."""

    def __init__(self, books: Books, moment: datetime) -> None:
        """Look at some books.

        Args:
            books: as they are now; nothing is written to them.
            moment: aware; what was recorded at it counts.
        """
        super().__init__(books._engine)
        self._moment = moment

    def landed_files(self, dataset: str | None = None, month: str | None = None) -> list[RecordedLandedFile]:
        """See `Books.landed_files`: versions seen by then."""
        return [file for file in super().landed_files(dataset, month) if file.first_seen_at <= self._moment]

    def export_files(
        self,
        export_format: str | None = None,
        month: str | None = None,
        entity: str | None = None,
        currency: str | None = None,
    ) -> list[RecordedExportFile]:
        """See `Books.export_files`: those written by then, and not again since."""
        found = super().export_files(export_format, month, entity, currency)
        return [file for file in found if file.written_at <= self._moment]

    def activities(
        self, activity: str | None = None, month: str | None = None, subject: str | None = None
    ) -> list[RecordedActivity]:
        """See `Books.activities`: those recorded by then."""
        return [each for each in super().activities(activity, month, subject) if each.occurred_at <= self._moment]

    def periods(self) -> list[RecordedPeriodEvent]:
        """See `Books.periods`: those recorded by then. Each follows from those before it, so none is left out between
        others, whatever the clocks of two machines said."""
        return list(takewhile(lambda event: event.occurred_at <= self._moment, super().periods()))

    def manual_journals(self, first: date | None = None, last: date | None = None) -> list[RecordedManualJournal]:
        """See `Books.manual_journals`: those recorded by then."""
        return [journal for journal in super().manual_journals(first, last) if journal.recorded_at <= self._moment]

    def record_landed_files(self, files: Sequence[LandedFile], *, now: datetime) -> None:
        """Record nothing: what can be read of the past was recorded then."""

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
        """Refuse."""
        raise self._refusal("export files")

    def record_activity(self, activities: Sequence[Activity], *, now: datetime) -> int:
        """Refuse."""
        raise self._refusal("activities")

    def record_period(
        self,
        event: PeriodEvent,
        *,
        after: int | None,
        now: datetime,
        sealed_manual_journals: Collection[str] | None = None,
    ) -> RecordedPeriodEvent:
        """Refuse."""
        raise self._refusal("a close, lock or reopening")

    def record_manual_journals(self, journals: Sequence[ManualJournal], *, now: datetime) -> int:
        """Refuse."""
        raise self._refusal("manual journals")

    def _refusal(self, what: str) -> PastBooksError:
        return PastBooksError(
            f"{what} cannot be recorded in the books as of {self._moment.isoformat()}: record in the present ones"
        )
