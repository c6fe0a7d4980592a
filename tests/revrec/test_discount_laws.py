"""Laws of discounts: not a cent is lost, and none goes to the wrong line (SPEC 3)."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.money import MAX_AMOUNT_MINOR, to_text
from tests.builders import Allocated, allocate, documents, policy

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
