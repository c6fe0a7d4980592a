"""Statements that several parts of the books share.

What belongs here: building and running statements on any table. What does not: what a table's rows mean.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Row, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say what happens on conflict, which SQL leaves to the dialects."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def run(connection: Connection, statement: Insert, rows: Collection[Mapping[str, Any]]) -> list[Row[Any]]:
    """Execute an INSERT once for all rows, and return what it returns."""
    if not rows:
        return []
    result = connection.execute(statement, [dict(row) for row in rows])
    return list(result.all()) if result.returns_rows else []


def equal(table: Table, **wanted: str | None) -> list[ColumnElement[bool]]:
    """Conditions that columns equal values; none for a column that may have any (None)."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]
