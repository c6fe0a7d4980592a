"""Discounts: which lines each lowers, by how much, and that not a cent is lost on the way (SPEC 3)."""

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.money import MAX_AMOUNT_MINOR, to_text
from revrec.policy import Policy
from tests.builders import Allocated, allocate, documents, policy

NET_PRICE = policy(discount_basis="net_price")


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


_amounts = st.one_of(st.integers(0, 30), st.integers(0, 1_000_000), st.integers(0, MAX_AMOUNT_MINOR // 100))


@st.composite
def _discounted_invoices(draw: st.DrawFn) -> list[dict[str, str | None]]:
    """Lines of a few invoices: charges in groups, discounts on a group, and discounts on the whole invoice."""
    lines: list[dict[str, str | None]] = []

    def add(invoice: int, group: str, product: str | None, amount: int, list_price: int | None) -> None:
        lines.append(
            {
                "line": f"l{len(lines)}",
                "invoice": f"i{invoice}",
                "group": group,
                "product": product,
                "amount": to_text(amount, "USD"),
                "list": None if list_price is None else to_text(list_price, "USD"),
            }
        )

    products = st.sampled_from(["platform", "support", "setup"])
    for invoice in range(draw(st.integers(1, 8))):
        for charge in range(draw(st.integers(1, 5))):
            group = f"g{charge // 2}"
            add(invoice, group, draw(products), draw(_amounts), draw(st.none() | _amounts))
            if draw(st.booleans()):
                add(invoice, group, draw(products | st.none()), -1 - draw(_amounts), None)
        for _ in range(draw(st.integers(0, 2))):
            add(invoice, "whole", None, -1 - draw(_amounts), None)
    return lines


def _check_sums(lines: list[dict[str, str | None]], result: Allocated) -> None:
    assert result.rejections == []
    for invoice in {str(line["invoice"]) for line in lines}:
        rows = [row for row in result.rows.values() if row["invoice_id"] == invoice]
        assert sum(row["allocated_minor"] for row in rows) == sum(row["net_minor"] for row in rows)


@given(lines=_discounted_invoices(), basis=st.sampled_from(["list_price", "net_price"]), data=st.data())
@settings(max_examples=7, deadline=None)
def test_allocated_parts_add_up_to_the_net_total_in_whatever_order_rows_land(
    lines: list[dict[str, str | None]], basis: str, data: st.DataObject
) -> None:
    rules = policy(discount_basis=basis)
    result = allocate(documents(lines), rules)
    _check_sums(lines, result)
    shuffled = allocate(documents(data.draw(st.permutations(lines))), rules)
    assert shuffled.amounts == result.amounts


@given(prices=st.lists(st.lists(_amounts, min_size=1, max_size=5), min_size=1, max_size=15), data=st.data())
@settings(max_examples=7, deadline=None)
def test_no_share_is_off_its_exact_proportion_by_a_minor_unit(prices: list[list[int]], data: st.DataObject) -> None:
    discounts = [data.draw(st.integers(1, max(sum(of_invoice), 1))) for of_invoice in prices]
    lines: list[dict[str, str | None]] = []
    for invoice, (of_invoice, discount) in enumerate(zip(prices, discounts, strict=True)):
        common: dict[str, str | None] = {"invoice": f"i{invoice}"}
        lines += [
            {**common, "line": f"{invoice}-{place}", "group": f"g{place}", "amount": to_text(price, "USD")}
            for place, price in enumerate(of_invoice)
        ]
        amount = to_text(-discount, "USD")
        lines.append({**common, "line": f"{invoice}-x", "group": "x", "product": None, "amount": amount})
    rows = allocate(documents(lines)).rows
    for invoice, (of_invoice, discount) in enumerate(zip(prices, discounts, strict=True)):
        for place, price in enumerate(of_invoice):
            share = price - rows[f"{invoice}-{place}"]["allocated_minor"]
            total = sum(of_invoice)
            exact = Fraction(discount * price, total) if total else Fraction(discount, len(of_invoice))
            assert abs(share - exact) < 1
