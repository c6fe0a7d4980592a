"""Credit notes: what each line credits, and which notes stay out (SPEC 4)."""

from typing import Any

import pytest

from revrec.amendments import RejectedDocument
from tests.revrec.amendments.builders import documents, resolve

TWO_LINES = """
line | product  | amount
l1   | platform | 200.00
l2   | api      | 100.00
"""
FOR_INV = {"cn": {"invoice_id": "inv"}}


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
                "lines": "line | amount | status | voided_on\nl1 | 10.00 | VOIDED | 2025-02-01\nl2 | 10.00 | VOIDED | 2025-02-01"
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


def _door(month: str, reason: str, **record: str) -> RejectedDocument:
    return RejectedDocument(month, record, reason)


@pytest.mark.parametrize(
    ("rejected", "reasons"),
    [
        (
            {"credit_note_line_items": [_door("2025-03", "no date", id="c9", credit_note_id="cn")]},
            {"cn": "a line of the credit note is in quarantine: no date"},
        ),
        (
            {"credit_notes": [_door("2025-03", "no date", id="cn")]},
            {"cn": "a later version of the credit note is in quarantine: no date"},
        ),
        (
            {"invoices": [_door("2025-01", "bad total", id="gone")]},
            {"cn": "its invoice gone is in quarantine: bad total"},
        ),
        (
            {"invoice_line_items": [_door("2025-01", "bad total", id="l1", invoice_id="gone")]},
            {
                "cn": "its invoice gone is in quarantine: bad total",
                "c1": "its invoice line l1 is in quarantine: bad total",
            },
        ),
    ],
    ids=["a line of the note", "a version of the note", "the invoice", "the invoice line"],
)
def test_what_is_in_quarantine_keeps_the_note_out(
    rejected: dict[str, list[RejectedDocument]], reasons: dict[str, str]
) -> None:
    about_invoice = "invoices" in rejected or "invoice_line_items" in rejected
    landed = documents(
        lines=() if about_invoice else TWO_LINES,
        note_lines=[{"id": "c1", "line": None if "invoices" in rejected else "l1", "amount": "5.00"}],
        notes={"cn": {"invoice_id": "gone" if about_invoice else "inv"}},
        rejected=rejected,
    )
    result = resolve(landed)
    assert result.rows == []
    assert result.faults == reasons


def test_lines_whose_note_is_in_quarantine_say_so() -> None:
    landed = documents(
        note_lines="id | amount\nc1 | 5.00",
        credit_notes=(),
        rejected={"credit_notes": [_door("2025-03", "no date", id="cn")]},
    )
    assert resolve(landed).faults == {"c1": "its credit note cn is in quarantine: no date"}


VERSIONS = """
id | month   | accounting_date | updated_at           | amount
cn | 2025-02 | 2025-02-10      | 2025-02-11T00:00:00Z | 5.00
cn | 2025-03 | 2025-03-10      | 2025-03-11T00:00:00Z | 7.00
"""
VERSION_LINES = """
id | month   | line | amount
c1 | 2025-02 | l1   | 5.00
c1 | 2025-03 | l1   | 7.00
"""


def test_of_a_note_in_two_months_the_latest_version_counts() -> None:
    result = resolve(documents(lines=TWO_LINES, credit_notes=VERSIONS, note_lines=VERSION_LINES))
    assert result.table("home", "disposition", "reason", "amount") == [
        ("2025-01", "APPLIED", "", "7.00"),
        ("2025-02", "SUPERSEDED", "a later version of the credit note landed in 2025-03", "5.00"),
    ]


def test_a_later_version_in_quarantine_keeps_the_earlier_one_out() -> None:
    later = _door("2025-04", "no date", id="cn", updated_at="2025-04-01T00:00:00Z")
    earlier = _door("2025-04", "no date", id="cn", updated_at="2025-01-01T00:00:00Z")
    landed = {"lines": TWO_LINES, "credit_notes": VERSIONS, "note_lines": VERSION_LINES}
    after = resolve(documents(**landed, rejected={"credit_notes": [later]}))
    assert {row["disposition"] for row in after.rows} == {"SUPERSEDED"}
    before = resolve(documents(**landed, rejected={"credit_notes": [earlier]}))
    assert {row["disposition"] for row in before.rows} == {"SUPERSEDED", "APPLIED"}


def test_a_version_out_of_force_without_lines_stands_for_itself() -> None:
    result = resolve(
        documents(
            lines=TWO_LINES, credit_notes=VERSIONS, note_lines="id | month | line | amount\nc1 | 2025-03 | l1 | 7.00"
        )
    )
    assert ("2025-02", "SUPERSEDED", "credit_notes", "cn") in result.table(
        "home", "disposition", "landed_dataset", "row_id"
    )
    assert result.reasons == []


def test_a_line_of_an_invoice_version_out_of_force_is_not_credited() -> None:
    lines = """
    line | amount | month   | disposition
    l1   | 0.00   | 2025-01 | SUPERSEDED
    l1   | 10.00  | 2025-02 | RECOGNIZED
    """
    result = resolve(documents(lines=lines, note_lines="id | line | amount\nc1 | l1 | 5.00", notes=FOR_INV))
    assert result.table("home", "obligation_id") == [("2025-02", "inv/l1")]


def test_an_id_that_stands_twice_in_a_month_is_not_guessed() -> None:
    result = resolve(
        documents(
            lines=TWO_LINES,
            credit_notes="id | amount\ncn | 5.00\ncn | 5.00",
            note_lines="id | line | amount\nc1 | l1 | 5.00",
        )
    )
    assert result.rows == []
    assert "id cn stands more than once in credit_notes" in {reason for *_, reason in result.reasons}


def test_an_ambiguous_line_is_found_by_the_notes_invoice() -> None:
    lines = "line | invoice | amount\nl1 | inv | 10.00\nl1 | other | 10.00"
    named = resolve(documents(lines=lines, note_lines="id | line | amount\nc1 | l1 | 5.00", notes=FOR_INV))
    assert named.table("obligation_id") == [("inv/l1",)]
    unnamed = resolve(documents(lines=lines, note_lines="id | line | amount\nc1 | l1 | 5.00"))
    assert unnamed.faults == {"c1": "invoice line l1 stands on 2 invoices"}
