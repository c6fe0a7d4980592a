"""Credit notes: what each line credits, and which notes post (SPEC 4)."""

from typing import Any

import pytest

from tests.revrec.amendments.builders import FOR_INV, TWO_LINES, documents
from tests.revrec.amendments.resolved import resolve


def test_a_line_credits_the_obligation_of_the_invoice_line_it_names() -> None:
    result = resolve(documents(lines=TWO_LINES, note_lines="id | line | amount\nc1 | l1 | 50.00", notes=FOR_INV))
    (row,) = result.rows
    assert {name: str(value) for name, value in row.items() if value is not None} == {
        "home": "2025-01",
        "event": "CREDIT_NOTE",
        "disposition": "APPLIED",
        "reason": "",
        "obligation_id": "inv/l1",
        "line_id": "l1",
        "event_date": "2025-03-01",
        "amount_minor": "5000",
        "mode": "cancel",
        "entity": "default",
        "currency": "USD",
        "customer_id": "acme",
        "product_id": "platform",
        "invoice_id": "inv",
        "invoice_number": "INV",
        "document_id": "cn",
        "document_number": "CN",
        "row_id": "c1",
        "landed_dataset": "credit_note_line_items",
        "landed_file": "landing/credit_note_line_items/2025-03/rows.csv",
        "landed_row": "2",
    }


@pytest.mark.parametrize(
    ("lines", "credit", "shares"),
    [
        (TWO_LINES, "id | line | amount\nc1 | | 100.00", {"inv/l1": "66.67", "inv/l2": "33.33"}),
        (TWO_LINES, "id | line | product | amount\nc1 | | api | 30.00", {"inv/l2": "30.00"}),
        (
            """
            line | amount | disposition | obligation
            l1   | 90.00  | RECOGNIZED  |
            l2   | 0.00   | NETTED      | inv/l1
            """,
            "id | line | amount\nc1 | l1 | 40.00\nc2 | l2 | -10.00",
            {"inv/l1": "30.00"},
        ),
        (
            """
            line | amount | disposition | product
            l1   | 10.00  | RECOGNIZED  | platform
            l10  | 10.00  | RECOGNIZED  | platform
            l9   | 10.00  | RECOGNIZED  | api
            l4   | 0.00   | ALLOCATED   |
            """,
            "id | line | amount\nc1 | l1 | 5.00\nc2 | l4 | -0.02\nc3 | l9 | 5.00\nc4 | l10 | 5.00",
            {"inv/l1": "4.99", "inv/l9": "4.99", "inv/l10": "5.00"},
        ),
        (
            """
            line | amount | disposition | group
            l1   | 10.00  | RECOGNIZED  | a
            l2   | 30.00  | RECOGNIZED  | a
            l3   | 60.00  | RECOGNIZED  | b
            l4   | 0.00   | NETTED      | a
            """,
            "id | line | amount\nc1 | l4 | 4.00",
            {"inv/l1": "1.00", "inv/l2": "3.00"},
        ),
        (
            """
            line | amount | kind        | obligation
            l1   | 50.00  | CHARGE      |
            fee  | 10.00  | MINIMUM_FEE | inv/fee/l1
            fee  | 20.00  | MINIMUM_FEE | inv/fee/l2
            """,
            "id | line | amount\nc1 | fee | 10.00",
            {"inv/fee/l1": "3.33", "inv/fee/l2": "6.67"},
        ),
        (
            "line | amount\nl1 | 50.00\nl2 | -20.00",
            "id | line | amount\nc1 | | 10.00",
            {"inv/l1": "10.00"},
        ),
    ],
    ids=[
        "no line: all of the invoice",
        "no line: all of the product",
        "a discount netted into one line",
        "a discount over several lines: the earlier one first",
        "a discount netted into several lines of its group",
        "a minimum fee's parts",
        "what is a credit already is left alone",
    ],
)
def test_a_line_is_shared_out_exactly(lines: str, credit: str, shares: dict[str, str]) -> None:
    result = resolve(documents(lines=lines, note_lines=credit, notes=FOR_INV))
    assert result.reasons == []
    totals: dict[str, int] = {}
    for row in result.rows:
        totals[row["obligation_id"]] = totals.get(row["obligation_id"], 0) + row["amount_minor"]
    assert totals == {name: round(float(text) * 100) for name, text in shares.items()}


def test_a_note_that_names_no_invoice_finds_it_by_its_lines() -> None:
    lines = """
    line | invoice | amount | disposition
    l1   | inv     | 10.00  | RECOGNIZED
    l2   | inv     | 30.00  | RECOGNIZED
    l3   | inv     | 0.00   | ALLOCATED
    x1   | other   | 10.00  | RECOGNIZED
    """
    result = resolve(documents(lines=lines, note_lines="id | line | amount\nc1 | l3 | 4.00"))
    assert result.table("home", "obligation_id", "amount", "invoice_id") == [
        ("2025-01", "inv/l1", "1.00", "inv"),
        ("2025-01", "inv/l2", "3.00", "inv"),
    ]


