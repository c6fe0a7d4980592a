"""Every rule an invoice must keep across its rows and across datasets, and what its violation says."""

import pytest

from revrec.bundles import BUNDLE_RULES
from revrec.credit_grant_lines import CREDIT_GRANT_RULES
from revrec.document_rules import DOCUMENT_RULES
from revrec.line_allocations import MonthDocuments
from revrec.minimum_fees import MINIMUM_FEE_RULES
from tests.builders import allocate, documents

LINES, INVOICES = "invoice_line_items", "invoices"


def one(**fields: str | None) -> list[dict[str, str | None]]:
    """One sound line, but for these fields."""
    return [{"line": "l1", "amount": "100.00", **fields}]


# (rule, documents, the faults: dataset, id, field, value, reason)
VIOLATIONS = [
    pytest.param(
        "a_line_belongs_to_an_invoice_of_its_month",
        documents(one(invoice="inv_7"), never_landed=["inv_7"]),
        [(LINES, "l1", "invoice_id", "inv_7", "there is no invoice inv_7 in landing/invoices/2025-01")],
        id="no such invoice",
    ),
    pytest.param(
        "a_line_belongs_to_an_invoice_of_its_month",
        documents(one(), never_landed=["inv"], rejected_invoices={"inv": "a.csv row 3: no date"}),
        [(LINES, "l1", "invoice_id", "inv", "its invoice inv is in quarantine: a.csv row 3: no date")],
        id="its invoice was rejected at the door",
    ),
    pytest.param(
        "a_product_is_known",
        documents(one(product="legacy")),
        [(LINES, "l1", "product_id", "legacy", "product legacy is not in landing/products")],
        id="unknown product",
    ),
    pytest.param(
        "a_charge_has_a_product",
        documents(one(product=None)),
        [(LINES, "l1", "product_id", "", "a line that is not a discount has no product_id")],
        id="a charge without a product",
    ),
    pytest.param(
        "net_total_is_an_amount_of_the_currency",
        documents(one(amount="98000.50"), invoices={"inv": {"currency": "JPY", "net_total": "98000"}}),
        [(LINES, "l1", "net_total", "98000.50", "net_total 98000.50 has more decimals than JPY has (0)")],
        id="too many decimals",
    ),
    pytest.param(
        "net_total_is_an_amount_of_the_currency",
        documents(one(amount="12345678901234.00"), invoices={"inv": {"net_total": "1.00"}}),
        [
            (
                LINES,
                "l1",
                "net_total",
                "12345678901234.00",
                "net_total 12345678901234.00 is beyond the largest amount revrec computes exactly",
            )
        ],
        id="too large",
    ),
    pytest.param(
        "list_price_is_an_amount_of_the_currency",
        documents(one(list="100.001")),
        [(LINES, "l1", "list_price", "100.001", "list_price 100.001 has more decimals than USD has (2)")],
        id="list price with too many decimals",
    ),
    pytest.param(
        "standalone_selling_price_is_an_amount_of_the_currency",
        documents(one(standalone_selling_price="0.005")),
        [
            (
                LINES,
                "l1",
                "standalone_selling_price",
                "0.005",
                "standalone_selling_price 0.005 has more decimals than USD has (2)",
            )
        ],
        id="standalone selling price with too many decimals",
    ),
    pytest.param(
        "credit_grant_amount_is_an_amount_of_the_currency",
        documents(one(grant="grant", paid="0.005")),
        [
            (
                LINES,
                "l1",
                "credit_grant_amount",
                "0.005",
                "credit_grant_amount 0.005 has more decimals than USD has (2)",
            )
        ],
        id="credit grant amount with too many decimals",
    ),
    pytest.param(
        "a_discount_lowers_the_price",
        documents(one(kind="DISCOUNT")),
        [(LINES, "l1", "net_total", "100.00", "a DISCOUNT line has the positive amount 100.00")],
        id="a positive discount",
    ),
    pytest.param(
        "straight_line_has_a_service_period",
        documents(one(start=None, end=None)),
        [
            (
                LINES,
                "l1",
                "service_period_start",
                "",
                "the line is recognized STRAIGHT_LINE and has no service period",
            )
        ],
        id="straight-line without a period",
    ),
    pytest.param(
        "usage_has_a_service_period",
        documents(one(product="api", start=None, end=None)),
        [(LINES, "l1", "service_period_start", "", "the line is recognized by USAGE and has no usage period")],
        id="usage without a period",
    ),
    pytest.param(
        "a_customer_is_known",
        documents(one(), invoices={"inv": {"customer_id": "cus_9"}}),
        [(INVOICES, "inv", "customer_id", "cus_9", "customer cus_9 is not in landing/customers")],
        id="unknown customer",
    ),
    pytest.param(
        "an_entity_is_known",
        documents(one(), invoices={"inv": {"entity_id": "eu"}}),
        [(INVOICES, "inv", "entity_id", "eu", "entity eu is not in the policy")],
        id="unknown entity",
    ),
    pytest.param(
        "a_void_has_a_date",
        documents(one(), invoices={"inv": {"status": "VOIDED"}}),
        [(INVOICES, "inv", "voided_at", "", "the invoice is VOIDED and does not say since when")],
        id="a void without a date",
    ),
    pytest.param(
        "no_later_version_was_rejected_at_the_door",
        documents(one(), rejected_invoices={"inv": "a.csv row 9"}),
        [
            (
                INVOICES,
                "inv",
                "invoice_id",
                "inv",
                "a later version of the invoice is in quarantine: a.csv row 9",
            )
        ],
        id="a later version was rejected at the door",
    ),
    pytest.param(
        "no_line_was_rejected_at_the_door",
        documents(one(), rejected_lines={"inv": "b.csv row 9: no id"}),
        [(INVOICES, "inv", "invoice_id", "inv", "a line of the invoice is in quarantine: b.csv row 9: no id")],
        id="a line was rejected at the door",
    ),
    pytest.param(
        "an_id_stands_once_in_invoice_line_items",
        documents(
            """
            line | invoice | amount
            l1   | inv     | 100.00
            l1   | other   | 50.00
            """
        ),
        [
            (LINES, "l1", "id", "l1", "id l1 stands more than once in invoice_line_items of 2025-01"),
            (LINES, "l1", "id", "l1", "id l1 stands more than once in invoice_line_items of 2025-01"),
        ],
        id="a line id on two invoices",
    ),
    pytest.param(
        "lines_add_up_to_the_invoice",
        documents(one(), invoices={"inv": {"net_total": "100.01"}}),
        [(INVOICES, "inv", "net_total", "100.01", "its 1 line(s) add up to 100.00 USD, not to 100.01")],
        id="the total is not the sum",
    ),
    pytest.param(
        "lines_add_up_to_the_invoice",
        documents([], invoices={"inv": {"net_total": "0.00"}}),
        [(INVOICES, "inv", "net_total", "0.00", "the invoice has no lines")],
        id="no lines",
    ),
    pytest.param(
        "lines_are_computed_exactly_together",
        documents(
            """
            line | group | amount
            l1   | a     | 600000000000.00
            l2   | b     | -600000000000.00
            """
        ),
        [
            (
                INVOICES,
                "inv",
                "net_total",
                "0.00",
                "its lines, added up without signs, are beyond the largest amount revrec computes exactly",
            )
        ],
        id="lines that are too large together",
    ),
    pytest.param(
        "an_invoice_discount_has_lines_to_go_to",
        documents(one(amount="-10.00", product=None)),
        [
            (
                LINES,
                "l1",
                "product_id",
                "",
                "a discount without a product stands on an invoice without any other line",
            )
        ],
        id="a discount on nothing",
    ),
]


