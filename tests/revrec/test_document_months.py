"""Documents that landed in more than one month: only the latest version counts."""

from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pytest

from revrec.document_months import VERSION_COLUMNS, superseded
from revrec.schemas import INVOICES

SCHEMA = pa.schema([INVOICES.lake_schema.field(name) for name in VERSION_COLUMNS])


def months(**versions: dict[str, int]) -> dict[str, list[pa.RecordBatch]]:
    """Month (m01 for 2025-01) to documents with the day of January 2025 on which they were updated."""
    return {
        f"2025-{month[1:]}": [
            pa.RecordBatch.from_pylist([{"id": id_, "updated_at": datetime(2025, 1, day, tzinfo=UTC)}], schema=SCHEMA)
            for id_, day in documents.items()
        ]
        for month, documents in versions.items()
    }


@pytest.mark.parametrize(
    ("landed", "expected"),
    [
        pytest.param(months(m01={"a": 1}, m02={"b": 1}), {"2025-01": {}, "2025-02": {}}, id="each in one month"),
        pytest.param(
            months(m01={"a": 1, "b": 1}, m02={"a": 2}),
            {"2025-01": {"a": "2025-02"}, "2025-02": {}},
            id="moved to a later month",
        ),
        pytest.param(
            months(m01={"a": 9}, m02={"a": 2}),
            {"2025-01": {}, "2025-02": {"a": "2025-01"}},
            id="moved to an earlier month",
        ),
        pytest.param(
            months(m01={"a": 3}, m02={"a": 1}, m03={"a": 7}),
            {"2025-01": {"a": "2025-03"}, "2025-02": {"a": "2025-03"}, "2025-03": {}},
            id="moved twice",
        ),
        pytest.param(
            months(m01={"a": 1}, m02={"a": 1}),
            {"2025-01": {"a": "2025-02"}, "2025-02": {}},
            id="updated at the same time: the later month",
        ),
        pytest.param(months(m01={}), {"2025-01": {}}, id="a month without documents"),
        pytest.param({}, {}, id="no months"),
    ],
)
def test_the_month_of_the_latest_version_is_the_one_that_counts(
    landed: dict[str, list[pa.RecordBatch]], expected: dict[str, dict[str, str]]
) -> None:
    with duckdb.connect() as connection:
        assert superseded(connection, landed) == expected


def test_the_order_of_months_makes_no_difference() -> None:
    landed = months(m01={"a": 3, "b": 1}, m02={"a": 1, "b": 1}, m03={"a": 7})
    with duckdb.connect() as first, duckdb.connect() as second:
        assert superseded(first, landed) == superseded(second, dict(reversed(landed.items())))


def test_a_later_version_in_quarantine_replaces_an_earlier_one_and_an_equally_old_copy_does_not() -> None:
    def rejected(**versions: str | None) -> pa.RecordBatch:
        texts = {"id": list(versions), "updated_at": list(versions.values())}
        return pa.RecordBatch.from_pydict({name: pa.array(column, pa.string()) for name, column in texts.items()})

    moment = datetime(2025, 1, 5, tzinfo=UTC)
    ids = ["later", "copy", "earlier", "unreadable", "silent"]
    landed = pa.RecordBatch.from_pydict(
        {"id": ids, "updated_at": pa.array([moment] * len(ids), pa.timestamp("us", tz="UTC"))}
    )
    quarantine = rejected(
        later="2025-01-05T00:00:01Z",
        copy="2025-01-05T00:00:00Z",
        earlier="2025-01-04T00:00:00Z",
        unreadable="yesterday",
        silent=None,
    )
    found = superseded(duckdb.connect(), {"2025-01": [landed]}, {"2025-02": quarantine})
    assert found == {"2025-01": {"later": "2025-02"}}
