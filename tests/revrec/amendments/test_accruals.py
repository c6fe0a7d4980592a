"""Usage and billing schedules: what accrues, and what takes it over (SPEC 3, rule 6)."""

import pytest

from tests.revrec.amendments.builders import documents
from tests.revrec.amendments.resolved import resolve

USAGE_LINE = "line | product | method | amount | date | start | end\n"


def test_usage_without_an_invoice_accrues_on_the_last_day_of_its_period() -> None:
    result = resolve(documents(usage="id | amount\nu1 | 12.50"))
    (row,) = result.rows
    assert {name: str(value) for name, value in row.items() if value is not None} == {
        "home": "2025-01",
        "event": "USAGE",
        "disposition": "ACCRUED",
        "reason": "",
        "obligation_id": "usage/acme/api/USD/2025-01-01/2025-01-31",
        "event_date": "2025-01-31",
        "amount_minor": "1250",
        "entity": "default",
        "currency": "USD",
        "customer_id": "acme",
        "product_id": "api",
        "invoice_id": "",
        "invoice_number": "",
        "document_id": "u1",
        "document_number": "u1",
        "row_id": "u1",
        "recognition_method": "USAGE",
        "service_start": "2025-01-01",
        "service_end": "2025-01-31",
        "landed_dataset": "usage",
        "landed_file": "landing/usage/2025-01/rows.csv",
        "landed_row": "2",
    }


def test_all_usage_of_a_period_is_one_obligation_at_home_where_the_first_landed() -> None:
    result = resolve(
        documents(
            usage="""
            id | month   | amount | product | period_end
            u2 | 2025-02 | 5.00   | api     | 2025-01-31
            u1 | 2025-03 | -2.00  | api     | 2025-01-31
            u3 | 2025-03 | 0.00   | api     | 2025-01-31
            u4 | 2025-03 | 1.00   | setup   | 2025-01-31
            u5 | 2025-03 | 1.00   | api     | 2025-01-30
            """
        )
    )
    january = "usage/acme/api/USD/2025-01-01/2025-01-31"
    assert result.table("home", "row_id", "disposition", "obligation_id", "amount") == [
        ("2025-02", "u1", "ACCRUED", january, "-2.00"),
        ("2025-02", "u2", "ACCRUED", january, "5.00"),
        ("2025-03", "u5", "ACCRUED", "usage/acme/api/USD/2025-01-01/2025-01-30", "1.00"),
        ("2025-03", "u4", "ACCRUED", "usage/acme/setup/USD/2025-01-01/2025-01-31", "1.00"),
        ("2025-03", "u3", "NOTHING_TO_RECOGNIZE", None, "0.00"),
    ]


