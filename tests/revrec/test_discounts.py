"""Discounts: which lines each lowers, and what is left of them (SPEC 3); more in `test_invoice_discounts`."""

import pytest

from tests.builders import allocate, documents


@pytest.mark.parametrize(
    ("lines", "amounts"),
    [
        pytest.param(
            """
            line | product  | amount
            l1   | platform | 1200.00
            l2   | platform | -120.00
            """,
            {"l1": "1080.00"},
            id="one discount on one line",
        ),
        pytest.param(
            """
            line | product  | amount
            l1   | platform | 1200.00
            l2   | platform | -120.00
            l3   | platform | -60.00
            """,
            {"l1": "1020.00"},
            id="two discounts on one line",
        ),
        pytest.param(
            """
            line | product  | amount
            l1   | platform | 300.00
            l2   | platform | 100.00
            l3   | platform | -40.00
            """,
            {"l1": "270.00", "l2": "90.00"},
            id="in proportion over several lines of the product",
        ),
        pytest.param(
            """
            line | product  | amount
            l1   | platform | 300.00
            l2   | support  | 100.00
            l3   | support  | -40.00
            """,
            {"l1": "300.00", "l2": "60.00"},
            id="to the product it names",
        ),
        pytest.param(
            """
            line | product  | amount | start      | end
            l1   | platform | 300.00 | 2025-01-01 | 2025-01-31
            l2   | platform | 100.00 | 2025-02-01 | 2025-02-28
            l3   | platform | -40.00 | 2025-02-01 | 2025-02-28
            """,
            {"l1": "300.00", "l2": "60.00"},
            id="to the product and period it names",
        ),
        pytest.param(
            """
            line | product  | amount | start      | end
            l1   | platform | 300.00 | 2025-01-01 | 2025-01-31
            l2   | support  | 100.00 | 2025-02-01 | 2025-02-28
            l3   | platform | -40.00 | 2025-02-01 | 2025-02-28
            """,
            {"l1": "260.00", "l2": "100.00"},
            id="to the product rather than to the period",
        ),
        pytest.param(
            """
            line | product  | amount | start      | end
            l1   | platform | 300.00 | 2025-01-01 | 2025-01-31
            l2   | support  | 100.00 | 2025-02-01 | 2025-02-28
            l3   | setup    | -40.00 | 2025-02-01 | 2025-02-28
            """,
            {"l1": "300.00", "l2": "60.00"},
            id="to the period where no line has the product",
        ),
        pytest.param(
            """
            line | product  | amount | start | end
            l1   | platform | 300.00 | 2025-01-01 | 2025-12-31
            l2   | support  | 100.00 | 2025-01-01 | 2025-12-31
            l3   |          | -40.00 |       |
            """,
            {"l1": "270.00", "l2": "90.00"},
            id="without a product, to all of the group",
        ),
        pytest.param(
            """
            line | group | product  | amount
            l1   | a     | platform | 300.00
            l2   | b     | platform | 100.00
            l3   | b     | platform | -40.00
            """,
            {"l1": "300.00", "l2": "60.00"},
            id="to its own group only",
        ),
        pytest.param(
            """
            line | invoice | product  | amount
            l1   | one     | platform | 300.00
            l2   | other   | platform | 100.00
            l3   | other   | platform | -40.00
            """,
            {"l1": "300.00", "l2": "60.00"},
            id="to its own invoice only, though the group has the same id",
        ),
        pytest.param(
            """
            line | product  | amount | list
            l1   | platform | 300.00 | -50.00
            l2   | platform | 100.00 | 100.00
            l3   | platform | -40.00 |
            """,
            {"l1": "300.00", "l2": "60.00"},
            id="a list price below nothing weighs nothing",
        ),
        pytest.param(
            """
            line | product  | amount
            l1   | platform | 100.00
            l2   | platform | -130.00
            """,
            {"l1": "-30.00"},
            id="a discount of more than the price leaves a credit",
        ),
    ],
)
def test_a_product_level_discount_is_netted_into_its_group(lines: str, amounts: dict[str, str]) -> None:
    result = allocate(documents(lines))
    assert result.rejections == []
    assert result.amounts == amounts


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        pytest.param("l1 | a | platform | 100.00\nl2 | a | platform | -10.00", "inv/l1", id="the only line it lowers"),
        pytest.param("l1 | a | platform | 100.00\nl2 | a | platform | -100.00", None, id="none where nothing is left"),
        pytest.param(
            "l1 | a | platform | 100.00\nl3 | a | platform | 100.00\nl2 | a | platform | -10.00",
            None,
            id="none where it lowers two",
        ),
        pytest.param("l1 | a | platform | 100.00\nl2 | b |  | -10.00", "inv/l1", id="of an invoice-level discount too"),
    ],
)
def test_a_discount_names_the_obligation_that_it_lowers(lines: str, named: str | None) -> None:
    result = allocate(documents(f"line | group | product | amount\n{lines}"))
    assert result.rows["l2"]["obligation_id"] == named
    obligations = {row["obligation_id"] for row in result.rows.values() if row["disposition"] == "RECOGNIZED"}
    assert named is None or named in obligations


def test_a_line_that_discounts_leave_nothing_of_says_so() -> None:
    result = allocate(documents("line | amount\nl1 | 100.00\nl2 | -100.00"))
    assert result.rows["l1"]["disposition"] == "NOTHING_TO_RECOGNIZE"
    assert result.rows["l1"]["reason"] == "nothing is left after discounts"


def test_a_negative_line_of_a_product_in_a_group_of_its_own_is_a_credit_of_its_own() -> None:
    result = allocate(
        documents(
            """
            line | group | product  | amount
            l1   | a     | platform | 100.00
            l2   | b     | platform | -30.00
            """
        )
    )
    assert result.amounts == {"l1": "100.00", "l2": "-30.00"}
