"""What the charts of a pack draw: exact amounts per bar, as integers.

What belongs here: which months and causes become bars. What does not: colours and geometry (`page/charts.js`), and the
workbook's own charts.
"""

from collections import defaultdict
from dataclasses import dataclass

import pyarrow.compute as pc

from revrec.calendar import month_key, parse_month
from revrec.close_pack.amounts import accounting_text
from revrec.close_pack.columns import summed
from revrec.close_pack.pack import ClosePack
from revrec.reports.revenue_waterfall import FIGURES
from revrec.reports.schemas import MOVEMENT_CAUSES

# A year back and a year ahead fill a chart; what lies beyond is said beside it or is a bar of its own.
MONTHS_BACK = 12
MONTHS_AHEAD = 12
# More colours than this nobody tells apart.
MAX_COHORTS = 6

LATER, NO_DATE, EARLIER = "Later", "No date", "Earlier"

CAUSE_NAMES = {
    "OPENING": "Opening",
    **dict(zip(MOVEMENT_CAUSES, ("Invoiced", "Earned", "Credited", "Voided", "Caught up", "Manual"), strict=True)),
    "CLOSING": "Closing",
    "UNEXPLAINED": "Unexplained",
}


@dataclass(frozen=True)
class Series:
    """One colour of a chart: a name, and minor units per category."""

    name: str
    amounts_minor: list[int]


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        name: id on the page.
        title: what it shows.
        note: what it leaves out, or "".
        categories: along the axis: months, or causes.
        series: each with an amount per category.
        kind: "stacked", or "bridge": one series whose first and last are balances and the others movements.
    """

    name: str
    title: str
    note: str
    categories: list[str]
    series: list[Series]
    kind: str = "stacked"


def months_around(pack: ClosePack, back: int, ahead: int) -> list[str]:
    """Keys of months around the pack's: so many up to and with it, and so many after."""
    month = parse_month(pack.month)
    return [month_key(month + step) for step in range(1 - back, ahead + 1)]


def charts(pack: ClosePack) -> list[Chart]:
    """All charts of a pack."""
    return [recognized_by_month(pack), run_off(pack), deferred_bridge(pack), cohort_bars(pack)]


def recognized_by_month(pack: ClosePack) -> Chart:
    """Recognized revenue of the last months, and what the schedules will recognize in the next ones.

    By the month it was earned in, as the cohorts have it: a month's bar is not what was posted in it where locked days
    were caught up on.
    """
    past = summed(pack.report("revenue_cohorts"), ["revenue_month"], "recognized_minor")
    forecast = pack.report("revenue_forecast")
    billed, unbilled = (summed(forecast, ["revenue_month"], name) for name in ("billed_minor", "unbilled_minor"))
    months = [
        month
        for month in months_around(pack, MONTHS_BACK, MONTHS_AHEAD)
        if month > pack.month or any(first is not None and first <= month for (first,) in past)
    ]
    beyond = sum(
        total for part in (billed, unbilled) for (month,), total in part.items() if month is None or month not in months
    )
    return Chart(
        "recognized",
        "Recognized revenue by month",
        "By month earned: catch-ups count there, not where they post. Lighter bars are contracted for later months."
        + _beyond(pack, beyond),
        months,
        [
            Series("Recognized", [past.get((month,), 0) for month in months]),
            Series("Forecast, invoiced", [billed.get((month,), 0) for month in months]),
            Series("Forecast, not yet invoiced", [unbilled.get((month,), 0) for month in months]),
        ],
    )


def run_off(pack: ClosePack) -> Chart:
    """When the Deferred balance is released: all of it, so that the bars add up to the balance."""
    totals = pack.reports["revenue_waterfall"].totals
    releases = {month: total for month, total in totals.items() if month not in FIGURES}
    months = months_around(pack, 0, MONTHS_AHEAD)
    later = sum(total for month, total in releases.items() if month not in months)
    amounts = [releases.get(month, 0) for month in months]
    return Chart(
        "run-off",
        "Run-off of deferred revenue",
        "All bars together are the Deferred balance.",
        [*months, LATER, NO_DATE],
        [Series("Released", [*amounts, later, totals.get("UNSCHEDULED", 0)])],
    )


def deferred_bridge(pack: ClosePack) -> Chart:
    """The Deferred account from its opening to its closing balance, a step per cause."""
    lines = pack.report("roll_forward")
    rows = lines.filter(pc.equal(lines["account"], "deferred"))
    amounts = {line: total for (line,), total in summed(rows, ["line"], "amount_minor").items()}
    # what nothing explains is a step of its own: the bridge must end at the closing balance
    steps = [*MOVEMENT_CAUSES, *(["UNEXPLAINED"] if amounts.get("UNEXPLAINED") else [])]
    shown = ["OPENING", *(step for step in steps if amounts.get(step)), "CLOSING"]
    return Chart(
        "bridge",
        "Deferred revenue, opening to closing",
        "Causes without a movement are left out.",
        [CAUSE_NAMES[line] for line in shown],
        [Series("Deferred", [amounts.get(line, 0) for line in shown])],
        "bridge",
    )


def cohort_bars(pack: ClosePack) -> Chart:
    """Recognized revenue of the last months by when its customers began."""
    amounts = summed(pack.report("revenue_cohorts"), ["cohort_month", "revenue_month"], "recognized_minor")
    months = months_around(pack, MONTHS_BACK, 0)
    months = [month for month in months if any(str(revenue) <= month for _, revenue in amounts)]
    group = _cohort_groups(sorted({str(cohort) for cohort, _ in amounts}))
    series: dict[str, list[int]] = defaultdict(lambda: [0] * len(months))
    for (cohort, revenue), total in sorted(amounts.items()):
        if revenue in months:
            series[group[str(cohort)]][months.index(str(revenue))] += total
    return Chart(
        "cohorts",
        "Recognized revenue by cohort",
        "Customers whose first revenue fell into the same period, by month earned.",
        months,
        [Series(name, values) for name, values in series.items()],
    )


def _cohort_groups(cohorts: list[str]) -> dict[str, str]:
    """Each cohort's colour: its month where they are few, else its quarter, else its year; the oldest share one."""
    for name_of in (str, _quarter, _year):
        names = sorted({name_of(cohort) for cohort in cohorts})
        if len(names) <= MAX_COHORTS:
            return {cohort: name_of(cohort) for cohort in cohorts}
    kept = names[-(MAX_COHORTS - 1) :]
    return {cohort: _year(cohort) if _year(cohort) in kept else EARLIER for cohort in cohorts}


def _quarter(month: str) -> str:
    return f"{month[:4]} Q{(int(month[5:]) + 2) // 3}"


def _year(month: str) -> str:
    return month[:4]


def _beyond(pack: ClosePack, beyond_minor: int) -> str:
    if not beyond_minor:
        return ""
    return f" Beyond them or without a date: {accounting_text(beyond_minor, pack.currency)} {pack.currency}."
