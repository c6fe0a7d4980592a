"""The ledger: journals of a posting month.

What belongs here: the `daily_journals` asset. What does not: checks (`assets.ledger_checks`), reports and exports made
from journals.
"""

import json
from collections.abc import Iterator
from datetime import date

import dagster as dg
import pyarrow as pa

from assets.attributes import Group, layer
from assets.partitions import MONTHS, SAME_MONTH
from assets.up_to_date import OnRecomputed, Places, record_in_dagster, schedules_of_every_month
from resources.books import Books
from resources.lake import Lake, LakeTable, TableStream
from resources.object_store import ObjectStore
from resources.workspace import workspace
from revrec import tables
from revrec.journals import MonthMovements
from revrec.journals import daily_journals as make_journals
from revrec.policy import Policy


def post(month: str, places: Places, on_recomputed: OnRecomputed) -> TableStream:
    """Journals of a posting month, from every landed document month's schedules.

    The metadata lists the ledgers that have begun by that month: each gets its report and files, also where a month is
    empty.
    """
    documents = list(schedules_of_every_month(places, on_recomputed))
    starts = [json.loads(schedules.metadata["ledger_starts"]) for _, _, schedules in documents]
    ledgers = sorted({ledger for part in starts for ledger, start in part.items() if start <= month})
    customers, products = (
        _names(places.lake.open(table, None), column)
        for table, column in (("customers", "legal_name"), ("products", "name"))
    )

    def batches() -> Iterator[pa.RecordBatch]:
        movements = (_movements_of(month, obligations, schedules) for _, obligations, schedules in documents)
        touching = (part for part in movements if part is not None)
        with workspace() as connection:
            yield from make_journals(connection, month, touching, customers, products, places.policy.journal_grain)

    return TableStream(tables.DAILY_JOURNALS, batches(), {"ledgers": json.dumps(ledgers)})


def _names(table: LakeTable, column: str) -> dict[str, str]:
    rows = table.read(["id", column])
    return dict(zip(rows["id"].to_pylist(), rows[column].to_pylist(), strict=True))


def _movements_of(month: str, obligations: LakeTable, schedules: LakeTable) -> MonthMovements | None:
    runs = schedules.read_where({"month": date.fromisoformat(f"{month}-01")})
    return MonthMovements(obligations.read(), runs) if runs.num_rows else None


@dg.asset(
    partitions_def=MONTHS,
    deps=[dg.AssetDep("recognized_schedules", partition_mapping=SAME_MONTH), "customers", "products"],
    **layer(Group.LEDGER, "duckdb", "parquet"),
)
def daily_journals(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[ObjectStore],
    lake: dg.ResourceParam[Lake],
    books: dg.ResourceParam[Books],
    policy: dg.ResourceParam[Policy],
) -> TableStream:
    """Double-entry journals of the month, one row per journal and stretch of equal days; numbers are gapless per ledger
    and month.

    Takes in every landed document month: one whose schedules are missing or stale is brought up to date first.
    """
    return post(context.partition_key, Places(store, lake, books, policy), record_in_dagster(context))
