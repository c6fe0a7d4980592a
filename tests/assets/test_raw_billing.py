"""Landed files become typed tables; what is wrong with them is counted and never dropped."""

import json
from typing import TYPE_CHECKING

import dagster as dg
import pyarrow.parquet as pq
import pytest

from resources.object_store import open_object_store
from resources.quarantine import read_quarantine
from revrec.schemas import DATASETS
from tests.assets.chain import Chain, metadata

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore

# Four rows landed in two files: one in force, one replaced by it, two bad.
VERSIONS = """
    invoices/2025-01
    id    | customer_id | accounting_date | net_total | updated_at
    inv_1 | acme        | 2025-01-10      | 100.00    | 2025-01-10T10:00:00Z
    inv_2 | acme        | 2025-01-11      | 5.001     | 2025-01-11T10:00:00Z
    inv_3 | acme        | 2025-02-01      | 7.00      | 2025-01-11T10:00:00Z

    invoices/2025-01
    id    | customer_id | accounting_date | net_total | updated_at
    inv_1 | acme        | 2025-01-10      | 1234.50   | 2025-01-12T10:00:00Z
"""

# One good row of each dataset.
ONE_OF_EACH = """
    customers
    id   | legal_name | updated_at
    acme | Acme Inc   | 2025-01-01T00:00:00Z

    products
    id   | name | recognition_method | updated_at
    plan | Plan | STRAIGHT_LINE      | 2025-01-01T00:00:00Z

    invoices/2025-01
    id    | customer_id | accounting_date | net_total | updated_at
    inv_1 | acme        | 2025-01-10      | 100.00    | 2025-01-10T10:00:00Z

    invoice_line_items/2025-01
    id   | invoice_id | group_id | product_id | title | kind   | net_total
    li_1 | inv_1      | g        | plan       | Plan  | CHARGE | 100.00

    credit_notes/2025-01
    id   | credit_note_number | customer_id | status | currency | accounting_date | net_total | updated_at
    cn_1 | CN-1               | acme        | SENT   | USD      | 2025-01-10      | 50.00     | 2025-01-10T10:00:00Z

    credit_note_line_items/2025-01
    id    | credit_note_id | title  | net_total
    cnl_1 | cn_1           | Refund | 50.00

    milestones/2025-01
    id  | invoice_line_item_id | amount | completed_on
    m_1 | li_1                 | 10.00  | 2025-01-20

    usage/2025-01
    id  | customer_id | product_id | currency | period_start | period_end | amount
    u_1 | acme        | plan       | USD      | 2025-01-01   | 2025-01-31 | 12.00

    credit_grant_transactions/2025-01
    id  | credit_grant_id | type  | amount | date
    t_1 | cg_1            | DEBIT | 5.00   | 2025-01-15

    billing_schedules
    id   | customer_id | product_id | price_id | currency | amount | frequency | start_date | end_date   | billing_type
    bs_1 | acme        | plan       | p_1      | USD      | 10.00  | MONTHLY   | 2025-01-01 | 2025-12-31 | IN_ARREARS

    credit_grants
    id   | customer_id | name   | currency | amount | effective_date
    cg_1 | acme        | Credit | USD      | 100.00 | 2025-01-01
"""


@pytest.fixture(scope="module")
def versions(landing_store: "LandingStore") -> tuple[Chain, dg.ExecuteInProcessResult]:
    chain = Chain(landing_store(VERSIONS))
    return chain, chain.materialize("invoices", month="2025-01")


@pytest.fixture(scope="module")
def one_of_each(landing_store: "LandingStore") -> tuple[Chain, dict[str, dg.ExecuteInProcessResult]]:
    """Every dataset with its run: monthly ones share a run, and so do reference ones."""
    chain = Chain(landing_store(ONE_OF_EACH))
    monthly = [dataset.name for dataset in DATASETS.values() if dataset.monthly]
    reference = [dataset.name for dataset in DATASETS.values() if not dataset.monthly]
    runs = (chain.materialize(*monthly, month="2025-01"), chain.materialize(*reference))
    return chain, {name: run for names, run in zip((monthly, reference), runs, strict=True) for name in names}


def test_a_raw_asset_accounts_for_every_landed_row(versions: tuple[Chain, dg.ExecuteInProcessResult]) -> None:
    chain, run = versions
    shown = metadata(run, "invoices")
    assert run.success
    assert {name: shown[name] for name in ("landed_files", "rows_landed", "dagster/row_count")} == {
        "landed_files": 2,
        "rows_landed": 4,
        "dagster/row_count": 1,
    }
    assert (shown["rows_quarantined"], shown["rows_superseded"]) == (2, 1)
    assert [(row["id"], row["net_total_minor"]) for row in chain.table("invoices", "2025-01")] == [("inv_1", 123450)]


