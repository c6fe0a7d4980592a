"""What becomes of an invoice that breaks a rule, and of its neighbours."""

import duckdb

from revrec.line_allocations import LineAllocator
from revrec.policy import Policy
from tests.builders import allocate, documents, policy, table_rows

LINES, INVOICES = "invoice_line_items", "invoices"


def one(**fields: str | None) -> list[dict[str, str | None]]:
    """One sound line, but for these fields."""
    return [{"line": "l1", "amount": "100.00", **fields}]


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
    result = allocate(documents(one(product="legacy", list="0.001", bundle="b")))
    fields = [item.field for item in result.rejections if item.dataset == LINES]
    assert fields == ["product_id", "list_price", "standalone_selling_price"]


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
