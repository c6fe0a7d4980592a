"""The monthly reports of a small company, to the cent; that they tie; and that a closed month keeps them."""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from sqlalchemy import create_engine, text

from assets.locks import Locks
from assets.monthly_reports import MONTHLY_TABLES
from assets.report_ties import OPENING, prior_report_is_stale, report_ties
from resources.books import PublishedReport
from resources.settings import BOOKS_FILE
from revrec.reports.schemas import REPORTS
from tests.assets.accountant import NOW, Accountant
from tests.assets.chain import Chain
from tests.assets.spoiling import figures

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

MARCH = "2025-03"
Figures = dict[str, Any]


def rows(accountant: Accountant, report: str, month: str = MARCH) -> list[Figures]:
    found: list[Figures] = accountant.places.lake.open(report, month).read().to_pylist()
    return found


def test_the_trial_balance_opens_with_what_was_closed_and_ends_with_what_is_true(march: Accountant) -> None:
    columns = ("opening_minor", "debit_minor", "credit_minor", "closing_minor")
    assert {row["account"]: tuple(row[name] for name in columns) for row in rows(march, "trial_balance")} == {
        "billed": (1600_00, 540_00, 500_00, 1640_00),
        "recognized": (-420_00, 20_00, 200_00, -600_00),
        # the void takes back both what was deferred and what of it was earned
        "deferred": (-1280_00, 650_00, 560_00, -1190_00),
        "unbilled": (100_00, 50_00, 0, 150_00),
    }


ROLLED = {
    #              opening  invoiced  earned  credited  voided  caught up  manual  closing
    "billed": (1600_00, 480_00, 0, -400_00, -100_00, 60_00, 0, 1640_00),
    "recognized": (420_00, 0, 130_00, 0, -20_00, 60_00, 10_00, 600_00),
    "deferred": (1280_00, 480_00, -80_00, -400_00, -80_00, 0, -10_00, 1190_00),
    "unbilled": (100_00, 0, 50_00, 0, 0, 0, 0, 150_00),
}


@pytest.mark.parametrize(("account", "amounts"), ROLLED.items(), ids=ROLLED)
def test_each_account_rolls_forward_by_the_causes_of_its_movements(
    march: Accountant, account: str, amounts: tuple[int, ...]
) -> None:
    lines = [row for row in rows(march, "roll_forward") if row["account"] == account]
    assert [row["line"] for row in lines] == [
        *("OPENING", "INVOICED", "EARNED", "CREDITED", "VOIDED", "CAUGHT_UP", "MANUAL", "CLOSING", "UNEXPLAINED")
    ]
    assert [row["amount_minor"] for row in lines] == [*amounts, 0]


#   document, number: contracted, invoiced, recognized, balance, remaining, unbilled, current, non-current, age, ageing
SCHEDULES = {
    ("INVOICE", "inv_1"): (1200_00, 1200_00, 260_00, 940_00, 940_00, 0, 940_00, 0, 89, "61-90 days"),
    ("CREDIT_NOTE", "cn_1"): (-400_00, -400_00, 0, -400_00, -400_00, 0, -400_00, 0, 30, "0-30 days"),
    ("INVOICE", "inv_2"): (480_00, 480_00, 20_00, 460_00, 460_00, 0, 240_00, 220_00, 30, "0-30 days"),
    ("INVOICE", "inv_3"): (100_00, 100_00, 20_00, 80_00, 80_00, 0, 80_00, 0, 58, "31-60 days"),
    ("VOID", "inv_3"): (-100_00, -100_00, -20_00, -80_00, -80_00, 0, -80_00, 0, 30, "0-30 days"),
    ("INVOICE", "inv_4"): (300_00, 300_00, 100_00, 200_00, 200_00, 0, 200_00, 0, 75, "61-90 days"),
    ("INVOICE", "inv_9"): (60_00, 60_00, 60_00, 0, 0, 0, 0, 0, 39, ""),
    ("MANUAL", "MJ-1"): (0, 0, 10_00, -10_00, -10_00, 0, -10_00, 0, 16, "0-30 days"),
}


@pytest.mark.parametrize(("document", "figures"), SCHEDULES.items(), ids=[" ".join(key) for key in SCHEDULES])
def test_each_schedule_is_a_row_of_the_deferred_revenue_report(
    march: Accountant, document: tuple[str, str], figures: tuple[Any, ...]
) -> None:
    [row] = [row for row in rows(march, "deferred_revenue") if (row["document"], row["document_number"]) == document]
    names = ("contracted", "invoiced", "recognized", "balance", "remaining", "unbilled", "current", "non_current")
    assert (*(row[f"{name}_minor"] for name in names), row["age_days"], row["ageing"]) == figures