def test_a_raw_asset_shows_its_columns_its_file_its_first_rows_and_its_totals_as_text(
    versions: tuple[Chain, dg.ExecuteInProcessResult],
) -> None:
    chain, run = versions
    shown = metadata(run, "invoices")
    columns = shown["dagster/column_schema"]
    assert isinstance(columns, dg.TableSchema)
    assert [column.name for column in columns.columns] == DATASETS["invoices"].lake_schema.names
    path = chain.store / "lake/invoices/2025-01.parquet"
    assert shown["dagster/uri"] == shown["file"] == path.as_uri()
    assert shown["size_bytes"] == path.stat().st_size
    assert shown["total_net_total"] == "1234.50 USD"
    assert "inv_1" in str(shown["preview"])


def test_what_is_in_quarantine_names_file_row_field_and_reason(
    versions: tuple[Chain, dg.ExecuteInProcessResult],
) -> None:
    chain, run = versions
    lines = (chain.store / "quarantine/invoices/2025-01.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    assert [(item["file"], item["row"], item["field"], item["value"]) for item in found] == [
        ("landing/invoices/2025-01/extract-1.csv", 3, "net_total", "5.001"),
        ("landing/invoices/2025-01/extract-1.csv", 4, "accounting_date", "2025-02-01"),
    ]
    assert all(item["reason"] and item["action"] for item in found)
    assert metadata(run, "invoices")["quarantine"] == (chain.store / "quarantine/invoices/2025-01.jsonl").as_uri()


def test_rows_in_quarantine_are_a_warning_with_the_rows(versions: tuple[Chain, dg.ExecuteInProcessResult]) -> None:
    _, run = versions
    [check] = run.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.severity) == (
        "nothing_in_quarantine",
        False,
        dg.AssetCheckSeverity.WARN,
    )
    assert check.metadata["rows_in_quarantine"].value == 2
    assert "2 landed row(s)" in str(check.description)
    reasons = check.metadata["reasons"]
    assert isinstance(reasons, dg.TableMetadataValue)
    assert [record.data["row"] for record in reasons.records] == ["3", "4"]


def test_a_corrected_row_empties_the_quarantine(landing_store: "LandingStore") -> None:
    chain = Chain(landing_store(VERSIONS))
    chain.materialize("invoices", month="2025-01")
    landing_store(
        """
        invoices/2025-01
        id    | customer_id | accounting_date | net_total | updated_at
        inv_2 | acme        | 2025-01-11      | 5.00      | 2025-01-13T10:00:00Z
        inv_3 | acme        | 2025-01-31      | 7.00      | 2025-01-13T10:00:00Z
        """,
        store=chain.store,
    )
    run = chain.materialize("invoices", month="2025-01")
    assert metadata(run, "invoices")["rows_quarantined"] == 0
    assert metadata(run, "invoices")["quarantine"] == "empty"
    assert [check.passed for check in run.get_asset_check_evaluations()] == [True]
    assert not (chain.store / "quarantine/invoices/2025-01.jsonl").exists()
    assert [row["id"] for row in chain.table("invoices", "2025-01")] == ["inv_1", "inv_2", "inv_3"]


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_good_row_of_every_dataset_is_in_its_table_and_not_in_quarantine(
    dataset: str, one_of_each: tuple[Chain, dict[str, dg.ExecuteInProcessResult]]
) -> None:
    chain, runs = one_of_each
    month = "2025-01" if DATASETS[dataset].monthly else None
    shown = metadata(runs[dataset], dataset)
    assert (shown["rows_landed"], shown["rows_quarantined"], shown["dagster/row_count"]) == (1, 0, 1)
    assert read_quarantine(open_object_store(str(chain.store)), dataset, month) == []
    [check] = [check for check in runs[dataset].get_asset_check_evaluations() if check.asset_key.path == [dataset]]
    assert (check.passed, check.check_name) == (True, "nothing_in_quarantine")


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_dataset_that_never_landed_is_an_empty_table_of_all_its_columns(dataset: str, nothing_landed: Chain) -> None:
    month = "2025-01" if DATASETS[dataset].monthly else None
    path = nothing_landed.store / "lake" / dataset / f"{month or 'all'}.parquet"
    table = pq.read_table(path)
    assert table.num_rows == 0
    assert table.schema.remove_metadata() == DATASETS[dataset].lake_schema


@pytest.fixture(scope="module")
def nothing_landed(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Every raw asset of a store without a single file."""
    chain = Chain(tmp_path_factory.mktemp("empty"))
    monthly = [dataset.name for dataset in DATASETS.values() if dataset.monthly]
    assert chain.materialize(*monthly, month="2025-01").success
    assert chain.reference_data().success
    return chain
