"""Monthly reports published to the books, so that BI tools can query them in SQL.

What belongs here: a table per report, and replacing a month of it. What does not: what a report says
(`revrec.reports`), and when it is published (`assets.monthly_reports`).

A report of a big month has as many rows as the company has schedules: rows go in by COPY on PostgreSQL and by one
prepared statement on SQLite, 30 to 100 times faster than one INSERT per row (FACTS).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import BigInteger, Column, Connection, Date, Engine, Index, PrimaryKeyConstraint, String, Table, delete

from resources.books.column_types import ExactInteger, UtcTimestamp
from resources.books.engine import hold_lock, transaction
from resources.books.statements import insert_into
from resources.books.tables import METADATA
from revrec.reports.schemas import REPORTS

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

# Which months are published, and of which content: `sha256` is of the lake table.
PUBLISHED_REPORTS = Table(
    "published_reports",
    METADATA,
    Column("report", String, nullable=False),
    Column("month", _MONTH, nullable=False),
    Column("rows", ExactInteger, nullable=False),
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
        sha256: of the lake table with these rows.
        published_at: when they were put there; aware, UTC.
    """

    report: str
    month: str
    rows: int
    sha256: str
    published_at: datetime


def published_reports(engine: Engine) -> list[PublishedReport]:
    """What is published, by report and month."""
    ordered = PUBLISHED_REPORTS.select().order_by(PUBLISHED_REPORTS.c.report, PUBLISHED_REPORTS.c.month)
    with transaction(engine, reads_only=True) as connection:
        return [PublishedReport(**row) for row in connection.execute(ordered).mappings()]


def publish_report(
    engine: Engine, report: str, month: str, batches: Iterable[pa.RecordBatch], sha256: str, *, now: datetime
) -> bool:
    """Make these the rows of a report's month, in one step; the same content again changes nothing.

    Args:
        engine: of the books.
        report: a key of `REPORTS`.
        month: posting month, YYYY-MM.
        batches: of the report's schema, all of that month.
        sha256: of the lake table with these rows.
        now: the present time, aware.

    Returns:
        whether the rows were replaced.
    """
    table, published = REPORT_TABLES[report], PUBLISHED_REPORTS.c
    with transaction(engine) as connection:
        # Else two processes would each delete what they see, and leave the rows of both.
        hold_lock(connection, f"report {report} {month}")
        known = connection.execute(
            PUBLISHED_REPORTS.select().where(published.report == report, published.month == month)
        ).one_or_none()
        if known is not None and known.sha256 == sha256:
            return False
        connection.execute(delete(table).where(table.c.month == month))
        rows = sum(_insert(connection, table, batch) for batch in batches)
        insert = insert_into(connection, PUBLISHED_REPORTS)
        renewed = {name: insert.excluded[name] for name in ("rows", "sha256", "published_at")}
        connection.execute(
            insert.on_conflict_do_update(index_elements=["report", "month"], set_=renewed),
            {"report": report, "month": month, "rows": rows, "sha256": sha256, "published_at": now},
        )
    return True


def _insert(connection: Connection, table: Table, batch: pa.RecordBatch) -> int:
    if not batch.num_rows:
        return 0
    cursor = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * batch.num_columns)
        cursor.executemany(f"INSERT INTO {table.name} VALUES ({places})", list(_sqlite_rows(batch)))  # noqa: S608 - our names
    else:
        sink = BytesIO()
        # quotes tell an empty text from a null
        options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
        pa_csv.write_csv(batch, sink, options)
        sink.seek(0)
        # psycopg2's own method, which the interface of all drivers does not have
        copying: Any = cursor
        copying.copy_expert(f"COPY {table.name} FROM STDIN WITH (FORMAT csv)", sink)
    return int(batch.num_rows)


def _sqlite_rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    columns = (
        (column.cast(pa.string()) if pa.types.is_date32(column.type) else column).to_pylist()
        for column in batch.columns
    )
    return zip(*columns, strict=True)
