"""The books: what happened to files, exports and months, in SQLite or PostgreSQL.

What belongs here: the tables and their migrations, opening the database, and the class that reads and writes them. What
does not: amounts of single journals (they live in the lake), and deciding what is recorded when (the assets do).
"""

from resources.books.books import Books, ForeignExportFileError
from resources.books.engine import (
    BooksAddressError,
    BooksUnavailableError,
    DriverMissingError,
    open_engine,
)
from resources.books.migrations import BooksNewerThanCodeError, upgrade
from resources.books.records import (
    Activity,
    ExportFile,
    LandedFile,
    RecordedActivity,
    RecordedExportFile,
    RecordedLandedFile,
)

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
    "RecordedActivity",
    "RecordedExportFile",
    "RecordedLandedFile",
    "open_engine",
    "upgrade",
]
