"""The example company's year, closed by the command newcomers run: its files tie to the invoices to the cent."""

import csv
import importlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from revrec.money import to_minor
from tests.assets.chain import Chain

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Finished, RevrecRun

EXAMPLES = Path(__file__).parents[2] / "examples"
# The folder is no package of the project: the generator is found the way `python examples/generate.py` finds it.
sys.path.insert(0, str(EXAMPLES))
acme = importlib.import_module("generator.acme")

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
LEDGERS = ["default-EUR", "default-JPY", "default-USD"]
# Kinds of file, as (folder, what follows the ledger in the file's name), and the column that names the account.
ACCOUNT_COLUMNS = {
    ("generic", ""): "Ledger account name",
    ("xero", ""): "Xero ledger account code",
    ("xero", "-import"): "*AccountCode",
    ("quickbooks", ""): "*AccountName",
    ("netsuite", ""): "Account",
}
KINDS = tuple(ACCOUNT_COLUMNS)
RESULTS = ("exports", "reports", "lake", "quarantine")
# Accounts by name, and by their codes in Xero and NetSuite under the example's policy; 211 is the platform's revenue.
ACCOUNTS = {
    **dict.fromkeys(("Billed Revenue", "200", "4000"), "billed"),
    **dict.fromkeys(("Recognized Revenue", "210", "211", "4010"), "recognized"),
    **dict.fromkeys(("Deferred Revenue", "820", "2400"), "deferred"),
    **dict.fromkeys(("Unbilled Revenue", "620", "1250"), "unbilled"),
}
DEBIT_NORMAL = ("billed", "unbilled")

Row = dict[str, str]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, revrec_run: "RevrecRun") -> "tuple[Path, Finished]":
    """The year, closed in one go: for looking only."""
    store = copied_example(tmp_path_factory.mktemp("acme") / "store")
    return store, revrec_run(store, MONTHS[0], MONTHS[-1])


@pytest.fixture(scope="module")
def store(closed: "tuple[Path, Finished]") -> Path:
    return closed[0]


@pytest.fixture(scope="module")
def bad_rows() -> list[Any]:
    return list(acme.build_acme().bad_rows)


def copied_example(store: Path) -> Path:
    """The example as a newcomer copies it."""
    shutil.copytree(EXAMPLES / "acme", store)
    return store


def landed_rows(store: Path, dataset: str) -> Iterator[Row]:
    for path in sorted((store / "landing" / dataset).rglob("*.*")):
        if path.suffix == ".csv":
            yield from csv_rows(path)
        elif path.suffix == ".jsonl":
            yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
        else:
            yield from pq.read_table(path).to_pylist()


