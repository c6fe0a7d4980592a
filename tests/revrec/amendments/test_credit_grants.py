"""Credit grants: what consuming them earns, and what expires (SPEC 3, rule 5)."""

import pytest

from tests.revrec.amendments.builders import DEFERRED, PURCHASE, documents
from tests.revrec.amendments.resolved import resolve


def test_consumption_earns_its_part_of_the_price_on_the_schedule_of_the_line_it_pays() -> None:
    landed = documents(
        lines=[
            PURCHASE,
            {"line": "l1", "invoice": "use", "date": "2025-02-01", "start": "2025-02-01", "end": "2025-04-30"},
        ],
        grants="id\ng",
        transactions="id | amount | date | line\nt1 | 50.00 | 2025-02-03 | l1",
        policy=DEFERRED,
    )
    (row,) = [row for row in resolve(landed).rows if row["event"] == "CONSUMPTION"]
    assert {name: str(value) for name, value in row.items() if value is not None} == {
        "home": "2025-01",
        "event": "CONSUMPTION",
        "disposition": "APPLIED",
        "reason": "",
        "obligation_id": "inv/p1",
        "line_id": "l1",
        "event_date": "2025-02-03",
        "amount_minor": "4500",
        "entity": "default",
        "currency": "USD",
        "customer_id": "acme",
        "product_id": "platform",
        "invoice_id": "inv",
        "invoice_number": "INV",
        "document_id": "t1",
        "document_number": "t1",
        "row_id": "t1",
        "recognition_method": "STRAIGHT_LINE",
        "service_start": "2025-02-01",
        "service_end": "2025-04-30",
        "landed_dataset": "credit_grant_transactions",
        "landed_file": "landing/credit_grant_transactions/2025-02/rows.csv",
        "landed_row": "2",
    }


@pytest.mark.parametrize(
    ("cells", "terms"),
    [
        (None, (None, None, None, None)),
        ({"method": "USAGE"}, ("USAGE", "2025-02-01", "2025-02-28", None)),
        ({"method": "POINT_IN_TIME"}, ("POINT_IN_TIME", "2025-02-01", "2025-02-28", "2025-02-28")),
        (
            {"method": "POINT_IN_TIME", "recognition_date": "2025-02-14"},
            ("POINT_IN_TIME", "2025-02-01", "2025-02-28", "2025-02-14"),
        ),
        ({"method": "POINT_IN_TIME", "start": None, "end": None}, ("POINT_IN_TIME", None, None, "2025-02-02")),
        ({"method": "MILESTONE"}, (None, None, None, None)),
    ],
    ids=[
        "no line",
        "usage",
        "the period's end",
        "its recognition date",
        "the accounting date",
        "no schedule of its own",
    ],
)
def test_consumption_follows_the_terms_of_its_line(
    cells: dict[str, str | None] | None, terms: tuple[str | None, ...]
) -> None:
    line = {"line": "l1", "invoice": "use", "date": "2025-02-02", "start": "2025-02-01", "end": "2025-02-28"}
    landed = documents(
        lines=[PURCHASE, line | (cells or {})],
        grants="id\ng",
        transactions=[{"id": "t1", "amount": "1.00", "date": "2025-02-03", "line": None if cells is None else "l1"}],
        policy=DEFERRED,
    )
    columns = ("event", "recognition_method", "service_start", "service_end", "recognition_date")
    assert ("CONSUMPTION", *terms) in resolve(landed).table(*columns)


def test_a_grant_is_used_given_back_and_expires() -> None:
    landed = documents(
        lines=[PURCHASE],
        grants="id | expiry_date\ng | 2025-06-30",
        transactions="""
        id | type   | amount | date
        t1 | DEBIT  | 33.33  | 2025-02-01
        t2 | CREDIT | 13.33  | 2025-03-01
        t3 | DEBIT  | 30.00  | 2025-06-30
        t4 | CREDIT | 10.00  | 2025-08-01
        """,
        policy=DEFERRED,
    )
    result = resolve(landed)
    columns = ("event", "event_date", "amount", "posting_floor", "document_id", "row_id", "landed_dataset")
    assert result.table(*columns) == [
        ("CONSUMPTION", "2025-02-01", "29.99", None, "t1", "t1", "credit_grant_transactions"),
        ("CONSUMPTION", "2025-03-01", "-11.99", "2025-03-01", "t2", "t2", "credit_grant_transactions"),
        ("BREAKAGE", "2025-06-30", "45.00", None, "g", "g", "credit_grants"),
        ("CONSUMPTION", "2025-06-30", "27.00", None, "t3", "t3", "credit_grant_transactions"),
        ("BREAKAGE", "2025-08-01", "9.00", None, "g", "t4", "credit_grants"),
        ("CONSUMPTION", "2025-08-01", "-9.00", "2025-08-01", "t4", "t4", "credit_grant_transactions"),
    ]
    assert {(row["home"], row["obligation_id"], row["disposition"]) for row in result.rows} == {
        ("2025-01", "inv/p1", "APPLIED")
    }


