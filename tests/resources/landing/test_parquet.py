"""Parquet files, of text and of types."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from revrec.schemas import INVOICES

if TYPE_CHECKING:
    from tests.resources.landing.conftest import Landing

NOON = dt.datetime(2025, 1, 15, 12, 30, 0, 250_000, tzinfo=dt.UTC)

TEXTS: dict[str, list[Any]] = {
    "id": ["i1", "i2"],
    "invoice_number": ["1", "2"],
    "customer_id": ["c1", "c1"],
    "status": ["SENT", "PAID"],
    "currency": ["USD", "JPY"],
    "accounting_date": ["2025-01-15", "2025-01-31"],
    "voided_at": [None, None],
    "net_total": ["1200.50", "1200"],
    "updated_at": ["2025-01-15T12:30:00.250Z"] * 2,
}


def typed(**columns: pa.Array) -> pa.Table:
    """Two invoices as a table; some columns typed."""
    return pa.table({**{name: pa.array(values, pa.string()) for name, values in TEXTS.items()}, **columns})


def decimals(precision: int, scale: int) -> pa.Array:
    return pa.array(
        [Decimal("1200.50").quantize(Decimal(1).scaleb(-scale)), Decimal(1200)], pa.decimal128(precision, scale)
    )


DAYS = [dt.date(2025, 1, 15), dt.date(2025, 1, 31)]
MIDNIGHTS = [dt.datetime(day.year, day.month, day.day) for day in DAYS]  # noqa: DTZ001 - a column without time zone

TYPED = {
    "text": typed(),
    "large text": typed(id=pa.array(TEXTS["id"], pa.large_string())),
    "views of text": typed(id=pa.array(TEXTS["id"], pa.string_view())),
    "bytes": typed(id=pa.array([b"i1", b"i2"], pa.binary())),
    "dictionary": typed(status=pa.array(TEXTS["status"]).dictionary_encode()),
    "integers": typed(invoice_number=pa.array([1, 2], pa.int64())),
    "date32": typed(accounting_date=pa.array(DAYS, pa.date32())),
    "date64": typed(accounting_date=pa.array(DAYS, pa.date64())),
    "dates as pandas writes them": typed(accounting_date=pa.array(MIDNIGHTS, pa.timestamp("ns"))),
    "dates as midnights in UTC": typed(accounting_date=pa.array(MIDNIGHTS, pa.timestamp("us", "UTC"))),
    "timestamps of milliseconds": typed(updated_at=pa.array([NOON] * 2, pa.timestamp("ms", "UTC"))),
    "timestamps of microseconds": typed(updated_at=pa.array([NOON] * 2, pa.timestamp("us", "UTC"))),
    "timestamps of nanoseconds": typed(updated_at=pa.array([NOON] * 2, pa.timestamp("ns", "UTC"))),
    "timestamps in another zone": typed(updated_at=pa.array([NOON] * 2, pa.timestamp("us", "America/New_York"))),
    "decimals": typed(net_total=decimals(12, 2)),
    "decimals of a warehouse": typed(net_total=decimals(38, 9)),
    "an empty optional column of floats": typed(voided_at=pa.array([None, float("nan")], pa.float64())),
    "an empty optional column of nothing": typed(voided_at=pa.nulls(2)),
}  # fmt: skip


@pytest.mark.parametrize("table", TYPED.values(), ids=TYPED.keys())
def test_every_type_with_one_exact_text_is_read(landing: "Landing", table: pa.Table) -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    landing.put("a.parquet", table)
    read = landing.read()

    assert read.rejections == []
    assert [(row["id"], row["invoice_number"], row["status"]) for row in read.rows] == [
        ("i1", "1", "SENT"),
        ("i2", "2", "PAID"),
    ]
    assert [row["net_total_minor"] for row in read.rows] == [120_050, 1200]
    assert [row["accounting_date"] for row in read.rows] == DAYS
    assert [row["updated_at"] for row in read.rows] == [NOON] * 2
    assert [row["landed_row"] for row in read.rows] == [1, 2]


def test_tiny_decimals_are_written_out_not_in_scientific_notation(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    amounts = pa.array([Decimal("0.000000001"), Decimal("0E-9")], pa.decimal128(38, 9))
    landing.put("a.parquet", typed(net_total=amounts))
    read = landing.read()

    assert [row["net_total_minor"] for row in read.rows] == [0]
    assert read.reasons == [(1, "net_total", "net_total '0.000000001' has 9 decimals, USD has 2")]


REFUSED: dict[str, tuple[Callable[[], pa.Table], str]] = {
    "floats are not money": (
        lambda: typed(net_total=pa.array([1200.5, 1200.0])),
        "floating-point numbers in the column net_total, which cannot be exact (rows: 2)",
    ),
    "floats are not ids": (lambda: typed(id=pa.array([1.0, None])), "floating-point numbers in the column id"),
    "lists": (lambda: typed(id=pa.array([["i1"], ["i2"]])), "has a column id of type list"),
    "a required column missing": (lambda: typed().drop_columns("currency"), "has no column currency (rows: 2)"),
}


@pytest.mark.parametrize(("table", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_column_without_exact_text_refuses_the_file(
    landing: "Landing", table: Callable[[], pa.Table], reason: str
) -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    landing.put("a.parquet", table())
    landing.put("b.parquet", typed())
    read = landing.read()

    assert [(item.file[-9:], item.row) for item in read.rejections] == [("a.parquet", 0)]
    assert reason in read.rejections[0].reason
    assert read.counts == [(2, 0, 2, 0), (2, 2, 0, 0)]


def test_a_float_far_down_the_column_refuses_the_good_rows_before_it_too(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    count = 70_000
    columns = {name: pa.array([values[0]] * count, pa.string()) for name, values in TEXTS.items()}
    columns["id"] = pa.array([f"i{number}" for number in range(count)])
    columns["entity_id"] = pa.array([None] * (count - 1) + [1.5], pa.float64())
    landing.put("a.parquet", pa.table(columns))
    read = landing.read()

    assert read.rows == []
    assert [item.row for item in read.rejections] == [0]
    assert read.counts == [(count, 0, count, 0)]


def test_a_timestamp_without_time_zone_is_not_guessed(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    landing.put("a.parquet", typed(updated_at=pa.array(MIDNIGHTS, pa.timestamp("us"))))
    read = landing.read()

    assert read.rows == []
    assert "updated_at '2025-01-15T00:00:00.000000' is not a timestamp" in read.rejections[0].reason


def test_what_revrec_does_not_know_is_kept_with_the_rejection(landing: "Landing") -> None:
    extras = {"tags": pa.array([["a", "b"], []]), "score": pa.array([0.5, 1.5]), "raw": pa.array([b"\xff", None])}
    landing.dataset, landing.month = INVOICES, "2025-01"
    landing.put("a.parquet", typed(status=pa.array(["OPEN", "SENT"]), **extras))
    [rejection] = landing.read().rejections

    assert rejection.row == 1
    assert {name: rejection.record[name] for name in extras} == {"tags": "['a', 'b']", "score": "0.5", "raw": "\\xff"}
    assert rejection.record["net_total"] == "1200.50"


def test_a_damaged_file_is_refused_and_its_neighbour_is_read(landing: "Landing") -> None:
    landing.dataset, landing.month = INVOICES, "2025-01"
    buffer = io.BytesIO()
    pq.write_table(typed(), buffer, write_page_checksum=True, compression="none")
    content = buffer.getvalue()
    landing.put("a.parquet", content[: len(content) // 2])
    landing.put("b.parquet", content.replace(b"1200.50", b"1900.50", 1))
    landing.put("c.parquet", b"")
    landing.put("d.parquet", content)
    read = landing.read()

    assert [(item.file[-9:], item.row) for item in read.rejections] == [
        ("a.parquet", 0), ("b.parquet", 0), ("c.parquet", 0)
    ]  # fmt: skip
    assert all("cannot be read as Parquet" in item.reason for item in read.rejections)
    assert {row["landed_file"][-9:] for row in read.rows} == {"d.parquet"}
