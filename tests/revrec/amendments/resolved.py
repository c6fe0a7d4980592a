"""What became of documents, in the shapes tests compare."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from revrec.amendments import AmendingDocuments, AmendmentResolver
from revrec.money import to_text
from revrec.rejections import Rejection


@dataclass(frozen=True)
class Resolved:
    """What became of the documents, by home month."""

    batches: dict[str, list[pa.RecordBatch]]
    rejections: dict[str, list[Rejection]]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows of `tables.AMENDMENTS` of all months, with their `home`."""
        return [
            row | {"home": home}
            for home, batches in self.batches.items()
            for batch in batches
            for row in batch.to_pylist()
        ]

    def table(self, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of all rows; dates and amounts as text, for people."""
        return [tuple(_shown(row, column) for column in columns) for row in self.rows]

    @property
    def reasons(self) -> list[tuple[str, str, str, str]]:
        """Home month, dataset, id and reason of each rejection."""
        return [
            (home, item.dataset, item.record["id"] or "", item.reason)
            for home, items in self.rejections.items()
            for item in items
        ]

    @property
    def faults(self) -> dict[str, str]:
        """Reason by id, of rows that are rejected for a fault of their own."""
        return {id_: reason for _, _, id_, reason in self.reasons if "kept out whole" not in reason}


def _shown(row: Mapping[str, Any], column: str) -> Any:
    if column == "amount":
        return to_text(row["amount_minor"], row["currency"])
    value = row[column]
    return value.isoformat() if isinstance(value, dt.date) else value


def resolve(landed: AmendingDocuments) -> Resolved:
    """Resolve documents."""
    with duckdb.connect() as connection:
        resolver = AmendmentResolver(connection, landed)
        months = resolver.months
        batches = {month: list(resolver.amendments(month)) for month in months}
        found = {month: rejections for month in months if (rejections := resolver.rejections(month))}
        return Resolved({month: rows for month, rows in batches.items() if any(map(len, rows))}, found)
