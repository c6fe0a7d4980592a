"""The example company's year, closed by the command newcomers run: its files tie to the invoices to the cent."""

import importlib
import shutil
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from assets.monthly_reports import MONTHLY_TABLES
from revrec.manual_journals import parse_manual_journals
from revrec.money import to_minor
from revrec.policy import parse_policy
from tests.assets.chain import Chain, posted
from tests.end_to_end.acme_exports import reparsed
from tests.end_to_end.acme_store import (
    EXAMPLES,
    LEDGERS,
    MONTHS,
    POSTED_LEDGERS,
    RESULTS,
    copied_example,
    csv_rows,
    document_of,
    landed_rows,
    ledger_of,
    newest_versions,
    nothing_landed,
    opened_lake,
    quarantined,
)

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Finished

# The folder is no package of the project: the generator is found the way `python examples/generate.py` finds it.
sys.path.insert(0, str(EXAMPLES))
acme = importlib.import_module("generator.acme")


@pytest.fixture(scope="module")
def store(closed_example: "tuple[Path, Finished]") -> Path:
    return closed_example[0]


@pytest.fixture(scope="module")
def bad_rows() -> list[Any]:
    return list(acme.build_acme().bad_rows)


def test_the_command_closes_the_year(closed_example: "tuple[Path, Finished]") -> None:
    store, finished = closed_example
    assert (finished.status, finished.stderr) == (0, "")
    lines = finished.stdout.splitlines()
    assert [line for line in lines if "2025-12" in line and "default-" in line] != []
    assert set(POSTED_LEDGERS) == {
        (month, ledger) for line in lines for month in MONTHS for ledger in LEDGERS if month in line and ledger in line
    }
    assert (store / "exports").as_uri() in finished.stdout


def test_what_the_files_bill_is_what_was_invoiced_and_not_taken_back(store: Path, bad_rows: list[Any]) -> None:
    lost = {bad.document_number for bad in bad_rows}
    invoices, billed = newest_versions(store, "invoices"), Counter[str]()
    for row in invoices.values():
        # what a VOIDED invoice billed is reversed within the year
        if row["status"] in ("SENT", "PAID") and row["invoice_number"] not in lost:
            billed[ledger_of(row)] += to_minor(row["net_total"], row["currency"])
    for row in newest_versions(store, "credit_notes").values():
        if row["status"] == "SENT" and row["credit_note_number"] not in lost:
            credited = invoices.get(row["invoice_id"] or "", {})
            billed[ledger_of(credited | row)] -= to_minor(row["net_total"], row["currency"])
    in_files = Counter[str]()
    for month, ledger in POSTED_LEDGERS:
        journals = reparsed(store, ledger, month, ("quickbooks", ""))
        lines = (line for journal in journals for line in journal.lines)
        in_files[ledger] += sum(line.minor for line in lines if line.account == "billed")
    assert in_files == billed


def test_the_bad_rows_are_in_quarantine_with_file_row_and_field(store: Path, bad_rows: list[Any]) -> None:
    found = {(item["file"], item["row"], item["field"]): item for item in quarantined(store)}
    for bad in bad_rows:
        item = found[bad.file, bad.row, bad.field]
        assert (item["record"]["id"], item["value"]) == (bad.record_id, bad.value), bad.reason
        assert item["reason"], bad.reason
        assert item["action"], bad.reason


def test_nothing_else_is_in_quarantine_than_what_is_lost_with_a_bad_row(store: Path, bad_rows: list[Any]) -> None:
    places = {(bad.file, bad.row) for bad in bad_rows}
    numbers = {bad.document_number for bad in bad_rows if bad.document_number}
    documents = {row["id"] for row in landed_rows(store, "invoices") if row["invoice_number"] in numbers} | {
        row["id"] for row in landed_rows(store, "credit_notes") if row["credit_note_number"] in numbers
    }
    with_them = [item for item in quarantined(store) if (item["file"], item["row"]) not in places]
    assert {document_of(item) for item in with_them} <= documents
    assert all("quarantine" in item["reason"] or "kept out whole" in item["reason"] for item in with_them)


def test_the_summary_counts_the_rows_in_quarantine(closed_example: "tuple[Path, Finished]") -> None:
    store, finished = closed_example
    rows = {(item["file"], item["row"]) for item in quarantined(store)}
    assert f"in quarantine: {len(rows)} landed row(s)" in finished.stdout


def test_running_again_changes_no_byte(store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "store")
    again = Chain(tmp_path / "store")
    assert again.reference_data().success
    assert again.document_month("2025-06").success
    assert again.posting_month("2025-06").success
    assert again.files(*RESULTS) == Chain(store).files(*RESULTS)


def test_two_processes_that_post_months_backwards_and_no_document_month_before_give_the_same_bytes(
    store: Path, tmp_path: Path
) -> None:
    months = [MONTHS[-1], MONTHS[0]]
    shared = copied_example(tmp_path / "store")
    with ProcessPoolExecutor(2, get_context("spawn")) as both:
        assert list(both.map(posted, [shared] * 2, [months] * 2)) == [True, True]
    found, expected = Chain(shared).files(*RESULTS), Chain(store).files(*RESULTS)
    assert {path for path in expected if path not in found} == {
        path
        for path in expected
        if (path.startswith("lake/") and nothing_landed(store, *path.split("/")[1:]))
        or (path.startswith(OF_POSTING_MONTHS) and not any(month in path for month in months))
    }
    assert found == {path: expected[path] for path in found}


# What posting months write.
OF_POSTING_MONTHS = (
    "exports/",
    "reports/",
    "lake/daily_journals/",
    "lake/monthly_journal_report/",
    "lake/corrections/",
    *(f"lake/{table}/" for table in MONTHLY_TABLES),
)