def csv_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def quarantined(store: Path) -> list[dict[str, Any]]:
    files = sorted((store / "quarantine").rglob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


@cache
def net_debits(store: Path, ledger: str, month: str, kind: tuple[str, str]) -> Mapping[str, int]:
    """Account to debits less credits in minor units, off the columns of each kind of file."""
    export, suffix = kind
    net = dict.fromkeys(ACCOUNTS.values(), 0)
    for row in csv_rows(store / "exports" / export / month / f"{ledger}{suffix}.csv"):
        account = ACCOUNTS[row[ACCOUNT_COLUMNS[kind]]]
        net[account] += net_debit(row, account, kind)
    return net


def net_debit(row: Row, account: str, kind: tuple[str, str]) -> int:
    match kind:
        case ("generic", _):
            return minor(row["Amount"]) * (1 if row["Direction"] == "DEBIT" else -1)
        case ("xero", "-import"):
            return minor(row["*Amount"])
        case ("xero", _):
            return minor(row["Amount"]) * (1 if account in DEBIT_NORMAL else -1)
        case ("quickbooks", _):
            return minor(row["*Debits"] or "0") - minor(row["*Credits"] or "0")
        case _:
            return minor(row["Debit"] or "0") - minor(row["Credit"] or "0")


def minor(amount: str) -> int:
    """Minor units of an amount in a file of revrec's: always written with all decimals of its currency."""
    return int(amount.replace(".", ""))


def test_the_command_closes_the_year(closed: "tuple[Path, Finished]") -> None:
    store, finished = closed
    assert (finished.status, finished.stderr) == (0, "")
    lines = finished.stdout.splitlines()
    assert [line for line in lines if "2025-12" in line and "default-" in line] != []
    assert {(month, ledger) for month in MONTHS for ledger in LEDGERS} == {
        (month, ledger) for line in lines for month in MONTHS for ledger in LEDGERS if month in line and ledger in line
    }
    assert (store / "exports").as_uri() in finished.stdout


def test_what_the_files_bill_is_what_was_invoiced(store: Path, bad_rows: list[Any]) -> None:
    lost = {bad.invoice_number for bad in bad_rows}
    versions = sorted(landed_rows(store, "invoices"), key=lambda row: row["updated_at"])
    invoiced: Counter[str] = Counter()
    for row in {row["id"]: row for row in versions}.values():
        if row["status"] in ("SENT", "PAID") and row["invoice_number"] not in lost:
            invoiced[f"default-{row['currency']}"] += to_minor(row["net_total"], row["currency"])
    billed = {
        ledger: sum(net_debits(store, ledger, month, ("generic", ""))["billed"] for month in MONTHS)
        for ledger in LEDGERS
    }
    assert billed == dict(invoiced)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_the_formats_agree_per_month_and_account(ledger: str, store: Path) -> None:
    for month in MONTHS:
        by_kind = {kind: net_debits(store, ledger, month, kind) for kind in KINDS}
        assert sum(by_kind["generic", ""].values()) == 0, month
        assert by_kind == dict.fromkeys(KINDS, by_kind["generic", ""]), month


def test_the_report_adds_up_to_the_files(store: Path) -> None:
    for month in MONTHS:
        for ledger in LEDGERS:
            report = csv_rows(store / "reports/monthly_journal_report" / month / f"{ledger}.csv")
            sides: Counter[str] = Counter()
            for row in report:
                sides[row["direction"]] += minor(row["amount"])
            for export, suffix in KINDS:
                manifest = json.loads(
                    (store / "exports" / export / month / f"{ledger}{suffix}.manifest.json").read_bytes()
                )
                totals = {"DEBIT": manifest["total_debits_minor"], "CREDIT": manifest["total_credits_minor"]}
                assert totals == dict(sides), (month, ledger, export, suffix)


def test_journal_numbers_have_no_gaps(store: Path) -> None:
    for month in MONTHS:
        for ledger in LEDGERS:
            numbers = {row["Journal Number"] for row in csv_rows(store / "exports/generic" / month / f"{ledger}.csv")}
            expected = [f"RR-{month.replace('-', '')}-{number:06}" for number in range(1, len(numbers) + 1)]
            assert sorted(numbers) == expected, (month, ledger)


def test_the_bad_rows_are_in_quarantine_with_file_row_and_field(store: Path, bad_rows: list[Any]) -> None:
    found = {(item["file"], item["row"], item["field"]): item for item in quarantined(store)}
    for bad in bad_rows:
        item = found[bad.file, bad.row, bad.field]
        assert (item["record"]["id"], item["value"]) == (bad.record_id, bad.value), bad.reason
        assert item["reason"], bad.reason
        assert item["action"], bad.reason


def test_nothing_else_is_in_quarantine_than_what_is_lost_with_a_bad_row(store: Path, bad_rows: list[Any]) -> None:
    places = {(bad.file, bad.row) for bad in bad_rows}
    numbers = {bad.invoice_number for bad in bad_rows if bad.invoice_number}
    invoices = {row["id"] for row in landed_rows(store, "invoices") if row["invoice_number"] in numbers}
    with_them = [item for item in quarantined(store) if (item["file"], item["row"]) not in places]
    assert {item["record"].get("invoice_id", item["record"]["id"]) for item in with_them} <= invoices
    assert all("quarantine" in item["reason"] or "invoice" in item["reason"] for item in with_them)


def test_the_summary_counts_the_rows_in_quarantine(closed: "tuple[Path, Finished]") -> None:
    store, finished = closed
    rows = {(item["file"], item["row"]) for item in quarantined(store)}
    assert f"in quarantine: {len(rows)} landed row(s)" in finished.stdout


def test_running_again_changes_no_byte(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "store")
    again = Chain(tmp_path / "store")
    assert again.reference_data().success
    assert again.document_month("2025-06").success
    assert again.posting_month("2025-06").success
    assert again.files(*RESULTS) == Chain(store).files(*RESULTS)


def test_months_posted_backwards_without_document_months_before_give_the_same_bytes(
    store: Path, tmp_path: Path
) -> None:
    backwards = Chain(copied_example(tmp_path / "store"))
    assert all(backwards.posting_month(month).success for month in reversed(MONTHS))
    found, expected = backwards.files(*RESULTS), Chain(store).files(*RESULTS)
    assert {path for path in expected if path not in found} == {
        # what nothing is posted from yet
        path
        for path in expected
        if path.split("/")[1] in REFUSED and path.startswith("lake/")
    }
    assert found == {path: expected[path] for path in found}


def test_two_processes_at_once_give_the_same_bytes(store: Path, tmp_path: Path, revrec_run: "RevrecRun") -> None:
    shared = copied_example(tmp_path / "store")
    with ThreadPoolExecutor(2) as both:
        ends = list(both.map(lambda _: revrec_run(shared, MONTHS[-1], MONTHS[-1]), range(2)))
    assert [(end.status, end.stderr) for end in ends] == [(0, ""), (0, "")]
    found, expected = Chain(shared).files(*RESULTS), Chain(store).files(*RESULTS)
    assert {path for path in expected if path not in found} == {
        path for path in expected if path.split("/")[1] in POSTED and MONTHS[-1] not in path
    }
    assert found == {path: expected[path] for path in found}


# Folders under lake/, exports/ and reports/ of what a posting month writes, and of what it never reads.
POSTED = ("daily_journals", "monthly_journal_report", "generic", "xero", "quickbooks", "netsuite")
REFUSED = (
    "billing_schedules",
    "credit_grants",
    "credit_grant_transactions",
    "credit_notes",
    "credit_note_line_items",
    "milestones",
    "usage",
)