@pytest.mark.parametrize(
    ("frequency", "start", "end", "amount", "instalments"),
    [
        (
            "MONTHLY",
            "2025-01-31",
            "2025-04-29",
            "100.00",
            [
                ("2025-01-31", "2025-02-27", "100.00"),
                ("2025-02-28", "2025-03-30", "100.00"),
                ("2025-03-31", "2025-04-29", "100.00"),
            ],
        ),
        (
            "MONTHLY",
            "2025-01-15",
            "2025-03-01",
            "100.00",
            [("2025-01-15", "2025-02-14", "100.00"), ("2025-02-15", "2025-03-01", "53.57")],
        ),
        ("QUARTERLY", "2024-11-30", "2025-02-27", "90.00", [("2024-11-30", "2025-02-27", "90.00")]),
        (
            "HALF_YEARLY",
            "2025-01-01",
            "2025-12-31",
            "60.00",
            [("2025-01-01", "2025-06-30", "60.00"), ("2025-07-01", "2025-12-31", "60.00")],
        ),
        (
            "YEARLY",
            "2024-02-29",
            "2025-03-01",
            "366.00",
            [("2024-02-29", "2025-02-27", "366.00"), ("2025-02-28", "2025-03-01", "2.01")],
        ),
        ("ONE_TIME", "2025-01-10", "2025-06-09", "7.00", [("2025-01-10", "2025-06-09", "7.00")]),
        ("MONTHLY", "2025-01-01", "2025-01-31", "-0.01", [("2025-01-01", "2025-01-31", "-0.01")]),
        ("YEARLY", "2025-01-01", "2025-07-02", "-1.00", [("2025-01-01", "2025-07-02", "-0.50")]),
    ],
    ids=[
        "the 31st",
        "cut short",
        "a quarter from the 30th",
        "half years",
        "29 February",
        "one time",
        "a credit",
        "a credit cut short: half away from zero",
    ],
)
def test_a_schedule_accrues_an_instalment_per_period(
    frequency: str, start: str, end: str, amount: str, instalments: list[tuple[str, str, str]]
) -> None:
    schedule = {"id": "s", "frequency": frequency, "start_date": start, "end_date": end, "amount": amount}
    result = resolve(documents(schedules=[schedule]))
    assert result.table("service_start", "service_end", "amount") == instalments
    assert result.table(
        "home", "event", "disposition", "obligation_id", "row_id", "event_date", "recognition_method"
    ) == [
        (start[:7], "BILLING_SCHEDULE", "ACCRUED", f"accrual/s/price/{first}/{last}", first, last, "STRAIGHT_LINE")
        for first, last, _ in instalments
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"recognition_method": "MILESTONE"}, "earned by milestones of its invoices"),
        ({"product": "project"}, "earned by milestones of its invoices"),
        ({"amount": "0.00"}, "its amount is 0"),
    ],
    ids=["its own milestones", "the product's milestones", "nothing"],
)
def test_a_schedule_that_does_not_accrue_says_so_in_one_row(cells: dict[str, str], reason: str) -> None:
    result = resolve(documents(schedules=[{"id": "s", **cells}]))
    assert result.table("home", "disposition", "reason", "row_id", "service_end") == [
        ("2025-01", "NOTHING_TO_RECOGNIZE", reason, "2025-01-01", "2025-03-31")
    ]


def test_instalments_that_are_billed_in_advance_accrue_nothing_and_name_the_obligation_that_bills_them() -> None:
    landed = documents(
        schedules=[{"id": "s", "billing_type": "IN_ADVANCE"}],
        lines=[{**SCHEDULE_LINE, "start": "2025-02-01", "end": "2025-02-28"}],
    )
    reason = "billed in advance: recognized from its invoices"
    columns = ("row_id", "service_end", "disposition", "reason", "obligation_id", "amount", "recognition_method")
    assert sorted(resolve(landed).table(*columns)) == [
        ("2025-01-01", "2025-01-31", "NOTHING_TO_RECOGNIZE", reason, None, "100.00", "STRAIGHT_LINE"),
        ("2025-02-01", "2025-02-28", "NOTHING_TO_RECOGNIZE", reason, "inv/l1", "100.00", "STRAIGHT_LINE"),
        ("2025-03-01", "2025-03-31", "NOTHING_TO_RECOGNIZE", reason, None, "100.00", "STRAIGHT_LINE"),
    ]


def test_an_instalment_that_rounds_to_nothing_says_so() -> None:
    result = resolve(documents(schedules="id | amount | end_date\ns | 0.01 | 2025-02-10"))
    assert result.table("row_id", "disposition", "reason") == [
        ("2025-01-01", "ACCRUED", ""),
        ("2025-02-01", "NOTHING_TO_RECOGNIZE", "rounds to nothing"),
    ]


def test_the_schedules_own_method_comes_before_the_products() -> None:
    result = resolve(documents(schedules="id | product | recognition_method\ns | api | POINT_IN_TIME\nt | api |"))
    methods = {(document, method) for document, method in result.table("document_id", "recognition_method")}
    assert methods == {("s", "POINT_IN_TIME"), ("t", "USAGE")}