# What each kind of document can become in the lake; the example has all of it.
OUTCOMES = {
    "BILLING_SCHEDULE": {"ACCRUED", "TAKEN_OVER", "NOTHING_TO_RECOGNIZE"},
    "BREAKAGE": {"APPLIED", "NOT_POSTED", "NOTHING_TO_RECOGNIZE"},
    "CONSUMPTION": {"APPLIED", "NOT_POSTED", "SUPERSEDED", "NOTHING_TO_RECOGNIZE"},
    "CREDIT_NOTE": {"APPLIED", "STANDALONE", "NOT_POSTED", "SUPERSEDED", "NOTHING_TO_RECOGNIZE"},
    "MILESTONE": {"APPLIED", "NOT_POSTED", "SUPERSEDED"},
    "USAGE": {"ACCRUED", "TAKEN_OVER", "SUPERSEDED", "NOTHING_TO_RECOGNIZE"},
}
EFFECTS = {"OBLIGATION", "CANCEL", "ADJUST", "VOID"}
METHODS = {"STRAIGHT_LINE", "POINT_IN_TIME", "USAGE", "MILESTONE", "CONSUMPTION"}


@pytest.fixture(scope="module")
def lake(store: Path) -> duckdb.DuckDBPyConnection:
    """The lake in SQL: see `opened_lake`."""
    return opened_lake(store)


def test_every_kind_of_document_and_whatever_becomes_of_it_is_in_the_year(lake: duckdb.DuckDBPyConnection) -> None:
    outcomes = lake.execute("select event, list(distinct disposition) from amendments group by event").fetchall()
    assert {event: set(dispositions) for event, dispositions in outcomes} == OUTCOMES
    [(dispositions, effects, methods)] = lake.execute(
        "select (select list(distinct disposition) from line_allocations), list(distinct effect),"
        " list(distinct recognition_method) from obligations"
    ).fetchall()
    assert set(dispositions) == {
        "RECOGNIZED",
        "NETTED",
        "ALLOCATED",
        "NOT_POSTED",
        "SUPERSEDED",
        "NOTHING_TO_RECOGNIZE",
    }
    assert (set(effects), set(methods)) == (EFFECTS, METHODS)


def test_finished_obligations_are_recognized_as_billed_with_nothing_deferred_or_unbilled(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    [(finished,)] = lake.execute("select count(*) from positions where invoiced and whole_life").fetchall()
    assert finished > 600
    open_ones = lake.execute(
        "select obligation_id, billed, recognized, deferred, unbilled from positions where invoiced and whole_life"
        " and (recognized != billed or deferred != 0 or unbilled != 0) order by obligation_id"
    ).fetchall()
    # What waits for a consumption and for a milestone has no end: all else is settled.
    assert open_ones == [
        ("inv_open_credits/li_open_credits_1", 500_000, 120_000, 380_000, 0),
        ("inv_sign_on/li_sign_on_1", 9_999_99, 6_659_99, 3_340_00, 0),
    ]


def test_at_any_obligation_recognized_and_deferred_less_unbilled_is_billed(lake: duckdb.DuckDBPyConnection) -> None:
    assert lake.execute("from positions where recognized + deferred - unbilled != billed").fetchall() == []


def test_what_is_not_invoiced_yet_is_unbilled_to_the_cent(lake: duckdb.DuckDBPyConnection) -> None:
    expected = lake.execute(
        "select obligation_id, 0, sum(amount_minor)::bigint, 0, sum(amount_minor)::bigint from amendments"
        " where disposition = 'ACCRUED' and service_end <= '2025-12-31' group by obligation_id order by obligation_id"
    ).fetchall()
    assert len(expected) == 10
    found = lake.execute(
        "select obligation_id, billed, recognized, deferred, unbilled from positions where not invoiced"
        " order by obligation_id"
    ).fetchall()
    assert found == expected


def test_a_period_that_was_invoiced_voided_and_invoiced_again_is_earned_once_in_every_month(
    lake: duckdb.DuckDBPyConnection,
) -> None:
    earned = lake.execute(
        "select month, sum(recognized)::bigint from monthly where obligation_id in"
        " ('inv_hosting_monthly/li_hosting_monthly_1',"
        " 'accrual/bs_hosting_monthly/price_hosting_eur/2025-10-15/2025-11-14') group by month order by month"
    ).fetchall()
    # 300.00 over 31 days: 17 in October, 14 in November; the void of December changes nothing
    assert earned == [("2025-10", 164_52), ("2025-11", 135_48), ("2025-12", 0)]


def test_the_shipped_manual_journals_can_be_recorded_and_adjust_a_journal_of_their_invoice(store: Path) -> None:
    policy = parse_policy((store / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml")
    file = store / "manual_journals/2025-06.yaml"
    correction, reversal = parse_manual_journals(file.read_text(encoding="utf-8"), file.name, "Ada", "Grace", policy)
    adjusted = [
        row
        for row in csv_rows(store / "exports/generic/2025-06/default-USD.csv")
        if row["Journal Number"] == correction.adjusts
    ]
    assert {(row["Customer ID"], row["Invoice ID"], row["Product name"]) for row in adjusted} == {
        (correction.customer_id, correction.invoice_id, "Implementation Project")
    }
    taken_back = {(entry.direction, entry.account, entry.amount_minor) for entry in reversal.entries}
    assert {(entry.account, entry.amount_minor) for entry in correction.entries} == {
        (account, amount) for _, account, amount in taken_back
    }
    assert taken_back.isdisjoint({(entry.direction, entry.account, entry.amount_minor) for entry in correction.entries})
