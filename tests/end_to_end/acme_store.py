"""The example company's store as plain readers see it: landed rows, rows in quarantine, and its lake.

What belongs here: reading, and what must be known of the example to do so. What does not: judging what was read
(`test_acme.py`), running the chain (conftest.py).
"""

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

EXAMPLES = Path(__file__).parents[2] / "examples"

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
# Acme Europe has its first invoice in April.
SINCE = {"default-EUR": "2025-01", "default-JPY": "2025-01", "default-USD": "2025-01", "europe-EUR": "2025-04"}
LEDGERS = list(SINCE)
POSTED_LEDGERS = [(month, ledger) for month in MONTHS for ledger in LEDGERS if month >= SINCE[ledger]]
RESULTS = ("exports", "reports", "lake", "quarantine")

Row = dict[str, str]


def copied_example(store: Path) -> Path:
    """The example as a newcomer copies it."""
    shutil.copytree(EXAMPLES / "acme", store)
    return store


def landed_rows(store: Path, dataset: str) -> Iterator[Row]:
    for path in sorted((store / "landing" / dataset).rglob("*.*")):
        if path.suffix == ".csv":
            yield from csv_rows(path)
        elif path.suffix == ".jsonl":
            yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
        else:
            yield from pq.read_table(path).to_pylist()


def csv_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def quarantined(store: Path) -> list[dict[str, Any]]:
    files = sorted((store / "quarantine").rglob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def newest_versions(store: Path, dataset: str) -> dict[str, Row]:
    versions = sorted(landed_rows(store, dataset), key=lambda row: row["updated_at"])
    return {row["id"]: row for row in versions}


def ledger_of(row: Row) -> str:
    return f"{row.get('entity_id') or 'default'}-{row['currency']}"


def document_of(item: dict[str, Any]) -> str:
    """The document that a row in quarantine belongs to."""
    parent = {"invoice_line_items": "invoice_id", "credit_note_line_items": "credit_note_id"}
    document: str = item["record"][parent.get(item["file"].split("/")[1], "id")]
    return document


# Datasets of which most months have none.
OPTIONAL = ("credit_grant_transactions", "credit_notes", "credit_note_line_items", "milestones", "usage")


def nothing_landed(store: Path, table: str, month_file: str = "") -> bool:
    """Whether a lake file is of a month for which nothing landed in its dataset: only the month's own run writes it."""
    month = month_file.removesuffix(".parquet")
    return table in OPTIONAL and not (store / "landing" / table / month).exists()


# Per obligation what its journals of the year hold on each account, and whether the year holds its whole life: it is
# invoiced in the year, and all of its schedule lies in it.
POSITIONS = """
with side as (
    select obligation_id, unnest([debit_account, credit_account]) as account,
           unnest([amount_minor, -amount_minor]) as debit_minor
    from read_parquet('{lake}/daily_journals/*.parquet')
), schedule as (
    select * replace (parse_filename(filename) as filename)
    from read_parquet('{lake}/recognized_schedules/*.parquet', filename = true)
), obligation as (
    select * replace (parse_filename(filename) as filename)
    from read_parquet('{lake}/obligations/*.parquet', filename = true)
), life as (
    select obligation_id, max(accounting_date) filter (effect = 'OBLIGATION') as invoiced_on,
           min(first_day) as first_day, max(first_day + (days - 1)::int) as last_day
    from schedule join obligation using (filename, obligation_no) group by obligation_id
)
select obligation_id, coalesce(invoiced_on <= '2025-12-31', false) as invoiced,
       first_day >= '2025-01-01' and last_day <= '2025-12-31' as whole_life,
       coalesce(sum(debit_minor) filter (account = 'billed'), 0)::bigint as billed,
       coalesce(-sum(debit_minor) filter (account = 'recognized'), 0)::bigint as recognized,
       coalesce(-sum(debit_minor) filter (account = 'deferred'), 0)::bigint as deferred,
       coalesce(sum(debit_minor) filter (account = 'unbilled'), 0)::bigint as unbilled
from life join side using (obligation_id) group by all
"""


MONTHLY = """
select strftime(first_day, '%Y-%m') as month, obligation_id,
       sum(case 'recognized' when credit_account then amount_minor when debit_account then -amount_minor else 0 end)
           as recognized
from read_parquet('{lake}/daily_journals/*.parquet') group by all
"""


def opened_lake(store: Path) -> duckdb.DuckDBPyConnection:
    """The lake in SQL: `amendments`, `line_allocations`, `obligations`; what each earns `monthly`, and `positions`."""
    connection = duckdb.connect()
    for table in ("amendments", "line_allocations", "obligations"):
        connection.execute(f"create view {table} as from read_parquet('{store}/lake/{table}/*.parquet')")
    connection.execute(f"create view monthly as {MONTHLY.format(lake=store / 'lake')}")
    connection.execute(f"create table positions as {POSITIONS.format(lake=store / 'lake')}")
    return connection
