"""Why: every catch-up has its cause, and every journal leads back to the rows that landed (SPEC 5)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assets.corrections import corrections_of
from assets.explain import explain_invoice, explain_journal
from assets.policy_preview import preview
from revrec.corrections import CORRECTIONS
from revrec.policy import parse_policy
from tests.assets.accountant import Accountant, catch_ups

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

BOOKS = """
    customers
    id
    acme

    products
    id      | name    | recognition_method
    plan    | Plan    | STRAIGHT_LINE
    project | Project | MILESTONE

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 1200.00
    inv_2 | acme        | 2025-01-10      | 500.00
    inv_3 | acme        | 2025-01-01      | 365.00
    inv_4 | acme        | 2025-01-01      | 730.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_2 | inv_2      | project    | 500.00    |                      |
    li_3 | inv_3      | plan       | 365.00    | 2025-01-01           | 2025-12-31
    li_4 | inv_4      | plan       | 730.00    | 2025-01-01           | 2025-12-31

    invoices/2025-02
    id    | customer_id | accounting_date | net_total
    inv_5 | acme        | 2025-02-01      | 110.00

    invoice_line_items/2025-02
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_5 | inv_5      | plan       | 110.00    | 2025-02-01           | 2025-12-31
"""
# What lands once January and February are closed: an invoice, a milestone, a credit note and a void, all dated there.
LATE = """
    invoices/2025-01
    id    | customer_id | accounting_date | net_total | status | voided_at            | updated_at
    inv_9 | acme        | 2025-01-31      | 120.00    | SENT   |                      | 2025-03-01T00:00:00Z
    inv_4 | acme        | 2025-01-01      | 730.00    | VOIDED | 2025-02-10T12:00:00Z | 2025-03-01T00:00:00Z

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_9 | inv_9      | plan       | 120.00    | 2025-01-01           | 2025-12-31

    milestones/2025-02
    id  | invoice_line_item_id | amount | completed_on
    m_1 | li_2                 | 200.00 | 2025-02-15

    credit_notes/2025-02
    id   | customer_id | invoice_id | accounting_date | net_total
    cn_1 | acme        | inv_1      | 2025-02-01      | 600.00

    credit_note_line_items/2025-02
    id    | credit_note_id | invoice_line_item_id | net_total
    cnl_1 | cn_1           | li_1                 | 600.00
"""
OTHER_RULES = """
versions:
  - {effective_from: 2000-01-01, allocation_strategy: exact_days}
