"""Monthly reports published to the books, so that BI tools can query them in SQL.

What belongs here: a table per report, and replacing a month of it. What does not: what a report says
(`revrec.reports`), and when it is published (`assets.monthly_reports`).

A report of a big month has as many rows as the company has schedules. They go into PostgreSQL by COPY (FACTS: 20 times
faster than inserts). SQLite takes 20 microseconds and a kilobyte for a row, so that a report beyond `SQLITE_ROWS` stays
a Parquet file there: `published_reports` says which, and where it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    delete,
)
from sqlalchemy.exc import DBAPIError

from resources.books.column_types import ExactInteger, UtcTimestamp
from resources.books.engine import hold_lock, transaction
from resources.books.statements import equal
from resources.books.tables import METADATA
from revrec.reports.schemas import REPORTS

# A second, and 50 MB. Who has more has the books in PostgreSQL, or queries the Parquet file.
SQLITE_ROWS = 50_000
_MONTH, _CURRENCY = String(7), String(3)
_TYPES: dict[pa.DataType, type[String | BigInteger | Date]] = {
    pa.string(): String,
    pa.int64(): BigInteger,
    pa.date32(): Date,
}
_NAMED_TYPES = {"month": _MONTH, "currency": _CURRENCY}


def _table(report: str, schema: pa.Schema) -> Table:
    columns = [
        Column(field.name, _NAMED_TYPES.get(field.name, _TYPES[field.type]), nullable=field.nullable)
        for field in schema
    ]
    return Table(f"report_{report}", METADATA, *columns, Index(f"ix_report_{report}", "month", "entity", "currency"))


REPORT_TABLES = {report: _table(report, schema) for report, schema in REPORTS.items()}

# Which months are published, and of which content: `uri` and `sha256` are of the lake table. `is_copied` says whether
# its rows are in the report's table here.
PUBLISHED_REPORTS = Table(
    "published_reports",
    METADATA,
    Column("report", String, nullable=False),
    Column("month", _MONTH, nullable=False),
    Column("rows", ExactInteger, nullable=False),
    Column("is_copied", Boolean, nullable=False),
    Column("uri", String, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("published_at", UtcTimestamp, nullable=False),
    PrimaryKeyConstraint("report", "month"),
)


@dataclass(frozen=True)
class PublishedReport:
    """A report's month in the books.

    Attributes:
        report: a key of `REPORTS`; its rows are in the table `report_<report>`.
        month: posting month, YYYY-MM.
        rows: how many.
        is_copied: whether they are in the table here.
        uri: of the lake table with these rows.
        sha256: of the lake table.
        published_at: when they were put there; aware, UTC.
    """

    report: str
    month: str
    rows: int
    is_copied: bool
    uri: str
    sha256: str
    published_at: datetime


def published_reports(engine: Engine) -> list[PublishedReport]:
    """What is published, by report and month."""
    ordered = PUBLISHED_REPORTS.select().order_by(PUBLISHED_REPORTS.c.report, PUBLISHED_REPORTS.c.month)
    with transaction(engine, reads_only=True) as connection:
        return [PublishedReport(**row) for row in connection.execute(ordered).mappings()]


@dataclass(frozen=True)
class ReportMonth:
    """A report's month, to be published.

    Attributes:
        report: a key of `REPORTS`.
        month: posting month, YYYY-MM.
        rows: how many.
        uri: of the lake table with these rows.
        sha256: of the lake table.
        batches: its rows.
    """

    report: str
    month: str
    rows: int
    uri: str
    sha256: str
    batches: Iterable[pa.RecordBatch]


def publish_report(engine: Engine, content: ReportMonth, *, now: datetime) -> bool:
    """Make these the rows of a report's month, in one step; the same content again changes nothing.

    Args:
        engine: of the books.
        content: all rows of the month.
        now: the present time, aware.

    Returns:
        whether the rows were replaced.
    """
    table, published = REPORT_TABLES[content.report], PUBLISHED_REPORTS.c
    key = {"report": content.report, "month": content.month}
    is_copied = engine.dialect.name != "sqlite" or content.rows <= SQLITE_ROWS
    new = {**key, "rows": content.rows, "is_copied": is_copied, "uri": content.uri, "sha256": content.sha256}
    with transaction(engine) as connection:
        # Else two processes would each delete what they see, and leave the rows of both.
        hold_lock(connection, f"report {content.report} {content.month}")
        known = connection.execute(
            PUBLISHED_REPORTS.select().where(published.report == content.report, published.month == content.month)
        ).mappings()
        if any(dict(row) | new == dict(row) for row in known):
            return False
        connection.execute(delete(table).where(table.c.month == content.month))
        for batch in content.batches if is_copied else ():
            _insert(connection, table, batch)
        connection.execute(delete(PUBLISHED_REPORTS).where(*equal(PUBLISHED_REPORTS, **key)))
        connection.execute(PUBLISHED_REPORTS.insert(), {**new, "published_at": now})
    return True


def _insert(connection: Connection, table: Table, batch: pa.RecordBatch) -> None:
    columns = ", ".join(batch.schema.names)  # named: a table may get more of them, in another order
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * batch.num_columns)
        insert = f"INSERT INTO {table.name} ({columns}) VALUES ({places})"  # noqa: S608 - our names
        if batch.num_rows:
            connection.exec_driver_sql(insert, list(_sqlite_rows(batch)))
    else:
        sink = BytesIO()
        # quotes tell an empty text from a null
        options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
        pa_csv.write_csv(batch, sink, options)
        sink.seek(0)
        # psycopg2's own method, which the interface of all drivers does not have
        copying: Any = connection.connection.cursor()
        statement = f"COPY {table.name} ({columns}) FROM STDIN WITH (FORMAT csv)"
        driver = connection.dialect.loaded_dbapi
        try:
            copying.copy_expert(statement, sink)
        except driver.Error as error:  # as SQLAlchemy raises those of its own statements
            raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error


def _sqlite_rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    columns = (
        (column.cast(pa.string()) if pa.types.is_date32(column.type) else column).to_pylist()
        for column in batch.columns
    )
    return zip(*columns, strict=True)
