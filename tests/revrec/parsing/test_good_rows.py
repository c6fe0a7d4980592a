"""Good rows: the typed columns they become."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from revrec.parsing import Parsed, RawRows, UnreadableRow, parse_batch
from revrec.schemas import CUSTOMERS, DATASETS, INVOICE_LINE_ITEMS, INVOICES, Dataset

Parse = Callable[..., Parsed]


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=lambda item: item.name)
def test_good_rows_become_the_columns_of_the_lake(parse: Parse, dataset: Dataset) -> None:
    parsed = parse(dataset, {}, {"id": "second"})

    assert parsed.rejections == []
    assert parsed.rejected.num_rows == 0
    assert parsed.good.schema == dataset.lake_schema
    assert parsed.good["id"].to_pylist()[1] == "second"
    assert parsed.good["landed_file"].to_pylist() == ["landing/some.csv"] * 2
    assert parsed.good["landed_row"].to_pylist() == [2, 3]


def test_fields_get_their_types(parse: Parse) -> None:
    row = parse(INVOICES, {"net_total": "-1200.5", "currency": "KWD", "voided_at": None}).good.to_pylist()[0]

    assert row["net_total_minor"] == -1_200_500
    assert row["accounting_date"] == dt.date(2025, 1, 15)
    assert row["updated_at"] == dt.datetime(2025, 1, 15, 10, tzinfo=dt.UTC)
    assert row["voided_at"] is None
    assert row["status"] == "SENT"


@pytest.mark.parametrize(
    ("text", "microsecond", "hour"),
    [
        pytest.param("2025-01-15T10:00:00Z", 0, 10, id="Z"),
        pytest.param("2025-01-15T10:00:00.5Z", 500_000, 10, id="one decimal"),
        pytest.param("2025-01-15T10:00:00.123456Z", 123_456, 10, id="six decimals"),
        pytest.param("2025-01-15T10:00:00+00:00", 0, 10, id="no offset"),
        pytest.param("2025-01-15T10:00:00+05:00", 0, 5, id="an offset east is converted"),
        pytest.param("2025-01-15T10:00:00-05:00", 0, 15, id="an offset west is converted"),
    ],
)
def test_a_timestamp_is_converted_to_utc(parse: Parse, text: str, microsecond: int, hour: int) -> None:
    # with and without a row in the batch that sends the column down the slow path
    for others in ((), ({"updated_at": "2025-02-30T00:00:00Z"},)):
        values = parse(CUSTOMERS, {"updated_at": text}, *others).good["updated_at"].to_pylist()
        assert values == [dt.datetime(2025, 1, 15, hour, 0, 0, microsecond, tzinfo=dt.UTC)]


@pytest.mark.parametrize(
    "text", ["0", "-0.00", "+12", "007.50", "99999999999999.999999999", "-1.5"], ids=lambda text: text
)
def test_a_decimal_stays_the_text_it_is(parse: Parse, text: str) -> None:
    assert parse(INVOICE_LINE_ITEMS, {"net_total": text}).good["net_total"].to_pylist() == [text]


def test_the_largest_amount_is_still_good(parse: Parse) -> None:
    good = parse(INVOICES, {"net_total": "999999999999.99"}, {"net_total": "-999999999999.99"}).good

    assert good["net_total_minor"].to_pylist() == [10**14 - 1, -(10**14 - 1)]


def test_text_may_be_in_any_script_and_ids_may_have_blanks_inside(parse: Parse) -> None:
    good = parse(CUSTOMERS, {"id": "cus 1", "legal_name": " Größe 株式会社 "}).good

    assert (good["id"][0].as_py(), good["legal_name"][0].as_py()) == ("cus 1", " Größe 株式会社 ")


def test_a_period_of_exactly_a_century_and_of_one_day_are_good(parse: Parse) -> None:
    century = {"service_period_start": "2025-01-15", "service_period_end": "2125-01-15"}
    one_day = {"service_period_start": "2025-01-15", "service_period_end": "2025-01-15"}

    assert parse(INVOICE_LINE_ITEMS, century, one_day).rejections == []


def test_a_line_without_any_optional_field_is_good(parse: Parse) -> None:
    absent = {field.name: "" for field in INVOICE_LINE_ITEMS.fields if not field.required}
    good = parse(INVOICE_LINE_ITEMS, absent).good

    assert all(good[name].null_count == 1 for name in absent)


def test_columns_may_be_missing_where_they_are_optional_and_unknown_ones_are_left_alone() -> None:
    columns = {"legal_name": [b"Acme"], "crm": [b"x\n"], "updated_at": [b"2025-01-01T00:00:00Z"], "id": [b"c1"]}
    parsed = parse_batch(CUSTOMERS, _raw(columns), None, "f")

    assert parsed.good.select(["id", "legal_name"]).to_pylist() == [{"id": "c1", "legal_name": "Acme"}]


def test_what_landed_besides_the_known_fields_is_kept_with_the_rejection() -> None:
    [rejection] = parse_batch(
        CUSTOMERS, _raw({"id": [b"c1"], "crm": [b"x"], "updated_at": [b"?"]}), None, "f"
    ).rejections[1:]

    assert rejection.record == {"id": "c1", "crm": "x", "updated_at": "?"}


def test_rows_that_no_reader_could_split_are_rejected_whole_between_the_others() -> None:
    raw = _raw({"id": [b"c1"], "legal_name": [b""], "updated_at": [b"2025-01-01T00:00:00Z"]})
    unreadable = (UnreadableRow(1, "a,b", "the row has 2 columns, the header has 3"), UnreadableRow(9, "x", "why"))
    parsed = parse_batch(CUSTOMERS, RawRows(raw.columns, raw.row_numbers, unreadable), None, "f")

    assert [(item.row, item.field, item.value) for item in parsed.rejections] == [
        (1, "", "a,b"),
        (2, "legal_name", ""),
        (9, "", "x"),
    ]
    assert parsed.rejections[0].record == {"": "a,b"}
    assert parsed.row_count == 3


def test_a_batch_without_rows_gives_columns_without_rows(parse: Parse) -> None:
    parsed = parse(INVOICES)

    assert parsed.good.schema == INVOICES.lake_schema
    assert parsed.row_count == 0


def _raw(columns: dict[str, list[bytes]]) -> RawRows:
    batch = pa.RecordBatch.from_pydict({name: pa.array(values, pa.binary()) for name, values in columns.items()})
    return RawRows(batch, np.array([2], dtype=np.int64))
