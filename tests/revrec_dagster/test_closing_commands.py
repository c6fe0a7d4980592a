"""`revrec close`, `reopen`, `lock` and `manual-journal`: what they print, and 0, 1 or 2 at the end."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import landing_store  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore
    from tests.revrec_dagster.conftest import Revrec

LANDED = """
    customers
    id
    acme

    products
    id
    plan

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 1200.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
"""
JOURNALS = """journals:
  - id: MJ-1
    date: 2025-02-15
    entity: default
    currency: USD
    customer_id: acme
    product_id: plan
    narrative: Termination, as agreed
    entries:
      - {direction: DEBIT, account: deferred, amount: "50.00"}
      - {direction: CREDIT, account: recognized, amount: "50.00"}
"""


def told(stderr: str) -> str:
    """The one line of an error."""
    [line] = stderr.splitlines()
    assert line.startswith("revrec: ")
    return line


def test_a_month_is_closed_locked_further_and_reopened(
    revrec: "Revrec",
    landing_store: "LandingStore",  # noqa: F811 - the fixture
) -> None:
    store = landing_store(LANDED)
    at = ("--store", store, "--by", "Ana")
    closed = revrec("close", "2025-01", *at)
    assert (closed.status, closed.stderr) == (0, "")
    assert closed.stdout.splitlines() == [
        "closed 2025-01: locked through 2025-01-31",
        "  default-USD: 1 journals, RR-202501-000001 to RR-202501-000001, debits 1300.00, credits 1300.00",
        "closed 2025-01",
    ]
    again = revrec("close", "2025-01", *at)
    assert again.status == 2
    assert "month 2025-01 is closed already" in told(again.stderr)

    locked = revrec("lock", "--through", "2025-02-10", *at)
    assert (locked.status, locked.stderr) == (0, "")
    assert locked.stdout.startswith("locked 2025-02: locked through 2025-02-10\n")

    other = revrec("reopen", "2025-01", "--reason", "a late bill", *at)
    assert other.status == 2
    assert "the one to reopen is `revrec reopen 2025-02`" in told(other.stderr)
    reopened = revrec("reopen", "2025-02", "--reason", "locked too early", *at)
    assert (reopened.status, reopened.stderr) == (0, "")
    assert reopened.stdout.splitlines()[-1] == "reopened 2025-02"


def test_a_manual_journal_is_recorded_and_posted_by_the_months_run(
    revrec: "Revrec",
    landing_store: "LandingStore",  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    store, file = landing_store(LANDED), tmp_path / "journals.yaml"
    file.write_text(JOURNALS, encoding="utf-8")
    recorded = revrec("manual-journal", "--store", store, "--file", file, "--by", "Ana", "--approved-by", "Ben")
    assert (recorded.status, recorded.stderr) == (0, "")
    assert recorded.stdout == "recorded 1 manual journal(s): run 2025-02 to post them\n"
    finished = revrec("run", "--store", store, "--from", "2025-02", "--to", "2025-02")
    assert finished.status == 0
    exported = (store / "exports/generic/2025-02/default-USD.csv").read_text(encoding="utf-8")
    lines = [line for line in exported.splitlines() if "Termination, as agreed" in line]
    assert [line.split(",")[0] for line in lines] == ["RR-202502-000002"] * 2
    assert finished.stdout.count("150.00") == 2, "100.00 earned and 50.00 by hand, on both sides"


def test_a_month_that_cannot_be_closed_ends_with_1_and_says_why(
    revrec: "Revrec",
    landing_store: "LandingStore",  # noqa: F811 - the fixture
) -> None:
    store = landing_store(LANDED, policy="accounts: {recognized: {quickbooks: null}}")
    finished = revrec("close", "2025-01", "--store", store, "--by", "Ana")
    assert (finished.status, finished.stdout) == (1, "")
    assert "product 'plan' has no recognized account: set accounts.recognized.quickbooks" in told(finished.stderr)
    (store / "policy.yaml").unlink()
    assert revrec("close", "2025-01", "--store", store, "--by", "Ana").status == 0, "nothing was recorded before"


# Arguments after the store, and what stderr says.
WRONG_USAGE = {
    "close: not a month": (["close", "2025-13", "--by", "Ana"], "'2025-13' is not a month"),
    "close: nobody": (["close", "2025-01", "--by", " "], "--by must name who does it"),
    "close: no name": (["close", "2025-01"], "Missing option '--by'"),
    "reopen: no reason": (["reopen", "2025-01", "--by", "Ana"], "Missing option '--reason'"),
    "reopen: blank reason": (["reopen", "2025-01", "--by", "Ana", "--reason", " "], "reason"),
    "reopen: nothing is closed": (
        ["reopen", "2025-01", "--by", "Ana", "--reason", "x"],
        "no month is closed or locked",
    ),
    "lock: not a day": (["lock", "--through", "2025-02-30", "--by", "Ana"], "'2025-02-30' is not a day"),
    "lock: a whole month": (["lock", "--through", "2025-02-28", "--by", "Ana"], "use `revrec close 2025-02`"),
    "manual-journal: no file": (
        ["manual-journal", "--file", "none.yaml", "--by", "Ana", "--approved-by", "Ben"],
        "none.yaml cannot be read",
    ),
    "manual-journal: approved by its preparer": (
        ["manual-journal", "--file", "journals.yaml", "--by", "Ana", "--approved-by", "Ana"],
        "approve",
    ),
    "manual-journal: not balanced": (
        ["manual-journal", "--file", "unbalanced.yaml", "--by", "Ana", "--approved-by", "Ben"],
        "MJ-1",
    ),
}


@pytest.mark.parametrize(("arguments", "wrong"), WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_ends_with_2_in_one_line_and_records_nothing(
    arguments: list[str], wrong: str, revrec: "Revrec", tmp_path: Path
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    Path("journals.yaml").write_text(JOURNALS, encoding="utf-8")
    Path("unbalanced.yaml").write_text(JOURNALS.replace('recognized, amount: "50', 'recognized, amount: "51'))
    command, *rest = arguments
    finished = revrec(command, "--store", store, *rest)
    assert (finished.status, finished.stdout) == (2, "")
    assert wrong in told(finished.stderr)
    assert not (store / "sealed").exists()
