"""The close packs of a small company: what they say is what its reports say, and a closed month keeps its own."""

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import openpyxl
import pytest

from assets.close_pack import close_pack, close_pack_folder, write_close_packs
from assets.corrections import corrections_of
from assets.monthly_reports import MONTHLY_TABLES
from resources.lake import TableMissingError
from revrec.accounts import NORMAL_SIDE, Account, Direction
from revrec.reports.schemas import MOVEMENT_CAUSES
from tests.assets.accountant import Accountant
from tests.assets.late_documents import NO_PACKS
from tests.revrec.close_pack.page_reader import Element, read_page, rows_of

FEBRUARY, MARCH, APRIL = "2025-02", "2025-03", "2025-04"
PAGE, BOOK = (f"exports/close_pack/{MARCH}/default-USD.{ending}" for ending in ("html", "xlsx"))


@pytest.fixture(scope="module")
def packed(march: Accountant, tmp_path_factory: pytest.TempPathFactory) -> Accountant:
    """March with its catch-ups told, its files and its packs: for looking only."""
    accountant = march.on_a_copy(tmp_path_factory.mktemp("packed") / "store")
    accountant.post(MARCH)
    places = accountant.places
    corrections = corrections_of(MARCH, places.lake.open("daily_journals", MARCH), places)
    places.lake.write("corrections", MARCH, corrections)
    write_close_packs(MARCH, places)
    return accountant


@pytest.fixture(scope="module")
def april(packed: Accountant, tmp_path_factory: pytest.TempPathFactory) -> Accountant:
    """April reported and packed as well, after March, which is open: for copies only."""
    accountant = packed.on_a_copy(tmp_path_factory.mktemp("april") / "store")
    accountant.post(APRIL)
    accountant.report(APRIL)
    write_close_packs(APRIL, accountant.places)
    return accountant


@pytest.fixture(scope="module")
def page(packed: Accountant) -> Element:
    return read_page((packed.folder / PAGE).read_bytes())


def test_each_ledger_has_a_page_and_a_workbook(packed: Accountant) -> None:
    assert set(packed.files(close_pack_folder(MARCH))) == {PAGE, BOOK}


def test_the_page_says_what_the_trial_balance_says(page: Element) -> None:
    assert rows_of(page, "trial_balance") == [
        ["Billed", "1,600.00", "540.00", "500.00", "1,640.00"],
        ["Recognized", "(420.00)", "20.00", "200.00", "(600.00)"],
        ["Deferred", "(1,280.00)", "650.00", "560.00", "(1,190.00)"],
        ["Unbilled", "100.00", "50.00", "–", "150.00"],
    ]


def test_the_workbook_says_what_the_trial_balance_says(packed: Accountant) -> None:
    read = openpyxl.load_workbook(io.BytesIO((packed.folder / BOOK).read_bytes()))
    rows = list(read["Trial balance"].iter_rows(min_row=5, values_only=True))
    assert rows == [
        ("billed", 1600, 540, 500, 1640),
        ("recognized", -420, 20, 200, -600),
        ("deferred", -1280, 650, 560, -1190),
        ("unbilled", 100, 50, 0, 150),
    ]


def test_head_figures_stand_beside_those_of_the_month_before(page: Element) -> None:
    (recognized,) = page.all("div", **{"data-figure": "Recognized in the month"})
    # 420.00 by the end of February, 200.00 of it in January: 100 a month, 50 in arrears, 20 and 100 more in February
    assert "180.00" in recognized.text
    assert "2025-02" in recognized.text


def test_catch_ups_and_manual_journals_are_listed_with_their_causes(page: Element, packed: Accountant) -> None:
    # 60.00 billed and earned at once in February, which was closed: both sides of it on the first open day
    caught_up = rows_of(page, "catch_ups")
    assert {(row[1], row[2], row[7]) for row in caught_up} == {("2025-03-01", "Acme Inc", "60.00")}
    assert sorted((row[5], row[6]) for row in caught_up) == [("Billed", "Deferred"), ("Deferred", "Recognized")]
    assert {(row[8], row[9]) for row in caught_up} == {("Landed", "inv_9")}
    assert all(row[10].startswith("landing/invoice_line_items/2025-02/") for row in caught_up)
    (manual,) = packed.books.manual_journals()
    ((name, *_, prepared, approved, _),) = rows_of(page, "manual_journals")
    assert (name, prepared, approved) == (manual.id, manual.prepared_by, manual.approved_by)


