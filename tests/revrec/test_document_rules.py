"""Every rule an invoice must keep across its rows and across datasets, and what its violation says."""

import duckdb
import pytest

from revrec.document_rules import DOCUMENT_RULES
from revrec.line_allocations import LineAllocator, MonthDocuments
from revrec.policy import Policy
from tests.builders import allocate, documents, policy, table_rows

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
        documents(one(credit_grant_amount="0.005")),
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
        "usage_is_refused",
        documents(one(method="USAGE")),
        [(LINES, "l1", "recognition_method", "USAGE", "revrec does not recognize method USAGE yet")],
        id="usage",
    ),
    pytest.param(
        "milestone_is_refused",
        documents(one(method="MILESTONE")),
        [(LINES, "l1", "recognition_method", "MILESTONE", "revrec does not recognize method MILESTONE yet")],
        id="milestones",
    ),
    pytest.param(
        "minimum_fee_is_refused",
        documents(one(kind="MINIMUM_FEE")),
        [(LINES, "l1", "kind", "MINIMUM_FEE", "revrec does not recognize minimum fees yet")],
        id="a minimum fee",
    ),
    pytest.param(
        "credit_grant_line_is_refused",
        documents(one(kind="CREDIT_GRANT")),
        [(LINES, "l1", "kind", "CREDIT_GRANT", "revrec does not recognize credit grant purchases yet")],
        id="a credit grant bought",
    ),
    pytest.param(
        "credit_grant_is_refused",
        documents(one(credit_grant_id="grant_1")),
        [
            (
                LINES,
                "l1",
                "credit_grant_id",
                "grant_1",
                "revrec does not recognize credit grants applied to a line yet",
            )
        ],
        id="a credit grant applied",
    ),
    pytest.param(
        "bundle_is_refused",
        documents(one(bundle_id="b")),
        [(LINES, "l1", "bundle_id", "b", "revrec does not recognize bundles yet")],
        id="a bundle",
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
        "a_void_is_refused",
        documents(one(), invoices={"inv": {"status": "VOIDED"}}),
        [(INVOICES, "inv", "status", "VOIDED", "revrec does not recognize voided invoices yet")],
        id="a void",
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
    # sound rows that are kept out with their invoice name no field
    found = [item for item in allocate(landed).rejections if item.field]
    assert [(item.dataset, item.record["id"], item.field, item.value, item.reason) for item in found] == faults
    assert all(item.action for item in found)


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
    assert violated == {rule.name for rule in DOCUMENT_RULES}


def test_an_invoice_with_a_bad_line_is_kept_out_whole_and_the_others_are_not() -> None:
    result = allocate(
        documents(
            """
            line | invoice | product  | amount
            l1   | good    | platform | 10.00
            l2   | bad     | platform | 20.00
            l3   | bad     | legacy   | 30.00
            """
        )
    )
    assert set(result.rows) == {"l1"}
    because = "invoice bad is kept out whole: product legacy is not in landing/products"
    assert result.reasons == [
        (LINES, "l2", because),
        (LINES, "l3", "product legacy is not in landing/products"),
        (INVOICES, "bad", because),
    ]


def test_every_fault_of_a_row_is_named() -> None:
    result = allocate(documents(one(product="legacy", list="0.001", bundle_id="b")))
    fields = [item.field for item in result.rejections if item.dataset == LINES]
    assert fields == ["product_id", "list_price", "bundle_id"]


def test_a_rejected_row_is_kept_as_it_landed_whatever_the_time_zone_of_the_machine() -> None:
    invoice = {"net_total": "1500.50", "updated_at": "2025-01-31T23:30:00Z", "customer_id": "cus_9"}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        found = LineAllocator(connection, documents(one(), invoices={"inv": invoice}), Policy()).rejections()
    [record] = [item.record for item in found if item.field == "customer_id"]
    assert record == {
        "id": "inv",
        "invoice_number": "INV",
        "customer_id": "cus_9",
        "status": "SENT",
        "currency": "USD",
        "accounting_date": "2025-01-01",
        "entity_id": None,
        "contract_id": None,
        "billing_schedule_id": None,
        "voided_at": None,
        "net_total": "1500.50",
        "updated_at": "2025-01-31T23:30:00Z",
    }
    [line] = [item for item in found if item.dataset == LINES]
    assert line.record == dict.fromkeys(line.record) | {
        "id": "l1",
        "invoice_id": "inv",
        "group_id": "g",
        "product_id": "platform",
        "title": "Line",
        "kind": "CHARGE",
        "net_total": "100.00",
        "service_period_start": "2025-01-01",
        "service_period_end": "2025-12-31",
    }
    assert (line.file, line.row) == ("landing/invoice_line_items/2025-01/lines.csv", 2)


def test_a_draft_is_held_to_the_same_rules() -> None:
    result = allocate(documents(one(product="legacy"), invoices={"inv": {"status": "DRAFT"}}))
    assert result.rows == {}


def test_policy_entities_are_those_of_the_invoices() -> None:
    landed = documents(one(), invoices={"inv": {"entity_id": "eu"}})
    rules = policy().model_copy(update={"entities": {"eu": policy().entities["default"]}})
    assert allocate(landed, rules).rows["l1"]["entity"] == "eu"
    without_entity = allocate(documents(one()), rules)
    assert without_entity.reasons[-1] == (INVOICES, "inv", "entity default is not in the policy")


def test_a_table_of_text_reads_as_it_looks() -> None:
    """The tests rest on it."""
    assert table_rows("a | b\n1 |\n  | 2") == [{"a": "1", "b": None}, {"a": None, "b": "2"}]