def test_instalments_of_a_billing_schedule_are_contracted_before_they_are_earned_or_invoiced(march: Accountant) -> None:
    instalments = [row for row in rows(march, "deferred_revenue") if row["document"] == "BILLING_SCHEDULE"]
    assert [(row["recognized_minor"], row["unbilled_minor"], row["balance_minor"]) for row in instalments] == [
        *[(50_00, 50_00, 0)] * 3,
        *[(0, 0, 50_00)] * 3,
    ]


def test_a_row_of_the_deferred_revenue_report_names_the_row_that_landed(march: Accountant) -> None:
    [row] = [row for row in rows(march, "deferred_revenue") if row["invoice_number"] == "inv_2"]
    assert (row["landed_file"], row["landed_row"]) == ("landing/invoice_line_items/2025-03/extract-1.csv", 2)
    assert (row["customer_name"], row["product_name"]) == ("Bolt Inc", "Plan")


def test_the_totals_of_each_dimension_are_those_of_the_rows(march: Accountant) -> None:
    totals = rows(march, "deferred_revenue_totals")
    remaining = {(row["dimension"], row["name"]): row["remaining_minor"] for row in totals if row["remaining_minor"]}
    assert {key: amount for key, amount in remaining.items() if key[0] in ("CUSTOMER", "PRODUCT", "METHOD")} == {
        ("CUSTOMER", "Acme Inc"): 730_00,
        ("CUSTOMER", "Bolt Inc"): 460_00,
        ("PRODUCT", "Plan"): 990_00,
        ("PRODUCT", "Project"): 200_00,
        ("METHOD", "STRAIGHT_LINE"): 1000_00,
        ("METHOD", "MILESTONE"): 200_00,
        ("METHOD", ""): -10_00,
    }
    assert remaining["SERVICE_PERIOD", "2025-03-01 to 2027-02-28"] == 460_00
    assert remaining["INVOICE", "inv_1"] == 530_00, "the credit note and the manual journal belong to the invoice"