def test_the_policy_is_that_in_force_when_the_grant_was_sold() -> None:
    policy = {
        "versions": [
            {"effective_from": "2020-01-01", "credit_grant_policy": "deferred_until_consumed"},
            {"effective_from": "2025-01-02", "credit_grant_policy": "recognized_at_grant"},
        ]
    }
    lines = [PURCHASE, PURCHASE | {"line": "p2", "invoice": "later", "grant": "h", "date": "2025-01-02"}]
    transactions = "id | grant | amount | date\nt1 | g | 1.00 | 2025-04-01\nt2 | h | 1.00 | 2025-04-01"
    result = resolve(documents(lines=lines, grants="id\ng\nh", transactions=transactions, policy=policy))
    found = {(document, outcome) for document, event, outcome in result.table("document_id", "event", "disposition")}
    assert {("t1", "APPLIED"), ("t2", "NOTHING_TO_RECOGNIZE")} <= found


@pytest.mark.parametrize(
    ("expiry", "used", "reason"),
    [
        (None, "1.00", "credit grant g does not expire"),
        ("2025-12-31", "100.00", "nothing of credit grant g is left on its expiry"),
    ],
    ids=["no expiry", "used up"],
)
def test_a_grant_of_which_nothing_expires_says_so(expiry: str | None, used: str, reason: str) -> None:
    landed = documents(
        lines=[PURCHASE],
        grants=[{"id": "g", "expiry_date": expiry}],
        transactions=[{"id": "t1", "amount": used, "date": "2025-04-01"}],
        policy=DEFERRED,
    )
    rows = resolve(landed).table("event", "disposition", "reason", "home")
    assert ("BREAKAGE", "NOTHING_TO_RECOGNIZE", reason, "2025-01") in rows


def test_on_one_day_what_is_taken_comes_before_what_is_given_back() -> None:
    transactions = "id | type | amount | date\na | CREDIT | 5.00 | 2025-02-01\nb | DEBIT | 5.00 | 2025-02-01"
    result = resolve(documents(lines=[PURCHASE], grants="id\ng", transactions=transactions, policy=DEFERRED))
    assert result.reasons == []


PAID_LINE = {
    "line": "l1",
    "invoice": "use",
    "grant": "g",
    "grant_amount": "40.00",
    "amount": "0.00",
    "date": "2025-02-01",
    "disposition": "NOTHING_TO_RECOGNIZE",
    "reason": "its amount is 0",
    "start": "2025-02-01",
    "end": "2025-02-28",
}


def test_a_line_that_a_grant_pays_consumes_it_where_no_transaction_says_so() -> None:
    landed = documents(lines=[PURCHASE, PAID_LINE], grants="id\ng", policy=DEFERRED)
    columns = ("event", "disposition", "amount", "event_date", "document_id", "row_id", "landed_dataset", "service_end")
    assert (
        "CONSUMPTION",
        "APPLIED",
        "36.00",
        "2025-02-01",
        "use",
        "l1",
        "invoice_line_items",
        "2025-02-28",
    ) in resolve(landed).table(*columns)
    named = documents(
        lines=[PURCHASE, PAID_LINE],
        grants="id\ng",
        policy=DEFERRED,
        transactions="id | amount | date | line\nt1 | 40.00 | 2025-02-03 | l1",
    )
    consumed = [row["document_id"] for row in resolve(named).rows if row["event"] == "CONSUMPTION"]
    assert consumed == ["t1"]


def test_a_transaction_that_is_kept_out_does_not_speak_for_its_line() -> None:
    landed = documents(
        lines=[PURCHASE, PAID_LINE],
        grants="id\ng",
        policy=DEFERRED,
        transactions="id | amount | date | line\nt1 | 0.00 | 2025-02-03 | l1",
    )
    assert ("use", "36.00") in resolve(landed).table("document_id", "amount")


@pytest.mark.parametrize(
    ("cells", "consumed"),
    [
        ({"disposition": "NOT_POSTED"}, []),
        ({"kind": "DISCOUNT"}, []),
        ({"currency": "EUR"}, []),
        ({"grant_amount": "0.00"}, []),
        ({"grant_amount": "140.00"}, [("APPLIED", "90.00", "2025-02-01", "")]),
        (
            {"date": "2025-07-01"},
            [
                (
                    "NOTHING_TO_RECOGNIZE",
                    "0.00",
                    "2025-07-01",
                    "2025-07-01 is after 2025-06-30, when credit grant g expired",
                )
            ],
        ),
        (
            {"voided_on": "2025-03-05"},
            [("APPLIED", "36.00", "2025-02-01", ""), ("APPLIED", "-36.00", "2025-03-05", "")],
        ),
    ],
    ids=["a draft", "a discount", "another currency", "nothing", "more than there is", "after expiry", "a void"],
)
def test_what_a_line_consumes(cells: dict[str, str], consumed: list[tuple[str, str, str, str]]) -> None:
    landed = documents(lines=[PURCHASE, PAID_LINE | cells], grants="id | expiry_date\ng | 2025-06-30", policy=DEFERRED)
    rows = resolve(landed).table("document_id", "disposition", "amount", "event_date", "reason")
    assert [row[1:] for row in rows if row[0] == "use"] == consumed


def test_a_void_purchase_is_drawn_on_all_the_same_unless_there_is_another() -> None:
    void = PURCHASE | {"invoice": "void", "date": "2024-12-01", "status": "VOIDED", "voided_on": "2025-01-15"}
    transactions = "id | amount | date\nt1 | 10.00 | 2025-02-01"
    alone = resolve(documents(lines=[void], grants="id\ng", transactions=transactions, policy=DEFERRED))
    assert ("2024-12", "void/p1") in alone.table("home", "obligation_id")
    both = resolve(documents(lines=[void, PURCHASE], grants="id\ng", transactions=transactions, policy=DEFERRED))
    assert ("2025-01", "inv/p1") in both.table("home", "obligation_id")
