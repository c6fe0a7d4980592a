"""A table as a page shows it: columns, rows of cells, totals, and what is left out.

What belongs here: cells of values, the cap on rows, and what a table says of itself. What does not: which columns a
report shows (`report_views.py`), and markup (`page/`).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from revrec.close_pack.amounts import accounting_text
from revrec.close_pack.columns import largest
from revrec.close_pack.extracts import Extract

# A browser sorts and filters so many rows at once; a million would make a page of a gigabyte. Totals are of all rows,
# and the CSV file has them all.
MAX_TABLE_ROWS = 2_000
# On paper nobody turns more than a few pages: what is printed of a table, in the order and filter that it shows.
MAX_PRINTED_ROWS = 150
# Fewer rows are taken in at a glance.
MIN_FILTERED_ROWS = 10
# Printed on one page.
MAX_SHORT_ROWS = 20

# What a journal must have to stand behind a row of a report, by the names that `page/drilldown.js` knows.
Drill = Callable[[Mapping[str, Any]], Mapping[str, str]]


class Kind(StrEnum):
    """What a column holds; it says how its cells are written, aligned and sorted."""

    LABEL = "label"  # one of our own words, such as STRAIGHT_LINE
    NAME = "name"  # data from documents: kept apart from the text around it, whatever its direction of writing
    ID = "id"  # a number or name of a document: data as well, kept on one line
    DATE = "date"
    COUNT = "count"
    AMOUNT = "amount"


@dataclass(frozen=True)
class Column:
    """A column: its heading, what it holds, and where that comes from.

    Attributes:
        label: heading.
        kind: what it holds.
        value: of a row, as a dict; by default the row's entry under `source`.
        source: name of the report's column.
    """

    label: str
    kind: Kind
    source: str = ""
    value: Callable[[Mapping[str, Any]], Any] | None = None

    def of(self, row: Mapping[str, Any]) -> Any:
        """The value in a row."""
        return self.value(row) if self.value else row[self.source]


@dataclass(frozen=True)
class Cell:
    """A cell: its text, what it is sorted by where that is not the text, and its CSS classes."""

    text: str
    kind: Kind
    sort: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """A row of cells.

    Attributes:
        cells: one per column.
        drill: what a journal must have to stand behind this row; empty where there is no way down.
        parent: key of the row below which this one opens; "" for rows that are always there.
        key: what children name; "" where there are none.
        tone: CSS classes.
    """

    cells: list[Cell]
    drill: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""
    key: str = ""
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class TableView:
    """A table of the page.

    Attributes:
        name: id on the page.
        title: heading.
        intro: one or two sentences on what a row is.
        columns: its columns.
        rows: those that are shown.
        total: a last row that is of everything, shown or not; empty where there is none.
        of: how many rows there are.
        file: where all rows are.
        facets: whether the first column chooses between several tables; the one that is shown first.
        note: what else a reader should know.
    """

    name: str
    title: str
    intro: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: Sequence[Cell] = ()
    of: int = 0
    file: str = ""
    facets: str = ""
    note: str = ""

    @property
    def is_cut(self) -> bool:
        """Whether rows are left out."""
        return len(self.rows) < self.of

    @property
    def is_wide(self) -> bool:
        """Whether it needs the long side of the paper."""
        return len(self.columns) > 7

    @property
    def is_filterable(self) -> bool:
        """Whether it has a field to filter its rows with."""
        return bool(self.facets) or len(self.rows) >= MIN_FILTERED_ROWS

    @property
    def is_short(self) -> bool:
        """Whether what is shown of it at first fits a page."""
        shown = [row for row in self.rows if not self.facets or row.cells[0].text == self.facets]
        return len(shown) <= MAX_SHORT_ROWS

    @property
    def is_tree(self) -> bool:
        """Whether rows open to others."""
        return any(row.parent for row in self.rows)

    @property
    def facet_values(self) -> list[str]:
        """What the first column chooses between."""
        return list(dict.fromkeys(row.cells[0].text for row in self.rows)) if self.facets else []


def cell(value: Any, kind: Kind, currency: str) -> Cell:
    """A value as a cell; nothing where there is none."""
    if value is None:
        return Cell("", kind)
    if kind is Kind.AMOUNT:
        return Cell(accounting_text(value, currency), kind, str(value), "neg" if value < 0 else "")
    if kind is Kind.COUNT:
        return Cell(f"{value:,}", kind, str(value))
    if kind is Kind.LABEL:
        return Cell(str(value).replace("_", " ").capitalize(), kind)
    return Cell(value.isoformat() if isinstance(value, dt.date) else str(value), kind)


def cells_of(row: Mapping[str, Any], columns: Sequence[Column], currency: str) -> list[Cell]:
    """A row's cells."""
    return [cell(column.of(row), column.kind, currency) for column in columns]


def rows_of(
    extract: Extract,
    columns: Sequence[Column],
    currency: str,
    drill: Drill | None = None,
    by_size_of: Sequence[str] = (),
) -> list[Row]:
    """A report's rows, at most `MAX_TABLE_ROWS`: those with the largest amounts.

    Args:
        extract: of the report.
        columns: what to show of them.
        currency: of the amounts.
        drill: the way down from a row; None for none.
        by_size_of: amounts by which the rows stand, the largest first; none for the order they have.
    """
    sized = [column.source for column in columns if column.kind is Kind.AMOUNT and column.source]
    shown = largest(extract.rows, by_size_of or sized, MAX_TABLE_ROWS).to_pylist()
    for name in reversed(by_size_of):
        shown.sort(key=lambda row: -abs(row[name]))
    return [
        Row(
            cells_of(row, columns, currency),
            {name: value for name, value in drill(row).items() if value} if drill else {},
        )
        for row in shown
    ]


def leads_to(**columns: str) -> Drill:
    """The way down by columns of the row itself: name of a condition to column."""
    return lambda row: {name: str(row[column]) for name, column in columns.items()}


def total_cells(columns: Sequence[Column], totals: Mapping[str, int], currency: str, label: str) -> list[Cell]:
    """The last row: a label in front, totals under their columns."""
    cells = [
        cell(totals.get(column.source), column.kind, currency) if column.kind is Kind.AMOUNT else Cell("", column.kind)
        for column in columns
    ]
    return [Cell(label, Kind.LABEL), *cells[1:]]
