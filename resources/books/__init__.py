"""The books: what happened to files, exports and months, and what people recorded, in SQLite or PostgreSQL.

What belongs here: the tables and their migrations, opening the database, and the class that reads and writes them. What
does not: amounts of the system's journals (they live in the lake), and deciding what is recorded when (the assets do).
"""

from resources.books.books import Books, ForeignExportFileError
from resources.books.engine import (
    BooksAddressError,
    BooksUnavailableError,
    DriverMissingError,
    open_engine,
)
from resources.books.manual_journals import LockedDayError, ManualJournalExistsError, ManualJournalsChangedError
from resources.books.migrations import BooksNewerThanCodeError, upgrade
from resources.books.periods import PeriodsChangedError
from resources.books.records import (
    Activity,
    ExportFile,
    LandedFile,
    RecordedActivity,
    RecordedExportFile,
    RecordedLandedFile,
    RecordedManualJournal,
    RecordedPeriodEvent,
    RecordedRequestedExport,
    RequestedExport,
)
from resources.books.reports import PublishedReport, ReportMonth
from resources.books.requested_exports import MailUnderWayError, RequestChangedError, UnknownRequestError

__all__ = [
    "Activity",
    "Books",
    "BooksAddressError",
    "BooksNewerThanCodeError",
    "BooksUnavailableError",
    "DriverMissingError",
    "ExportFile",
    "ForeignExportFileError",
    "LandedFile",
    "LockedDayError",
    "MailUnderWayError",
    "ManualJournalExistsError",
    "ManualJournalsChangedError",
    "PeriodsChangedError",
    "PublishedReport",
    "RecordedActivity",
    "RecordedExportFile",
    "RecordedLandedFile",
    "RecordedManualJournal",
    "RecordedPeriodEvent",
    "RecordedRequestedExport",
    "ReportMonth",
    "RequestChangedError",
    "RequestedExport",
    "UnknownRequestError",
    "open_engine",
    "upgrade",
]
