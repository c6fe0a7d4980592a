"""The rules a credit note must keep: a note with one fault is kept out whole (SPEC 4, SPEC 10)."""

from typing import Any

import pytest

from tests.revrec.amendments.builders import FOR_INV, TWO_LINES, documents
from tests.revrec.amendments.resolved import resolve


@pytest.mark.parametrize(
    ("given", "faulty", "reason"),
    [
        (
            {"notes": {"cn": {"net_total": "9.00", **FOR_INV["cn"]}}},
            "cn",
            "its 2 line(s) add up to 10.00 USD, not to 9.00",
        ),
        (
            {"notes": {"cn": {**FOR_INV["cn"], "customer_id": "nobody"}}},
            "cn",
            "customer nobody is not in landing/customers",
        ),
        (
            {"notes": {"cn": {**FOR_INV["cn"], "customer_id": "globex"}}},
            "cn",
            "customer globex is not acme, whose invoice inv it credits",
        ),
        ({"notes": {"cn": {**FOR_INV["cn"], "currency": "EUR"}}}, "cn", "currency EUR is not USD, that of invoice inv"),
        (
            {"notes": {"cn": {**FOR_INV["cn"], "accounting_date": "2024-12-31"}}},
            "cn",
            "2024-12-31 is before 2025-01-01, when invoice inv was issued",
        ),
        ({"notes": {"cn": {"invoice_id": "gone"}}}, "cn", "there is no invoice gone"),
        ({"lines": TWO_LINES + "l9 | platform | 0.00", "second": "x9"}, "c2", "there is no invoice line x9"),
        (
            {"lines": "line | invoice | amount\nl1 | inv | 10.00\nx1 | other | 10.00", "second": "x1"},
            "c2",
            "invoice line x1 stands on invoice other, the credit note is for invoice inv",
        ),
        (
            {"lines": "line | invoice | amount\nl1 | inv | 10.00\nx1 | other | 10.00", "second": "x1", "notes": {}},
            "cn",
            "its lines credit lines of 2 invoices",
        ),
        (
            {
                "lines": "line | amount | status | voided_on\n"
                "l1 | 10.00 | VOIDED | 2025-02-01\nl2 | 10.00 | VOIDED | 2025-02-01"
            },
            "cn",
            "invoice inv is VOIDED: all that it posted is reversed already",
        ),
        (
            {"amounts": ("5.00", "5.001"), "notes": {"cn": {**FOR_INV["cn"], "net_total": "10.00"}}},
            "c2",
            "net_total 5.001 has more decimals than USD has (2)",
        ),
        (
            {"amounts": ("5.00", "5" * 14), "notes": {"cn": {**FOR_INV["cn"], "net_total": "10.00"}}},
            "c2",
            f"net_total {'5' * 14} is beyond the largest amount revrec computes exactly",
        ),
        (
            {"amounts": ("500000000000.00", "499999999999.99", "500000000000.00", "-500000000000.00")},
            "cn",
            "its lines, added up without signs, are beyond the largest amount revrec computes exactly",
        ),
        (
            {
                "lines": "line | amount | disposition | reason\nl1 | 10.00 | RECOGNIZED |\n"
                "l2 | 0.00 | NOTHING_TO_RECOGNIZE | its amount is 0"
            },
            "c2",
            "nothing of invoice line l2 is recognized: its amount is 0",
        ),
        (
            {"lines": "line | amount\nl1 | 20.00\nl2 | -10.00"},
            "cn",
            "it credits inv/l2, which is -10.00 USD: a credit already",
        ),
        (
            {"amounts": ("11.00", "-1.00")},
            "cn",
            "its lines for inv/l2 add up to -1.00 USD: a credit note cannot raise what was invoiced",
        ),
        ({"amounts": ("5.00", "100.01")}, "cn", "it credits 100.01 USD of inv/l2, of which 100.00 is left"),
        ({"second": None, "product": "setup"}, "c2", "invoice inv has nothing of product setup to credit"),
        ({"second": None, "product": "nothing"}, "c2", "product nothing is not in landing/products"),
    ],
    ids=[
        "total",
        "customer",
        "another customer",
        "currency",
        "too early",
        "no invoice",
        "no line",
        "line of another invoice",
        "two invoices",
        "void",
        "decimals",
        "too large",
        "too large together",
        "nothing recognized",
        "negative already",
        "negative in sum",
        "too much",
        "product not on the invoice",
        "unknown product",
    ],
)
def test_a_faulty_note_is_kept_out_whole(given: dict[str, Any], faulty: str, reason: str) -> None:
    second, amounts = given.get("second", "l2"), given.get("amounts", ("5.00", "5.00"))
    note_lines = [
        {
            "id": f"c{place}",
            "line": "l1" if place != 2 else second,
            "amount": amount,
            "product": given.get("product") if place == 2 else None,
        }
        for place, amount in enumerate(amounts, start=1)
    ]
    result = resolve(
        documents(lines=given.get("lines", TWO_LINES), note_lines=note_lines, notes=given.get("notes", FOR_INV))
    )
    assert result.rows == []
    assert result.faults == {faulty: reason}
    whole = f"credit note cn is kept out whole: {reason}"
    expected = {"cn": whole} | {line["id"]: whole for line in note_lines} | {faulty: reason}
    assert {id_: why for _, _, id_, why in result.reasons} == expected


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"product": None}, "a line that credits no invoice has no product_id"),
        ({"amount": "-5.00"}, "a line that credits no invoice has the negative amount -5.00"),
        (
            {"recognition_method": "MILESTONE"},
            "a line that credits no invoice cannot be earned by milestones: they name invoice lines",
        ),
        ({"recognition_method": "USAGE"}, "the line is recognized USAGE and has no service period"),
        ({"recognition_method": "STRAIGHT_LINE"}, "the line is recognized STRAIGHT_LINE and has no service period"),
    ],
)
def test_a_standalone_line_must_say_how_it_is_recognized(cells: dict[str, str | None], reason: str) -> None:
    result = resolve(documents(note_lines=[{"id": "c1", "product": "setup", "amount": "5.00", **cells}]))
    assert result.rows == []
    assert result.faults == {"c1": reason}


def test_notes_use_a_line_up_in_order_of_their_dates_and_a_rejected_one_does_not_count() -> None:
    landed = documents(
        lines="line | amount\nl1 | 100.00",
        note_lines="""
        id | note | line | amount
        a  | cn10 | l1   | 30.00
        b  | cn9  | l1   | 60.00
        c  | cn1  | l1   | 50.00
        d  | cn2  | l1   | 10.00
        """,
        notes={
            "cn10": {"accounting_date": "2025-03-01"},
            "cn9": {"accounting_date": "2025-03-01"},
            "cn1": {"accounting_date": "2025-04-01"},
            "cn2": {"accounting_date": "2025-05-01"},
        },
    )
    result = resolve(landed)
    assert sorted(result.table("document_id", "amount")) == [("cn10", "30.00"), ("cn2", "10.00"), ("cn9", "60.00")]
    assert result.faults == {"cn1": "it credits 50.00 USD of inv/l1, of which 10.00 is left"}


def test_a_note_without_lines_and_lines_without_a_note_are_named() -> None:
    landed = documents(
        note_lines="id | note | line | amount\nc1 | other | | 5.00",
        credit_notes="id | amount\ncn | 5.00",
    )
    assert resolve(landed).reasons == [
        ("2025-03", "credit_notes", "cn", "the credit note has no lines"),
        ("2025-03", "credit_note_line_items", "c1", "there is no credit note other in landing/credit_notes/2025-03"),
    ]
