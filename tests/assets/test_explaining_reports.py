"""From documents, and from rows of reports, back to obligations and landed rows; and why there are none."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.explain import (
    NotExplainedError,
    explain_credit_note,
    explain_invoice,
    explain_journal,
    explain_manual_journal,
    explain_row,
)
from assets.explain.report_rows import load_parts, loaded
from assets.month_end import MonthEnd
from assets.up_to_date import Places
from revrec.report_parts import known_keys, row_parts
from revrec.report_rows import REPORT_ROWS
from revrec.reports.query import load
from revrec.reports.schemas import REPORTS
from tests.assets.accountant import Accountant

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

MARCH = "2025-03"


@pytest.fixture(scope="module")
def places(march: Accountant) -> Places:
    return march.places


# --- rows of reports --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("month", ["2025-02", MARCH], ids=["a closed month", "a month that catches up"])
def test_every_row_of_every_report_is_what_its_parts_add_up_to(report: str, month: str, places: Places) -> None:
    rows, end, table = REPORT_ROWS[report], MonthEnd.of(month, places), places.lake.open(report, month)
    with loaded(rows, end) as connection:
        [ledger] = end.ledgers
        load(connection, "report", table.batches(), table.schema)
        load_parts(connection, rows, ledger)
        keys = known_keys(connection, rows)
        assert keys
        for key in keys:
            parts = row_parts(connection, rows, key, most=1)
            assert parts, key
            assert parts.added_up == parts.reported, key


def test_a_row_leads_to_schedules_and_landed_rows_the_largest_first(places: Places) -> None:
    [row] = explain_row("revenue_waterfall", MARCH, "bolt", places)
    figures = {figure["figure"]: (figure["amount"], figure["parts"], figure["agrees"]) for figure in row.figures}
    assert figures == {
        "booked": ("480.00 USD", 3, True),  # an invoice of 480.00, and one of 100.00 with its void
        "recognized": ("20.00 USD", 3, True),
        "unbilled": ("0.00 USD", 0, True),
        "remaining": ("460.00 USD", 3, True),
        "release": ("460.00 USD", 1, True),
        "unscheduled": ("0.00 USD", 2, True),
    }
    assert (row.kind, row.ledger, row.in_all["parts"]) == ("report row", "default-USD", 3)
    largest = row.parts[0]
    assert (largest["document_number"], largest["amounts"]["release"]) == ("inv_2", "460.00 USD")
    landed = {(document["landed_file"], document["landed_row"]) for document in row.obligations[0]["documents"]}
    assert landed == {
        ("landing/invoice_line_items/2025-03/extract-1.csv", 2),
        ("landing/invoices/2025-03/extract-1.csv", 2),
    }


def test_a_movement_of_an_account_leads_to_its_journals_and_what_is_behind_them(places: Places) -> None:
    [row] = explain_row("roll_forward", MARCH, "billed/CAUGHT_UP", places)
    [amount] = row.figures
    assert (amount["amount"], amount["made_of"], amount["parts"]) == ("60.00 USD", "journals", 1)
    assert [part["amounts"] for part in row.parts] == [{"amount": "60.00 USD"}]
    assert [obligation["obligation_id"] for obligation in row.obligations] == ["inv_9/li_9"]


def test_a_balance_is_the_one_before_and_the_journals_since(places: Places) -> None:
    [row] = explain_row("trial_balance", MARCH, "billed", places, most=2)
    figures = {figure["figure"]: figure for figure in row.figures}
    assert figures["closing"]["brought_forward"] == figures["opening"]["amount"] == "1600.00 USD"
    assert figures["closing"]["amount"] == "1640.00 USD"
    assert len(row.parts) == 2 < row.in_all["parts"]


def test_a_manual_journal_is_a_part_of_its_own(places: Places) -> None:
    [row] = explain_row("deferred_revenue", MARCH, "MJ-1", places)
    assert [journal["approved_by"] for journal in row.manual_journals] == ["Ben"]
    assert {figure["figure"]: figure["amount"] for figure in row.figures}["remaining"] == "-10.00 USD"


def test_a_report_that_no_longer_says_what_its_schedules_say_is_told_as_such(march: Accountant, tmp_path: Path) -> None:
    accountant = march.on_a_copy(tmp_path / "store")
    accountant.spoil("obligation_register", MARCH, "earned_minor", row=0, by=1)
    key = accountant.places.lake.open("obligation_register", MARCH).read()["obligation_id"][0].as_py()
    [row] = explain_row("obligation_register", MARCH, key, accountant.places)
    assert [figure["figure"] for figure in row.figures if not figure["agrees"]] == ["earned"]


# --- documents --------------------------------------------------------------------------------------------------------


def _reasons(rows: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(row["reason"], row["landed_file"].removeprefix("landing/"), row["landed_row"]) for row in rows]


def test_an_invoice_that_does_not_post_says_so(places: Places) -> None:
    draft = explain_invoice("D-5", places)
    assert draft.status == "nothing of it is recognized: invoice is DRAFT"
    assert _reasons(draft.lines) == [("invoice is DRAFT", "invoice_line_items/2025-02/extract-2.csv", 2)]
    assert draft.obligations == []


@pytest.mark.parametrize("name", ["inv_6", "B-6"], ids=["by id", "by number"])
def test_an_invoice_in_quarantine_says_which_row_of_which_file_and_why(name: str, places: Places) -> None:
    rejected = explain_invoice(name, places)
    assert rejected.status == "is in quarantine: nothing of it is recognized"
    line = next(row for row in rejected.quarantined if row["field"] == "product_id")
    assert (line["landed_file"], line["landed_row"]) == ("landing/invoice_line_items/2025-02/extract-2.csv", 3)
    assert line["reason"] == "product fax is not in landing/products"


def test_a_credit_note_leads_to_what_it_lowers(places: Places) -> None:
    note = explain_credit_note("cn_1", places)
    [line] = note.lines
    assert (line["disposition"], line["amount"], line["obligation_id"]) == ("APPLIED", "400.00 USD", "inv_1/li_1")
    assert [obligation["amount_left"] for obligation in note.obligations] == ["800.00 USD"]


def test_a_credit_note_in_quarantine_says_why(places: Places) -> None:
    note = explain_credit_note("CN-6", places)
    assert note.status == "is in quarantine: nothing of it is recognized"
    assert any("inv_404" in row["reason"] for row in note.quarantined)


def test_a_manual_journal_leads_to_its_number_and_entries(places: Places) -> None:
    manual = explain_manual_journal("MJ-1", places)
    [entry] = manual.entries
    assert (entry["debit"], entry["credit"], entry["amount"]) == ("deferred", "recognized", "10.00 USD")
    assert manual.status.startswith("posted in RR-202503-")
    [recorded] = manual.manual_journals
    assert [side["direction"] for side in recorded["entries"]] == ["DEBIT", "CREDIT"]


# --- journals and their entries ---------------------------------------------------------------------------------------


def test_an_entry_is_what_its_day_has_of_the_journal(places: Places) -> None:
    rows = places.lake.open("daily_journals", MARCH).read().to_pylist()
    stretch = next(row for row in rows if row["invoice_id"] == "inv_2" and row["kind"] == "EARNED_DEFERRED")
    [entry] = explain_journal(stretch["journal_number"], places, dt.date(2025, 3, 31))
    # 20.00 over 31 days: 30 of 0.64, and the last one the rest
    assert [(each["first_day"], each["amount"]) for each in entry.entries] == [("2025-03-31", "0.80 USD")]
    assert (entry.kind, entry.subject) == ("entry", f"{stretch['journal_number']} on 2025-03-31")
    [obligation] = entry.obligations
    assert obligation["policy_version"] == "2000-01-01"


def test_ledgers_that_share_a_number_are_told_apart_in_any_row_groups(march: Accountant, tmp_path: Path) -> None:
    """Each row group has dictionaries of its own, which pyarrow does not join by itself."""
    accountant = march.on_a_copy(tmp_path / "store")
    [before] = explain_journal("RR-202503-000001", accountant.places)
    path = accountant.folder / f"lake/daily_journals/{MARCH}.parquet"
    dollars, notes = pq.read_table(path), pq.read_metadata(path).metadata
    place = dollars.schema.get_field_index("currency")
    euros = dollars.set_column(
        place, dollars.schema.field("currency"), pa.array(["EUR"] * len(dollars)).dictionary_encode()
    )
    with pq.ParquetWriter(path, dollars.schema) as writer:
        for part in (dollars, euros):
            writer.write_table(part)
        writer.add_key_value_metadata({key: value for key, value in notes.items() if key != b"ARROW:schema"})
    euro, dollar = explain_journal("RR-202503-000001", accountant.places)
    assert dollar == before
    assert (euro.ledger, [entry["amount"][-3:] for entry in euro.entries]) == (
        "default-EUR",
        ["EUR"] * len(euro.entries),
    )
    assert [each.ledger for each in explain_journal("RR-202503-000001", accountant.places, dt.date(2025, 3, 1))] == [
        "default-EUR",
        "default-USD",
    ]


def test_of_a_large_journal_the_largest_obligations_are_told_and_how_many_there_are(
    march: Accountant, tmp_path: Path
) -> None:
    accountant = march.on_a_copy(tmp_path / "store")
    (accountant.folder / "policy.yaml").write_text("journal_grain: ledger", encoding="utf-8")
    accountant.journals(MARCH)
    [journal] = explain_journal("RR-202503-000001", accountant.places, most=2)
    assert [obligation["obligation_id"] for obligation in journal.obligations] == ["inv_2/li_2", "inv_1/li_1"]
    assert journal.in_all["obligations"] > 2
    assert {entry["obligation_id"] for entry in journal.entries} == {"inv_2/li_2", "inv_1/li_1"}
    assert journal.in_all["entries"] > len(journal.entries)


def test_a_ledger_that_has_only_contracts_so_far_is_explained(
    march: Accountant, tmp_path: Path, landing_store: "LandingStore"
) -> None:
    """Its reports are written before anything is posted in it."""
    copy = march.on_a_copy(tmp_path / "store")
    landing_store(
        """
        billing_schedules
        id   | customer_id | product_id | price_id | currency | amount | frequency | start_date | end_date   | billing_type
        bs_2 | acme        | plan       | seat     | EUR      | 900.00 | YEARLY    | 2025-03-01 | 2026-02-28 | IN_ADVANCE
        """,  # noqa: E501 - a table
        store=copy.folder,
    )
    copy.post(MARCH)
    copy.report(MARCH)
    [row] = explain_row("obligation_register", MARCH, "contract/bs_2/2025-03-01", copy.places)
    assert (row.ledger, row.figures[0]["figure"], row.figures[0]["amount"]) == ("default-EUR", "total", "900.00 EUR")
    assert all(figure["agrees"] for figure in row.figures)


# --- what is not there ------------------------------------------------------------------------------------------------

NOT_THERE: dict[str, tuple[Callable[[Places], object], str]] = {
    "an invoice": (lambda places: explain_invoice("inv_22", places), "(did you mean inv_2"),
    "a credit note": (lambda places: explain_credit_note("CN1", places), "(did you mean cn_1"),
    "a manual journal": (lambda places: explain_manual_journal("MJ-2", places), "(did you mean MJ-1?)"),
    "a journal": (lambda places: explain_journal("RR-202503-000099", places), "(did you mean RR-202503-000001"),
    "a journal that is misspelt": (
        lambda places: explain_journal("RR-2025-03-000001", places),
        "they look like RR-202501-000001 (did you mean RR-202503-000001",
    ),
    "a journal of a month not run": (
        lambda places: explain_journal("RR-202504-000001", places),
        "`revrec run --from 2025-04 --to 2025-04`",
    ),
    "an entry": (
        lambda places: explain_journal("RR-202503-000001", places, dt.date(2025, 4, 1)),
        "has no entry on 2025-04-01: its entries are from 2025-03-01 to 2025-03-31",
    ),
    "a report": (lambda places: explain_row("waterfall", MARCH, "acme", places), "(did you mean revenue_waterfall?)"),
    "a month's report": (
        lambda places: explain_row("trial_balance", "2025-04", "billed", places),
        "`revrec run --from 2025-04 --to 2025-04`",
    ),
    "a row": (lambda places: explain_row("trial_balance", MARCH, "defered", places), "(did you mean deferred?)"),
    "a customer": (
        lambda places: explain_row("revenue_waterfall", MARCH, "Acme", places),
        "(did you mean acme",
    ),
    "a ledger": (
        lambda places: explain_row("trial_balance", MARCH, "billed", places, "default-USB"),
        "(did you mean default-USD?)",
    ),
}


@pytest.mark.parametrize("what", NOT_THERE)
def test_what_is_not_there_is_one_line_with_what_is_near_or_what_to_do(what: str, places: Places) -> None:
    explain, says = NOT_THERE[what]
    with pytest.raises(NotExplainedError) as raised:
        explain(places)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_void_leads_to_the_row_of_the_invoice_that_says_so(march: Accountant) -> None:
    told = explain_invoice("inv_3", march.places)
    [void] = [
        document
        for obligation in told.obligations
        for document in obligation["documents"]
        if document["document"].startswith("void of")
    ]
    assert void["landed_file"].startswith("landing/invoices/2025-02/")
