"""Bundles: the total of their lines shared out by standalone selling price, to the cent (SPEC 3, rule 4)."""

import pytest

from revrec.bundles import BUNDLE_RULES
from revrec.line_allocations import MonthDocuments
from tests.builders import allocate, documents

LINES = "invoice_line_items"


@pytest.mark.parametrize(
    ("lines", "amounts"),
    [
        pytest.param(
            """
            line | bundle | ssp   | amount
            l1   | b      | 50.00 | 100.00
            l2   | b      | 25.00 | 0.00
            l3   | b      | 75.00 | 0.00
            """,
            {"l1": "33.33", "l2": "16.67", "l3": "50.00"},
            id="all of the price on one line",
        ),
        pytest.param(
            """
            line | bundle | ssp   | amount | product
            l1   | b      | 50.00 | 60.00  | platform
            l2   | b      | 25.00 | 10.00  | support
            l3   | b      | 75.00 | 30.00  | setup
            """,
            {"l1": "33.33", "l2": "16.67", "l3": "50.00"},
            id="each line's own price has no bearing",
        ),
        pytest.param(
            """
            line | bundle | ssp   | amount | group
            l1   | b      | 60.00 | 100.00 | g1
            l2   | b      | 40.00 | 0.00   | g2
            l3   |        |       | 70.00  | g2
            """,
            {"l1": "60.00", "l2": "40.00", "l3": "70.00"},
            id="over several groups, and not over lines outside",
        ),
        pytest.param(
            """
            line | bundle | ssp   | amount
            l1   | b      | 60.00 | 100.00
            l2   | b      | 40.00 | 0.00
            l3   | c      | 10.00 | 30.00
            l4   | c      | 20.00 | 30.00
            """,
            {"l1": "60.00", "l2": "40.00", "l3": "20.00", "l4": "40.00"},
            id="two bundles of an invoice",
        ),
        pytest.param(
            """
            line | invoice | bundle | ssp   | amount
            l1   | one     | b      | 60.00 | 100.00
            l2   | one     | b      | 40.00 | 0.00
            l3   | other   | b      | 10.00 | 30.00
            """,
            {"l1": "60.00", "l2": "40.00", "l3": "30.00"},
            id="of one invoice only, though the bundle has the same id",
        ),
        pytest.param(
            """
            line | bundle | ssp   | amount | product  | group
            l1   | b      | 60.00 | 80.00  | platform | g1
            l2   |        |       | -10.00 | platform | g1
            l3   | b      | 40.00 | 30.00  | support  | g2
            l4   |        |       | -20.00 |          | g3
            """,
            {"l1": "48.00", "l3": "32.00"},
            id="after discounts of its group and of the invoice",
        ),
        pytest.param(
            """
            line | bundle | ssp   | amount | product  | group
            l1   | b      | 60.00 | 80.00  | platform | g1
            l2   | b      | 40.00 | 20.00  | support  | g2
            l3   |        |       | 900.00 | setup    | g3
            l4   | b      |       | -10.00 |          | g4
            """,
            {"l1": "54.00", "l2": "36.00", "l3": "900.00"},
            id="an invoice-level discount of the bundle stays in it",
        ),
        pytest.param(
            """
            line | bundle | ssp   | amount | product  | group
            l1   | b      | 60.00 | 80.00  | platform | g1
            l2   |        |       | 20.00  | support  | g2
            l3   | gone   |       | -10.00 |          | g3
            """,
            {"l1": "72.00", "l2": "18.00"},
            id="a discount of a bundle that is not on the invoice is the whole invoice's",
        ),
        pytest.param(
            """
            line | bundle | ssp   | amount | product  | group
            l1   | b      | 60.00 | 10.00  | platform | g1
            l2   | b      | 40.00 | 10.00  | support  | g1
            l3   |        |       | -25.00 |          | g1
            """,
            {"l1": "-3.00", "l2": "-2.00"},
            id="more discount than price leaves credits",
        ),
        pytest.param(
            "line | bundle | ssp | amount\nl1 | b | 5.00 | 10.00", {"l1": "10.00"}, id="a single line keeps its amount"
        ),
    ],
)
def test_a_bundles_total_is_shared_out_by_standalone_selling_price(lines: str, amounts: dict[str, str]) -> None:
    result = allocate(documents(lines))
    assert result.rejections == []
    assert result.amounts == amounts


def test_each_line_of_a_bundle_keeps_its_own_terms() -> None:
    rows = allocate(
        documents(
            """
            line | bundle | ssp   | amount | product
            l1   | b      | 50.00 | 100.00 | platform
            l2   | b      | 50.00 | 0.00   | setup
            """
        )
    ).rows
    assert {line: (row["product_id"], row["recognition_method"], row["net_minor"]) for line, row in rows.items()} == {
        "l1": ("platform", "STRAIGHT_LINE", 10_000),
        "l2": ("setup", "POINT_IN_TIME", 0),
    }


def test_a_line_whose_part_rounds_to_nothing_says_so() -> None:
    rows = allocate(documents("line | bundle | ssp | amount\nl1 | b | 99.00 | 0.01\nl2 | b | 1.00 | 0.00")).rows
    assert (rows["l2"]["disposition"], rows["l2"]["reason"]) == ("NOTHING_TO_RECOGNIZE", "its part of the bundle is 0")


def test_a_discount_inside_a_bundle_names_no_obligation_because_it_lowers_them_all() -> None:
    rows = allocate(
        documents(
            """
            line | bundle | ssp   | amount | product
            l1   | b      | 50.00 | 100.00 | platform
            l2   | b      | 50.00 | 0.00   | setup
            l3   |        |       | -10.00 | platform
            """
        )
    ).rows
    assert (rows["l3"]["disposition"], rows["l3"]["obligation_id"]) == ("NETTED", None)


VIOLATIONS = [
    pytest.param(
        "a_bundled_line_has_a_standalone_selling_price",
        documents("line | bundle | ssp | amount\nl1 | b | | 10.00\nl2 | b | 1.00 | 10.00"),
        [
            (
                LINES,
                "l1",
                "standalone_selling_price",
                "",
                "the line of bundle b has no standalone selling price above 0 to share the bundle's total by",
            )
        ],
        id="no standalone selling price",
    ),
    pytest.param(
        "a_bundled_line_has_a_standalone_selling_price",
        documents("line | bundle | ssp | amount\nl1 | b | 0.00 | 10.00\nl2 | b | 1.00 | 10.00"),
        [
            (
                LINES,
                "l1",
                "standalone_selling_price",
                "0.00",
                "the line of bundle b has no standalone selling price above 0 to share the bundle's total by",
            )
        ],
        id="a standalone selling price of 0",
    ),
    pytest.param(
        "a_bundled_line_is_not_negative",
        documents("line | bundle | ssp | amount | group\nl1 | b | 5.00 | -1.00 | g1\nl2 | b | 1.00 | 10.00 | g2"),
        [(LINES, "l1", "net_total", "-1.00", "the line of bundle b is negative and lowers no line of its group")],
        id="a credit in a bundle",
    ),
]


@pytest.mark.parametrize(("rule", "landed", "faults"), VIOLATIONS)
def test_a_violation_is_named_with_field_value_and_reason(
    rule: str, landed: MonthDocuments, faults: list[tuple[str, str, str, str, str]]
) -> None:
    result = allocate(landed)
    assert (result.faults, result.rows) == (faults, {})


def test_every_rule_has_a_violation_in_the_table() -> None:
    assert {str(case.values[0]) for case in VIOLATIONS} == {rule.name for rule in BUNDLE_RULES}
