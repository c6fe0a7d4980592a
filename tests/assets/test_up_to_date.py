"""Journals depend on nothing but what has landed: not on what was materialized before, nor in which order."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from assets.monthly_reports import monthly_reports
from tests.assets.chain import Chain

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

RESULTS = ("exports", "reports", "lake/daily_journals", "lake/recognized_schedules", "lake/obligations", "quarantine")

LATE_INVOICE = """
    invoices/2025-01
    id    | customer_id | currency | accounting_date | net_total
    inv_9 | acme        | USD      | 2025-01-31      | 120.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_9 | inv_9      | plan       | 120.00    | 2025-01-01           | 2025-12-31
"""
RENAMED_CUSTOMER = """
    customers
    id   | legal_name   | updated_at
    acme | Acme Holding | 2025-03-01T00:00:00Z
"""
# cus_new is unknown at first: its invoice waits in quarantine.
UNKNOWN_CUSTOMER = """
    invoices/2025-01
    id    | customer_id | currency | accounting_date | net_total
    inv_8 | cus_new     | USD      | 2025-01-31      | 120.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_8 | inv_8      | plan       | 120.00    | 2025-02-01           | 2025-02-28
"""
NEW_CUSTOMER = """
    customers
    id
    cus_new
"""
OTHER_METHOD = """
    products
    id   | name | recognition_method | updated_at
    plan | Plan | POINT_IN_TIME      | 2025-03-01T00:00:00Z
"""


# Neither month is a partition: one lies before the policy's first month, the other ahead of every clock this runs by.
AT_FAULT_OUTSIDE_OF_THE_PARTITIONS = """
    credit_notes/2022-12
    id   | customer_id | invoice_id | accounting_date | net_total
    cn_1 | nobody      |            | 2022-12-05      | 10.00

    credit_note_line_items/2022-12
    id    | credit_note_id | product_id | net_total
    cnl_1 | cn_1           | plan       | 10.00

    milestones/2199-12
    id  | invoice_line_item_id | amount | percent | completed_on
    m_1 | no_such_line         | 10.00  |         | 2199-12-05
