"""Lines that buy a credit grant, and lines that one pays (SPEC 3, rule 5)."""

import datetime as dt

import pytest

from revrec.credit_grant_lines import CREDIT_GRANT_RULES, CreditGrantTerms
from revrec.line_allocations import MonthDocuments
from revrec.policy import Policy
from tests.builders import allocate, documents, policy

LINES, INVOICES = "invoice_line_items", "invoices"
DEFERRED = policy(credit_grant_policy="deferred_until_consumed")
PURCHASE = """
line | kind         | product  | amount | grant | start      | end        | method
l1   | CREDIT_GRANT | platform | 50.00  | grant | 2025-01-01 | 2025-12-31 | STRAIGHT_LINE
"""


@pytest.mark.parametrize(
    ("rules", "method", "day", "period"),
    [
        pytest.param(Policy(), "POINT_IN_TIME", "2025-01-05", ("2025-01-01", "2025-12-31"), id="recognized at grant"),
        pytest.param(DEFERRED, "CONSUMPTION", "None", ("None", "None"), id="deferred until consumed"),
    ],
)
def test_a_purchase_is_recognized_as_the_policy_says_whatever_the_lines_method(
    rules: Policy, method: str, day: str, period: tuple[str, str]
) -> None:
    row = allocate(documents(PURCHASE), rules).rows["l1"]
    assert (row["recognition_method"], str(row["recognition_date"])) == (method, day)
    assert (str(row["service_start"]), str(row["service_end"])) == period
    assert (row["allocated_minor"], row["credit_grant_id"], row["credit_grant_minor"]) == (5_000, "grant", 0)


@pytest.mark.parametrize(
    ("accounting_date", "method"),
    [
        pytest.param("2024-01-01", "POINT_IN_TIME", id="before the first version, the first"),
        pytest.param("2025-01-14", "POINT_IN_TIME", id="last day of the first"),
        pytest.param("2025-01-15", "CONSUMPTION", id="first day of the second"),
    ],
)
def test_the_policy_version_is_the_one_in_force_on_the_accounting_date(accounting_date: str, method: str) -> None:
    rules = Policy.model_validate(
        {
            "versions": [
                {"effective_from": "2025-01-01", "credit_grant_policy": "recognized_at_grant"},
                {"effective_from": "2025-01-15", "credit_grant_policy": "deferred_until_consumed"},
            ]
        }
    )
    landed = documents(PURCHASE, invoices={"inv": {"accounting_date": accounting_date}})
    assert allocate(landed, rules).rows["l1"]["recognition_method"] == method


def test_a_negative_purchase_is_a_discount_as_any() -> None:
    result = allocate(
        documents(
            """
            line | kind         | product  | amount | grant
            l1   | CREDIT_GRANT | platform | 50.00  | grant
            l2   | CREDIT_GRANT | platform | -5.00  |
            """
        ),
        DEFERRED,
    )
    assert (result.rejections, result.amounts) == ([], {"l1": "45.00"})
    assert result.rows["l2"]["disposition"] == "NETTED"


PAID = """
line | group | product  | amount   | grant | paid
l1   | g1    | platform | {first}  | grant | 30.00
l2   | g2    | support  | {second} | grant | 40.00
l3   | g3    | setup    | 25.00    |       |
"""


@pytest.mark.parametrize(
    ("first", "second", "net_total"),
    [
        pytest.param("70.00", "0.00", "95.00", id="lines after grants"),
        pytest.param("100.00", "40.00", "95.00", id="lines before grants"),
    ],
)
def test_what_a_grant_pays_is_not_recognized_again_however_the_extract_shows_it(
    first: str, second: str, net_total: str
) -> None:
    landed = documents(PAID.format(first=first, second=second), invoices={"inv": {"net_total": net_total}})
    rows = allocate(landed).rows
    assert {
        line: (row["net_minor"], row["allocated_minor"], row["credit_grant_minor"], row["disposition"], row["reason"])
        for line, row in rows.items()
    } == {
        "l1": (7_000, 7_000, 3_000, "RECOGNIZED", ""),
        "l2": (0, 0, 4_000, "NOTHING_TO_RECOGNIZE", "a credit grant pays all of it"),
        "l3": (2_500, 2_500, 0, "RECOGNIZED", ""),
    }
    assert rows["l1"]["recognition_method"] == "STRAIGHT_LINE"
    assert rows["l1"]["credit_grant_id"] == "grant"


@pytest.mark.parametrize("basis", ["list_price", "net_price"])
@pytest.mark.parametrize(
    ("first", "second"), [("10.00", "100.00"), ("100.00", "100.00")], ids=["lines after grants", "lines before grants"]
)
def test_a_discount_is_shared_by_prices_before_grants(first: str, second: str, basis: str) -> None:
    """They are how a price is paid: 100.00 less 10.00 of the discount is what the grant of 90.00 pays."""
    landed = documents(
        f"""
        line | group | product  | amount   | grant | paid
        l1   | g1    | platform | {first}  | grant | 90.00
        l2   | g2    | support  | {second} |       |
        l3   | g3    |          | -20.00   |       |
        """,
        invoices={"inv": {"net_total": "90.00"}},
    )
    result = allocate(landed, policy(discount_basis=basis))
    assert (result.rejections, result.amounts) == ([], {"l2": "90.00"})
    assert result.rows["l1"]["reason"] == "nothing is left after discounts"