@pytest.mark.parametrize(
    ("cells", "terms"),
    [
        ("id | product\nc1 | setup", ("POINT_IN_TIME", None, None)),
        (
            "id | product | service_period_start | service_period_end\nc1 | setup | 2025-03-01 | 2025-05-31",
            ("STRAIGHT_LINE", "2025-03-01", "2025-05-31"),
        ),
        ("id | product | service_period_start\nc1 | setup | 2025-03-01", ("POINT_IN_TIME", "2025-03-01", None)),
        (
            "id | product | recognition_method | service_period_start | service_period_end\n"
            "c1 | platform | USAGE | 2025-03-01 | 2025-03-31",
            ("USAGE", "2025-03-01", "2025-03-31"),
        ),
    ],
    ids=["no period", "a period", "half a period", "its own method"],
)
def test_a_standalone_line_is_an_obligation_of_its_own(cells: str, terms: tuple[Any, ...]) -> None:
    header, row = cells.split("\n")
    result = resolve(documents(note_lines=f"{header} | amount\n{row} | 50.00"))
    columns = ("home", "disposition", "obligation_id", "amount", "mode", "invoice_id", "entity")
    assert result.table(*columns) == [("2025-03", "STANDALONE", "cn/c1", "50.00", None, "", "default")]
    assert result.table("recognition_method", "service_start", "service_end") == [terms]


def test_what_belongs_to_no_invoice_is_the_first_entitys_where_there_is_no_default() -> None:
    policy = {"entities": {"us": {"name": "US"}, "eu": {"name": "EU"}}}
    result = resolve(documents(note_lines="id | product | amount\nc1 | setup | 5.00", policy=policy))
    assert result.table("entity") == [("eu",)]


@pytest.mark.parametrize(
    ("date", "mode"),
    [("1999-06-01", "cancel"), ("2025-03-31", "cancel"), ("2025-04-01", "adjust")],
    ids=["before the first version", "the first version", "the second version"],
)
def test_the_mode_is_that_of_the_policy_in_force_on_the_notes_date(date: str, mode: str) -> None:
    versions = [
        {"effective_from": "2020-01-01", "credit_note_mode": "cancel"},
        {"effective_from": "2025-04-01", "credit_note_mode": "adjust"},
    ]
    landed = documents(
        lines="line | amount | date\nl1 | 10.00 | 1999-01-01",
        note_lines="id | line | amount\nc1 | l1 | 1.00",
        notes={"cn": {"accounting_date": date}},
        policy={"versions": versions},
    )
    assert resolve(landed).table("disposition", "mode") == [("APPLIED", mode)]


@pytest.mark.parametrize(
    ("line_status", "status", "posting", "outcome"),
    [
        ("SENT", "DRAFT", ["SENT"], ("NOT_POSTED", "credit note is DRAFT")),
        ("SENT", "IN_PROGRESS", ["SENT"], ("NOT_POSTED", "credit note is IN_PROGRESS")),
        ("SENT", "FINAL", ["SENT"], ("NOT_POSTED", "credit note is FINAL")),
        ("SENT", "FINAL", ["SENT", "FINAL"], ("APPLIED", "")),
        ("SENT", "VOIDED", ["SENT"], ("NOT_POSTED", "credit note is VOIDED")),
        ("VOIDED", "VOIDED", ["SENT"], ("NOT_POSTED", "credit note is VOIDED")),
        ("DRAFT", "SENT", ["SENT"], ("NOT_POSTED", "its invoice inv is DRAFT")),
    ],
)
def test_a_note_posts_where_its_status_and_its_invoice_do(
    line_status: str, status: str, posting: list[str], outcome: tuple[str, str]
) -> None:
    disposition = "NOT_POSTED" if line_status == "DRAFT" else "RECOGNIZED"
    landed = documents(
        lines=f"line | amount | status | disposition\nl1 | 10.00 | {line_status} | {disposition}",
        note_lines="id | line | amount\nc1 | l1 | 99.00"
        if outcome[0] != "APPLIED"
        else "id | line | amount\nc1 | l1 | 9.00",
        notes={"cn": {"invoice_id": "inv", "status": status}},
        policy={"posting_statuses": posting},
    )
    result = resolve(landed)
    assert result.reasons == []
    assert result.table("home", "disposition", "reason") == [("2025-01", *outcome)]


def test_a_line_of_zero_credits_nothing() -> None:
    landed = documents(lines=TWO_LINES, note_lines="id | line | amount\nc1 | l1 | 0.00\nc2 | l1 | 1.00", notes=FOR_INV)
    assert resolve(landed).table("row_id", "disposition", "reason", "obligation_id") == [
        ("c2", "APPLIED", "", "inv/l1"),
        ("c1", "NOTHING_TO_RECOGNIZE", "its amount is 0", None),
    ]
