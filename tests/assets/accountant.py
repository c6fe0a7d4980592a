"""The accountant of one store: closes, locks, reopens and posts, in this process and without Dagster.

What belongs here: driving `assets.closing` and the posting of a month on a real folder and SQLite books, and reading
what came out. What does not: Dagster's runs (`tests.assets.chain`), judging what came out.
"""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from assets.amendments import schedules_of_every_month
from assets.closing import Closing
from assets.gl_exports import export_month
from assets.ledger import post
from assets.ledger_ties import require_ties
from assets.locks import Locks
from assets.monthly_reports import write_monthly_reports
from assets.reports import write_monthly_report
from assets.up_to_date import DocumentMonth, Places
from resources.books import Books, open_engine, upgrade
from resources.lake import Lake, WrittenTable
from resources.object_store import open_object_store
from resources.policy_file import load_policy
from resources.settings import BOOKS_FILE
from revrec.accounting_periods import PeriodEvent, Periods
from revrec.accounts import NORMAL_SIDE, Account, Direction
from revrec.exports import EXPORT_FORMATS
from revrec.manual_journals import ManualJournal

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


def _untold(name: str, month: str | None, written: WrittenTable) -> None:
    """Nobody is told of what had to be recomputed."""


@dataclass(frozen=True)
class Accountant:
    """Works on the store in a folder, with the policy that lies there."""

    folder: Path

    def on_a_copy(self, folder: Path) -> "Accountant":
        """The accountant of a copy of the store, books included."""
        self._engine.dispose()
        shutil.copytree(self.folder, folder)
        return Accountant(folder)

    @cached_property
    def _engine(self) -> Engine:
        engine = open_engine(f"sqlite:///{self.folder}/{BOOKS_FILE}")
        upgrade(engine)
        return engine

    @property
    def books(self) -> Books:
        """The books, in the store's own folder."""
        return Books(self._engine)

    @property
    def places(self) -> Places:
        """Where the tables and the books are, under the policy of now."""
        store = open_object_store(str(self.folder))
        return Places(store, Lake(store), self.books, load_policy(None, store))

    @property
    def periods(self) -> Periods:
        """What is closed and locked."""
        return Periods.of(self.books.periods())

    @property
    def locks(self) -> Locks:
        """The locks with their seals."""
        places = self.places
        return Locks.of(places.books, places.store)

    @property
    def closing(self) -> Closing:
        """Closes, locks and reopens."""
        return Closing(self.places, _untold, NOW)

    def close(self, *months: str) -> list[PeriodEvent]:
        """Close months in this order."""
        return [event for month in months for event in self.closing.close(month, "ana")]

    def record(self, *journals: ManualJournal) -> None:
        """Record manual journals."""
        self.books.record_manual_journals(journals, now=NOW)

    def schedules(self) -> list[DocumentMonth]:
        """Schedules of every document month, up to date."""
        return schedules_of_every_month(self.places, _untold)

    def journals(self, month: str) -> list[dict[str, Any]]:
        """Post a month's journals, and see that they tie; their rows."""
        places = self.places
        places.lake.write("daily_journals", month, post(month, places, _untold))
        require_ties(places, month)
        rows: list[dict[str, Any]] = places.lake.open("daily_journals", month).read().to_pylist()
        return rows

    def post(self, month: str) -> list[dict[str, Any]]:
        """Post a month as its run does: journals, report and exports; rows of its journals."""
        rows, places = self.journals(month), self.places
        journals = places.lake.open("daily_journals", month)
        report, _ = write_monthly_report(month, journals, self.locks, places.store, places.policy)
        places.lake.write("monthly_journal_report", month, report)
        for export in EXPORT_FORMATS.values():
            export_month(export, month, journals, places)
        return rows

    def report(self, month: str, now: dt.datetime = NOW) -> None:
        """Write a month's reports, which is posted."""
        write_monthly_reports(month, self.places, now=now)

    def spoil(self, table: str, month: str, column: str, *, row: int, by: int) -> None:
        """Add to one integer of a lake table behind revrec's back."""
        path = self.folder / "lake" / table / f"{month}.parquet"
        rows = pq.read_table(path)
        values = rows[column].to_pylist()
        values[row] += by
        place = rows.schema.get_field_index(column)
        changed = rows.set_column(place, rows.schema.field(column), pa.array(values, rows.schema.field(column).type))
        with pq.ParquetWriter(path, rows.schema) as writer:
            writer.write_table(changed)

    def files(self, *folders: str) -> dict[str, bytes]:
        """Content of every file below these folders of the store, by path."""
        paths = (path for folder in folders for path in sorted((self.folder / folder).rglob("*")) if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}

    def of_months(self, *months: str) -> dict[str, bytes]:
        """Journals, exports and reports of months, as files."""
        every = self.files("lake/daily_journals", "exports", "reports/monthly_journal_report")
        return {path: content for path, content in every.items() if any(month in path for month in months)}


def landed(store: Path) -> set[Path]:
    """Every landed file."""
    return {path for path in (store / "landing").rglob("*") if path.is_file()}


def catch_ups(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that catch up on locked days."""
    return [row for row in rows if row["narrative"].startswith("Catch-up for ")]


def balances(rows: list[dict[str, Any]]) -> dict[str, int]:
    """What rows of journals do to each account, on its normal side; accounts that do not move are left out."""
    totals: Counter[str] = Counter()
    for row in rows:
        totals[row["debit_account"]] += row["amount_minor"]
        totals[row["credit_account"]] -= row["amount_minor"]
    signs: Mapping[Account, int] = {
        account: 1 if side is Direction.DEBIT else -1 for account, side in NORMAL_SIDE.items()
    }
    return {str(account): sign * totals[account] for account, sign in signs.items() if totals[account]}
