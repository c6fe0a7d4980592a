"""Invoice-level discounts: shared out over all other lines, by the basis of the policy in force (SPEC 3, rule 2)."""

from collections.abc import Mapping

import pytest

from revrec.money import to_text
from revrec.policy import Policy
from tests.builders import allocate, documents, policy

NET_PRICE = policy(discount_basis="net_price")


@pytest.mark.parametrize(
    ("lines", "rules", "amounts"),
    [
        pytest.param(
            """
            line | group | product  | amount
            l1   | a     | platform | 800.00
            l2   | b     | support  | 200.00
            l3   | c     |          | -100.00
            """,
            Policy(),
            {"l1": "720.00", "l2": "180.00"},
            id="in proportion to the price",
        ),
        pytest.param(
            """
            line | group | product  | amount | list
            l1   | a     | platform | 500.00 | 800.00
            l2   | b     | support  | 200.00 | 200.00
            l3   | c     |          | -100.00 |
            """,
            Policy(),
            {"l1": "420.00", "l2": "180.00"},
            id="in proportion to the list price",
        ),
        pytest.param(
            """
            line | group | product  | amount | list
            l1   | a     | platform | 500.00 | 800.00
            l2   | b     | support  | 500.00 | 200.00
            l3   | c     |          | -100.00 |
            """,
            NET_PRICE,
            {"l1": "450.00", "l2": "450.00"},
            id="in proportion to the net price, where the policy says so",
        ),
        pytest.param(
            """
            line | group | product  | amount
            l1   | a     | platform | 1000.00
            l2   | a     | platform | -800.00
            l3   | b     | support  | 200.00
            l4   | c     |          | -100.00
            """,
            NET_PRICE,
            {"l1": "150.00", "l3": "150.00"},
            id="net price is the price after product-level discounts",
        ),
        pytest.param(
            """
            line | group | product  | amount
            l1   | a     | platform | 1000.00
            l2   | a     | platform | -800.00
            l3   | b     | support  | 200.00
            l4   | c     |          | -120.00
            """,
            Policy(),
            {"l1": "100.00", "l3": "180.00"},
            id="list price is the price before them",
        ),
        pytest.param(
            """
            line | group | product  | amount
            l1   | a     | platform | 800.00
            l2   | b     | support  | 200.00
            l3   | c     |          | -100.00
            l4   | c     |          | -50.00
            l5   | d     |          | -10.00
            """,
            Policy(),
            {"l1": "672.00", "l2": "168.00"},
            id="several discounts",
        ),
        pytest.param(
            """
            line | group | product  | amount
            l1   | a     | platform | 800.00
            l2   | b     | support  | -200.00
            l3   | c     |          | -100.00
            """,
            Policy(),
            {"l1": "700.00", "l2": "-200.00"},
            id="a credit of a product takes no part of it",
        ),
        pytest.param(
            """
            line | group | product  | amount
            l1   | a     | platform | 0.00
            l2   | b     | support  | 0.00
            l3   | c     |          | -0.05
            """,
            Policy(),
            {"l1": "-0.03", "l2": "-0.02"},
            id="over lines of nothing, in equal parts",
        ),
        pytest.param(
            """
            line | group | product  | amount | kind
            l1   | a     | platform | 100.00 | CHARGE
            l2   | c     |          | -10.00 | DISCOUNT
            l3   | c     |          | 0.00   | DISCOUNT
            """,
            Policy(),
            {"l1": "90.00"},
            id="a discount of nothing does not make its group one that charges",
        ),
    ],
)
def test_an_invoice_level_discount_is_allocated_over_all_other_lines(
    lines: str, rules: Policy, amounts: dict[str, str]
) -> None:
    result = allocate(documents(lines), rules)
    assert result.rejections == []
    assert result.amounts == amounts


@pytest.mark.parametrize(
    ("prices", "discount", "parts"),
    [
        pytest.param(["1.00", "1.00", "1.00"], "-1.00", ["0.66", "0.67", "0.67"], id="a tie goes to the earlier line"),
        pytest.param(["1.00", "1.00", "1.00"], "-2.00", ["0.33", "0.33", "0.34"], id="two ties to the two earlier"),
        pytest.param(["0.01", "0.02", "0.04"], "-0.01", ["0.01", "0.02", "0.03"], id="largest remainder before place"),
        pytest.param(["50.00", "25.00", "75.00"], "-1.00", ["49.67", "24.83", "74.50"], id="thirds of a cent"),
        pytest.param(["10.00", "20.00"], "-30.00", ["0.00", "0.00"], id="all of it"),
        pytest.param(["0.03", "0.00"], "-0.02", ["0.01", "0.00"], id="a line of nothing gets nothing"),
        pytest.param(["999999999999.97", "0.01"], "-0.01", ["999999999999.96", "0.01"], id="the largest amounts"),
    ],
)
def test_what_rounding_leaves_goes_to_the_largest_remainders(
    prices: list[str], discount: str, parts: list[str]
) -> None:
    lines: list[Mapping[str, str | None]] = [
        *({"line": f"l{place}", "group": f"g{place}", "amount": price} for place, price in enumerate(prices, start=1)),
        {"line": "l9", "group": "discount", "product": None, "amount": discount},
    ]
    rows = allocate(documents(lines)).rows
    ends_with = [to_text(rows[f"l{place}"]["allocated_minor"], "USD") for place in range(1, len(prices) + 1)]
    assert ends_with == parts


def test_the_earlier_line_is_the_one_with_the_smaller_number_not_the_one_that_sorts_first_as_text() -> None:
    result = allocate(
        documents(
            """
            line | group | product  | amount
            li_9  | a    | platform | 0.50
            li_10 | b    | platform | 0.50
            li_11 | c    |          | -0.01
            """
        )
    )
    assert result.amounts == {"li_9": "0.49", "li_10": "0.50"}


@pytest.mark.parametrize(
    ("accounting_date", "amounts"),
    [
        pytest.param("2024-06-30", {"l1": "420.00", "l2": "480.00"}, id="before the first version, the first"),
        pytest.param("2025-01-01", {"l1": "420.00", "l2": "480.00"}, id="first day of the first"),
        pytest.param("2025-01-14", {"l1": "420.00", "l2": "480.00"}, id="last day of the first"),
        pytest.param("2025-01-15", {"l1": "450.00", "l2": "450.00"}, id="first day of the second"),
        pytest.param("2025-01-31", {"l1": "450.00", "l2": "450.00"}, id="ever after"),
    ],
)
def test_the_basis_is_that_of_the_policy_version_in_force(accounting_date: str, amounts: dict[str, str]) -> None:
    rules = Policy.model_validate(
        {
            "versions": [
                {"effective_from": "2025-01-01", "discount_basis": "list_price"},
                {"effective_from": "2025-01-15", "discount_basis": "net_price"},
            ]
        }
    )
    landed = documents(
        """
        line | group | product  | amount  | list
        l1   | a     | platform | 500.00  | 800.00
        l2   | b     | support  | 500.00  | 200.00
        l3   | c     |          | -100.00 |
        """,
        invoices={"inv": {"accounting_date": accounting_date}},
    )
    assert allocate(landed, rules).amounts == amounts
