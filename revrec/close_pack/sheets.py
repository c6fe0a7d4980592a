"""Worksheets of tables: exact amounts, and text that stays text.

What belongs here: cells and formats of a worksheet, for any table. What does not: which sheets a pack has
(`workbook.py`).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from revrec.columns import integers
from revrec.money import currency_exponent, to_text

# The title, the totals, what is left out, and the headings.
HEAD_ROWS = 4
# A cell's number is a float64, and Excel shows 15 significant digits of it: a whole number of minor units up to here is
# shown to the last digit. A larger one is written as text, which loses nothing.
MAX_NUMBER_MINOR = 10**15 - 1
# A cell holds so many characters of text (Excel specifications and limits).
MAX_TEXT = 32_767
_CUT = " … (cut)"
# Excel's calendar begins in 1900, with a day that never was, 29 February; an earlier date is text.
_FIRST_DATE = dt.date(1900, 3, 1)
# Excel cuts names of sheets there.
_MAX_NAME = 31
_WIDTHS = {"amount": 16, "count": 10, "date": 11, "text": 22}


@dataclass(frozen=True)
class Formats:
    """The formats of a workbook."""

    title: Format
    note: Format
    heading: Format
    number_heading: Format
    text: Format
    date: Format
    count: Format
    amount: Format
    amount_text: Format
    total: Format
    total_label: Format

    @classmethod
    def of(cls, book: xlsxwriter.Workbook, currency: str) -> "Formats":
        """Formats with the decimals of a currency, negative amounts in parentheses."""
        exponent = currency_exponent(currency)
        digits = "#,##0" + ("." + "0" * exponent if exponent else "")
        # positive; negative; zero: a dash, as in printed accounts
        money = {"num_format": f"{digits}_);({digits});–_)"}
        head = {"bold": True, "bg_color": "#10283F", "font_color": "#FFFFFF", "valign": "vcenter"}
        total = {"bold": True, "top": 1, "bottom": 6}
        return cls(
            title=book.add_format({"bold": True, "font_size": 14, "font_color": "#10283F"}),
            note=book.add_format({"italic": True, "font_color": "#5A6A7B"}),
            heading=book.add_format(head),
            number_heading=book.add_format({**head, "align": "right"}),
            text=book.add_format({"num_format": "@"}),
            date=book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            count=book.add_format({"num_format": "#,##0"}),
            amount=book.add_format(money),
            amount_text=book.add_format({"num_format": "@", "align": "right"}),
            total=book.add_format({**money, **total}),
            total_label=book.add_format(total),
        )


@dataclass(frozen=True)
class SheetTable:
    """A table of a workbook.

    Attributes:
        rows: those it shows; columns of minor units end with `_minor`.
        totals: of everything, by column; of those that mean something.
        note: what is left out, or "".
    """

    rows: pa.Table
    totals: Mapping[str, int]
    note: str = ""


def write_table(
    book: xlsxwriter.Workbook, formats: Formats, name: str, heading: str, table: SheetTable, currency: str
) -> None:
    """Write a table on a sheet of its own.

    Args:
        book: the workbook.
        formats: its formats.
        name: of the sheet.
        heading: its first row.
        table: what it shows.
        currency: of the amounts.
    """
    sheet, rows = book.add_worksheet(sheet_name(name)), table.rows
    write_text(sheet, 0, 0, heading, formats.title)
    _write_totals(sheet, rows.schema, table.totals, currency, formats)
    if table.note:
        write_text(sheet, 2, 0, table.note, formats.note)
    _write_headings(sheet, rows.schema, formats)
    _write_rows(sheet, rows, currency, formats)
    sheet.freeze_panes(HEAD_ROWS, 1)
    sheet.autofilter(HEAD_ROWS - 1, 0, HEAD_ROWS - 1 + max(rows.num_rows, 1), max(rows.num_columns - 1, 0))
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROWS - 1)


def sheet_name(name: str) -> str:
    """A name that Excel takes."""
    return name[:_MAX_NAME]


def write_text(sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> None:
    """Write text as text, whatever it begins with; one too long for a cell is cut and says so."""
    whole = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - len(_CUT)] + _CUT
    sheet.write_string(row, column, whole, style)


def write_amount(
    sheet: Worksheet, row: int, column: int, amount_minor: int, currency: str, style: Format, text_style: Format
) -> None:
    """Write an amount as a number, or as text where a number would not show every digit."""
    if abs(amount_minor) > MAX_NUMBER_MINOR:
        sheet.write_string(row, column, to_text(amount_minor, currency), text_style)
    else:
        sheet.write_number(row, column, amount_minor / 10 ** currency_exponent(currency), style)


def heading_of(name: str) -> str:
    """A column's name for people."""
    return name.removesuffix("_minor").replace("_", " ").capitalize()