"""


def test_documents_at_fault_are_counted_in_months_that_are_no_partition(
    books: Chain, landing_store: "LandingStore"
) -> None:
    landing_store(AT_FAULT_OUTSIDE_OF_THE_PARTITIONS, store=books.store)
    assert books.posting_month("2025-02").success
    at_fault = {
        (key, item["record"]["id"], item["value"])
        for key, data in books.files("quarantine").items()
        for item in map(json.loads, data.splitlines())
        if item["field"]
    }
    assert at_fault == {
        ("quarantine/amendments/2022-12.jsonl", "cn_1", "nobody"),
        ("quarantine/amendments/2199-12.jsonl", "m_1", "no_such_line"),
    }


def recomputed(chain: Chain, *, amendments: bool = False) -> set[tuple[str, str | None]]:
    """Tables, other than the posting month's own, that Dagster was told of when a month is posted.

    Amendments are resolved over all months at once, whatever changed: they are looked at where a test asks for them.
    """
    run = chain.posting_month("2025-02")
    assert run.success
    return {
        (event.asset_key.path[-1], event.partition)
        for event in run.get_asset_materialization_events()
        if event.asset_key
        and (event.partition is None or event.step_key not in (event.asset_key.path[-1], monthly_reports.op.name))
        and (amendments or event.asset_key.path[-1] != "amendments")
    }


def test_a_posting_month_alone_on_a_fresh_store_gives_the_same_bytes_as_after_all_document_months(
    closed_books: Chain, fresh_books: Callable[[], Chain]
) -> None:
    alone = fresh_books()
    assert alone.posting_month("2025-02").success
    assert alone.files(*RESULTS) == closed_books.files(*RESULTS)


def test_months_in_another_order_give_the_same_bytes(closed_books: Chain, fresh_books: Callable[[], Chain]) -> None:
    backwards = fresh_books()
    assert backwards.reference_data().success
    assert all(backwards.document_month(month).success for month in ("2025-02", "2025-01"))
    assert backwards.posting_month("2025-02").success
    assert backwards.files("lake", *RESULTS) == closed_books.files("lake", *RESULTS)


def test_what_is_brought_up_to_date_is_shown_as_materialized(fresh_books: Callable[[], Chain]) -> None:
    chain = fresh_books()
    tables = ("invoices", "invoice_line_items", "line_allocations", "amendments", "obligations", "recognized_schedules")
    assert recomputed(chain, amendments=True) == {
        ("customers", None),
        ("products", None),
        ("credit_grants", None),
        ("billing_schedules", None),
        *((table, month) for table in tables for month in ("2025-01", "2025-02")),
    }
    assert recomputed(chain, amendments=True) == set(), "and once it is, nothing is computed again"


def test_a_file_that_landed_late_for_an_earlier_month_is_taken_in(
    books: Chain, fresh_books: Callable[[], Chain], landing_store: "LandingStore"
) -> None:
    landing_store(LATE_INVOICE, store=books.store)
    assert {month for _, month in recomputed(books)} == {"2025-01"}
    numbers = {row["Invoice number"] for row in books.csv("exports/generic/2025-02/default-USD.csv")}
    assert numbers == {"inv_1", "inv_9"}

    at_once = fresh_books()
    landing_store(LATE_INVOICE, store=at_once.store)
    assert at_once.posting_month("2025-02").success
    assert books.files(*RESULTS) == at_once.files(*RESULTS)


def test_a_renamed_customer_is_called_by_the_new_name_and_no_schedule_is_computed_again(
    books: Chain, landing_store: "LandingStore"
) -> None:
    schedules = books.files("lake/obligations", "lake/recognized_schedules")
    landing_store(RENAMED_CUSTOMER, store=books.store)
    assert recomputed(books) == {("customers", None)}
    names = {row["Customer name"] for row in books.csv("exports/generic/2025-02/default-USD.csv")}
    assert names == {"Acme Holding"}
    assert books.files("lake/obligations", "lake/recognized_schedules") == schedules


def test_an_invoice_leaves_quarantine_when_its_customer_lands(
    books: Chain, fresh_books: Callable[[], Chain], landing_store: "LandingStore"
) -> None:
    landing_store(UNKNOWN_CUSTOMER, store=books.store)
    assert books.posting_month("2025-02").success
    assert "inv_8" not in str(books.csv("exports/generic/2025-02/default-USD.csv"))
    assert "quarantine/line_allocations/2025-01.jsonl" in books.files("quarantine")

    landing_store(NEW_CUSTOMER, store=books.store)
    assert {month for _, month in recomputed(books)} == {None, "2025-01"}, "other months do not know the customer"
    assert "inv_8" in str(books.csv("exports/generic/2025-02/default-USD.csv"))
    assert books.files("quarantine") == {}


def test_a_customer_that_is_withdrawn_takes_its_invoices_to_quarantine(
    books: Chain, landing_store: "LandingStore"
) -> None:
    customers = books.store / "landing/customers/extract-1.csv"
    customers.write_text("".join(line for line in customers.open(encoding="utf-8") if not line.startswith("bolt")))
    incremental = recomputed(books)
    assert ("line_allocations", "2025-02") in incremental
    assert list(books.files("quarantine")) == ["quarantine/line_allocations/2025-02.jsonl"]


@pytest.mark.parametrize(
    ("change", "months"),
    [
        pytest.param("allocation_strategy: exact_days", {"2025-01", "2025-02"}, id="a rule of recognition"),
        pytest.param("lock_method: accounting_date", {"2025-01", "2025-02"}, id="another rule of a version"),
    ],
)
def test_a_change_of_the_policys_rules_computes_every_month_again(change: str, months: set[str], books: Chain) -> None:
    policy = f"versions: [{{effective_from: 2000-01-01, {change}}}]"
    (books.store / "policy.yaml").write_text(policy, encoding="utf-8")
    assert {month for _, month in recomputed(books)} == months


def test_a_change_of_accounts_computes_no_schedule_again(books: Chain) -> None:
    (books.store / "policy.yaml").write_text("accounts: {deferred: {name: Contract Liability}}", encoding="utf-8")
    assert recomputed(books) == set()
    accounts = {row["Ledger account name"] for row in books.csv("exports/generic/2025-02/default-USD.csv")}
    assert accounts == {"Contract Liability", "Recognized Revenue"}


def test_a_product_recognized_by_another_method_computes_the_schedules_again(
    books: Chain, landing_store: "LandingStore"
) -> None:
    landing_store(OTHER_METHOD, store=books.store)
    assert ("recognized_schedules", "2025-01") in recomputed(books)
    methods = {row["recognition_method"] for row in books.table("obligations", "2025-01")}
    assert methods == {"POINT_IN_TIME"}


def test_a_lake_table_that_was_deleted_is_computed_again(books: Chain) -> None:
    before = books.files("lake", *RESULTS)
    (books.store / "lake/recognized_schedules/2025-01.parquet").unlink()
    assert ("recognized_schedules", "2025-01") in recomputed(books)
    assert books.files("lake", *RESULTS) == before


def test_a_document_month_outside_of_the_partitions_is_posted_too(books: Chain, landing_store: "LandingStore") -> None:
    """The default policy's partitions start with 2023-01; what is earned in 2025 of older documents belongs to 2025."""
    landing_store(
        """
        invoices/2022-12
        id    | customer_id | currency | accounting_date | net_total
        inv_7 | acme        | USD      | 2022-12-01      | 370.00

        invoice_line_items/2022-12
        id   | invoice_id | product_id | net_total | service_period_start | service_period_end
        li_7 | inv_7      | plan       | 370.00    | 2022-12-01           | 2025-12-31
        """,
        store=books.store,
    )
    assert {month for _, month in recomputed(books)} == set(), "it has no partition to be shown in"
    earned = [
        row
        for row in books.csv("exports/generic/2025-02/default-USD.csv")
        if row["Invoice number"] == "inv_7" and row["Direction"] == "CREDIT"
    ]
    assert sum(int(row["Amount"].replace(".", "")) for row in earned) == 1000