def test_a_grant_pays_of_a_minimum_fee_once_though_it_has_several_parts() -> None:
    rows = allocate(
        documents(
            """
            line | kind        | product  | amount | grant | paid
            l1   | CHARGE      | platform | 10.00  |       |
            l2   | CHARGE      | support  | 30.00  |       |
            l3   | MINIMUM_FEE |          | 60.00  | grant | 20.00
            """,
            invoices={"inv": {"net_total": "80.00"}},
        )
    ).rows
    parts = {part: (rows[part]["allocated_minor"], rows[part]["credit_grant_minor"]) for part in ("l3/l1", "l3/l2")}
    assert parts == {"l3/l1": (1_000, 2_000), "l3/l2": (3_000, 0)}


def test_an_invoice_that_adds_up_neither_before_nor_after_grants_is_kept_out() -> None:
    landed = documents(PAID.format(first="100.00", second="40.00"), invoices={"inv": {"net_total": "96.00"}})
    assert allocate(landed).faults == [
        (
            INVOICES,
            "inv",
            "net_total",
            "96.00",
            "its 3 line(s) add up to 165.00 USD (95.00 after credit grants), not to 96.00",
        )
    ]


def paid(**fields: str | None) -> list[dict[str, str | None]]:
    """One sound line that a grant pays 10.00 of, but for these fields."""
    return [{"line": "l1", "amount": "100.00", "grant": "grant", "paid": "10.00", **fields}]


VIOLATIONS = [
    pytest.param(
        "a_credit_grant_purchase_names_its_grant",
        documents(paid(kind="CREDIT_GRANT", grant=None, paid=None)),
        [(LINES, "l1", "credit_grant_id", "", "a CREDIT_GRANT line does not say which grant it is the purchase of")],
        id="a purchase of no grant",
    ),
    pytest.param(
        "a_credit_grant_is_known",
        documents(paid(grant="gone")),
        [(LINES, "l1", "credit_grant_id", "gone", "credit grant gone is not in landing/credit_grants")],
        id="unknown grant",
    ),
    pytest.param(
        "a_credit_grant_is_known",
        documents(paid(kind="CREDIT_GRANT", grant="gone", paid=None)),
        [(LINES, "l1", "credit_grant_id", "gone", "credit grant gone is not in landing/credit_grants")],
        id="purchase of an unknown grant",
    ),
    pytest.param(
        "a_credit_grant_has_the_currency_of_the_invoice",
        documents(paid(), invoices={"inv": {"currency": "EUR"}}),
        [(LINES, "l1", "credit_grant_id", "grant", "credit grant grant is in USD, the invoice in EUR")],
        id="another currency",
    ),
    pytest.param(
        "a_credit_grant_is_of_the_customer_of_the_invoice",
        documents(paid(), invoices={"inv": {"customer_id": "globex"}}),
        [(LINES, "l1", "credit_grant_id", "grant", "credit grant grant is of customer acme, the invoice of globex")],
        id="another customer",
    ),
    pytest.param(
        "a_credit_grant_and_its_amount_come_together",
        documents(paid(grant=None)),
        [(LINES, "l1", "credit_grant_amount", "10.00", "credit_grant_amount is given without credit_grant_id")],
        id="an amount without a grant",
    ),
    pytest.param(
        "a_credit_grant_and_its_amount_come_together",
        documents(paid(paid=None)),
        [(LINES, "l1", "credit_grant_amount", "", "credit_grant_id is given without credit_grant_amount")],
        id="a grant without an amount",
    ),
    pytest.param(
        "a_credit_grant_pays_more_than_nothing",
        documents(paid(paid="0.00")),
        [
            (
                LINES,
                "l1",
                "credit_grant_amount",
                "0.00",
                "a credit grant pays 0.00 of the line, which is not above 0",
            )
        ],
        id="a grant that pays nothing",
    ),
    pytest.param(
        "a_credit_grant_pays_charges_and_fees",
        documents(paid(kind="CREDIT_GRANT")),
        [(LINES, "l1", "credit_grant_amount", "10.00", "a credit grant cannot pay of a CREDIT_GRANT line")],
        id="a grant that pays a grant",
    ),
    pytest.param(
        "a_credit_grant_pays_no_more_than_the_line",
        documents(paid(paid="100.01"), invoices={"inv": {"net_total": "-0.01"}}),
        [(LINES, "l1", "credit_grant_amount", "100.01", "a credit grant pays 100.01 of a line of 100.00")],
        id="a grant that pays more than the line",
    ),
    pytest.param(
        "a_credit_grant_pays_no_more_than_the_line",
        documents(paid(amount="-5.00")),
        [(LINES, "l1", "credit_grant_amount", "10.00", "a credit grant pays 10.00 of a line of -5.00")],
        id="a grant that pays a credit",
    ),
]


@pytest.mark.parametrize(("rule", "landed", "faults"), VIOLATIONS)
def test_a_violation_is_named_with_field_value_and_reason(
    rule: str, landed: MonthDocuments, faults: list[tuple[str, str, str, str, str]]
) -> None:
    result = allocate(landed)
    assert (result.faults, result.rows) == (faults, {})


def test_every_rule_has_a_violation_in_the_table() -> None:
    assert {str(case.values[0]) for case in VIOLATIONS} == {rule.name for rule in CREDIT_GRANT_RULES}


def test_any_of_many_grants_can_pay() -> None:
    grants = {f"g{place}": CreditGrantTerms(dt.date(2025, 1, place), "USD", "acme") for place in range(1, 4)}
    lines = [
        {"line": f"l{place}", "amount": "5.00", "grant": grant, "paid": "1.00"} for place, grant in enumerate(grants)
    ]
    rows = allocate(documents(lines, credit_grants=grants)).rows
    assert [row["credit_grant_id"] for row in rows.values()] == ["g1", "g2", "g3"]
