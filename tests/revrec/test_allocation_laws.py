"""Laws of allocation for any mix of charges, discounts, bundles, minimum fees and credit grants (SPEC 3)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.money import to_minor, to_text
from tests.builders import Allocated, allocate, documents, policy

Line = dict[str, str | None]

_minor = st.one_of(st.integers(0, 30), st.integers(0, 1_000_000), st.integers(0, 10**11))
_price = st.none() | _minor.map(lambda minor: to_text(minor, "USD"))
_product = st.sampled_from(["platform", "support", "setup", "api"])


@st.composite
def _invoices(draw: st.DrawFn) -> tuple[list[Line], dict[str, Line]]:
    """Lines of a few invoices, some landed before what grants pay and some after it, and the invoices' net totals."""
    lines: list[Line] = []
    totals: dict[str, Line] = {}
    for place in range(draw(st.integers(3, 8))):
        invoice, before_grants, total = f"i{place}", draw(st.booleans()), 0
        for _ in range(draw(st.integers(2, 7))):
            line, net = _line(draw, before_grants)
            lines.append({**line, "invoice": invoice, "line": f"l{len(lines)}"})
            total += net
        totals[invoice] = {"net_total": to_text(total, "USD")}
    return lines, totals


def _line(draw: st.DrawFn, before_grants: bool) -> tuple[Line, int]:
    """One line, and what it brings to its invoice."""
    group, price, amount = draw(st.sampled_from(["g1", "g2", "g3"])), draw(_price), draw(_minor)
    kind = draw(st.sampled_from(["CHARGE", "CHARGE", "PAID", "BUNDLED", "MINIMUM_FEE", "CREDIT_GRANT", "DISCOUNT"]))
    common: Line = {"group": group, "list": price, "kind": kind, "product": draw(_product)}
    if kind == "DISCOUNT":
        return {**common, "amount": to_text(-amount, "USD"), "product": draw(_product | st.none())}, -amount
    if kind == "PAID":
        grant = draw(st.integers(1, 10**6))
        landed = amount + grant if before_grants else amount
        line = {**common, "kind": "CHARGE", "grant": "grant", "paid": to_text(grant, "USD")}
        return {**line, "amount": to_text(landed, "USD")}, amount
    line = {**common, "amount": to_text(amount, "USD")}
    if kind == "BUNDLED":
        selling = to_text(draw(st.integers(1, 10**6)), "USD")
        return {**line, "kind": "CHARGE", "bundle": draw(st.sampled_from("ab")), "ssp": selling}, amount
    if kind == "CREDIT_GRANT":
        return {**line, "grant": "grant"}, amount
    if kind == "MINIMUM_FEE":
        return {**line, "product": draw(_product | st.none())}, amount
    return {**line, "ssp": draw(_price)}, amount


def _check(result: Allocated, lines: list[Line], totals: dict[str, Line]) -> None:
    """Every line of an invoice is in a row or in quarantine, and an invoice's rows add up to its net total twice."""
    kept_out = {item.record["id"] for item in result.rejections if item.dataset == "invoices"}
    rows = list(result.rows.values())
    assert {row["invoice_id"] for row in rows} == set(totals) - kept_out
    assert {row["line_id"] for row in rows} == {line["line"] for line in lines if line["invoice"] not in kept_out}
    for invoice in set(totals) - kept_out:
        total = to_minor(totals[invoice]["net_total"] or "", "USD")
        of_invoice = [row for row in rows if row["invoice_id"] == invoice]
        assert sum(row["allocated_minor"] for row in of_invoice) == total
        assert sum(row["net_minor"] for row in of_invoice) == total
        granted = [line.get("paid") or "0.00" for line in lines if line["invoice"] == invoice]
        assert sum(row["credit_grant_minor"] for row in of_invoice) == sum(to_minor(paid, "USD") for paid in granted)
    obligations = [row["obligation_id"] for row in rows if row["disposition"] == "RECOGNIZED"]
    assert len(obligations) == len(set(obligations))
    assert {row["obligation_id"] for row in rows} <= {*obligations, None}
    for row in rows:
        assert (row["disposition"] == "RECOGNIZED") == (row["allocated_minor"] != 0)
        assert (row["disposition"] == "RECOGNIZED") == (row["reason"] == "")


def _without_row_numbers(result: Allocated) -> list[dict[str, object]]:
    return [{**row, "landed_row": None} for row in result.rows.values()]


@given(
    landed=_invoices(),
    basis=st.sampled_from(["list_price", "net_price"]),
    grants=st.sampled_from(["recognized_at_grant", "deferred_until_consumed"]),
    data=st.data(),
)
@settings(max_examples=15, deadline=None)
def test_parts_add_up_to_the_net_total_in_whatever_order_rows_land(
    landed: tuple[list[Line], dict[str, Line]], basis: str, grants: str, data: st.DataObject
) -> None:
    lines, totals = landed
    rules = policy(discount_basis=basis, credit_grant_policy=grants)
    result = allocate(documents(lines, invoices=totals), rules)
    _check(result, lines, totals)
    shuffled = allocate(documents(data.draw(st.permutations(lines)), invoices=totals), rules)
    assert _without_row_numbers(shuffled) == _without_row_numbers(result)


@pytest.mark.parametrize("kind", ["BUNDLE", "MINIMUM_FEE"])
@given(selling=st.lists(st.integers(1, 10**6), min_size=1, max_size=6), amount=st.integers(0, 10**9))
@settings(max_examples=10, deadline=None)
def test_no_part_is_off_its_exact_proportion_by_a_minor_unit(kind: str, selling: list[int], amount: int) -> None:
    lines: list[Line] = [
        {"line": f"l{place}", "amount": "1.00" if kind == "MINIMUM_FEE" else "0.00", "ssp": to_text(price, "USD")}
        for place, price in enumerate(selling)
    ]
    text = to_text(amount, "USD")
    if kind == "BUNDLE":
        lines = [{**line, "bundle": "b", "amount": text if place == 0 else "0.00"} for place, line in enumerate(lines)]
    else:
        lines.append({"line": "fee", "kind": kind, "product": None, "amount": text})
    rows = allocate(documents(lines)).rows
    for place, price in enumerate(selling):
        part = rows.get(f"l{place}" if kind == "BUNDLE" else f"fee/l{place}", {"allocated_minor": 0})
        assert abs(part["allocated_minor"] - Fraction(amount * price, sum(selling))) < 1
