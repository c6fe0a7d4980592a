"""A document month becomes obligations and schedules; what is at fault stays out whole, with a reason."""

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from resources.object_store import open_object_store
from resources.quarantine import read_quarantine
from revrec.rejections import Rejection
from tests.assets.chain import Chain, metadata

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# One invoice of every kind at fault, each with a line that is fine by itself; and one that is all fine.
AT_FAULT = """
    customers
    id
    acme

    products
    id    | recognition_method
    plan  | POINT_IN_TIME
    calls | USAGE

    invoices/2025-01
    id       | customer_id | status | accounting_date | net_total | voided_at
    fine     | acme        | SENT   | 2025-01-01      | 31.00     |
    draft    | acme        | DRAFT  | 2025-01-01      | 31.00     |
    usage    | acme        | SENT   | 2025-01-01      | 20.00     |
    legacy   | acme        | SENT   | 2025-01-01      | 20.00     |
    minimum  | acme        | SENT   | 2025-01-01      | 0.00      |
    granted  | acme        | SENT   | 2025-01-01      | 20.00     |
    bundled  | acme        | SENT   | 2025-01-01      | 20.00     |
    unequal  | acme        | SENT   | 2025-01-01      | 21.00     |
    stranger | nobody      | SENT   | 2025-01-01      | 20.00     |
    voided   | acme        | VOIDED | 2025-01-01      | 20.00     |

    invoice_line_items/2025-01
    id | invoice_id | product_id | kind        | net_total | service_period_end | bundle_id | credit_grant_id
    l0 | fine       | plan       | CHARGE      | 31.00     |                    |           |
    l1 | draft      | plan       | CHARGE      | 31.00     |                    |           |
    u1 | usage      | plan       | CHARGE      | 10.00     |                    |           |
    u2 | usage      | calls      | CHARGE      | 10.00     |                    |           |
    p1 | legacy     | plan       | CHARGE      | 10.00     |                    |           |
    p2 | legacy     | fax        | CHARGE      | 10.00     |                    |           |
    m1 | minimum    | plan       | CHARGE      | 10.00     |                    |           |
    m2 | minimum    | calls      | MINIMUM_FEE | -10.00    |                    |           |
    g1 | granted    | plan       | CHARGE      | 10.00     |                    |           |
    g2 | granted    | plan       | CHARGE      | 10.00     |                    |           | no_such_grant
    b1 | bundled    | plan       | CHARGE      | 10.00     |                    |           |
    b2 | bundled    | plan       | CHARGE      | 10.00     |                    | bundle_1  |
    e1 | unequal    | plan       | CHARGE      | 10.00     |                    |           |
    e2 | unequal    | plan       | CHARGE      | 10.00     |                    |           |
    s1 | stranger   | plan       | CHARGE      | 10.00     |                    |           |
    s2 | stranger   | plan       | CHARGE      | 10.00     |                    |           |
    v1 | voided     | plan       | CHARGE      | 10.00     |                    |           |
    v2 | voided     | plan       | CHARGE      | 10.00     |                    |           |
"""
# The row at fault: dataset, id, field, and what is said of it.
FAULTS = {
    "usage": ("invoice_line_items", "u2", "service_period_start", "has no usage period"),
    "product": ("invoice_line_items", "p2", "product_id", "product fax is not in landing/products"),
    "minimum fee": ("invoice_line_items", "m2", "net_total", "MINIMUM_FEE line has the negative amount"),
    "credit grant": ("invoice_line_items", "g2", "credit_grant_id", "no_such_grant"),
    "bundle": ("invoice_line_items", "b2", "standalone_selling_price", "bundle"),
    "total": ("invoices", "unequal", "net_total", "add up to 20.00 USD, not to 21.00"),
    "customer": ("invoices", "stranger", "customer_id", "customer nobody is not in landing/customers"),
    "void": ("invoices", "voided", "voided_at", "does not say since when"),
}


@pytest.fixture(scope="module")
def kept_out(landing_store: "LandingStore") -> tuple[Chain, dg.ExecuteInProcessResult]:
    chain = Chain(landing_store(AT_FAULT))
    assert chain.reference_data().success
    return chain, chain.document_month("2025-01")


