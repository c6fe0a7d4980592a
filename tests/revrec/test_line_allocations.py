"""Where each landed line's amount goes: nothing is lost, nothing is counted twice."""

import dataclasses
import random

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec import tables
from revrec.line_allocations import LineAllocator, MonthDocuments
from revrec.policy import Policy
from tests.builders import allocate, documents

ONE_OF_EACH = """
line | invoice | group | product  | amount  | kind
l1   | sent    | a     | platform | 1200.00 | CHARGE
l2   | sent    | a     | platform | -120.00 | DISCOUNT
l3   | sent    | b     |          | -80.00  | DISCOUNT
l4   | sent    | c     | support  | 0.00    | CHARGE
l5   | draft   | a     | platform | 300.00  | CHARGE
l6   | paid    | a     | setup    | 50.00   | CHARGE
l7   | paid    | b     | support  | -20.00  | CHARGE
l8   | bad     | a     | legacy   | 10.00   | CHARGE
l9   | gone    | a     | platform | 10.00   | CHARGE
l10  | void    | a     | platform | 70.00   | CHARGE
"""
INVOICES = {
    "draft": {"status": "DRAFT"},
    "paid": {"status": "PAID"},
    "void": {"status": "VOIDED", "voided_at": "2025-03-04T12:00:00Z"},
}


def one_of_each() -> MonthDocuments:
    return documents(ONE_OF_EACH, invoices=INVOICES, never_landed=["gone"])


def test_every_line_goes_to_an_obligation_or_says_why_not() -> None:
    result = allocate(one_of_each())
    assert {line: (row["disposition"], row["allocated_minor"], row["reason"]) for line, row in result.rows.items()} == {
        "l1": ("RECOGNIZED", 100_000, ""),
        "l2": ("NETTED", 0, "netted into 1 line(s) of its group"),
        "l3": ("ALLOCATED", 0, "allocated over 2 line(s) of the invoice"),
        "l4": ("NOTHING_TO_RECOGNIZE", 0, "its amount is 0"),
        "l5": ("NOT_POSTED", 0, "invoice is DRAFT"),
        "l6": ("RECOGNIZED", 5_000, ""),
        "l7": ("RECOGNIZED", -2_000, ""),
        "l10": ("RECOGNIZED", 7_000, ""),
    }
    assert {(item.dataset, item.record["id"]) for item in result.rejections} == {
        ("invoices", "bad"),
        ("invoice_line_items", "l8"),
        ("invoice_line_items", "l9"),
    }


def test_a_recognized_line_carries_the_terms_of_its_document() -> None:
    landed = documents(
        "line | amount | method | recognition_date | price_id\nl1 | 10.00 | POINT_IN_TIME | 2025-02-03 | price_1",
        invoices={
            "inv": {
                "contract_id": "con_1",
                "accounting_date": "2025-01-15",
                "currency": "EUR",
                "billing_schedule_id": "bs_1",
            }
        },
    )
    row = allocate(landed).rows["l1"]
    assert {name: str(value) for name, value in row.items() if value is not None} == {
        "entity": "default",
        "currency": "EUR",
        "customer_id": "acme",
        "product_id": "platform",
        "contract_id": "con_1",
        "invoice_id": "inv",
        "invoice_number": "INV",
        "invoice_status": "SENT",
        "accounting_date": "2025-01-15",
        "line_id": "l1",
        "group_id": "g",
        "kind": "CHARGE",
        "net_minor": "1000",
        "allocated_minor": "1000",
        "disposition": "RECOGNIZED",
        "reason": "",
        "obligation_id": "inv/l1",
        "recognition_method": "POINT_IN_TIME",
        "service_start": "2025-01-01",
        "service_end": "2025-12-31",
        "recognition_date": "2025-02-03",
        "billing_schedule_id": "bs_1",
        "price_id": "price_1",
        "credit_grant_minor": "0",
        "landed_file": "landing/invoice_line_items/2025-01/lines.csv",
        "landed_row": "2",
    }