def test_every_check_is_told_with_its_figures(page: Element) -> None:
    checks = rows_of(page, "checks")
    assert {result for result, _, _ in checks} == {"Passed"}
    figures = {name: told for _, name, told in checks}
    assert "Deferred: closing = schedules (1,190.00)" in figures["Trial balance: balances equal schedules"]
    assert "forecast and recognized = booked" in figures["Revenue forecast: forecast and recognized equal booked"]
    assert figures["Export files: equal report and journals"] == "all files agree"


def test_a_check_that_fails_is_told_with_both_figures(packed: Accountant, tmp_path: Path) -> None:
    spoiled = packed.on_a_copy(tmp_path / "spoiled")
    spoiled.spoil("trial_balance", MARCH, "closing_minor", row=0, by=1)
    write_close_packs(MARCH, spoiled.places)
    page = read_page((spoiled.folder / PAGE).read_bytes())
    failed = {name: told for result, name, told in rows_of(page, "checks") if result == "Failed"}
    assert "Billed: closing 1,640.01 ≠ schedules 1,640.00" in failed["Trial balance: balances equal schedules"]
    assert "failed" in page.all("header")[0].text


def test_journals_behind_a_line_of_the_roll_forward_add_up_to_it(page: Element, packed: Accountant) -> None:
    data: dict[str, Any] = json.loads(page.all("script", id="pack-data")[0].text)["drilldown"]
    columns = ("cause", "debit_account", "credit_account")
    told = [[data["texts"][at] for at in data["stretches"][name]] for name in columns]
    moved: Counter[tuple[str, str]] = Counter()
    for cause, debit, credit, amount in zip(*told, data["stretches"]["amount_minor"], strict=True):
        moved[cause, debit] += int(amount)
        moved[cause, credit] -= int(amount)
    lines = packed.places.lake.open("roll_forward", MARCH).read().to_pylist()
    expected = {
        (row["line"], row["account"]): row["amount_minor"]
        * (1 if NORMAL_SIDE[Account(row["account"])] is Direction.DEBIT else -1)
        for row in lines
        if row["line"] in MOVEMENT_CAUSES
    }
    assert {key: amount for key, amount in moved.items() if amount} == {
        key: amount for key, amount in expected.items() if amount
    }
    assert {cause for cause, _ in moved} == set(MOVEMENT_CAUSES)


def test_every_embedded_obligation_leads_to_a_landed_row_that_is_there(page: Element, packed: Accountant) -> None:
    data: dict[str, Any] = json.loads(page.all("script", id="pack-data")[0].text)["drilldown"]
    papers = data["documents"]
    landed = [(data["texts"][file], row) for file, row in zip(papers["landed_file"], papers["landed_row"], strict=True)]
    assert len(landed) > 4
    for file, row in landed:
        if file:  # a manual journal did not land
            assert len((packed.folder / file).read_text().splitlines()) >= row
    journals = {data["texts"][at].removeprefix("manual/") for at in data["stretches"]["obligation_id"]}
    assert journals <= {data["texts"][at] for at in papers["obligation_id"]}


def test_writing_again_changes_nothing(packed: Accountant) -> None:
    before = packed.files(close_pack_folder(MARCH))
    write_close_packs(MARCH, packed.places)
    assert packed.files(close_pack_folder(MARCH)) == before


def test_what_an_earlier_run_left_goes(packed: Accountant, tmp_path: Path) -> None:
    accountant = packed.on_a_copy(tmp_path / "store")
    (accountant.folder / close_pack_folder(MARCH) / "gone-EUR.html").write_text("of a ledger that is no more")
    write_close_packs(MARCH, accountant.places)
    assert set(accountant.files(close_pack_folder(MARCH))) == {PAGE, BOOK}


def test_without_a_report_there_is_no_pack_and_none_of_an_earlier_run(packed: Accountant, tmp_path: Path) -> None:
    accountant = packed.on_a_copy(tmp_path / "store")
    (accountant.folder / "lake" / "revenue_cohorts" / f"{MARCH}.parquet").unlink()
    with pytest.raises(TableMissingError, match="revenue_cohorts"):
        write_close_packs(MARCH, accountant.places)
    assert accountant.files(close_pack_folder(MARCH)) == {}