"""


@pytest.fixture(scope="module")
def closed(landing_store: "LandingStore") -> Accountant:
    """`BOOKS` with January and February closed, and nothing late yet: to be copied."""
    accountant = Accountant(landing_store(BOOKS))
    accountant.close("2025-02")
    return accountant


@pytest.fixture(scope="module")
def caught_up(
    closed: Accountant, landing_store: "LandingStore", tmp_path_factory: pytest.TempPathFactory
) -> Accountant:
    """The closed books after `LATE` landed, an invoice was withdrawn, and March was posted: for looking only."""
    accountant = closed.on_a_copy(tmp_path_factory.mktemp("late") / "store")
    landing_store(LATE, None, accountant.folder)
    for path in accountant.folder.glob("landing/*/2025-02/*.csv"):
        if "credit_note" not in path.as_posix() and "milestones" not in path.as_posix():
            path.unlink()
    _post(accountant, "2025-03")
    return accountant


def _post(accountant: Accountant, month: str) -> list[dict[str, Any]]:
    rows = accountant.post(month)
    places = accountant.places
    journals = places.lake.open("daily_journals", month)
    places.lake.write("corrections", month, corrections_of(month, journals, places))
    return rows


def _corrections(accountant: Accountant, month: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = accountant.places.lake.open("corrections", month).read().to_pylist()
    return rows


@pytest.mark.parametrize(
    ("obligation", "cause", "file", "row"),
    [
        pytest.param("inv_9/li_9", "LANDED", "invoice_line_items/2025-01/extract-2.csv", 2, id="a late invoice"),
        pytest.param("inv_2/li_2", "LANDED", "milestones/2025-02/extract-1.csv", 2, id="a late milestone"),
        pytest.param(
            "inv_1/li_1", "LANDED", "credit_note_line_items/2025-02/extract-1.csv", 2, id="a late credit note"
        ),
        pytest.param("inv_4/li_4", "LANDED", "invoices/2025-01/extract-2.csv", 3, id="a void: the invoice's row"),
        pytest.param(
            "inv_5/li_5", "WITHDRAWN", "invoice_line_items/2025-02/extract-1.csv", 2, id="an invoice that is gone"
        ),
    ],
)
def test_each_catch_up_names_the_document_that_caused_it(
    caught_up: Accountant, obligation: str, cause: str, file: str, row: int
) -> None:
    found = [each for each in _corrections(caught_up, "2025-03") if each["obligation_id"] == obligation]
    assert found
    told = {(each["cause"], each["landed_file"], each["landed_row"], each["other_causes"]) for each in found}
    assert told == {(cause, f"landing/{file}", row, 0)}


def test_the_corrections_are_the_catch_ups_of_the_journals_line_by_line(caught_up: Accountant) -> None:
    journals = caught_up.places.lake.open("daily_journals", "2025-03").read().to_pylist()
    shared = ("journal_number", "obligation_id", "debit_account", "credit_account", "amount_minor", "narrative")
    assert [tuple(row[name] for name in shared) for row in _corrections(caught_up, "2025-03")] == [
        tuple(row[name] for name in shared) for row in catch_ups(journals)
    ]


def test_a_correction_tells_when_its_document_landed_and_which_locked_days_it_belongs_to(caught_up: Accountant) -> None:
    landed_at = {file.object_key: file.first_seen_at for file in caught_up.books.landed_files()}
    for row in _corrections(caught_up, "2025-03"):
        assert row["landed_at"] == landed_at[row["landed_file"]].isoformat()
        assert str(row["period_first_day"]) >= "2025-01-01"
        assert str(row["period_last_day"]) <= "2025-02-28"
        assert str(row["date"]) == "2025-03-01"


def test_a_change_of_policy_is_told_as_such(closed: Accountant, tmp_path: Path) -> None:
    accountant = closed.on_a_copy(tmp_path / "store")
    (accountant.folder / "policy.yaml").write_text(OTHER_RULES, encoding="utf-8")
    _post(accountant, "2025-03")
    found = _corrections(accountant, "2025-03")
    assert {row["cause"] for row in found} == {"POLICY"}
    # 1,200.00 by months is 200.00 in January and February, by days 59 of 365
    [year] = [row for row in found if row["obligation_id"] == "inv_1/li_1"]
    assert (year["debit_account"], year["amount_minor"]) == ("recognized", 200_00 - 193_97)


def test_a_month_that_catches_up_on_nothing_has_no_corrections(closed: Accountant, tmp_path: Path) -> None:
    accountant = closed.on_a_copy(tmp_path / "store")
    for month in ("2025-03", "2025-04"):
        _post(accountant, month)
        assert _corrections(accountant, month) == []


def test_a_closed_month_keeps_the_corrections_it_was_closed_with(
    caught_up: Accountant, landing_store: "LandingStore", tmp_path: Path
) -> None:
    accountant = caught_up.on_a_copy(tmp_path / "store")
    before = _corrections(accountant, "2025-03")
    accountant.close("2025-03")
    landing_store(BOOKS, None, accountant.folder)  # the withdrawn invoice is back
    _post(accountant, "2025-03")
    assert _corrections(accountant, "2025-03") == before


def test_explaining_a_catch_up_names_invoice_file_and_row(caught_up: Accountant) -> None:
    [number] = {row["journal_number"] for row in _corrections(caught_up, "2025-03") if row["invoice_id"] == "inv_9"}
    [explanation] = explain_journal(number, caught_up.places)
    assert explanation.ledger == "default-USD"
    assert explanation.status == "2025-03 is open: the number is provisional"
    [obligation] = explanation.obligations
    assert (obligation["invoice"], obligation["amount"]) == ("inv_9", "120.00 USD")
    landed = [(document["landed_file"], document["landed_row"]) for document in obligation["documents"]]
    assert landed == [
        ("landing/invoice_line_items/2025-01/extract-2.csv", 2),
        ("landing/invoices/2025-01/extract-2.csv", 2),
    ]
    causes = {told["landed_file"] for told in explanation.corrections}
    assert causes == {"landing/invoice_line_items/2025-01/extract-2.csv"}


def test_explaining_an_invoice_tells_every_document_that_bears_on_it(caught_up: Accountant) -> None:
    explanation = explain_invoice("inv_1", caught_up.places)
    [obligation] = explanation.obligations
    assert (obligation["amount"], obligation["amount_left"]) == ("1200.00 USD", "600.00 USD")
    assert [document["document"] for document in obligation["documents"]] == [
        "line li_1",
        "credit note cn_1, cancelling",
        "invoice inv_1",
    ]


def test_explaining_a_closed_month_says_who_closed_it(caught_up: Accountant) -> None:
    [explanation] = explain_journal("RR-202501-000001", caught_up.places)
    assert explanation.status == "2025-01 is closed, by ana: the number is final"


@pytest.mark.parametrize("cause", ["WITHDRAWN", "LANDED"])
def test_a_journal_of_an_invoice_that_is_gone_is_told_from_the_seal(cause: str, caught_up: Accountant) -> None:
    rows = [row for row in _corrections(caught_up, "2025-03") if row["cause"] == cause]
    for row in rows:
        [explanation] = explain_journal(row["journal_number"], caught_up.places)
        [obligation] = explanation.obligations
        assert (obligation["obligation_id"], obligation["withdrawn"]) == (row["obligation_id"], cause == "WITHDRAWN")
    assert rows


def test_an_invoice_that_is_gone_is_told_from_the_seal(caught_up: Accountant) -> None:
    explanation = explain_invoice("inv_5", caught_up.places)
    assert "is gone from landing" in explanation.status
    [obligation] = explanation.obligations
    assert (obligation["withdrawn"], obligation["amount"]) == (True, "110.00 USD")
    assert obligation["documents"][0]["landed_file"] == "landing/invoice_line_items/2025-02/extract-1.csv"


def test_a_preview_of_a_policy_is_what_then_happens_and_writes_nothing(closed: Accountant, tmp_path: Path) -> None:
    accountant = closed.on_a_copy(tmp_path / "store")
    before = accountant.files("lake", "quarantine", "exports", "sealed")
    differences = preview(accountant.places, parse_policy(OTHER_RULES, "new")).to_pylist()
    assert accountant.files("lake", "quarantine", "exports", "sealed") == before
    # what it says of locked days posts on the first open day, and not before
    assert {str(row["posts_on"]) for row in differences if row["month"] < "2025-03"} == {"2025-03-01"}
    assert {row["posts_on"] for row in differences if row["month"] >= "2025-03"} == {None}
    expected = sum(
        row["after_minor"] - row["before_minor"]
        for row in differences
        if row["account"] == "recognized" and row["month"] <= "2025-03"
    )
    posted_before = _recognized(_post(accountant, "2025-03"))
    (accountant.folder / "policy.yaml").write_text(OTHER_RULES, encoding="utf-8")
    assert _recognized(_post(accountant, "2025-03")) - posted_before == expected


def _recognized(rows: list[dict[str, Any]]) -> int:
    """Debits less credits of the Recognized account."""
    signs = [(row["debit_account"] == "recognized") - (row["credit_account"] == "recognized") for row in rows]
    return sum(sign * int(row["amount_minor"]) for sign, row in zip(signs, rows, strict=True))


def test_a_preview_of_the_same_policy_alters_nothing(closed: Accountant) -> None:
    assert preview(closed.places, closed.places.policy).num_rows == 0


def test_corrections_have_their_columns_also_when_there_are_none(closed: Accountant) -> None:
    journals = closed.places.lake.open("daily_journals", "2025-02")
    assert corrections_of("2025-02", journals, closed.places).schema.names == CORRECTIONS.names