@pytest.mark.parametrize(("rule", "landed", "faults"), VIOLATIONS)
def test_a_violation_is_named_with_field_value_and_reason(
    rule: str, landed: MonthDocuments, faults: list[tuple[str, str, str, str, str]]
) -> None:
    result = allocate(landed)
    assert result.faults == faults
    assert all(item.action for item in result.rejections)


def test_two_invoices_of_one_id_are_both_kept_out() -> None:
    """Joined by that id, each would have the lines of both."""
    twice = documents(
        """
        line | amount
        l1   | 0.00
        """
    )
    batches = list(twice.invoices)
    landed = MonthDocuments(**{**vars(twice), "invoices": [*batches, *batches]})
    result = allocate(landed)
    assert result.rows == {}
    reason = "id inv stands more than once in invoices of 2025-01"
    assert (INVOICES, "inv", reason) in result.reasons


def test_every_rule_has_a_violation_in_the_table() -> None:
    violated = {str(case.values[0]) for case in VIOLATIONS} | {"an_id_stands_once_in_invoices"}
    elsewhere = {rule.name for rule in (*BUNDLE_RULES, *MINIMUM_FEE_RULES, *CREDIT_GRANT_RULES)}
    assert violated == {rule.name for rule in DOCUMENT_RULES} - elsewhere
