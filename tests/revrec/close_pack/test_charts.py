"""What the charts draw adds up to what the reports say."""

import pyarrow.compute as pc
import pytest

from revrec.accounts import Account
from revrec.close_pack import ClosePack
from revrec.close_pack.charts import MAX_COHORTS, cohort_bars, deferred_bridge, recognized_by_month, run_off
from revrec.close_pack.figures import key_figures
from revrec.columns import exact_sum
from tests.revrec.close_pack.contracts import contracts_of, make_pack


def test_the_run_off_adds_up_to_the_deferred_balance(pack: ClosePack) -> None:
    remaining = exact_sum(pack.report("deferred_revenue")["remaining_minor"])
    assert sum(run_off(pack).series[0].amounts_minor) == remaining > 0


def test_the_bridge_ends_at_the_closing_balance(pack: ClosePack) -> None:
    opening, *steps, closing = deferred_bridge(pack).series[0].amounts_minor
    assert opening + sum(steps) == closing > 0
    assert len(steps) == 2


def test_recognized_months_are_those_of_the_cohorts_and_later_ones_the_forecast(pack: ClosePack) -> None:
    chart = recognized_by_month(pack)
    past, billed, _ = chart.series
    cohorts, forecast = pack.report("revenue_cohorts"), pack.report("revenue_forecast")
    for month, recognized, expected in zip(chart.categories, past.amounts_minor, billed.amounts_minor, strict=True):
        of_month = cohorts.filter(pc.equal(cohorts["revenue_month"], month))
        assert recognized == exact_sum(of_month["recognized_minor"])
        assert expected == exact_sum(forecast.filter(pc.equal(forecast["revenue_month"], month))["billed_minor"])
    assert pack.month in chart.categories


@pytest.mark.parametrize("month", [3, 14, 23, 83])
def test_cohorts_have_few_colours_and_add_up_to_each_month(month: int) -> None:
    pack = make_pack(contracts_of([f"C{number}" for number in range(40)], ["P"], month), month)
    chart = cohort_bars(pack)
    table = pack.report("revenue_cohorts")
    assert 1 <= len(chart.series) <= MAX_COHORTS
    for place, name in enumerate(chart.categories):
        of_month = table.filter(pc.equal(table["revenue_month"], name))
        assert sum(series.amounts_minor[place] for series in chart.series) == exact_sum(of_month["recognized_minor"])


def test_head_figures_compare_with_the_month_before(pack: ClosePack) -> None:
    recognized, billed, deferred, unbilled = key_figures(pack)
    opening = {row["account"]: row["opening_minor"] for row in pack.report("trial_balance").to_pylist()}
    assert recognized.before_minor == pack.previous[Account.RECOGNIZED] > 0
    assert deferred.before_minor == -opening["deferred"] > 0
    assert recognized.change_minor == recognized.amount_minor - pack.previous[Account.RECOGNIZED] != 0
    assert (billed.amount_minor > 0, unbilled.amount_minor) == (True, 0)
