"""What `revrec explain` and `revrec policy diff` say and how they end."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from typer.testing import CliRunner, Result

from assets.explain import Explanation
from resources import settings
from revrec_dagster.cli import app
from tests.assets.accountant import Accountant
from tests.end_to_end.conftest import landing_store  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# A year of 365.00, by even months 30.42 in every month but the last.
BOOKS = """
    customers
    id
    acme

    products
    id
    plan

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 365.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 365.00    | 2025-01-01           | 2025-12-31
"""
LATE = """
    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_2 | acme        | 2025-01-31      | 31.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_2 | inv_2      | plan       | 31.00     | 2025-01-01           | 2025-01-31
"""
BY_DAYS = "versions: [{effective_from: 2000-01-01, allocation_strategy: exact_days}]\n"


@pytest.fixture(scope="module")
def books(landing_store: "LandingStore") -> Path:  # noqa: F811 - the fixture
    """January closed, a late invoice for it landed, February posted."""
    accountant = Accountant(landing_store(BOOKS))
    accountant.close("2025-01")
    landing_store(LATE, None, accountant.folder)
    accountant.post("2025-02")
    accountant.report("2025-02")
    return accountant.folder


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Options go through the environment; nothing of it stays."""
    monkeypatch.setenv(settings.DATABASE_URL, "")
    with mock.patch.dict("os.environ"):
        yield


def revrec(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_journal_is_explained_down_to_file_and_row(books: Path) -> None:
    result = revrec("explain", "--store", books, "--journal", "RR-202502-000002")
    assert result.exit_code == 0, result.stderr
    assert "Catch-up for 2025-01" in result.stdout
    assert "inv_2" in result.stdout
    assert "landing/invoices/2025-01/extract-2.csv row 2" in result.stdout
    assert "landing/invoice_line_items/2025-01/extract-2.csv row 2" in result.stdout


def test_an_entry_is_explained_by_its_day(books: Path) -> None:
    shown = revrec("explain", "--store", books, "--journal", "RR-202502-000001", "--date", "2025-02-28").stdout
    # 30.42 over 28 days: 27 of 1.08
    assert "2025-02-28  debit deferred, credit recognized  1.26 USD" in shown


def test_a_row_of_a_report_is_explained_down_to_file_and_row(books: Path) -> None:
    arguments = ("--report", "revenue_waterfall", "--month", "2025-02", "--row", "acme")
    shown = revrec("explain", "--store", books, *arguments).stdout
    assert "booked 396.00 USD: adds up from 2 schedules" in shown
    assert "landing/invoice_line_items/2025-01/extract-1.csv row 2" in shown
    largest = revrec("explain", "--store", books, *arguments, "--most", "1").stdout
    assert "the largest 1 of 2 parts: --most tells of more" in largest
    assert "inv_2" not in largest


SCRIPTED = {
    "an invoice": ("--invoice", "inv_1"),
    "a journal": ("--journal", "RR-202502-000001"),
    "a row": ("--report", "trial_balance", "--month", "2025-02", "--row", "deferred"),
}


@pytest.mark.parametrize("what", SCRIPTED)
def test_scripts_get_json_with_the_same_keys_whatever_is_explained(books: Path, what: str) -> None:
    result = revrec("explain", "--store", books, *SCRIPTED[what], "--json")
    [explanation] = json.loads(result.stdout)
    assert explanation.keys() == {field.name for field in fields(Explanation)}
    assert "inv_1/li_1" in {obligation["obligation_id"] for obligation in explanation["obligations"]}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param((), 2, "give one of --journal, --invoice", id="nothing"),
        pytest.param(("--journal", "RR-202502-000001", "--invoice", "inv_1"), 2, "give one of", id="two"),
        pytest.param(("--report", "trial_balance", "--row", "billed"), 2, "go together", id="a report without a month"),
        pytest.param(("--invoice", "inv_1", "--month", "2025-01"), 2, "go together", id="a month without a report"),
        pytest.param(("--invoice", "inv_1", "--date", "2025-01-01"), 2, "goes with --journal", id="a date alone"),
        pytest.param(
            ("--journal", "RR-202502-000001", "--date", "2025-02-30"), 2, "'2025-02-30' is not a day", id="no such day"
        ),
        pytest.param(
            ("--report", "trial_balance", "--month", "2025", "--row", "billed"), 2, "'2025' is not a month", id="month"
        ),
        pytest.param(("--invoice", "inv_1", "--ledger", "default-USD"), 2, "--ledger goes with", id="a ledger alone"),
        pytest.param(
            ("--journal", "RR-202502-000009"), 1, "not in the lake (did you mean RR-202502-000001", id="no such journal"
        ),
        pytest.param(("--invoice", "inv_9"), 1, "'inv_9' (did you mean inv_1", id="no such invoice"),
        pytest.param(
            ("--report", "trial_balance", "--month", "2025-02", "--row", "bill"),
            1,
            "no row 'bill' (did you mean billed or unbilled?)",
            id="no such row",
        ),
        pytest.param(
            ("--journal", "RR-202502-000001", "--ledger", "default-EUR"), 1, "it is in default-USD", id="no such ledger"
        ),
    ],
)
def test_what_cannot_be_explained_is_one_line(books: Path, arguments: tuple[str, ...], status: int, says: str) -> None:
    result = revrec("explain", "--store", books, *arguments)
    assert (result.exit_code, result.stderr.count("\n")) == (status, 1)
    assert says in result.stderr


def test_a_policy_diff_shows_settings_and_figures_and_where_closed_months_post(books: Path, tmp_path: Path) -> None:
    changed = tmp_path / "new.yaml"
    changed.write_text(BY_DAYS, encoding="utf-8")
    shown = revrec("policy", "diff", changed, "--store", books).stdout
    assert "versions.0.allocation_strategy: daily_rate_even_months -> exact_days" in shown
    figures = revrec("policy", "diff", changed, "--store", books, "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(figures)))
    # 30.42 by even months, 31.00 by days
    january = {row["account"]: row for row in rows if row["month"] == "2025-01"}
    assert january["recognized"]["difference"] == "-0.58"
    assert january["deferred"]["posts_on"] == "2025-02-01"


def test_a_policy_that_changes_nothing_says_so(books: Path, tmp_path: Path) -> None:
    same = tmp_path / "same.yaml"
    same.write_text("time_zone: UTC\n", encoding="utf-8")
    shown = revrec("policy", "diff", same, "--store", books).stdout
    assert "no setting differs" in shown
    assert "no figure would change" in shown


def test_a_policy_that_is_none_is_wrong_usage(books: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("colour: red\n", encoding="utf-8")
    result = revrec("policy", "diff", broken, "--store", books)
    assert result.exit_code == 2
    assert "unknown setting 'colour'" in result.stderr
