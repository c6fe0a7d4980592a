"""Ways to break a table, and what a reconciliation then says of it."""

from collections.abc import Callable
from typing import Any

import duckdb
import pyarrow as pa

from revrec.reconciliation import Source

Rows = list[dict[str, Any]]
Breakage = Callable[[Rows], Rows]


def changed(place: int, **fields: object) -> Breakage:
    """One row with other values."""
    return lambda rows: [row | fields if at == place else row for at, row in enumerate(rows)]


def without(place: int) -> Breakage:
    """One row less."""
    return lambda rows: [row for at, row in enumerate(rows) if at != place]


def twice(place: int) -> Breakage:
    """One row twice."""
    return lambda rows: [*rows, rows[place]]


def also(**fields: object) -> Breakage:
    """A row that does not belong there."""
    return lambda rows: [*rows, rows[0] | fields]


def source(rows: Rows, schema: pa.Schema) -> Source:
    """Rows as a stream that can be run through once."""
    batch = pa.RecordBatch.from_pylist(rows, schema=schema)
    return Source(batch.schema, iter([batch.slice(0, 1), batch.slice(1)]))


def reconciled(function: Callable[..., pa.Table], *arguments: object) -> Rows:
    with duckdb.connect() as connection:
        rows: Rows = function(connection, *arguments).to_pylist()
    return rows
