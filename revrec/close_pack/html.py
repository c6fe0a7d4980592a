"""The close pack as one HTML file that asks no network for anything.

What belongs here: putting templates, styles, scripts and data into one page, and the policy that keeps a browser from
running or loading anything else. What does not: the tables' contents (`*_views.py`), and the templates (`page/`).

Three walls stand between data and code, each enough alone: Jinja2 escapes every value; JSON is escaped so that it
cannot end its element, and is shown with `textContent`; and the page's Content-Security-Policy runs only the scripts
whose hashes it names, loads nothing from anywhere, and knows no inline handlers.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from revrec.close_pack import list_views, month_views, report_views
from revrec.close_pack.amounts import accounting_text
from revrec.close_pack.charts import Chart, charts
from revrec.close_pack.drilldown import drilldown, script_json
from revrec.close_pack.figures import facts, key_figures
from revrec.close_pack.pack import ClosePack
from revrec.close_pack.views import MAX_PRINTED_ROWS, MAX_TABLE_ROWS, TableView
from revrec.money import currency_exponent

_SCRIPTS = (
    *("vendor/echarts.bundle.min.js", "vendor/tablesort.min.js"),
    *("page/tables.js", "page/drilldown.js", "page/charts.js"),
)


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading with tables below it."""

    name: str
    title: str
    tables: Sequence[TableView]

    @property
    def is_wide(self) -> bool:
        """Whether it is printed on the long side of the paper."""
        return any(table.is_wide and table.rows for table in self.tables)


def html_pack(pack: ClosePack) -> bytes:
    """The pack as a page: UTF-8, a function of the pack alone.

    Args:
        pack: what it says.

    Returns:
        an HTML file that works from disk, also where scripts are off: sorting, charts and the way down to journals need
        them, figures and printing do not.
    """
    drawn = charts(pack)
    style = _text("page/pack.css")
    scripts = [_text(name) for name in _SCRIPTS]
    page = _environment().get_template("pack.html.j2")
    return page.render(
        pack=pack,
        figures=key_figures(pack),
        facts=facts(pack),
        charts=[(chart, _chart_rows(chart, pack.currency)) for chart in drawn],
        sections=sections(pack),
        data=Markup(script_json(_data(pack, drawn))),  # noqa: S704 - escaped by script_json
        style=Markup(style),  # noqa: S704 - a file of this package
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - files of this package
        policy=_content_policy(style, scripts),
        max_rows=MAX_TABLE_ROWS,
        max_printed=MAX_PRINTED_ROWS,
    ).encode()


def sections(pack: ClosePack) -> list[Section]:
    """The page's tables in the order in which a reviewer reads them."""
    return [
        Section("statements", "Balances", [report_views.trial_balance(pack), report_views.roll_forward(pack)]),
        Section(
            "deferred",
            "Deferred revenue",
            [
                month_views.revenue_waterfall(pack),
                report_views.deferred_revenue_totals(pack),
                report_views.deferred_revenue(pack),
            ],
        ),
        Section(
            "obligations",
            "Obligations",
            [
                report_views.remaining_performance_obligations(pack),
                month_views.revenue_forecast(pack),
                month_views.revenue_cohorts(pack),
                report_views.obligation_register(pack),
            ],
        ),
        Section(
            "postings",
            "Journals",
            [list_views.journals(pack), list_views.catch_ups(pack), list_views.manual_journals(pack)],
        ),
        Section("controls", "Controls", [list_views.checks(pack), list_views.exports(pack)]),
    ]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        autoescape=True,
        loader=jinja2.FunctionLoader(lambda name: _text(f"page/{name}")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _text(name: str) -> str:
    return (resources.files("revrec.close_pack") / name).read_text(encoding="utf-8")


def _content_policy(style: str, scripts: Sequence[str]) -> str:
    """What a browser may do with the page: run these scripts, apply this style, nothing else, and load nothing."""
    hashes = " ".join(map(_hash, scripts))
    return f"default-src 'none'; script-src {hashes}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(pack: ClosePack, drawn: Sequence[Chart]) -> dict[str, object]:
    return {
        "currency": pack.currency,
        "exponent": currency_exponent(pack.currency),
        "month": pack.month,
        "max_printed": MAX_PRINTED_ROWS,
        "charts": [
            {
                "name": chart.name,
                "kind": chart.kind,
                "categories": chart.categories,
                "series": [
                    {"name": each.name, "amounts": [str(minor) for minor in each.amounts_minor]}
                    for each in chart.series
                ],
            }
            for chart in drawn
        ],
        "drilldown": drilldown(pack),
    }


def _chart_rows(chart: Chart, currency: str) -> list[list[str]]:
    """A chart's figures as a table: a row per category."""
    columns = [[accounting_text(minor, currency) for minor in series.amounts_minor] for series in chart.series]
    return [[category, *(column[place] for column in columns)] for place, category in enumerate(chart.categories)]
