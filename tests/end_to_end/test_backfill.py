"""The chain in Dagster's own processes: web server, daemon and a process per run, driven as the UI drives them.

A fresh store gets the reference data and one document month by hand, then some months of everything by a backfill;
what it holds then is what `revrec run` makes of the same files. Two months; REVREC_TEST_BACKFILL_MONTHS=12 takes the
whole year, with four times the time.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assets.monthly_reports import MONTHLY_TABLES
from revrec.amendments import AMENDING_DATASETS
from revrec.schemas import DOCUMENT_DATASETS, REFERENCE_DATASETS
from tests.assets.chain import Chain
from tests.assets.late_documents import NO_PACKS
from tests.end_to_end.dagster_servers import DagsterUi, dagster_servers

if TYPE_CHECKING:
    from tests.end_to_end.conftest import LandingStore, RevrecRun

# An idle machine of two cores needs 10 s a month; the daemon looks at the backfill every 30 s.
BACKFILL_TIMEOUT_S = 900
RUN_TIMEOUT_S = 300

# The first ones: invoices of later document months reach back into them.
MONTHS = [f"2025-{month:02}" for month in range(1, 1 + int(os.environ.get("REVREC_TEST_BACKFILL_MONTHS", "2")))]
RECOGNITION = ("line_allocations", "amendments", "obligations", "recognized_schedules")
EXPORTS = ("generic_gl_export", "netsuite_gl_export", "quickbooks_gl_export", "xero_gl_export")
LAYERS = {
    "raw_billing": {dataset.name for dataset in (*REFERENCE_DATASETS, *DOCUMENT_DATASETS)},
    "recognition": set(RECOGNITION),
    "ledger": {"daily_journals"},
    "reports": {"monthly_journal_report", "corrections", *MONTHLY_TABLES},
    "gl_exports": {*EXPORTS, "close_pack"},
}
REFERENCE = [dataset.name for dataset in REFERENCE_DATASETS]
DOCUMENTS = [*(dataset.name for dataset in DOCUMENT_DATASETS), *RECOGNITION]
POSTED = [*LAYERS["ledger"], *LAYERS["reports"], *LAYERS["gl_exports"]]

# A year in advance, and two months in arrears in another currency.
BOOKS = """
    customers
    id
    acme

    products
    id
    plan

    invoices/2025-01
    id    | customer_id | currency | accounting_date | net_total
    inv_1 | acme        | USD      | 2025-01-01      | 1200.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31

    invoices/2025-02
    id    | customer_id | currency | accounting_date | net_total
    inv_2 | acme        | JPY      | 2025-02-28      | 60000

    invoice_line_items/2025-02
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_2 | inv_2      | plan       | 60000     | 2025-01-01           | 2025-02-28
"""

GRAPH = """
query {
  assetNodes {
    assetKey { path }
    groupName
    dependencyKeys { path }
    isPartitioned
  }
}
"""
LAUNCH_BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
BACKFILL = """
query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status runs(limit: 100) { status } }
  }
}
"""
LAUNCH_RUN = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
RUN = """
query ($id: ID!) {
  runOrError(runId: $id) { ... on Run { status assetMaterializations { assetKey { path } partition } } }
}
"""
STATUSES = """
query ($keys: [AssetKeyInput!]) {
  assetNodes(assetKeys: $keys) {
    assetKey { path }
    assetPartitionStatuses { ... on TimePartitionStatuses { ranges { status startKey endKey } } }
    assetChecksOrError {
      ... on AssetChecks {
        checks {
          name
          partitionStatuses { ... on AssetCheckTimePartitionStatuses { ranges { status startKey endKey } } }
        }
      }
    }
  }
}
"""


@dataclass(frozen=True)
class Deployment:
    """A store and the processes that look after it."""

    store: Path
    ui: DagsterUi


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, landing_store: "LandingStore") -> Iterator[Deployment]:
    store = landing_store(BOOKS, NO_PACKS)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("REVREC_", "DAGSTER_", "AWS_"))
    }
    with dagster_servers(tmp_path_factory.mktemp("dagster"), {**environment, "REVREC_STORE": str(store)}) as ui:
        yield Deployment(store, ui)


def test_the_graph_shows_the_chain_in_its_layers(deployment: Deployment) -> None:
    nodes = deployment.ui.ask(GRAPH)["assetNodes"]
    layers: dict[str, set[str]] = {}
    for node in nodes:
        layers.setdefault(node["groupName"], set()).add(name_of(node))
    assert layers == LAYERS
    upstream = {name_of(node): {key["path"][-1] for key in node["dependencyKeys"]} for node in nodes}
    assert upstream["line_allocations"] == {"customers", "products", "credit_grants", "invoices", "invoice_line_items"}
    assert upstream["amendments"] == {"line_allocations", *AMENDING_DATASETS}
    assert upstream["obligations"] == {"line_allocations", "amendments"}
    assert upstream["recognized_schedules"] == {"obligations", "amendments"}
    assert upstream["daily_journals"] == {"customers", "products", "recognized_schedules"}
    assert upstream["monthly_journal_report"] == {"daily_journals"}
    assert all(upstream[export] == {"daily_journals", "monthly_journal_report"} for export in EXPORTS)
    assert {name_of(node) for node in nodes if not node["isPartitioned"]} == {
        dataset.name for dataset in REFERENCE_DATASETS
    }


def test_a_month_by_hand_and_a_backfill_of_months_give_what_the_command_gives(
    deployment: Deployment, landing_store: "LandingStore", revrec_run: "RevrecRun"
) -> None:
    ui = deployment.ui
    materialized = materialized_by_hand(ui, [*REFERENCE, *DOCUMENTS], "2025-01")
    # and of other months what its amendments are resolved from
    assert materialized >= {*((name, None) for name in REFERENCE), *((name, "2025-01") for name in DOCUMENTS)}

    launched = ui.ask(LAUNCH_BACKFILL, params={"assetSelection": keys([*DOCUMENTS, *POSTED]), "partitionNames": MONTHS})
    backfill = launched["launchPartitionBackfill"]
    assert backfill["__typename"] == "LaunchBackfillSuccess", backfill

    # The daemon looks for it every 30 s only: time to make what is expected.
    expected = landing_store(BOOKS, NO_PACKS)
    finished = revrec_run(expected, MONTHS[0], MONTHS[-1])
    assert (finished.status, finished.stderr) == (0, "")

    done = ui.wait_for("the backfill", lambda: backfill_done(ui, backfill["backfillId"]), BACKFILL_TIMEOUT_S)
    assert done["status"] == "COMPLETED_SUCCESS"
    assert [run["status"] for run in done["runs"]] == ["SUCCESS"] * len(MONTHS)

    for asset, materialized_months, checked_months in statuses(ui, [*DOCUMENTS, *POSTED]):
        assert materialized_months == [("MATERIALIZED", MONTHS[0], MONTHS[-1])], asset
        for check, months in checked_months.items():
            assert months == [("SUCCEEDED", MONTHS[0], MONTHS[-1])], (asset, check)

    made, wanted = (
        Chain(store).files("exports", "reports", "lake/daily_journals", "lake/revenue_waterfall")
        for store in (deployment.store, expected)
    )
    assert len(wanted) > len(MONTHS) * len(EXPORTS)
    assert made == wanted


def keys(assets: list[str]) -> list[dict[str, list[str]]]:
    return [{"path": [asset]} for asset in assets]


def name_of(node: Any) -> str:
    return str(node["assetKey"]["path"][-1])


def materialized_by_hand(ui: DagsterUi, assets: list[str], month: str) -> set[tuple[str, str | None]]:
    """Materialize assets in one run, as the UI's button does; returns asset and partition of what it materialized."""
    selector = {
        "repositoryLocationName": "revrec",
        "repositoryName": "__repository__",
        "pipelineName": "__ASSET_JOB",
        "assetSelection": keys(assets),
    }
    tags = [{"key": "dagster/partition", "value": month}]
    params = {"selector": selector, "mode": "default", "executionMetadata": {"tags": tags}}
    launched = ui.ask(LAUNCH_RUN, params=params)["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched

    def run_done() -> Any:
        run = ui.ask(RUN, id=launched["run"]["runId"])["runOrError"]
        return run if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None

    run = ui.wait_for(f"the run of {month}", run_done, RUN_TIMEOUT_S)
    assert run["status"] == "SUCCESS"
    return {(name_of(event), event["partition"]) for event in run["assetMaterializations"]}


def backfill_done(ui: DagsterUi, backfill_id: str) -> Any:
    backfill = ui.ask(BACKFILL, id=backfill_id)["partitionBackfillOrError"]
    return backfill if backfill["status"] not in ("REQUESTED", "CANCELING") else None


Ranges = list[tuple[str, str, str]]


def statuses(ui: DagsterUi, assets: list[str]) -> Iterator[tuple[str, Ranges, dict[str, Ranges]]]:
    """Of each asset: its name, months by status, and the same of each of its checks."""
    for node in ui.ask(STATUSES, keys=keys(assets))["assetNodes"]:
        checks = node["assetChecksOrError"].get("checks", [])
        yield (
            name_of(node),
            ranges_of(node["assetPartitionStatuses"]),
            {check["name"]: ranges_of(check["partitionStatuses"]) for check in checks},
        )


def ranges_of(partitions: Any) -> Ranges:
    return [(item["status"], item["startKey"], item["endKey"]) for item in partitions["ranges"]]
