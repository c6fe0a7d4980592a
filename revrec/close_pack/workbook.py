"""The close pack as an Excel workbook: every row of every report, and nothing in it that runs.

What belongs here: the sheets, their order, and the two native charts. What does not: cells (`sheets.py`), and the page
(`html.py`), which shows the same tables cut to what a browser carries.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from revrec.close_pack.charts import Chart, recognized_by_month, run_off
from revrec.close_pack.columns import month_matrix, totals_of
from revrec.close_pack.figures import facts, key_figures
from revrec.close_pack.pack import ClosePack
from revrec.close_pack.sheets import MAX_SHEET_ROWS, Formats, sheet_name, write_amount, write_table, write_text
from revrec.columns import exact_sum
from revrec.reports.schemas import MINOR, TEXT

# Rows above which XlsxWriter writes each row to disk as it comes, instead of holding all of them.
STREAMED_ROWS = 100_000
# Part of the file, so it must not be the clock's.
_CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - Excel's own times have no zone

_TITLES = {
    "trial_balance": "Trial balance",
    "roll_forward": "Roll-forward",
    "deferred_revenue": "Deferred revenue",
    "deferred_revenue_totals": "Deferred revenue, totals",
    "revenue_waterfall": "Revenue waterfall",
    "obligation_register": "Obligation register",
    "remaining_performance_obligations": "Performance obligations",
    "revenue_cohorts": "Cohorts",
    "revenue_forecast": "Revenue forecast",
}
_FIXED_FIGURES = ("BOOKED", "RECOGNIZED", "UNBILLED", "REMAINING")


def workbook(pack: ClosePack, max_sheet_rows: int = MAX_SHEET_ROWS, streamed_rows: int = STREAMED_ROWS) -> bytes:
    """The pack as an .xlsx file; the same pack makes the same bytes.

    Args:
        pack: what it says.
        max_sheet_rows: rows of a table per sheet; what is over goes on in another.
        streamed_rows: rows of all tables from which on they are written as they come, and not held.
    """
    file = BytesIO()
    rows = sum(table.num_rows for table in (*pack.reports.values(), pack.journals, pack.corrections))
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": rows > streamed_rows,
            # text is never turned into anything that runs or leads elsewhere
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    title = f"Close pack {pack.month} {pack.ledger.key}"
    book.set_properties({"title": title, "author": "revrec", "created": _CREATED})
    formats = Formats.of(book, pack.currency)
    _summary(book, formats, pack)
    tables = {title: _report(pack, name) for name, title in _TITLES.items()} | _lists(pack)
    for name, (table, totals) in tables.items():
        heading = f"{name}, {pack.ledger.key}, {pack.month}"
        write_table(book, formats, name, heading, table, pack.currency, totals, max_sheet_rows)
    book.close()
    return file.getvalue()


def _report(pack: ClosePack, name: str) -> tuple[pa.Table, Mapping[str, int]]:
    """A report's rows and what they add up to, where they add up to something."""
    if name == "revenue_waterfall":
        wide = wide_waterfall(pack)
        return wide, totals_of(wide.filter(pc.equal(wide["level"], "CUSTOMER")))
    table = _without_ledger(pack.report(name))
    if name == "roll_forward":
        return table, {}
    if name == "deferred_revenue_totals":  # each dimension adds up to the same
        return table, totals_of(table.filter(pc.equal(table["dimension"], "PRODUCT")))
    return table, totals_of(table)


def wide_waterfall(pack: ClosePack) -> pa.Table:
    """The waterfall with a column for every month: customers and, below each, its products."""
    table = pack.report("revenue_waterfall")
    months = [month for month in pc.unique(table["release_month"]).sort().to_pylist() if month is not None]
    headings = [*_FIXED_FIGURES, *months, "UNSCHEDULED"]
    keys = ["level", "customer_id", "customer_name", "product_id", "product_name"]
    heading = pc.coalesce(table["release_month"], table["figure"])
    matrix = month_matrix(table.append_column("heading", heading), keys, "heading", "amount_minor", headings)
    texts = [pa.array([row[place] for row in matrix.rows], TEXT) for place in range(len(keys))]
    amounts = [
        pa.array([matrix.amounts_minor[row][place] for row in matrix.rows], MINOR) for place in range(len(headings))
    ]
    return pa.table([*texts, *amounts], names=[*keys, *(f"{name}_minor" for name in headings)])


def _without_ledger(table: pa.Table) -> pa.Table:
    """Rows without the columns that the title of the sheet says."""
    return table.drop_columns([name for name in ("month", "entity", "currency") if name in table.schema.names])


