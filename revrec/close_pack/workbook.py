"""The close pack as an Excel workbook: a sheet per report, and nothing in it that runs.

What belongs here: the sheets, their order, and the two native charts. What does not: cells (`sheets.py`), and the page
(`html.py`), which shows the same tables cut to what a browser carries.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from revrec.close_pack.charts import Chart, recognized_by_month, run_off
from revrec.close_pack.columns import month_matrix
from revrec.close_pack.extracts import MAX_ROWS, Extract
from revrec.close_pack.figures import facts, key_figures
from revrec.close_pack.pack import ClosePack
from revrec.close_pack.sheets import Formats, SheetTable, sheet_name, write_amount, write_table, write_text
from revrec.reports.revenue_waterfall import FIGURES
from revrec.reports.schemas import MINOR, TEXT

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


def workbook(pack: ClosePack) -> bytes:
    """The pack as an .xlsx file; the same pack makes the same bytes."""
    file = BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
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
    for name, table in tables.items():
        write_table(book, formats, name, f"{name}, {pack.ledger.key}, {pack.month}", table, pack.currency)
    book.close()
    return file.getvalue()


def _report(pack: ClosePack, name: str) -> SheetTable:
    """A report's rows and what they add up to, where they add up to something."""
    extract = pack.reports[name]
    if name == "revenue_waterfall":
        wide = wide_waterfall(pack)
        return _sheet(replace(extract, rows=wide, totals=_by_column(extract.totals)), pack.file_of(name))
    return _sheet(replace(extract, totals={}) if name == "roll_forward" else extract, pack.file_of(name))


def _sheet(extract: Extract, file: str) -> SheetTable:
    """An extract without the columns that the title of the sheet says."""
    shown = extract.rows.slice(0, MAX_ROWS)
    said = [name for name in ("month", "entity", "currency") if name in shown.schema.names]
    left_out = f"{shown.num_rows:,} of {extract.of:,} rows, largest first; all are in {file}. Totals are of all rows."
    return SheetTable(shown.drop_columns(said), extract.totals, left_out if shown.num_rows < extract.of else "")


def wide_waterfall(pack: ClosePack) -> pa.Table:
    """The waterfall with a column for every month: customers and, below each, its products."""
    extract = pack.reports["revenue_waterfall"]
    table, months = extract.rows, sorted(set(extract.totals) - set(FIGURES))
    headings = [*_FIXED_FIGURES, *months, "UNSCHEDULED"]
    keys = ["level", "customer_id", "customer_name", "product_id", "product_name"]
    heading = pc.coalesce(table["release_month"], table["figure"])
    matrix = month_matrix(table.append_column("heading", heading), keys, "heading", "amount_minor", headings)
    texts = [pa.array([row[place] for row in matrix.rows], TEXT) for place in range(len(keys))]
    amounts = [
        pa.array([matrix.amounts_minor[row][place] for row in matrix.rows], MINOR) for place in range(len(headings))
    ]
    return pa.table([*texts, *amounts], names=[*keys, *_by_column(dict.fromkeys(headings, 0))])


def _by_column(totals: Mapping[str, int]) -> dict[str, int]:
    return {f"{name}_minor": total for name, total in totals.items()}


def _lists(pack: ClosePack) -> dict[str, SheetTable]:
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
    # the amounts of a day and of the last day add up to nothing
    journals = replace(pack.journals.stretches, totals=pack.journals.journals.totals)
    return {
        "Journals": _sheet(journals, pack.file_of("monthly_journal_report")),
        "Catch-ups": _sheet(pack.corrections, pack.file_of("corrections")),
        "Manual journals": _list(manual, manual_schema),
        "Checks": _list(checks, pa.schema([("result", text), ("check", text), ("figures", text)])),
        # each format says the same journals again
        "Exports": _list(exports, exports_schema),
        "Parameters": _list(list(parameters.items()), pa.schema([("parameter", text), ("value", text)])),
    }


def _list(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> SheetTable:
    """A list that people made, or that is as long as there are checks and files."""
    return SheetTable(
        pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema), {}
    )


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