def test_metered_usage_replaces_the_instalment_of_its_period() -> None:
    landed = documents(
        schedules="id | product\ns | api",
        usage="""
        id  | schedule | price | period_start | period_end | amount
        u1  | s        | price | 2025-01-01   | 2025-01-31 | 40.00
        u10 | s        |       | 2025-02-01   | 2025-02-28 | 0.00
        u9  | s        |       | 2025-02-01   | 2025-02-28 | 0.00
        """,
    )
    assert resolve(landed).table("row_id", "disposition", "reason", "obligation_id", "amount") == [
        ("u1", "ACCRUED", "", "accrual/s/price/2025-01-01/2025-01-31", "40.00"),
        ("2025-03-01", "ACCRUED", "", "accrual/s/price/2025-03-01/2025-03-31", "100.00"),
        ("2025-01-01", "NOTHING_TO_RECOGNIZE", "metered by usage u1", None, "100.00"),
        ("2025-02-01", "NOTHING_TO_RECOGNIZE", "metered by usage u9", None, "100.00"),
        ("u10", "NOTHING_TO_RECOGNIZE", "its amount is 0", None, "0.00"),
        ("u9", "NOTHING_TO_RECOGNIZE", "its amount is 0", None, "0.00"),
    ]


SCHEDULE_LINE = {
    "line": "l1",
    "schedule": "s",
    "price": "price",
    "product": "platform",
    "amount": "90.00",
    "date": "2025-02-05",
    "start": "2025-01-01",
    "end": "2025-01-31",
}


@pytest.mark.parametrize(
    ("cells", "takes_over"),
    [
        ({}, True),
        ({"price": None}, True),
        ({"price": None, "product": "api"}, False),
        ({"price": "other"}, False),
        ({"product": "api"}, True),
        ({"schedule": "other"}, False),
        ({"schedule": None}, False),
        ({"end": "2025-01-30"}, False),
        ({"currency": "EUR"}, False),
        ({"disposition": "NOT_POSTED"}, False),
        ({"kind": "CREDIT_GRANT"}, False),
    ],
    ids=str,
)
def test_the_invoice_line_of_its_schedule_price_and_period_takes_an_instalment_over(
    cells: dict[str, str | None], takes_over: bool
) -> None:
    landed = documents(schedules="id | end_date\ns | 2025-01-31", lines=[SCHEDULE_LINE | cells])
    expected = ("2025-02", "TAKEN_OVER", "l1", "inv") if takes_over else ("2025-01", "ACCRUED", None, "")
    assert resolve(landed).table("home", "disposition", "line_id", "invoice_id") == [expected]


def test_the_taken_over_accrual_keeps_its_obligation_and_names_the_invoice() -> None:
    landed = documents(schedules="id | end_date\ns | 2025-01-31", lines=[SCHEDULE_LINE | {"entity": "default"}])
    assert resolve(landed).table("obligation_id", "amount", "invoice_number", "reason", "entity") == [
        ("accrual/s/price/2025-01-01/2025-01-31", "100.00", "INV", "billed by invoice inv", "default")
    ]


def test_of_several_lines_the_earliest_takes_over() -> None:
    lines = [
        SCHEDULE_LINE | {"line": "l1", "invoice": "inv10", "date": "2025-02-05"},
        SCHEDULE_LINE | {"line": "l10", "invoice": "inv9", "date": "2025-02-05"},
        SCHEDULE_LINE | {"line": "l9", "invoice": "inv9", "date": "2025-02-05"},
        SCHEDULE_LINE | {"line": "l0", "invoice": "inv1", "date": "2025-02-06"},
    ]
    landed = documents(schedules="id | end_date\ns | 2025-01-31", lines=lines)
    assert resolve(landed).table("invoice_id", "line_id") == [("inv9", "l9")]