def _write_totals(
    sheet: Worksheet, schema: pa.Schema, totals: Mapping[str, int], currency: str, formats: Formats
) -> None:
    """Totals stand above the headings: below the rows, a filter would hide them."""
    if not totals:
        return
    write_text(sheet, 1, 0, "Total", formats.total_label)
    for place, name in enumerate(schema.names):
        if name in totals:
            write_amount(sheet, 1, place, totals[name], currency, formats.total, formats.total)


def _write_headings(sheet: Worksheet, schema: pa.Schema, formats: Formats) -> None:
    for place, field in enumerate(schema):
        kind = _kind(field)
        style = formats.number_heading if kind in ("amount", "count") else formats.heading
        write_text(sheet, HEAD_ROWS - 1, place, heading_of(field.name), style)
        sheet.set_column(place, place, _WIDTHS[kind])
    sheet.set_row(HEAD_ROWS - 1, 20)


def _write_rows(sheet: Worksheet, table: pa.Table, currency: str, formats: Formats) -> None:
    """The one loop per cell that there is, as XlsxWriter takes no columns; `extracts.MAX_ROWS` bounds it."""
    for place, (field, column) in enumerate(zip(table.schema, table.columns, strict=True)):
        write, values, style = _column(sheet, field, column.combine_chunks(), currency, formats)
        for row, value in enumerate(values, start=HEAD_ROWS):
            if value is not None:
                write(row, place, value, style)


def _column(
    sheet: Worksheet, field: pa.Field, column: pa.Array, currency: str, formats: Formats
) -> tuple[Callable[..., Any], list[Any], Format]:
    """How a column's cells are written, their values, and their format."""
    kind = _kind(field)
    if kind == "count":
        return sheet.write_number, column.to_pylist(), formats.count
    if kind == "date":
        return _date_writer(sheet), column.to_pylist(), formats.date
    if kind == "text":
        texts = column.cast(pa.string())
        is_long = (pc.max(pc.utf8_length(texts)).as_py() or 0) > MAX_TEXT
        # an empty text is an empty cell
        told = pc.if_else(pc.equal(texts, ""), None, texts).to_pylist()
        return (partial(write_text, sheet) if is_long else sheet.write_string), told, formats.text
    minor = integers(column)
    if (np.abs(minor) > MAX_NUMBER_MINOR).any():
        write = partial(_write_amount_in, sheet, currency, formats.amount_text)
        return write, minor.tolist(), formats.amount
    # correctly rounded, and below 15 digits: the numbers that the decimal texts read as
    return sheet.write_number, (minor / 10 ** currency_exponent(currency)).tolist(), formats.amount


def _write_amount_in(
    sheet: Worksheet, currency: str, text_style: Format, row: int, column: int, amount_minor: int, style: Format
) -> None:
    write_amount(sheet, row, column, amount_minor, currency, style, text_style)


def _date_writer(sheet: Worksheet) -> Callable[[int, int, dt.date, Format], None]:
    def write(row: int, column: int, day: dt.date, style: Format) -> None:
        if day < _FIRST_DATE:
            sheet.write_string(row, column, day.isoformat(), style)
        else:
            sheet.write_datetime(row, column, day, style)

    return write


def _kind(field: pa.Field) -> str:
    if field.name.endswith("_minor"):
        return "amount"
    if pa.types.is_date(field.type):
        return "date"
    return "count" if pa.types.is_integer(field.type) else "text"
