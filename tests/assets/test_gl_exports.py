"""The files of a month: what is written, what is left of an earlier materialization, and what stops one format."""

import hashlib
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from resources.opening import open_books
from resources.settings import settings_from
from revrec.exports import EXPORT_FORMATS
from tests.assets.chain import Chain, failures, metadata

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# Files of a ledger-month, by format.
FILES = {
    "generic": ["default-{}.csv"],
    "xero": ["default-{}-import.csv", "default-{}.csv"],
    "quickbooks": ["default-{}.csv"],
    "netsuite": ["default-{}.csv"],
}
# inv_2, the only one in JPY, turns out to be a draft.
DRAFT = """
    invoices/2025-02
    id    | customer_id | currency | accounting_date | net_total | status | updated_at
    inv_2 | bolt        | JPY      | 2025-02-28      | 90000     | DRAFT  | 2025-03-05T10:00:00Z
"""


def csv_names(chain: Chain, folder: str) -> list[str]:
    return sorted(path.name for path in (chain.store / folder).glob("*.csv"))


def recorded_exports(chain: Chain, export: str, month: str) -> dict[str, tuple[int, int, int, str]]:
    """What the books say of a format's files."""
    with mock.patch.dict(os.environ, {"REVREC_STORE": str(chain.store)}):
        files = open_books(settings_from()).export_files(export, month)
    return {
        file.object_key: (file.rows, file.total_debits_minor, file.total_credits_minor, file.sha256) for file in files
    }


@pytest.mark.parametrize("export", EXPORT_FORMATS)
def test_every_ledger_that_has_begun_has_its_files_with_manifests(export: str, closed_books: Chain) -> None:
    folder = closed_books.store / "exports" / export / "2025-02"
    expected = sorted(name.format(currency) for currency in ("JPY", "USD") for name in FILES[export])
    assert csv_names(closed_books, f"exports/{export}/2025-02") == expected
    for name in expected:
        content = (folder / name).read_bytes()
        manifest = json.loads((folder / name.replace(".csv", ".manifest.json")).read_bytes())
        assert manifest["file"] == name
        assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
        assert manifest["rows"] == content.count(b"\n") - 1
        assert manifest["total_debits"] == manifest["total_credits"] == ("120000" if "JPY" in name else "100.00")


@pytest.mark.parametrize("export", EXPORT_FORMATS)
def test_the_books_record_every_file_as_its_manifest_says(export: str, closed_books: Chain) -> None:
    manifests = {
        f"exports/{export}/2025-02/{path.name.replace('.manifest.json', '.csv')}": json.loads(path.read_bytes())
        for path in (closed_books.store / "exports" / export / "2025-02").glob("*.manifest.json")
    }
    assert recorded_exports(closed_books, export, "2025-02") == {
        key: (said["rows"], said["total_debits_minor"], said["total_credits_minor"], said["sha256"])
        for key, said in manifests.items()
    }


def test_the_generic_file_debits_and_credits_what_the_documents_say(closed_books: Chain) -> None:
    sums: dict[tuple[str, str], int] = {}
    for row in closed_books.csv("exports/generic/2025-02/default-JPY.csv"):
        key = (row["Direction"], row["Ledger account name"])
        sums[key] = sums.get(key, 0) + int(row["Amount"])
    # In arrears: 60,000 were earned by January, February's 30,000 on its days; the invoice falls on the last of them.
    # 30,000 // 28 = 1,071 on 27 days = 28,917, and the rest on the invoice's own day, out of what it deferred.
    assert sums == {
        ("DEBIT", "Unbilled Revenue"): 28_917,
        ("CREDIT", "Recognized Revenue"): 30_000,
        ("DEBIT", "Billed Revenue"): 90_000,
        ("CREDIT", "Unbilled Revenue"): 88_917,
        ("CREDIT", "Deferred Revenue"): 1_083,
        ("DEBIT", "Deferred Revenue"): 1_083,
    }