@pytest.fixture(scope="module")
def rejections(kept_out: tuple[Chain, dg.ExecuteInProcessResult]) -> list[Rejection]:
    return read_quarantine(open_object_store(str(kept_out[0].store)), "line_allocations", "2025-01")


@pytest.mark.parametrize(("dataset", "row_id", "field", "what"), FAULTS.values(), ids=FAULTS)
def test_what_is_at_fault_is_named(
    dataset: str, row_id: str, field: str, what: str, rejections: list[Rejection]
) -> None:
    [rejection] = [
        item for item in rejections if (item.dataset, item.record["id"], item.field) == (dataset, row_id, field)
    ]
    assert what in rejection.reason
    assert rejection.action


def test_an_invoice_with_a_line_at_fault_stays_out_whole_and_the_others_go_on(
    kept_out: tuple[Chain, dg.ExecuteInProcessResult], rejections: list[Rejection]
) -> None:
    chain, run = kept_out
    assert run.success
    out = {(item.dataset, item.record["id"]) for item in rejections}
    assert len(out) == 3 * len(FAULTS), "of each invoice: itself and both lines"
    obligations = chain.table("obligations", "2025-01")
    assert [(row["line_id"], row["amount_minor"]) for row in obligations] == [("l0", 3100)]


def test_the_asset_counts_what_it_keeps_out(kept_out: tuple[Chain, dg.ExecuteInProcessResult]) -> None:
    chain, run = kept_out
    shown = metadata(run, "line_allocations")
    assert shown["rows_quarantined"] == 3 * len(FAULTS)
    assert shown["quarantine"] == (chain.store / "quarantine/line_allocations/2025-01.jsonl").as_uri()
    reasons = shown["reasons"]
    assert isinstance(reasons, dict)
    assert {name: reasons[name] for name in ("invoice_line_items.product_id", "invoices.voided_at")} == {
        "invoice_line_items.product_id": 1,
        "invoices.voided_at": 1,
    }


def test_a_draft_is_excluded_with_a_reason_and_not_an_error(kept_out: tuple[Chain, dg.ExecuteInProcessResult]) -> None:
    chain, _ = kept_out
    [draft] = [row for row in chain.table("line_allocations", "2025-01") if row["invoice_id"] == "draft"]
    assert draft["disposition"] != "RECOGNIZED"
    assert "DRAFT" in str(draft["reason"])
    assert draft["allocated_minor"] == 0


def test_documents_at_fault_are_a_warning_and_no_failed_check(
    kept_out: tuple[Chain, dg.ExecuteInProcessResult],
) -> None:
    _, run = kept_out
    failed = {
        (check.asset_key.to_user_string(), check.check_name): check
        for check in run.get_asset_check_evaluations()
        if not check.passed
    }
    assert set(failed) == {("line_allocations", "nothing_in_quarantine")}
    [warning] = failed.values()
    assert warning.severity is dg.AssetCheckSeverity.WARN
    assert warning.metadata["rows_in_quarantine"].value == 3 * len(FAULTS)


def test_schedules_hold_the_whole_life_of_an_obligation(closed_books: Chain) -> None:
    runs = closed_books.table("recognized_schedules", "2025-01")
    earned = [row for row in runs if str(row["kind"]).startswith("EARNED")]
    by_month: dict[str, int] = {}
    for row in earned:
        assert isinstance(row["amount_minor"], int)
        month = f"{row['month']:%Y-%m}"
        by_month[month] = by_month.get(month, 0) + row["amount_minor"]
    assert by_month == {f"2025-{month:02}": 100_00 + (90_00 if month == 1 else 0) for month in range(1, 13)}
    assert sum(row["amount_minor"] for row in runs if str(row["kind"]).startswith("BILLED")) == 1290_00


def test_obligations_name_the_landed_row_they_come_from(closed_books: Chain) -> None:
    places = [
        (row["line_id"], row["landed_file"], row["landed_row"]) for row in closed_books.table("obligations", "2025-01")
    ]
    assert places == [
        ("li_1", "landing/invoice_line_items/2025-01/extract-1.csv", 2),
        ("li_2", "landing/invoice_line_items/2025-01/extract-1.csv", 3),
    ]