def test_a_closed_month_keeps_the_packs_it_was_closed_with(packed: Accountant, tmp_path: Path) -> None:
    accountant = packed.on_a_copy(tmp_path / "store")
    kept = accountant.files(close_pack_folder(FEBRUARY))
    assert len(kept) == 2
    for name, content in kept.items():
        assert b"Prepared for the close by ana" in content or name.endswith(".xlsx")
        (accountant.folder / name).write_bytes(b"altered")
    write_close_packs(FEBRUARY, accountant.places)
    assert accountant.files(close_pack_folder(FEBRUARY)) == kept


def test_switched_off_an_open_month_has_no_packs_and_a_closed_one_those_of_its_close(
    packed: Accountant, tmp_path: Path
) -> None:
    accountant = packed.on_a_copy(tmp_path / "store")
    kept = accountant.files(close_pack_folder(FEBRUARY))
    (accountant.folder / "policy.yaml").write_text(NO_PACKS)
    for month in (FEBRUARY, MARCH):
        assert set(write_close_packs(month, accountant.places)) == (set(kept) if month == FEBRUARY else set())
    assert accountant.files(close_pack_folder(FEBRUARY)) == kept
    assert accountant.files(close_pack_folder(MARCH)) == {}


def test_a_month_closed_without_packs_has_them_and_says_who_closed_it(packed: Accountant, tmp_path: Path) -> None:
    accountant = packed.on_a_copy(tmp_path / "store")
    policy = accountant.folder / "policy.yaml"
    accountant.closing.reopen(FEBRUARY, "ben", "packs")
    policy.write_text(NO_PACKS)
    accountant.close(FEBRUARY)
    assert accountant.files(close_pack_folder(FEBRUARY)) == {}
    policy.unlink()
    write_close_packs(FEBRUARY, accountant.places)
    page = read_page((accountant.folder / close_pack_folder(FEBRUARY) / "default-USD.html").read_bytes())
    assert "Closed by ana" in page.all("header")[0].text
    assert "final" in page.all("footer")[0].text


def _never_reported(accountant: Accountant) -> None:
    for table in ("daily_journals", "corrections", *MONTHLY_TABLES):
        (accountant.folder / "lake" / table / f"{MARCH}.parquet").unlink()


def _reported_from_other_documents(accountant: Accountant) -> None:
    for report in ("trial_balance", "roll_forward"):
        accountant.spoil(report, MARCH, "amount_minor" if report == "roll_forward" else "debit_minor", row=0, by=1)


@pytest.mark.parametrize("past", [_never_reported, _reported_from_other_documents])
def test_a_pack_is_the_same_whatever_was_run_of_the_month_before(
    past: Callable[[Accountant], None], april: Accountant, tmp_path: Path
) -> None:
    accountant = april.on_a_copy(tmp_path / "store")
    packs = accountant.files(close_pack_folder(APRIL))
    past(accountant)
    write_close_packs(APRIL, accountant.places)
    assert accountant.files(close_pack_folder(APRIL)) == packs


def test_figures_of_an_open_month_before_are_those_of_its_own_pack(page: Element, april: Accountant) -> None:
    later = read_page((april.folder / close_pack_folder(APRIL) / "default-USD.html").read_bytes())
    for name in ("Recognized in the month", "Billed in the month"):
        (own,), (compared,) = (each.all("div", **{"data-figure": name}) for each in (page, later))
        (amount, *_), (before, *_) = own.all("p", **{"class": "figure"}), compared.all("dd")
        assert before.text == amount.text


def test_openings_are_compared_with_the_month_before_only_where_it_is_closed(page: Element, april: Accountant) -> None:
    later = read_page((april.folder / close_pack_folder(APRIL) / "default-USD.html").read_bytes())
    opening = "Roll forward: opening equals prior closing"
    assert [opening in {name for _, name, _ in rows_of(each, "checks")} for each in (page, later)] == [True, False]


def test_the_first_month_has_nothing_before_it(packed: Accountant) -> None:
    first = read_page((packed.folder / close_pack_folder("2025-01") / "default-USD.html").read_bytes())
    assert "No figure for 2024-12." in first.all(id="summary")[0].text


def test_the_asset_writes_what_the_function_writes(packed: Accountant) -> None:
    before, places = packed.files(close_pack_folder(MARCH)), packed.places
    resources = {"store": places.store, "lake": places.lake, "books": places.books, "policy": places.policy}
    result = dg.materialize([close_pack], partition_key=MARCH, resources=resources)
    assert result.success
    assert packed.files(close_pack_folder(MARCH)) == before
    (told,) = result.asset_materializations_for_node("close_pack")
    assert told.metadata["files"].value == {key: len(content) for key, content in before.items()}
