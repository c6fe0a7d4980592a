"""Minimum fees and true-ups: what they cover, and the obligations that they become (SPEC 3, rule 3)."""

import pytest

from revrec.line_allocations import MonthDocuments
from revrec.minimum_fees import MINIMUM_FEE_RULES
from tests.builders import allocate, documents

LINES = "invoice_line_items"


def test_a_true_up_is_recognized_at_the_end_of_its_period() -> None:
    rows = allocate(
        documents(
            """
            line | kind        | product | amount | start      | end
            l1   | CHARGE      | api     | 845.00 | 2025-01-01 | 2025-01-31
            l2   | MINIMUM_FEE | api     | 155.00 | 2025-01-01 | 2025-01-31
            """
        )
    ).rows
    assert (rows["l1"]["recognition_method"], rows["l1"]["allocated_minor"]) == ("USAGE", 84_500)
    fee = rows["l2/l1"]
    assert {name: str(fee[name]) for name in ("line_id", "obligation_id", "product_id", "allocated_minor")} == {
        "line_id": "l2",
        "obligation_id": "inv/l2/l1",
        "product_id": "api",
        "allocated_minor": "15500",
    }
    assert (fee["recognition_method"], str(fee["recognition_date"])) == ("POINT_IN_TIME", "2025-01-31")
    assert (str(fee["service_start"]), str(fee["service_end"])) == ("2025-01-01", "2025-01-31")


TWO = """
line | kind        | product  | amount | start      | end        | recognition_date
l2   | CHARGE      | platform | 10.00  | 2025-01-01 | 2025-06-30 |
l10  | CHARGE      | support  | 10.00  |            |            |
l3   | MINIMUM_FEE |          | 5.00   | {terms}
"""


@pytest.mark.parametrize(
    ("terms", "days"),
    [
        pytest.param("2025-01-01 | 2025-01-31 | 2025-02-02", ["2025-02-02", "2025-02-02"], id="its own"),
        pytest.param("2025-01-01 | 2025-01-31 |", ["2025-01-31", "2025-01-31"], id="else its period's end"),
        pytest.param("| |", ["2025-06-30", "None"], id="else that of the covered line, if any"),
    ],
)
def test_parts_are_recognized_on_one_day(terms: str, days: list[str]) -> None:
    landed = documents(TWO.format(terms=terms).replace("support  | 10.00", "setup    | 10.00"))
    rows = allocate(landed).rows
    assert [str(rows[part]["recognition_date"]) for part in ("l3/l2", "l3/l10")] == days


def test_the_first_part_carries_the_net_amount_so_that_nothing_counts_twice() -> None:
    rows = allocate(documents(TWO.format(terms="2025-01-01 | 2025-01-31 |").replace("support", "setup"))).rows
    assert [(part, rows[part]["net_minor"], rows[part]["allocated_minor"]) for part in rows] == [
        ("l2", 1_000, 1_000),
        ("l3/l2", 500, 250),
        ("l3/l10", 0, 250),
        ("l10", 1_000, 1_000),
    ]


def test_the_net_amount_is_not_lost_with_a_first_part_of_nothing() -> None:
    rows = allocate(
        documents(
            """
            line | kind        | product  | amount
            l1   | CHARGE      | platform | 1.00
            l2   | CHARGE      | support  | 99.00
            l3   | MINIMUM_FEE |          | 0.01
            """
        )
    ).rows
    assert (rows["l3/l2"]["net_minor"], rows["l3/l2"]["allocated_minor"]) == (1, 1)


@pytest.mark.parametrize(
    ("lines", "invoice", "outcome"),
    [
        pytest.param("0.00", {}, ("NOTHING_TO_RECOGNIZE", "its amount is 0"), id="a fee of nothing"),
        pytest.param("5.00", {"status": "DRAFT"}, ("NOT_POSTED", "invoice is DRAFT"), id="of a draft"),
    ],
)
def test_a_fee_that_becomes_no_obligation_has_one_row(
    lines: str, invoice: dict[str, str | None], outcome: tuple[str, str]
) -> None:
    landed = documents(
        f"line | kind | product | amount\nl1 | CHARGE | setup | 1.00\nl2 | CHARGE | setup | 1.00\n"
        f"l3 | MINIMUM_FEE | api | {lines}",
        invoices={"inv": invoice},
    )
    fee = allocate(landed).rows["l3"]
    assert (fee["disposition"], fee["reason"]) == outcome
    assert (fee["allocated_minor"], fee["obligation_id"], fee["product_id"]) == (0, None, "api")


@pytest.mark.parametrize(
    ("own", "method"),
    [(None, "POINT_IN_TIME"), ("STRAIGHT_LINE", "STRAIGHT_LINE")],
    ids=["whatever the product's", "but for the line's own"],
)
def test_a_fee_by_itself_is_recognized_at_a_point_in_time(own: str | None, method: str) -> None:
    [row] = allocate(
        documents([{"line": "l1", "kind": "MINIMUM_FEE", "product": "platform", "amount": "5.00", "method": own}])
    ).rows.values()
    assert (row["recognition_method"], row["obligation_id"]) == (method, "inv/l1")


def test_a_discount_that_lowers_a_split_fee_alone_names_no_obligation() -> None:
    rows = allocate(
        documents(
            """
            line | kind        | product  | amount | group | list
            l1   | CHARGE      | platform | 10.00  | g1    |
            l2   | MINIMUM_FEE |          | 10.00  | g2    |
            l3   | DISCOUNT    |          | -5.00  | g2    |
            """
        )
    ).rows
    assert (rows["l3"]["disposition"], rows["l3"]["obligation_id"]) == ("NETTED", None)
    assert rows["l2/l1"]["allocated_minor"] == 500


VIOLATIONS = [
    pytest.param(
        "a_minimum_fee_raises_the_price",
        documents("line | kind | amount\nl1 | MINIMUM_FEE | -5.00"),
        [(LINES, "l1", "net_total", "-5.00", "a MINIMUM_FEE line has the negative amount -5.00")],
        id="a negative fee",
    ),
    pytest.param(
        "a_minimum_fee_covers_lines_or_has_a_product",
        documents("line | kind | product | amount\nl1 | MINIMUM_FEE | | 5.00"),
        [(LINES, "l1", "product_id", "", "the minimum fee covers no line of its invoice and has no product_id")],
        id="nothing covered, no product",
    ),
    pytest.param(
        "a_minimum_fee_by_itself_has_the_service_period_of_its_method",
        documents("line | kind | method | amount | start | end\nl1 | MINIMUM_FEE | STRAIGHT_LINE | 5.00 | |"),
        [
            (
                LINES,
                "l1",
                "service_period_start",
                "",
                "the minimum fee is recognized STRAIGHT_LINE and has no service period",
            )
        ],
        id="straight-line without a period",
    ),
]


@pytest.mark.parametrize(("rule", "landed", "faults"), VIOLATIONS)
def test_a_violation_is_named_with_field_value_and_reason(
    rule: str, landed: MonthDocuments, faults: list[tuple[str, str, str, str, str]]
) -> None:
    result = allocate(landed)
    assert (result.faults, result.rows) == (faults, {})


def test_every_rule_has_a_violation_in_the_table() -> None:
    assert {str(case.values[0]) for case in VIOLATIONS} == {rule.name for rule in MINIMUM_FEE_RULES}