def _lists(pack: ClosePack) -> dict[str, tuple[pa.Table, Mapping[str, int]]]:
    """What stands behind the reports, a sheet each, with totals."""
    text = pa.string()
    manual = [
        (each.id, each.date, each.narrative, each.entries, each.prepared_by, each.approved_by, each.adjusts)
        for each in pack.manual_journals
    ]
    names = ("id", "date", "narrative", "entries", "prepared_by", "approved_by", "adjusts")
    manual_schema = pa.schema([(name, pa.date32() if name == "date" else text) for name in names])
    exports_schema = pa.schema(
        [("file", text), ("rows", pa.int64()), ("debits_minor", MINOR), ("credits_minor", MINOR), ("sha256", text)]
    )
    exports = [(each.file, each.rows, each.debits_minor, each.credits_minor, each.sha256) for each in pack.exports]
    checks = [("passed" if each.passed else "FAILED", each.name, each.figures) for each in pack.checks]
    parameters = {
        "Ledger": pack.ledger.key,
        "Posting month": pack.month,
        "Entity": pack.entity_name,
        "Status": pack.status,
        **pack.parameters,
    }
    journals, catch_ups = _without_ledger(pack.journals), _without_ledger(pack.corrections)
    return {
        "Journals": (journals, {"amount_minor": exact_sum(journals["amount_minor"])}),
        "Catch-ups": (catch_ups, totals_of(catch_ups)),
        "Manual journals": (_table(manual, manual_schema), {}),
        "Checks": (_table(checks, pa.schema([("result", text), ("check", text), ("figures", text)])), {}),
        # each format says the same journals again
        "Exports": (_table(exports, exports_schema), {}),
        "Parameters": (_table(list(parameters.items()), pa.schema([("parameter", text), ("value", text)])), {}),
    }


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _summary(book: xlsxwriter.Workbook, formats: Formats, pack: ClosePack) -> None:
    """The first sheet: key figures, facts, and the charts with the figures they are drawn from."""
    sheet = book.add_worksheet(sheet_name("Summary"))
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 6, 19)
    sheet.hide_gridlines(2)
    write_text(sheet, 0, 0, f"{pack.entity_name} – revenue close pack, {pack.month_name}", formats.title)
    write_text(sheet, 1, 0, f"Ledger {pack.ledger.key}, {pack.status}. Amounts in {pack.currency}.", formats.note)
    _headings(sheet, 3, ("", pack.month, pack.previous_month, "Change", "Change %"), formats)
    row = 4
    for figure in key_figures(pack):
        write_text(sheet, row, 0, figure.name)
        known = () if figure.before_minor is None else (figure.before_minor, figure.change_minor)
        for place, minor in enumerate((figure.amount_minor, *known), start=1):
            write_amount(sheet, row, place, minor, pack.currency, formats.amount, formats.amount_text)
        write_text(sheet, row, 4, figure.percent, formats.amount_text)
        row += 1
    row += 1
    for fact in facts(pack):
        write_text(sheet, row, 0, fact.name)
        write_text(sheet, row, 1, fact.text, formats.amount_text)
        row += 1
    for chart, colours in ((recognized_by_month(pack), _BLUES), (run_off(pack), _TEALS)):
        row = _chart(book, sheet, row + 1, chart, colours, pack, formats)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


_BLUES = ("#1D4E79", "#86AACB", "#CBDAEA")
_TEALS = ("#2B7A78",)
_CHART_ROWS = 18


def _chart(
    book: xlsxwriter.Workbook,
    sheet: Worksheet,
    row: int,
    chart: Chart,
    colours: Sequence[str],
    pack: ClosePack,
    formats: Formats,
) -> int:
    """A table of a chart's figures, and the chart beside it; returns the first row below both."""
    _headings(sheet, row, (chart.title, *(series.name for series in chart.series)), formats)
    for place, category in enumerate(chart.categories, start=row + 1):
        write_text(sheet, place, 0, category)
        for column, series in enumerate(chart.series, start=1):
            minor = series.amounts_minor[place - row - 1]
            write_amount(sheet, place, column, minor, pack.currency, formats.amount, formats.amount_text)
    last = row + len(chart.categories)
    drawn = book.add_chart({"type": "column", "subtype": "stacked"})
    name = sheet.get_name()
    for column, colour in zip(range(1, len(chart.series) + 1), colours, strict=True):
        drawn.add_series(
            {
                "name": [name, row, column],
                "categories": [name, row + 1, 0, last, 0],
                "values": [name, row + 1, column, last, column],
                "fill": {"color": colour},
                "gap": 40,
            }
        )
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}})
    drawn.set_legend({"position": "bottom"} if len(chart.series) > 1 else {"none": True})
    drawn.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E2E7ED"}}})
    drawn.set_size({"width": 760, "height": 330})
    sheet.insert_chart(row, len(chart.series) + 2, drawn)
    return max(last, row + _CHART_ROWS) + 1


def _headings(sheet: Worksheet, row: int, names: Sequence[str], formats: Formats) -> None:
    for place, name in enumerate(names):
        write_text(sheet, row, place, name, formats.number_heading if place else formats.heading)
