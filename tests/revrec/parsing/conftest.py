"""A good row of every dataset, and parsing of rows that differ from it."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pytest

from revrec.parsing import Parsed, RawRows, parse_batch
from revrec.schemas import Dataset

Change = Mapping[str, str | bytes | None]
Parse = Callable[..., Parsed]

FILE = "landing/some.csv"

_GOOD_VALUES = {
    "status": "SENT",
    "currency": "USD",
    "accounting_date": "2025-01-15",
    "date": "2025-01-15",
    "voided_at": "2025-01-20T00:00:00Z",
    "net_total": "1200.00",
    "updated_at": "2025-01-15T10:00:00Z",
    "recognition_method": "STRAIGHT_LINE",
    "kind": "CHARGE",
    "list_price": "1300.00",
    "standalone_selling_price": "1250.00",
    "credit_grant_amount": "10",
    "amount": "100.00",
    "percent": "50",
    "service_period_start": "2025-01-15",
    "service_period_end": "2026-01-14",
    "recognition_date": "2025-01-15",
    "completed_on": "2025-01-15",
    "period_start": "2025-01-01",
    "period_end": "2025-01-31",
    "frequency": "MONTHLY",
    "start_date": "2025-01-01",
    "end_date": "2025-12-31",
    "billing_type": "IN_ARREARS",
    "effective_date": "2025-01-01",
    "expiry_date": "2025-12-31",
    "type": "DEBIT",
}


def good_row(dataset: Dataset) -> dict[str, str | bytes | None]:
    """All fields of a dataset filled; texts and ids hold their own names."""
    return {field.name: _GOOD_VALUES.get(field.name, f"{field.name} A".replace(" ", "-")) for field in dataset.fields}


def raw_rows(rows: list[dict[str, str | bytes | None]], first_row: int = 2) -> RawRows:
    """Rows as a reader hands them over."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [pa.array([_encoded(row.get(name)) for row in rows], pa.binary()) for name in names]
    numbers = np.arange(first_row, first_row + len(rows), dtype=np.int64)
    return RawRows(pa.RecordBatch.from_arrays(columns, names=names), numbers)


def _encoded(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


@pytest.fixture(scope="session")
def parse() -> Parse:
    """Parse rows of a dataset, given by how they differ from the good row, in the folder of 2025-01."""

    def parse(dataset: Dataset, *changes: Change, month: str | None = "2025-01") -> Parsed:
        rows = [{**good_row(dataset), **change} for change in changes]
        return parse_batch(dataset, raw_rows(rows), month if dataset.monthly else None, FILE)

    return parse
