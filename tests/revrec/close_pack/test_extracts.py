"""What a pack takes of a table is the same as sorting all of it, however the rows arrive."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revrec.close_pack import extracts
from revrec.close_pack.extracts import extract, extract_of, waterfall_extract
from revrec.reports.schemas import REVENUE_WATERFALL

ROWS = pa.schema([("name", pa.int64()), ("open_minor", pa.int64()), ("whole_minor", pa.int64())])
_AMOUNT = st.one_of(st.integers(-3, 3), st.integers(-(2**62), 2**62))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.tuples(_AMOUNT, _AMOUNT), max_size=30), batch=st.integers(1, 9), most=st.integers(1, 12))
def test_an_extract_is_the_head_of_all_rows_by_size_and_its_totals_are_of_all(
    amounts: list[tuple[int, int]], batch: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extracts, "MAX_ROWS", most)
    names, sizes = list(range(len(amounts))), [max(map(abs, pair)) for pair in amounts]
    table = pa.table([pa.array(names), *(pa.array([pair[at] for pair in amounts]) for at in (0, 1))], schema=ROWS)
    found = extract("rows", table.to_batches(max_chunksize=batch), ROWS)
    by_size = sorted(names, key=lambda name: -sizes[name])[:most] if len(names) > most else names
    assert found.rows["name"].to_pylist() == by_size
    assert found.of == len(names)
    assert found.totals == {"open_minor": sum(a for a, _ in amounts), "whole_minor": sum(b for _, b in amounts)}


def test_totals_do_not_wrap_around() -> None:
    table = pa.table([pa.array([1, 2]), pa.array([2**62, 2**62]), pa.array([0, 0])], schema=ROWS)
    assert extract_of("rows", table).totals["open_minor"] == 2**63


def test_a_table_that_charts_add_up_is_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracts, "MAX_ROWS", 1)
    table = pa.table([pa.array([1, 2]), pa.array([3, 4]), pa.array([0, 0])], schema=ROWS)
    found = extract_of("revenue_forecast", table)
    assert (found.rows, found.of, found.totals["open_minor"]) == (table, 2, 7)


def _waterfall(remaining: dict[str, list[int]]) -> pa.Table:
    """Customers, each with so much left per product, all of it released in 2026-01."""
    rows: list[dict[str, Any]] = []
    for customer, products in remaining.items():
        own = {"month": "2025-12", "entity": "default", "currency": "USD", "customer_id": customer}
        for level, product, amount in (
            ("CUSTOMER", "", sum(products)),
            *(("PRODUCT", f"p{place}", amount) for place, amount in enumerate(products)),
        ):
            named = own | {"customer_name": customer, "level": level, "product_id": product, "product_name": product}
            for figure, release in (("REMAINING", None), ("RELEASE", "2026-01")):
                rows.append(named | {"figure": figure, "release_month": release, "amount_minor": amount})
    return pa.Table.from_pylist(rows, schema=REVENUE_WATERFALL)


def test_of_a_waterfall_whole_customers_are_taken_the_largest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    table = _waterfall({"small": [1], "most": [-90, -5], "large": [30, 20, 10], "none": [0]})
    monkeypatch.setattr(extracts, "MAX_ROWS", 7)
    found = waterfall_extract(lambda columns: table.select(columns).to_batches(max_chunksize=3), table.schema)
    assert list(dict.fromkeys(found.rows["customer_id"].to_pylist())) == ["most", "large"]
    assert (found.rows.num_rows, found.of) == (2 * 7, 11)
    assert found.totals == {"REMAINING": -34, "2026-01": -34}


def test_a_waterfall_within_the_bound_keeps_its_order() -> None:
    table = _waterfall({"small": [1], "large": [30, 20, 10]})
    assert waterfall_extract(lambda columns: table.select(columns).to_batches(), table.schema).rows.equals(table)


def test_an_empty_waterfall_has_nothing() -> None:
    found = waterfall_extract(lambda _: [], REVENUE_WATERFALL)
    assert (found.rows.num_rows, found.of, dict(found.totals)) == (0, 0, {})
