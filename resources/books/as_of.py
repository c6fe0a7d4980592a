"""The books as they were at a moment, for looking only.

What belongs here: leaving out what was recorded later. What does not: what is computed from it (`assets.known_then`).
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import takewhile

from resources.books.books import Books
from resources.books.engine import read_only
from resources.books.records import (
    LandedFile,
    RecordedActivity,
    RecordedExportFile,
    RecordedLandedFile,
    RecordedManualJournal,
    RecordedPeriodEvent,
)


class BooksAsOf(Books):
    """What the books held at a moment. Recording files that landed by then changes nothing; to record anything else
    raises `ReadOnlyBooksError`."""

    def __init__(self, books: Books, moment: datetime) -> None:
        """Look at some books.

        Args:
            books: as they are now; nothing is written to them.
            moment: aware; what was recorded at it counts.
        """
        super().__init__(read_only(books._engine))
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