def test_the_monthly_report_shows_totals_per_ledger_as_text_and_a_chart(books: Chain) -> None:
    shown = metadata(books.posting_month("2025-02"), "monthly_journal_report")
    path = books.store / "reports/monthly_journal_report/2025-02/default-USD.csv"
    ledgers = shown["ledgers"]
    assert isinstance(ledgers, dict)
    assert ledgers["default-USD"] == {"journals": 1, "debits": "100.00", "credits": "100.00", "file": path.as_uri()}
    assert ledgers["default-JPY"]["debits"] == "120000"
    assert "default-USD" in str(shown["recognized"])


def test_a_month_without_movements_has_files_with_headers_only(books: Chain) -> None:
    run = books.posting_month("2025-03")
    assert run.success
    assert all(check.passed for check in run.get_asset_check_evaluations())
    for export, names in FILES.items():
        for name in names:
            text = (books.store / "exports" / export / "2025-03" / name.format("JPY")).read_text(encoding="utf-8")
            assert text.count("\n") == 1, (export, name)
            assert text.endswith("\n")
    report = books.store / "reports/monthly_journal_report/2025-03/default-JPY.csv"
    assert report.read_text(encoding="utf-8").count("\n") == 1


def test_a_month_before_any_ledger_has_begun_has_no_files_and_is_no_error(books: Chain) -> None:
    run = books.posting_month("2024-11")
    assert run.success
    assert books.table("daily_journals", "2024-11") == []
    assert [path for path in books.files("exports", "reports") if "2024-11" in path] == []


def test_files_of_a_ledger_that_is_gone_are_removed(books: Chain, landing_store: "LandingStore") -> None:
    landing_store(DRAFT, store=books.store)
    assert books.posting_month("2025-02").success
    left = sorted(path for path in books.files("exports", "reports") if "2025-02" in path)
    assert left
    assert [path for path in left if "JPY" in path] == []
    for export in EXPORT_FORMATS:
        assert [key for key in recorded_exports(books, export, "2025-02") if "JPY" in key] == []
        assert [key for key in recorded_exports(books, export, "2025-02") if "USD" in key] != []


def test_a_format_that_is_switched_off_leaves_no_files(books: Chain) -> None:
    (books.store / "policy.yaml").write_text("exports: {xero: {enabled: false}}", encoding="utf-8")
    run = books.posting_month("2025-02")
    assert run.success
    assert metadata(run, "xero_gl_export")["enabled"] is False
    assert books.files("exports/xero") == {}
    assert recorded_exports(books, "xero", "2025-02") == {}
    assert "Xero ledger account code" not in books.csv("exports/generic/2025-02/default-USD.csv")[0]


def test_a_missing_account_stops_that_format_alone_and_names_product_and_account(books: Chain) -> None:
    (books.store / "policy.yaml").write_text("accounts: {deferred: {netsuite: null}}", encoding="utf-8")
    assert [path for path in books.files("exports/netsuite") if "2025-02" in path]
    run = books.posting_month("2025-02")
    [(step, error)] = failures(run).items()
    assert step == "netsuite_gl_export"
    assert "product 'plan' has no deferred account: set accounts.deferred.netsuite" in error
    # an earlier run's files would not be those of these journals, however right their checksums
    assert [path for path in books.files("exports/netsuite") if "2025-02" in path] == []
    assert recorded_exports(books, "netsuite", "2025-02") == {}
    written = {event.asset_key.path[-1] for event in run.get_asset_materialization_events() if event.asset_key}
    assert written >= {"generic_gl_export", "xero_gl_export", "quickbooks_gl_export"}


def test_materializing_again_gives_the_same_bytes(books: Chain, fresh_books: Callable[[], Chain]) -> None:
    before = books.files("lake", "exports", "reports", "quarantine")
    assert books.posting_month("2025-02").success
    assert books.files("lake", "exports", "reports", "quarantine") == before
