"""The workbook says what the tables say to the last digit, and nothing in it runs."""

import datetime as dt
import io
import zipfile
from dataclasses import replace
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook

from revrec.close_pack import ClosePack, extracts, sheets
from revrec.close_pack.workbook import workbook
from revrec.columns import exact_sum
from revrec.money import to_text
from revrec.reports.schemas import DEFERRED_REVENUE
from tests.revrec.close_pack.contracts import contracts_of, make_pack

SHEETS = {
    "Trial balance": "trial_balance",
    "Roll-forward": "roll_forward",
    "Deferred revenue": "deferred_revenue",
    "Deferred revenue, totals": "deferred_revenue_totals",
    "Obligation register": "obligation_register",
    "Performance obligations": "remaining_performance_obligations",
    "Cohorts": "revenue_cohorts",
    "Revenue forecast": "revenue_forecast",
}


@pytest.fixture(scope="module")
def read(book: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(book))


def records(read: Workbook, name: str) -> list[dict[str, Any]]:
    head, *rows = list(read[name].iter_rows(min_row=sheets.HEAD_ROWS, values_only=True))
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def minor(value: Any) -> int:
    """Minor units of a cell of two decimals."""
    units: int = round(value * 100)
    return units


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_amount_of_a_report_reads_back_exactly(sheet: str, read: Workbook, pack: ClosePack) -> None:
    table = pack.report(SHEETS[sheet])
    rows = records(read, sheet)
    assert len(rows) == table.num_rows > 0
    for column in (name for name in table.schema.names if name.endswith("_minor")):
        heading = sheets.heading_of(column)
        assert [minor(row[heading]) for row in rows] == table[column].to_pylist()


def totals(read: Workbook, name: str) -> dict[str, Any]:
    """What stands above the headings."""
    total, _, head = read[name].iter_rows(min_row=2, max_row=sheets.HEAD_ROWS, values_only=True)
    return dict(zip(map(str, head), total, strict=True))


def test_totals_stand_above_the_headings(read: Workbook, pack: ClosePack) -> None:
    remaining = exact_sum(pack.report("deferred_revenue")["remaining_minor"])
    for name in ("Deferred revenue", "Deferred revenue, totals", "Revenue waterfall"):
        assert minor(totals(read, name)["Remaining"]) == remaining


def test_the_waterfall_has_a_column_for_every_month(read: Workbook, pack: ClosePack) -> None:
    table = pack.report("revenue_waterfall")
    months = pc.unique(table["release_month"]).drop_null().to_pylist()
    for row in records(read, "Revenue waterfall"):
        assert sum(minor(row[month]) for month in months) + minor(row["Unscheduled"]) == minor(row["Remaining"])


def test_nothing_in_the_workbook_is_a_formula_or_a_link(read: Workbook, book: bytes) -> None:
    cells = [cell for sheet in read for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert not [name for name in parts.namelist() if "external" in name.lower() or "vba" in name.lower()]
        assert all(b"<f>" not in parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name)


def test_hostile_names_read_back_letter_by_letter(read: Workbook, hostile_names: tuple[str, ...]) -> None:
    assert set(hostile_names) <= {row["Customer name"] for row in records(read, "Deferred revenue")}
    assert {row["Id"] for row in records(read, "Manual journals")} == set(hostile_names)


def test_headings_stay_and_filter(read: Workbook) -> None:
    for name in SHEETS:
        assert read[name].freeze_panes == "B5"
        assert read[name].auto_filter.ref


def test_there_are_two_charts_drawn_from_cells(book: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2
    assert all("<c:f>Summary!" in chart for chart in charts)


def test_dates_are_dates(read: Workbook) -> None:
    assert {type(row["Service start"]) for row in records(read, "Deferred revenue")} == {dt.datetime}


def test_the_same_pack_makes_the_same_bytes(pack: ClosePack, book: bytes) -> None:
    assert workbook(pack) == book


def test_a_report_over_the_bound_shows_its_largest_rows_first_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = make_pack(contracts_of([f"C{number}" for number in range(20)], ["P"], 23))
    monkeypatch.setattr(extracts, "MAX_ROWS", 15)
    cut = make_pack(contracts_of([f"C{number}" for number in range(20)], ["P"], 23))
    read = openpyxl.load_workbook(io.BytesIO(workbook(cut)))
    table = whole.report("deferred_revenue")
    assert table.num_rows == 40
    largest = sorted(table.to_pylist(), key=lambda row: -max(row["remaining_minor"], row["invoiced_minor"]))[:15]
    rows = records(read, "Deferred revenue")
    assert [row["Obligation id"] for row in rows] == [row["obligation_id"] for row in largest]
    note = "15 of 40 rows, largest first; all are in reports/deferred_revenue/2025-12/default-USD.csv."
    assert note in str(read["Deferred revenue"]["A3"].value)
    assert minor(totals(read, "Deferred revenue")["Invoiced"]) == exact_sum(table["invoiced_minor"])
    assert read["Trial balance"]["A3"].value is None


def shown_amounts(**amounts_minor: int) -> dict[str, Any]:
    """The row of a deferred revenue report with other amounts, as the workbook has it."""
    pack = make_pack(contracts_of(["C"], ["P"], 23))
    row = pack.report("deferred_revenue").slice(0, 1).to_pylist()[0] | amounts_minor
    table = pa.Table.from_pylist([row], schema=DEFERRED_REVENUE)
    reports = {**pack.reports, "deferred_revenue": extracts.extract_of("deferred_revenue", table)}
    (shown,) = records(openpyxl.load_workbook(io.BytesIO(workbook(replace(pack, reports=reports)))), "Deferred revenue")
    return shown


def test_an_amount_that_a_number_does_not_hold_is_text() -> None:
    large = 9_007_199_254_740_993  # 2**53 + 1: the first that float64 has not
    shown = shown_amounts(balance_minor=large, remaining_minor=-large)
    assert (shown["Balance"], shown["Remaining"]) == ("90071992547409.93", "-90071992547409.93")


@pytest.mark.parametrize("amount_minor", [sheets.MAX_NUMBER_MINOR, -sheets.MAX_NUMBER_MINOR, 1, -1])
def test_an_amount_up_to_the_bound_is_a_number_of_the_same_digits(amount_minor: int) -> None:
    shown = shown_amounts(balance_minor=amount_minor)["Balance"]
    assert isinstance(shown, int | float)
    assert f"{shown:.2f}" == to_text(amount_minor, "USD")


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    pack = make_pack(contracts_of(["x" * 40_000], ["P"], 23))
    read = openpyxl.load_workbook(io.BytesIO(workbook(pack)))
    name = records(read, "Deferred revenue")[0]["Customer name"]
    assert (len(name), name[-7:]) == (sheets.MAX_TEXT, "… (cut)")


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"), min_size=1, max_size=30)


@settings(max_examples=8, deadline=None)
@given(name=_TEXT)
def test_any_text_as_a_name_is_a_text_cell(name: str) -> None:
    content = workbook(make_pack(contracts_of([name], ["P"], 23)))
    read = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    first = sheets.HEAD_ROWS + 1
    cells = next(read["Deferred revenue"].iter_rows(min_row=first, max_row=first))
    assert cells[1].data_type in ("s", "inlineStr")
    assert name in (cells[1].value, unescape(str(cells[1].value)))
