"""The tables of a pack with a column per month: waterfall, forecast, cohorts.

What belongs here: which months get a column, and what is added up beyond them. What does not: the other reports
(`report_views.py`).
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from revrec.close_pack.charts import months_around
from revrec.close_pack.columns import month_matrix, summed
from revrec.close_pack.pack import ClosePack
from revrec.close_pack.views import MAX_TABLE_ROWS, Cell, Column, Kind, Row, TableView, cell
from revrec.columns import exact_sum

# Columns of future months that fit a page beside the figures; the workbook and the CSV file have every month.
COLUMN_MONTHS = 6
COHORT_MONTHS = 12
# Shades of the cohort table; the darkest is for its largest amount.
SHADES = 8

_WATERFALL_FIGURES = {
    "BOOKED": "Booked",
    "RECOGNIZED": "Recognized",
    "UNBILLED": "Unbilled",
    "REMAINING": "Remaining",
}
_LATER, _NO_DATE = "Later", "No date"


def revenue_waterfall(pack: ClosePack) -> TableView:
    """Customers, each with its products below."""
    extract = pack.reports["revenue_waterfall"]
    months = months_around(pack, 0, COLUMN_MONTHS)
    wide = _wide(extract.rows, months)
    headings = [*_WATERFALL_FIGURES.values(), *months, _LATER, _NO_DATE]
    parents = [key for key in wide if key[0] == "CUSTOMER"]
    children: dict[str, list[tuple[str, ...]]] = {key[1]: [] for key in parents}
    for key in wide:
        if key[0] == "PRODUCT":
            children[key[1]].append(key)
    remaining = list(_WATERFALL_FIGURES).index("REMAINING")
    shown = _within_cap(sorted(parents, key=lambda key: -abs(wide[key][remaining])), children)
    rows = []
    for _, customer, name, *_ in (key for key in parents if key in shown):
        parent = ("CUSTOMER", customer, name, "", "")
        rows.append(Row(_cells(name, wide[parent], pack), {"customer": customer}, key=customer, tone="parent"))
        rows += [
            Row(_cells(key[4], wide[key], pack), {"customer": customer, "product": key[3]}, customer, tone="child")
            for key in children[customer]
        ]
    whole = dict.fromkeys(headings, 0)
    for named, total in extract.totals.items():
        whole[_heading(named, months)] += total
    return TableView(
        name="revenue_waterfall",
        title="Revenue waterfall",
        intro="Per customer what is booked, recognized and remaining, and the months in which the rest leaves "
        "Deferred. Open a customer to see its products.",
        columns=[Column("Customer", Kind.NAME), *(Column(heading, Kind.AMOUNT) for heading in headings)],
        rows=rows,
        total=[Cell("Total", Kind.LABEL), *(cell(total, Kind.AMOUNT, pack.currency) for total in whole.values())],
        of=extract.of,
        file=pack.file_of("revenue_waterfall"),
        note="The workbook and the CSV file have a column for every month.",
    )


def _heading(named: str, months: list[str]) -> str:
    """The column of a figure or a month of release."""
    if named == "UNSCHEDULED":
        return _NO_DATE
    return _WATERFALL_FIGURES.get(named) or (named if named in months else _LATER)


def _wide(table: pa.Table, months: list[str]) -> Mapping[tuple[str, ...], list[int]]:
    """(level, customer, its name, product, its name) to the figures, the months, later ones and what has no date."""
    later = pc.if_else(pc.is_in(table["release_month"], pa.array(months, pa.string())), table["release_month"], _LATER)
    named = pc.if_else(
        pc.equal(table["figure"], "RELEASE"),
        later,
        pc.if_else(pc.equal(table["figure"], "UNSCHEDULED"), _NO_DATE, table["figure"]),
    )
    keys = ["level", "customer_id", "customer_name", "product_id", "product_name"]
    headings = [*_WATERFALL_FIGURES, *months, _LATER, _NO_DATE]
    return month_matrix(table.append_column("heading", named), keys, "heading", "amount_minor", headings).amounts_minor


def _within_cap(
    parents: Sequence[tuple[str, ...]], children: Mapping[str, list[tuple[str, ...]]]
) -> set[tuple[str, ...]]:
    shown: set[tuple[str, ...]] = set()
    rows = 0
    for key in parents:
        rows += 1 + len(children[key[1]])
        if rows > MAX_TABLE_ROWS and shown:
            break
        shown.add(key)
    return shown


def _cells(name: str, amounts: list[int], pack: ClosePack) -> list[Cell]:
    return [cell(name, Kind.NAME, pack.currency), *(cell(each, Kind.AMOUNT, pack.currency) for each in amounts)]


def revenue_forecast(pack: ClosePack) -> TableView:
    """Products and methods by future month."""
    table = pack.report("revenue_forecast")
    months = months_around(pack, 0, COLUMN_MONTHS)
    month = table["revenue_month"]
    heading = pc.if_else(
        pc.is_in(month, pa.array(months, pa.string())), month, pc.if_else(pc.is_null(month), _NO_DATE, _LATER)
    )
    headings = [*months, _LATER, _NO_DATE]
    keys = ["product_id", "product_name", "recognition_method"]
    matrix = month_matrix(table.append_column("heading", heading), keys, "heading", "recognized_minor", headings)
    rows = [
        Row(
            [
                cell(name, Kind.NAME, pack.currency),
                cell(method, Kind.LABEL, pack.currency),
                *(cell(each, Kind.AMOUNT, pack.currency) for each in (*amounts, sum(amounts))),
            ],
            {"product": product, **({"method": method} if method else {})},
        )
        for (product, name, method), amounts in matrix.amounts_minor.items()
    ]
    totals = [sum(column) for column in zip(*matrix.amounts_minor.values(), strict=True)] or [0] * len(headings)
    columns = [Column("Product", Kind.NAME), Column("Method", Kind.LABEL)]
    columns += [Column(each, Kind.AMOUNT) for each in (*headings, "Total")]
    total = [Cell("Total", Kind.LABEL), Cell("", Kind.LABEL)]
    total += [cell(each, Kind.AMOUNT, pack.currency) for each in (*totals, exact_sum(table["recognized_minor"]))]
    return TableView(
        name="revenue_forecast",
        title="Revenue forecast",
        intro="What the schedules recognize in later months, out of what is invoiced and of contracts that are not. "
        "Nothing is assumed to renew.",
        columns=columns,
        rows=rows[:MAX_TABLE_ROWS],
        total=total,
        of=len(rows),
        file=pack.file_of("revenue_forecast"),
    )


def revenue_cohorts(pack: ClosePack) -> TableView:
    """Cohorts by month, shaded by amount."""
    table = pack.report("revenue_cohorts")
    found = set(table["revenue_month"].to_pylist())
    months = [month for month in months_around(pack, COHORT_MONTHS, 0) if month >= min(found, default="")]
    matrix = month_matrix(table, ["cohort_month"], "revenue_month", "recognized_minor", months)
    whole = summed(table, ["cohort_month"], "recognized_minor")
    most = max((abs(each) for row in matrix.amounts_minor.values() for each in row), default=0)
    customers: dict[str, int] = {}
    for row in table.select(["cohort_month", "customers"]).to_pylist():
        customers[row["cohort_month"]] = max(customers.get(row["cohort_month"], 0), row["customers"])
    rows = [
        Row(
            [
                Cell(cohort, Kind.DATE),
                cell(customers[cohort], Kind.COUNT, pack.currency),
                *(_shaded(each, most, pack.currency) for each in amounts),
                cell(whole[(cohort,)], Kind.AMOUNT, pack.currency),
            ]
        )
        for (cohort,), amounts in sorted(matrix.amounts_minor.items())
    ]
    in_month = summed(table, ["revenue_month"], "recognized_minor")
    total = [Cell("Total", Kind.LABEL), Cell("", Kind.COUNT)]
    total += [cell(in_month.get((month,), 0), Kind.AMOUNT, pack.currency) for month in months]
    total.append(cell(exact_sum(table["recognized_minor"]), Kind.AMOUNT, pack.currency))
    return TableView(
        name="revenue_cohorts",
        title="Cohorts",
        intro="Recognized revenue by the month it was earned in, and by the one in which its customers first had "
        "any. All is what they had since then, months before those shown included.",
        columns=[
            Column("First revenue", Kind.DATE),
            Column("Customers", Kind.COUNT),
            *(Column(month, Kind.AMOUNT) for month in months),
            Column("All", Kind.AMOUNT),
        ],
        rows=rows,
        total=total,
        of=len(rows),
        file=pack.file_of("revenue_cohorts"),
    )


def _shaded(amount_minor: int, most: int, currency: str) -> Cell:
    plain = cell(amount_minor, Kind.AMOUNT, currency)
    shade = -(-abs(amount_minor) * SHADES // most) if most else 0
    return Cell(plain.text, plain.kind, plain.sort, f"{plain.tone} shade-{shade}".strip())