@pytest.mark.parametrize(
    ("product", "own", "method"),
    [
        ("platform", None, "STRAIGHT_LINE"),
        ("platform", "POINT_IN_TIME", "POINT_IN_TIME"),
        ("setup", None, "POINT_IN_TIME"),
        ("setup", "STRAIGHT_LINE", "STRAIGHT_LINE"),
        ("api", None, "USAGE"),
        ("setup", "MILESTONE", "MILESTONE"),
    ],
    ids=[
        "the product's",
        "the line's before the product's",
        "the other product's",
        "the line's again",
        "usage",
        "milestones",
    ],
)
def test_the_method_is_the_lines_own_else_the_products(product: str, own: str | None, method: str) -> None:
    result = allocate(documents([{"line": "l1", "amount": "1.00", "product": product, "method": own}]))
    assert result.rows["l1"]["recognition_method"] == method


@pytest.mark.parametrize(
    ("status", "posting", "disposition"),
    [
        ("SENT", ["SENT", "PAID"], "RECOGNIZED"),
        ("PAID", ["SENT", "PAID"], "RECOGNIZED"),
        ("FINAL", ["SENT", "PAID"], "NOT_POSTED"),
        ("FINAL", ["FINAL"], "RECOGNIZED"),
        ("SENT", ["FINAL"], "NOT_POSTED"),
        ("DRAFT", ["SENT", "PAID", "FINAL"], "NOT_POSTED"),
        ("IN_PROGRESS", ["SENT", "PAID", "FINAL"], "NOT_POSTED"),
    ],
)
def test_an_invoice_posts_where_the_policy_says_its_status_does(
    status: str, posting: list[str], disposition: str
) -> None:
    landed = documents("line | amount\nl1 | 5.00", invoices={"inv": {"status": status}})
    result = allocate(landed, Policy.model_validate({"posting_statuses": posting}))
    assert result.rows["l1"]["disposition"] == disposition


def test_a_milestone_line_needs_no_service_period() -> None:
    result = allocate(documents("line | amount | method | start | end\nl1 | 5.00 | MILESTONE | |"))
    assert result.amounts == {"l1": "5.00"}


@pytest.mark.parametrize(
    ("voided_at", "time_zone", "day"),
    [
        pytest.param("2025-03-31T23:30:00Z", "UTC", "2025-03-31", id="in UTC"),
        pytest.param("2025-03-31T23:30:00Z", "Europe/Berlin", "2025-04-01", id="already tomorrow in Berlin"),
        pytest.param("2025-04-01T03:30:00Z", "America/New_York", "2025-03-31", id="still yesterday in New York"),
    ],
)
@pytest.mark.parametrize("machine", ["UTC", "Asia/Tokyo"])
def test_a_voided_invoice_posts_and_says_on_which_day_of_the_policys_time_zone_it_is_reversed(
    voided_at: str, time_zone: str, day: str, machine: str
) -> None:
    landed = documents("line | amount\nl1 | 5.00", invoices={"inv": {"status": "VOIDED", "voided_at": voided_at}})
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = ?", [machine])
        allocator = LineAllocator(connection, landed, Policy(time_zone=time_zone))
        [row] = [row for batch in allocator.allocations() for row in batch.to_pylist()]
    assert (row["disposition"], row["allocated_minor"], str(row["voided_on"])) == ("RECOGNIZED", 500, day)


@pytest.mark.parametrize("status", ["SENT", "DRAFT"])
def test_a_void_date_means_nothing_on_an_invoice_that_is_not_voided(status: str) -> None:
    fields = {"status": status, "voided_at": "2025-03-31T12:00:00Z"}
    result = allocate(documents("line | amount\nl1 | 5.00", invoices={"inv": fields}))
    assert result.rows["l1"]["voided_on"] is None


