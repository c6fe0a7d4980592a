"""A document month becomes obligations and schedules; what cannot be recognized stays out whole, with a reason."""

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from resources.object_store import open_object_store
from resources.quarantine import read_quarantine
from revrec.rejections import Rejection
from tests.assets.chain import Chain, metadata

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# One invoice of every kind that is refused for now, each with a line that is fine by itself; and one that is all fine.
REFUSED = """
    customers
    id
    acme

    products
    id    | recognition_method
    plan  | POINT_IN_TIME
    calls | USAGE

    invoices/2025-01
    id       | customer_id | status | accounting_date | net_total
    fine     | acme        | SENT   | 2025-01-01      | 31.00
    draft    | acme        | DRAFT  | 2025-01-01      | 31.00
    usage    | acme        | SENT   | 2025-01-01      | 20.00
    stone    | acme        | SENT   | 2025-01-01      | 20.00
    minimum  | acme        | SENT   | 2025-01-01      | 20.00
    purchase | acme        | SENT   | 2025-01-01      | 20.00
    granted  | acme        | SENT   | 2025-01-01      | 20.00
    bundled  | acme        | SENT   | 2025-01-01      | 20.00
    voided   | acme        | VOIDED | 2025-01-01      | 20.00

    invoice_line_items/2025-01
    id | invoice_id | product_id | kind         | net_total | recognition_method | bundle_id | credit_grant_id
    l0 | fine       | plan       | CHARGE       | 31.00     |                    |           |
    l1 | draft      | plan       | CHARGE       | 31.00     |                    |           |
    u1 | usage      | plan       | CHARGE       | 10.00     |                    |           |
    u2 | usage      | calls      | CHARGE       | 10.00     |                    |           |
    s1 | stone      | plan       | CHARGE       | 10.00     |                    |           |
    s2 | stone      | plan       | CHARGE       | 10.00     | MILESTONE          |           |
    m1 | minimum    | plan       | CHARGE       | 10.00     |                    |           |
    m2 | minimum    | plan       | MINIMUM_FEE  | 10.00     |                    |           |
    p1 | purchase   | plan       | CHARGE       | 10.00     |                    |           |
    p2 | purchase   | plan       | CREDIT_GRANT | 10.00     |                    |           |
    g1 | granted    | plan       | CHARGE       | 10.00     |                    |           |
    g2 | granted    | plan       | CHARGE       | 10.00     |                    |           | cg_1
    b1 | bundled    | plan       | CHARGE       | 10.00     |                    |           |
    b2 | bundled    | plan       | CHARGE       | 10.00     |                    | bundle_1  |
    v1 | voided     | plan       | CHARGE       | 10.00     |                    |           |
    v2 | voided     | plan       | CHARGE       | 10.00     |                    |           |
"""
# The row at fault: dataset, id, field, and what is said of it.
REFUSALS = {
    "usage": ("invoice_line_items", "u2", "recognition_method", "method USAGE"),
    "milestone": ("invoice_line_items", "s2", "recognition_method", "method MILESTONE"),
    "minimum fee": ("invoice_line_items", "m2", "kind", "minimum fees"),
    "credit grant purchase": ("invoice_line_items", "p2", "kind", "credit grant purchases"),
    "credit grant applied": ("invoice_line_items", "g2", "credit_grant_id", "credit grants"),
    "bundle": ("invoice_line_items", "b2", "bundle_id", "bundles"),
    "void": ("invoices", "voided", "status", "voided invoices"),
}


@pytest.fixture(scope="module")
def refused(landing_store: "LandingStore") -> tuple[Chain, dg.ExecuteInProcessResult]:
    chain = Chain(landing_store(REFUSED))
    assert chain.reference_data().success
    return chain, chain.document_month("2025-01")


@pytest.fixture(scope="module")
def rejections(refused: tuple[Chain, dg.ExecuteInProcessResult]) -> list[Rejection]:
    return read_quarantine(open_object_store(str(refused[0].store)), "line_allocations", "2025-01")


@pytest.mark.parametrize(("dataset", "row_id", "field", "what"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_not_recognized_yet_is_refused_by_name(
    dataset: str, row_id: str, field: str, what: str, rejections: list[Rejection]
) -> None:
    [rejection] = [item for item in rejections if (item.dataset, item.record["id"]) == (dataset, row_id)]
    assert rejection.field == field
    assert f"does not recognize {what}" in rejection.reason
    assert "adjust by hand" in rejection.action


def test_an_invoice_with_a_refused_line_stays_out_whole_and_the_others_go_on(
    refused: tuple[Chain, dg.ExecuteInProcessResult], rejections: list[Rejection]
) -> None:
    chain, run = refused
    assert run.success
    out = {(item.dataset, item.record["id"]) for item in rejections}
    assert len(out) == 3 * len(REFUSALS), "of each invoice: itself and both lines"
    obligations = chain.table("obligations", "2025-01")
    assert [(row["line_id"], row["amount_minor"]) for row in obligations] == [("l0", 3100)]


def test_the_asset_counts_what_it_keeps_out(refused: tuple[Chain, dg.ExecuteInProcessResult]) -> None:
    chain, run = refused
    shown = metadata(run, "line_allocations")
    assert shown["rows_quarantined"] == 3 * len(REFUSALS)
    assert shown["quarantine"] == (chain.store / "quarantine/line_allocations/2025-01.jsonl").as_uri()
    reasons = shown["reasons"]
    assert isinstance(reasons, dict)
    assert {name: reasons[name] for name in ("invoice_line_items.bundle_id", "invoices.status")} == {
        "invoice_line_items.bundle_id": 1,
        "invoices.status": 1,
    }


def test_a_draft_is_excluded_with_a_reason_and_not_an_error(refused: tuple[Chain, dg.ExecuteInProcessResult]) -> None:
    chain, _ = refused
    [draft] = [row for row in chain.table("line_allocations", "2025-01") if row["invoice_id"] == "draft"]
    assert draft["disposition"] != "RECOGNIZED"
    assert "DRAFT" in str(draft["reason"])
    assert draft["allocated_minor"] == 0


def test_refused_documents_are_a_warning_and_no_failed_check(refused: tuple[Chain, dg.ExecuteInProcessResult]) -> None:
    _, run = refused
    failed = {
        (check.asset_key.to_user_string(), check.check_name): check
        for check in run.get_asset_check_evaluations()
        if not check.passed
    }
    assert set(failed) == {("line_allocations", "nothing_in_quarantine")}
    [warning] = failed.values()
    assert warning.severity is dg.AssetCheckSeverity.WARN
    assert warning.metadata["rows_in_quarantine"].value == 3 * len(REFUSALS)


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
