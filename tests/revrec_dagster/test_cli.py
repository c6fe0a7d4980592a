"""What `revrec` says and how it ends: 0 when all is well, 1 when books could not be made, 2 for wrong usage.

An error is one line on stderr that says what to do; stdout holds the summary alone.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resources.object_store import open_object_store
from revrec import ENGINE_VERSION
from revrec_dagster.chain_run import FailedCheck, JobOutcome
from revrec_dagster.summary import MAX_MESSAGES, print_summary
from tests.end_to_end.conftest import landing_store  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore
    from tests.revrec_dagster.conftest import Revrec

INVOICES = """
    customers
    id
    acme

    products
    id
    plan

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 31.00
    inv_2 | acme        | 2025-01-02      | 31.005

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 31.00     | 2025-01-01           | 2025-01-31
    li_2 | inv_2      | plan       | 31.00     | 2025-01-01           | 2025-01-31
"""
MONTHS = ("--from", "2025-01", "--to", "2025-01")


# Arguments, with {store} for an empty store and {folder} for one that holds a bad policy; what stderr says is wrong,
# and what to do about it.
WRONG_USAGE = {
    "no such command": (["close-the-books"], "No such command 'close-the-books'", "See revrec --help"),
    "no last month": (["run", "--store", "{store}", "--from", "2025-01"], "Missing option '--to'", "See revrec --help"),
    "no such option": (["run", "--stroe", "{store}", *MONTHS], "--stroe", "See revrec --help"),
    "missing store": (["run", "--store", "{store}/none", *MONTHS], "is not a folder", "create it"),
    "store of another kind": (["run", "--store", "gs://bucket", *MONTHS], "'gs://bucket'", "give a folder or s3://"),
    "not a month": (
        ["run", "--store", "{store}", "--from", "2025-13", "--to", "2025-12"],
        "'2025-13' is not a month",
        "write it as YYYY-MM",
    ),
    "month before the first": (
        ["run", "--store", "{store}", "--from", "2019-01", "--to", "2025-01"],
        "month 2019-01 is not between 2023-01",
        "first_month of the policy",
    ),
    "month to come": (
        ["run", "--store", "{store}", "--from", "2025-01", "--to", "2999-01"],
        "month 2999-01 is not between",
        "(the current month)",
    ),
    "swapped range": (
        ["run", "--store", "{store}", "--from", "2025-02", "--to", "2025-01"],
        "first month 2025-02 is after the last 2025-01",
        "swap --from and --to",
    ),
    "missing policy": (
        ["run", "--store", "{store}", "--policy", "{store}/none.yaml", *MONTHS],
        "there is no policy file",
        "create it",
    ),
    "bad policy": (["run", "--store", "{folder}", *MONTHS], "unknown setting 'journal_grian'", "correct its spelling"),
    "policy that is no YAML": (
        ["run", "--store", "{store}", "--policy", "{folder}/broken.yaml", *MONTHS],
        "broken.yaml",
        "not valid YAML",
    ),
}


@pytest.mark.parametrize(("arguments", "wrong", "to_do"), WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_is_told_in_one_line_and_changes_nothing(
    arguments: list[str], wrong: str, to_do: str, revrec: "Revrec", tmp_path: Path
) -> None:
    store, folder = tmp_path / "store", tmp_path / "folder"
    store.mkdir()
    folder.mkdir()
    (folder / "policy.yaml").write_text("journal_grian: ledger", encoding="utf-8")
    (folder / "broken.yaml").write_text("accounts: {", encoding="utf-8")
    finished = revrec(*(argument.format(store=store, folder=folder) for argument in arguments))
    assert finished.status == 2
    assert finished.stdout == ""
    assert wrong in finished.stderr
    assert to_do in finished.stderr
    assert finished.stderr.startswith("revrec: ")
    assert finished.stderr.count("\n") == 1
    assert list(store.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("mongodb://books", "the books cannot be kept in"),
        ("postgresql://me:s3cret@127.0.0.1:1/books", "Connection refused"),
    ],
    ids=["of another kind", "that does not answer"],
)
def test_books_that_cannot_be_opened_are_told_without_their_password(
    url: str, wrong: str, revrec: "Revrec", tmp_path: Path
) -> None:
    finished = revrec("run", "--store", tmp_path, *MONTHS, environment={"REVREC_DATABASE_URL": url})
    assert (finished.status, finished.stdout) == (2, "")
    assert wrong in finished.stderr
    assert "s3cret" not in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_the_installed_command_tells_its_version(command: Callable[[str], Path]) -> None:
    told = subprocess.run([command("revrec"), "--version"], capture_output=True, text=True, timeout=60, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, f"revrec {ENGINE_VERSION}\n", "")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["run", "--help"]], ids=" ".join)
def test_help_is_given(arguments: list[str], revrec: "Revrec") -> None:
    finished = revrec(*arguments)
    assert finished.status == (0 if arguments else 2)
    assert "Usage: revrec" in finished.stdout + finished.stderr


def test_the_summary_names_files_and_what_is_in_quarantine(
    revrec: "Revrec",
    landing_store: "LandingStore",  # noqa: F811 - the fixture
) -> None:
    store = landing_store(INVOICES)
    finished = revrec("run", "--store", store, *MONTHS)
    assert (finished.status, finished.stderr) == (0, "")
    [row] = [line.split() for line in finished.stdout.splitlines() if "default-USD" in line]
    # Billed 31.00, and earned 31.00; one file each, Xero two.
    assert [cell for cell in row if cell not in "│|"] == ["2025-01", "default-USD", "1", "62.00", "62.00", "5"]
    assert f"exports: {(store / 'exports').as_uri()}" in finished.stdout
    assert "in quarantine: 2 landed row(s)" in finished.stdout
    assert (store / "quarantine").as_uri() in finished.stdout


def test_a_missing_account_ends_with_1_and_names_product_and_account(
    revrec: "Revrec",
    landing_store: "LandingStore",  # noqa: F811 - the fixture
) -> None:
    store = landing_store(INVOICES, policy="accounts: {recognized: {quickbooks: null}}")
    finished = revrec("run", "--store", store, *MONTHS)
    assert finished.status == 1
    [error] = finished.stderr.splitlines()
    assert error.startswith("revrec: 2025-01: quickbooks_gl_export: ")
    assert "product 'plan' has no recognized account: set accounts.recognized.quickbooks" in error
    assert "default-USD" in finished.stdout, "the other files were written"


def test_an_empty_store_is_no_error_and_is_told_where_files_go(revrec: "Revrec", tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    finished = revrec("run", *MONTHS)
    assert finished.status == 0
    assert finished.stderr.startswith("revrec: no documents have landed yet: put files into ")
    assert (store / "landing/invoices").as_uri() in finished.stderr
    assert f"exports: {(store / 'exports').as_uri()}" in finished.stdout


def test_files_that_nothing_reads_are_told_and_are_no_error(
    revrec: "Revrec",
    landing_store: "LandingStore",  # noqa: F811 - the fixture
) -> None:
    store = landing_store(INVOICES)
    (store / "landing/invoice").mkdir()
    (store / "landing/invoice/january.csv").write_text("id\n", encoding="utf-8")
    finished = revrec("run", "--store", store, *MONTHS)
    assert finished.status == 0
    [told] = finished.stderr.splitlines()
    assert told.startswith("revrec: landing/invoice/january.csv: ")


def outcome(*failed_checks: FailedCheck, errors: tuple[str, ...] = (), success: bool = True) -> JobOutcome:
    return JobOutcome("posting_month", "2025-01", success, errors, failed_checks, {})


def failed_check(*, blocking: bool) -> FailedCheck:
    return FailedCheck("daily_journals", "journals_balance", "2025-01", blocking, "differs by 1\nmaterialize it again")


@pytest.mark.parametrize(
    ("outcomes", "fine", "stderr"),
    [
        pytest.param([], True, "", id="nothing to do"),
        pytest.param([outcome(failed_check(blocking=False))], True, "", id="a warning"),
        pytest.param(
            [outcome(failed_check(blocking=True), success=False)],
            False,
            "revrec: check journals_balance of daily_journals 2025-01 failed: differs by 1 materialize it again\n",
            id="a failed check",
        ),
        pytest.param([outcome(errors=("a: b",), success=False)], False, "revrec: 2025-01: a: b\n", id="a failed asset"),
    ],
)
def test_a_run_is_fine_unless_an_asset_or_a_blocking_check_failed(
    outcomes: list[JobOutcome], fine: bool, stderr: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_summary(outcomes, open_object_store(str(tmp_path))) is fine
    assert capsys.readouterr().err == stderr


def test_errors_of_one_cause_are_counted_after_the_first_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = [outcome(errors=("no disk",), success=False)] * (MAX_MESSAGES + 3)
    assert not print_summary(outcomes, open_object_store(str(tmp_path)))
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (MAX_MESSAGES + 1, "revrec: and 3 more of these")