def test_the_waterfall_releases_what_remains_month_by_month(march: Accountant) -> None:
    [header, *lines] = (march.folder / f"reports/revenue_waterfall/{MARCH}/default-USD.csv").read_text().splitlines()
    names = header.split(",")
    assert names[8:14] == ["booked", "recognized", "unbilled", "remaining", "2025-04", "2025-05"]
    assert names[-2:] == ["2027-02", "unscheduled"]
    told = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    shown = ("booked", "recognized", "unbilled", "remaining", "2025-04", "2025-12", "2026-01", "unscheduled")
    assert {(row["customer_name"], row["product_name"]): tuple(row[name] for name in shown) for row in told} == {
        ("Acme Inc", ""): ("1160.00", "580.00", "150.00", "730.00", "60.00", "60.00", "0.00", "190.00"),
        ("Acme Inc", "Plan"): ("800.00", "420.00", "150.00", "530.00", "60.00", "60.00", "0.00", "-10.00"),
        ("Acme Inc", "Project"): ("300.00", "100.00", "0.00", "200.00", "0.00", "0.00", "0.00", "200.00"),
        ("Acme Inc", "Setup"): ("60.00", "60.00", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00"),
        ("Bolt Inc", ""): ("480.00", "20.00", "0.00", "460.00", "20.00", "20.00", "20.00", "0.00"),
        ("Bolt Inc", "Plan"): ("480.00", "20.00", "0.00", "460.00", "20.00", "20.00", "20.00", "0.00"),
    }


def test_obligations_are_registered_with_what_is_left_of_them(march: Accountant) -> None:
    register = {row["invoice_number"]: row for row in rows(march, "obligation_register") if row["invoice_number"]}
    names = ("original", "total", "earned", "billed", "remaining", "deferred")
    assert {number: (*(row[f"{name}_minor"] for name in names), row["status"]) for number, row in register.items()} == {
        "inv_1": (1200_00, 800_00, 260_00, 800_00, 540_00, 540_00, "IN_PROGRESS"),
        "inv_2": (480_00, 480_00, 20_00, 480_00, 460_00, 460_00, "IN_PROGRESS"),
        "inv_3": (100_00, 0, 0, 0, 0, 0, "CANCELLED"),
        "inv_4": (300_00, 300_00, 100_00, 300_00, 200_00, 200_00, "IN_PROGRESS"),
        "inv_9": (60_00, 60_00, 60_00, 60_00, 0, 0, "SATISFIED"),
    }
    scheduled = [row["status"] for row in rows(march, "obligation_register") if not row["invoice_number"]]
    assert scheduled == ["SATISFIED"] * 3 + ["NOT_STARTED"] * 3


def test_remaining_performance_obligations_are_banded_by_when_they_are_earned(march: Accountant) -> None:
    bands = rows(march, "remaining_performance_obligations")
    assert {row["band"]: (row["billed_minor"], row["unbilled_minor"]) for row in bands} == {
        "months 1 to 3": (240_00, 150_00),
        "months 4 to 6": (240_00, 0),
        "months 7 to 12": (300_00, 0),
        "months 13 to 24": (220_00, 0),
        "months 25 to 36": (0, 0),
        "after month 36": (0, 0),
        "no date yet": (190_00, 0),
    }


def test_a_contract_that_is_billed_in_advance_is_owed_before_it_is_invoiced(landing_store: "LandingStore") -> None:
    """Three years at 1,200.00 a year, of which the first is invoiced."""
    accountant = Accountant(
        landing_store(
            """
            customers
            id
            acme

            products
            id
            plan

            billing_schedules
            id | customer_id | product_id | price_id | amount  | frequency | start_date | end_date   | billing_type
            bs | acme        | plan       | seat     | 1200.00 | YEARLY    | 2025-01-01 | 2027-12-31 | IN_ADVANCE

            invoices/2025-01
            id  | customer_id | accounting_date | net_total | billing_schedule_id
            inv | acme        | 2025-01-01      | 1200.00   | bs

            invoice_line_items/2025-01
            id | invoice_id | product_id | price_id | net_total | service_period_start | service_period_end
            li | inv        | plan       | seat     | 1200.00   | 2025-01-01           | 2025-12-31
            """
        )
    )
    accountant.post("2025-01")
    accountant.report("2025-01")
    assert [each.name for each in report_ties("2025-01", accountant.places) if not each.tie.holds] == []
    bands = rows(accountant, "remaining_performance_obligations", "2025-01")
    assert {row["band"]: (row["billed_minor"], row["unbilled_minor"]) for row in bands if row["total_minor"]} == {
        "months 1 to 3": (300_00, 0),
        "months 4 to 6": (300_00, 0),
        "months 7 to 12": (500_00, 100_00),
        "months 13 to 24": (0, 1200_00),
        "months 25 to 36": (0, 1100_00),
    }
    contracted = [row for row in rows(accountant, "obligation_register", "2025-01") if not row["invoice_id"]]
    assert [(row["obligation_id"], row["remaining_minor"], row["status"]) for row in contracted] == [
        ("contract/bs/2026-01-01", 1200_00, "NOT_STARTED"),
        ("contract/bs/2027-01-01", 1200_00, "NOT_STARTED"),
    ]
    assert {row["account"]: row["closing_minor"] for row in rows(accountant, "trial_balance", "2025-01")} == {
        "billed": 1200_00,
        "recognized": -100_00,
        "deferred": -1100_00,
        "unbilled": 0,
    }


def test_cohorts_are_customers_by_their_first_revenue(march: Accountant) -> None:
    cohorts = rows(march, "revenue_cohorts")
    names = ("cohort_month", "revenue_month", "customers", "recognized_minor")
    assert [tuple(row[name] for name in names) for row in cohorts] == [
        ("2025-01", "2025-01", 1, 150_00),
        ("2025-01", "2025-02", 1, 310_00),
        ("2025-01", "2025-03", 1, 120_00),
        ("2025-02", "2025-02", 1, 20_00),
    ]


def test_the_forecast_is_what_the_schedules_still_recognize(march: Accountant) -> None:
    forecast = rows(march, "revenue_forecast")
    april = [row for row in forecast if row["revenue_month"] == "2025-04"]
    assert [(row["product_name"], row["billed_minor"], row["unbilled_minor"]) for row in april] == [
        ("Plan", 80_00, 50_00)
    ]
    undated = {row["product_name"]: row["recognized_minor"] for row in forecast if row["revenue_month"] is None}
    assert undated["Project"] == 200_00
    assert sum(row["recognized_minor"] for row in forecast) == 1340_00


def test_every_comparison_of_the_reports_holds(march: Accountant) -> None:
    ties = report_ties(MARCH, march.places)
    assert [(tie.report, tie.name) for tie in ties if not tie.tie.holds] == []
    assert all(len(tie.tie.frame) for tie in ties), "a comparison of nothing holds nothing"


@pytest.mark.parametrize("report", [report for report in REPORTS if report != "revenue_waterfall"])
def test_a_reports_file_has_every_row_and_every_amount_of_its_table(march: Accountant, report: str) -> None:
    """The waterfall's file is wide, and has a test of its own."""
    table = rows(march, report)
    with (march.folder / f"reports/{report}/{MARCH}/default-USD.csv").open(newline="") as lines:
        told = list(csv.DictReader(lines, strict=True))
    assert len(told) == len(table) > 0
    for shown, row in zip(told, table, strict=True):
        assert list(shown) == [name.removesuffix("_minor") for name in row]
        for name, value in row.items():
            text = shown[name.removesuffix("_minor")]
            if name.endswith("_minor"):
                assert Decimal(text).scaleb(2) == value
            else:
                assert text == ("" if value is None else str(value))


def test_reports_are_published_for_tools_that_query_them_in_sql(march: Accountant) -> None:
    engine = create_engine(f"sqlite:///{march.folder}/{BOOKS_FILE}")
    with engine.connect() as connection:
        deferred = connection.scalar(
            text("SELECT closing_minor FROM report_trial_balance WHERE month = :month AND account = 'deferred'"),
            {"month": MARCH},
        )
        counted = {
            report: connection.scalar(text(f"SELECT count(*) FROM report_{report} WHERE month = '{MARCH}'"))
            for report in REPORTS
        }
    assert deferred == -1190_00
    assert counted == {report: len(rows(march, report)) for report in REPORTS}
    published = {(each.report, each.month): each.rows for each in march.books.published_reports()}
    assert {report: published[report, MARCH] for report in REPORTS} == counted


def test_reporting_again_publishes_nothing_again_and_changes_no_byte(march: Accountant) -> None:
    def published() -> list[PublishedReport]:
        return march.books.published_reports()

    before, files = published(), march.files("reports", *(f"lake/{name}" for name in MONTHLY_TABLES))
    march.report(MARCH, now=NOW + dt.timedelta(days=1))
    assert published() == before
    assert march.files("reports", *(f"lake/{name}" for name in MONTHLY_TABLES)) == files


def test_a_closed_month_keeps_its_reports_whatever_lands_later(march: Accountant) -> None:
    february = ("reports", *(f"lake/{name}" for name in MONTHLY_TABLES))
    before = {path: content for path, content in march.files(*february).items() if "2025-02" in path}
    assert len(before) == len(REPORTS) + len(MONTHLY_TABLES) + 2  # the journal report and the corrections
    march.report("2025-02")
    after = {path: content for path, content in march.files(*february).items() if "2025-02" in path}
    assert after == before
    [recognized] = [row for row in rows(march, "trial_balance", "2025-02") if row["account"] == "recognized"]
    assert recognized["closing_minor"] == -420_00, "without the invoice that came late"


def test_a_month_that_was_closed_without_a_report_gets_it_from_what_it_was_closed_with(
    march: Accountant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that an older revrec closed."""
    copy = march.on_a_copy(tmp_path / "store")
    monkeypatch.setattr(Locks, "sealed_files", lambda *_: {})
    copy.report("2025-02")
    for name in REPORTS:
        assert rows(copy, name, "2025-02") == rows(march, name, "2025-02"), name


def test_an_opening_balance_that_is_not_the_closed_one_is_found(march: Accountant, tmp_path: Path) -> None:
    copy = march.on_a_copy(tmp_path / "store")
    copy.spoil("roll_forward", "2025-02", "amount_minor", row=7, by=1)
    check = Chain(copy.folder).check(*OPENING, MARCH)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert any({"account": "billed", "opening_minor": "160000", "prior_closing_minor": "160001"}.items() <= row.items()
               for row in figures(check))  # fmt: skip
    assert not prior_report_is_stale(MARCH, copy.places), "a closed month's report is never out of date"


def test_a_month_before_that_was_reported_from_fewer_documents_is_a_warning(
    march: Accountant, tmp_path: Path, landing_store: "LandingStore"
) -> None:
    """What landed since is a matter of the month before, whose report is to be made again; this month is right."""
    copy = march.on_a_copy(tmp_path / "store")
    landing_store(
        """
        invoices/2025-03
        id     | customer_id | accounting_date | net_total
        inv_10 | acme        | 2025-03-31      | 10.00

        invoice_line_items/2025-03
        id    | invoice_id | product_id | net_total | service_period_start | service_period_end
        li_10 | inv_10     | setup      | 10.00     |                      |
        """,
        store=copy.folder,
    )
    copy.post("2025-04")
    copy.report("2025-04")
    check = Chain(copy.folder).check(*OPENING, "2025-04")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "documents have landed since the month before was reported" in str(check.description)
    copy.post(MARCH)
    copy.report(MARCH)
    assert Chain(copy.folder).check(*OPENING, "2025-04").passed
