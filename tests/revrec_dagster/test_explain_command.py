"""What `revrec explain` and `revrec policy diff` say and how they end."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from typer.testing import CliRunner, Result

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


def test_scripts_get_json(books: Path) -> None:
    result = revrec("explain", "--store", books, "--invoice", "inv_1", "--json")
    [explanation] = json.loads(result.stdout)
    assert [obligation["obligation_id"] for obligation in explanation["obligations"]] == ["inv_1/li_1"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        pytest.param((), 2, "either --journal or --invoice", id="neither"),
        pytest.param(("--journal", "RR-202502-000001", "--invoice", "inv_1"), 2, "either", id="both"),
        pytest.param(("--journal", "RR-202502-000009"), 1, "RR-202502-000009 is not in the lake", id="no such journal"),
        pytest.param(("--invoice", "inv_9"), 1, "inv_9", id="no such invoice"),
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
