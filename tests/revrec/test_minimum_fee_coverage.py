"""Which lines a minimum fee covers, and in what proportion (SPEC 3, rule 3)."""

import pytest

from tests.builders import allocate, documents


@pytest.mark.parametrize(
    ("lines", "amounts"),
    [
        pytest.param(
            """
            line | kind        | product  | amount | ssp
            l1   | CHARGE      | platform | 10.00  | 50.00
            l2   | CHARGE      | support  | 90.00  | 25.00
            l3   | CHARGE      | setup    | 1.00   | 75.00
            l4   | MINIMUM_FEE |          | 100.00 |
            """,
            {"l1": "10.00", "l2": "90.00", "l3": "1.00", "l4/l1": "33.33", "l4/l2": "16.67", "l4/l3": "50.00"},
            id="in proportion to standalone selling price",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | ssp   | list
            l1   | CHARGE      | platform | 10.00  | 50.00 | 30.00
            l2   | CHARGE      | support  | 90.00  |       | 20.00
            l3   | MINIMUM_FEE |          | 10.00  |       |
            """,
            {"l1": "10.00", "l2": "90.00", "l3/l1": "6.00", "l3/l2": "4.00"},
            id="to list price where any line has none",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | ssp   | list
            l1   | CHARGE      | platform | 10.00  | 50.00 | 30.00
            l2   | CHARGE      | support  | 90.00  |       |
            l3   | MINIMUM_FEE |          | 12.00  |       |
            """,
            {"l1": "10.00", "l2": "90.00", "l3/l1": "3.00", "l3/l2": "9.00"},
            id="to the price where there is no list price either",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | group
            l1   | CHARGE      | platform | 10.00  | g1
            l2   | CHARGE      | support  | 90.00  | g2
            l3   | MINIMUM_FEE |          | 12.00  | g1
            """,
            {"l1": "10.00", "l2": "90.00", "l3/l1": "12.00"},
            id="the lines of its group",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | group
            l1   | CHARGE      | platform | 10.00  | g1
            l2   | CHARGE      | support  | 90.00  | g2
            l3   | MINIMUM_FEE |          | 10.00  | g3
            """,
            {"l1": "10.00", "l2": "90.00", "l3/l1": "1.00", "l3/l2": "9.00"},
            id="in a group of its own without a product, all of the invoice",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | group
            l1   | CHARGE      | platform | 10.00  | g1
            l2   | MINIMUM_FEE | api      | 12.00  | g2
            """,
            {"l1": "10.00", "l2": "12.00"},
            id="in a group of its own with a product, nothing: an obligation by itself",
        ),
        pytest.param(
            """
            line | kind         | product  | amount | group | grant
            l1   | CHARGE       | platform | 10.00  | g1    |
            l2   | CREDIT_GRANT | setup    | 50.00  | g1    | grant
            l3   | MINIMUM_FEE  | api      | 60.00  | g1    |
            l4   | CHARGE       | platform | -5.00  | g2    |
            l5   | MINIMUM_FEE  | api      | 12.00  | g1    |
            """,
            {"l1": "10.00", "l2": "50.00", "l4": "-5.00", "l3/l1": "60.00", "l5/l1": "12.00"},
            id="charges only: no credits, no credit grants, no other fees",
        ),
        pytest.param(
            """
            line | kind        | product | amount
            l1   | CHARGE      | api     | 0.00
            l2   | MINIMUM_FEE | api     | 100.00
            """,
            {"l2": "100.00"},
            id="no charge of nothing, where the fee has a product",
        ),
        pytest.param(
            """
            line | kind        | product | amount
            l1   | CHARGE      | api     | 0.00
            l2   | MINIMUM_FEE |         | 100.00
            """,
            {"l2/l1": "100.00"},
            id="a charge of nothing, where only that tells the fee's product",
        ),
        pytest.param(
            """
            line | kind        | product  | amount  | group
            l1   | CHARGE      | platform | 300.00  | g1
            l2   | MINIMUM_FEE | platform | 100.00  | g1
            l3   | DISCOUNT    |          | -100.00 | g2
            """,
            {"l1": "225.00", "l2/l1": "75.00"},
            id="less its share of invoice-level discounts",
        ),
        pytest.param(
            """
            line | kind        | product  | amount  | group
            l1   | CHARGE      | platform | 300.00  | g1
            l2   | MINIMUM_FEE |          | 100.00  | g1
            l3   | DISCOUNT    |          | -100.00 | g1
            """,
            {"l1": "200.00", "l2/l1": "100.00"},
            id="product-level discounts are the charges'",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | group
            l1   | MINIMUM_FEE | platform | 100.00 | g1
            l2   | DISCOUNT    |          | -30.00 | g1
            """,
            {"l1": "70.00"},
            id="and the fee's where its group has nothing else",
        ),
        pytest.param(
            """
            line | kind        | product  | amount
            l1   | CHARGE      | platform | 1.00
            l2   | CHARGE      | support  | 99.00
            l3   | MINIMUM_FEE |          | 0.01
            """,
            {"l1": "1.00", "l2": "99.00", "l3/l2": "0.01"},
            id="parts of nothing are no obligations",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | bundle | ssp
            l1   | CHARGE      | platform | 80.00  | b      | 50.00
            l2   | CHARGE      | support  | 20.00  | b      | 50.00
            l3   | MINIMUM_FEE |          | 10.00  | b      |
            """,
            {"l1": "50.00", "l2": "50.00", "l3/l1": "5.00", "l3/l2": "5.00"},
            id="a bundle's lines, without being one of them",
        ),
        pytest.param(
            """
            line | kind        | product  | amount | grant | paid
            l1   | CHARGE      | platform | 60.00  |       |
            l2   | CHARGE      | support  | 0.00   | grant | 40.00
            l3   | MINIMUM_FEE |          | 10.00  |       |
            """,
            {"l1": "60.00", "l3/l1": "6.00", "l3/l2": "4.00"},
            id="lines that a credit grant pays, at their price before it",
        ),
    ],
)
def test_a_minimum_fee_is_allocated_over_the_lines_that_it_covers(lines: str, amounts: dict[str, str]) -> None:
    result = allocate(documents(lines))
    assert result.rejections == []
    assert result.amounts == amounts