def test_after_a_void_the_accrual_resumes_on_its_day_whoever_bills_it_then() -> None:
    void = {"invoice": "void", "status": "VOIDED", "voided_on": "2025-02-20"}
    landed = documents(schedules="id | end_date\ns | 2025-01-31", lines=[SCHEDULE_LINE | void])
    assert resolve(landed).table("home", "disposition", "posting_floor", "invoice_id") == [
        ("2025-01", "ACCRUED", "2025-02-20", "")
    ]
    again = documents(schedules="id | end_date\ns | 2025-01-31", lines=[SCHEDULE_LINE | void, SCHEDULE_LINE])
    assert resolve(again).table("home", "disposition", "posting_floor", "invoice_id") == [
        ("2025-02", "TAKEN_OVER", "2025-02-20", "inv")
    ]


def test_a_line_of_nothing_bills_its_period_too() -> None:
    """Nothing is left of the accrual then: the period was invoiced, at 0."""
    nothing = SCHEDULE_LINE | {"amount": "0.00", "disposition": "NOTHING_TO_RECOGNIZE", "reason": "its amount is 0"}
    landed = documents(schedules="id | end_date\ns | 2025-01-31", lines=[nothing])
    assert resolve(landed).table("disposition", "line_id", "invoice_id") == [("TAKEN_OVER", "l1", "inv")]
    # of two lines, the one that has an obligation goes by the accrual's id
    both = documents(schedules="id | end_date\ns | 2025-01-31", lines=[nothing, SCHEDULE_LINE | {"line": "l2"}])
    assert resolve(both).table("disposition", "line_id") == [("TAKEN_OVER", "l2")]


def test_an_invoice_of_another_customer_takes_nothing_over() -> None:
    landed = documents(schedules="id | end_date\ns | 2025-01-31", lines=[SCHEDULE_LINE | {"customer": "globex"}])
    assert resolve(landed).table("disposition") == [("ACCRUED",)]


def test_a_void_of_one_of_two_invoices_of_a_period_leaves_the_other_where_it_is() -> None:
    void = USAGE_LINES | {"invoice": "i1", "amount": "6.00", "status": "VOIDED", "voided_on": "2025-02-20"}
    other = USAGE_LINES | {"invoice": "i2", "amount": "3.00", "date": "2025-02-06"}
    landed = documents(usage="id | product_id | amount\nu | api | 9.00", lines=[void, other])
    assert resolve(landed).table("disposition", "invoice_id", "posting_floor") == [("TAKEN_OVER", "i2", None)]


USAGE_LINES = {
    "line": "l1",
    "product": "api",
    "method": "USAGE",
    "amount": "9.00",
    "date": "2025-02-05",
    "start": "2025-01-01",
    "end": "2025-01-31",
}


@pytest.mark.parametrize(
    ("cells", "takes_over"),
    [
        ({}, True),
        ({"customer": "globex"}, False),
        ({"product": "platform"}, False),
        ({"currency": "EUR"}, False),
        ({"start": "2025-01-02"}, False),
        ({"method": "POINT_IN_TIME"}, False),
    ],
    ids=str,
)
def test_the_usage_line_of_its_period_takes_usage_over(cells: dict[str, str], takes_over: bool) -> None:
    landed = documents(usage="id | amount\nu1 | 5.00\nu2 | 4.00", lines=[USAGE_LINES | cells])
    expected = ("2025-02", "TAKEN_OVER", "l1") if takes_over else ("2025-01", "ACCRUED", None)
    assert resolve(landed).table("home", "disposition", "line_id") == [expected, expected]


def test_a_line_takes_over_the_accrual_of_its_schedule_before_usage_without_one() -> None:
    landed = documents(
        schedules="id | product | end_date\ns | api | 2025-01-31",
        usage="id | amount\nu1 | 5.00",
        lines=[USAGE_LINES | {"schedule": "s", "price": "price"}],
    )
    assert resolve(landed).table("event", "disposition") == [("USAGE", "ACCRUED"), ("BILLING_SCHEDULE", "TAKEN_OVER")]