def test_an_invoice_with_a_later_version_in_another_month_brings_nothing_here() -> None:
    result = allocate(
        documents(
            """
            line | invoice | product  | amount
            l1   | moved   | platform | 10.00
            l2   | moved   | platform | -1.00
            l3   | stays   | platform | 20.00
            """,
            superseded={"moved": "2025-02"},
        )
    )
    assert result.amounts == {"l3": "20.00"}
    for line in ("l1", "l2"):
        row = result.rows[line]
        assert (row["disposition"], row["allocated_minor"], row["obligation_id"]) == ("SUPERSEDED", 0, None)
        assert row["reason"] == "a later version of the invoice landed in 2025-02"


def test_rows_come_in_order_of_invoice_and_line_short_ids_first() -> None:
    result = allocate(
        documents(
            """
            line | invoice | amount
            l10  | b       | 1.00
            l2   | b       | 1.00
            l1   | b       | 1.00
            l3   | a       | 1.00
            """
        )
    )
    assert list(result.rows) == ["l3", "l1", "l2", "l10"]


def test_the_order_in_which_rows_land_changes_nothing_but_their_row_numbers() -> None:
    def shuffled(batches: list[pa.RecordBatch], seed: int) -> list[pa.RecordBatch]:
        [batch] = batches
        order = list(range(batch.num_rows))
        random.Random(seed).shuffle(order)
        mixed = batch.take(pa.array(order))
        return [mixed.slice(0, 2), mixed.slice(2, 0), mixed.slice(2)]

    landed = one_of_each()
    expected = allocate(landed)
    for seed in range(3):
        mixed = dataclasses.replace(
            landed, invoices=shuffled(list(landed.invoices), seed), lines=shuffled(list(landed.lines), seed)
        )
        result = allocate(mixed)
        assert pa.Table.from_batches(result.batches).equals(pa.Table.from_batches(expected.batches))
        assert result.rejections == expected.rejections


def test_no_documents_give_no_rows() -> None:
    result = allocate(documents([]))
    assert (result.rows, result.rejections) == ({}, [])


def test_the_batches_are_of_the_table() -> None:
    assert all(batch.schema.equals(tables.LINE_ALLOCATIONS) for batch in allocate(one_of_each()).batches)


def test_allocations_can_be_read_again() -> None:
    with duckdb.connect() as connection:
        allocator = LineAllocator(connection, one_of_each(), Policy())
        first, again = (list(allocator.allocations()) for _ in range(2))
    assert first == again


_lines = st.lists(
    st.fixed_dictionaries(
        {
            "invoice": st.sampled_from([*(f"i{place}" for place in range(12)), "draft", "never"]),
            "group": st.sampled_from(["a", "b", None]),
            "product": st.sampled_from(["platform", "support", "setup", "legacy", None]),
            "amount": st.integers(-50_000, 100_000).map(lambda minor: f"{minor / 100:.2f}"),
            "kind": st.sampled_from(["CHARGE", "CHARGE", "DISCOUNT"]),
        }
    ),
    max_size=50,
)


@given(lines=_lines)
@settings(max_examples=12, deadline=None)
def test_rows_in_are_rows_allocated_and_rows_rejected_and_every_invoice_adds_up(
    lines: list[dict[str, str | None]],
) -> None:
    landed = documents(
        [{**line, "line": f"l{place}", "group": line["group"] or f"g{place}"} for place, line in enumerate(lines)],
        invoices={"draft": {"status": "DRAFT"}} if any(line["invoice"] == "draft" for line in lines) else {},
        never_landed=["never"],
    )
    result = allocate(landed)
    rejected = {item.record["id"] for item in result.rejections if item.dataset == "invoice_line_items"}
    assert {f"l{place}" for place in range(len(lines))} == rejected | set(result.rows)
    assert not rejected & set(result.rows)
    for invoice in next(iter(landed.invoices)).to_pylist():
        rows = [row for row in result.rows.values() if row["invoice_id"] == invoice["id"]]
        kept_out = any(item.record["id"] == invoice["id"] for item in result.rejections if item.dataset == "invoices")
        assert kept_out == (not rows)
        if rows:
            posted = invoice["net_total_minor"] if invoice["status"] == "SENT" else 0
            assert sum(row["allocated_minor"] for row in rows) == posted
