"""A company whose documents land bit by bit: a real folder store and SQLite books, driven in this process.

What belongs here: landing, posting, closing, and reading what was posted. What does not: what must hold of it
(`tests.histories.laws`).
"""

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from assets.closing import Closing
from assets.gl_exports import export_month
from assets.ledger import post
from assets.monthly_reports import write_monthly_reports
from assets.up_to_date import Places
from resources.books import Books, open_engine, upgrade
from resources.lake import Lake
from resources.object_store import open_object_store
from resources.quarantine import read_quarantine
from revrec.accounting_periods import Periods
from revrec.exports import EXPORT_FORMATS
from revrec.policy import Policy
from tests.histories.documents import Row, in_files
from tests.histories.truth import Moves, without_zeros

# All months that anything posts in, and one more, so that what the last of them has to catch up on has a place.
POSTING_MONTHS = ("2024-12", "2025-01", "2025-02", "2025-03", "2025-04", "2025-05")
NOW = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


class Company:
    """One store and its books."""

    def __init__(self, root: Path, policy: Policy) -> None:
        """Start with nothing landed."""
        self.root = root
        engine = open_engine(f"sqlite:///{root / 'books.sqlite'}")
        upgrade(engine)
        store = open_object_store(str(root))
        self.places = Places(store, Lake(store), Books(engine), policy)
        self._landed = 0

    @property
    def closing(self) -> Closing:
        """Closes under the policy in force."""
        return Closing(self.places, _nobody, NOW)

    def reopen(self, reason: str) -> None:
        """Reopen the newest month that is closed or has a lock inside."""
        periods = self.periods
        month = periods.partial.month if periods.partial else periods.newest_closed
        assert month is not None
        self.closing.reopen(month, "ana", reason)

    def change_policy(self, policy: Policy) -> None:
        """From now on another policy is in force."""
        self.places = replace(self.places, policy=policy)

    @property
    def periods(self) -> Periods:
        """What is closed and locked."""
        return Periods.of(self.places.books.periods())

    def land(self, rows: Iterable[Row]) -> None:
        """One more file in each folder that a row belongs to."""
        self._landed += 1
        for folder, records in in_files(rows).items():
            self.land_file(f"{folder}/extract-{self._landed:03}.csv", records)

    def land_file(self, name: str, records: Sequence[Mapping[str, str]]) -> None:
        """A file below landing/."""
        path = self.root / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = list(dict.fromkeys(column for record in records for column in record))
        with path.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)

    def post(self, months: Iterable[str] = POSTING_MONTHS) -> None:
        """Post months from what has landed by now."""
        for month in months:
            self.places.lake.write("daily_journals", month, post(month, self.places, _nobody))

    def journals(self, month: str) -> list[dict[str, Any]]:
        """Rows of a month's journals."""
        rows: list[dict[str, Any]] = self.table(month).to_pylist()
        return rows

    def table(self, month: str) -> pa.Table:
        """A month's journals."""
        return self.places.lake.open("daily_journals", month).read()

    def file(self, month: str) -> bytes:
        """The file of a month's journals."""
        return (self.root / "lake" / "daily_journals" / f"{month}.parquet").read_bytes()

    def exported(self, month: str) -> dict[str, list[list[str]]]:
        """Lines of the generic export of a month, by ledger."""
        self.export(month)
        folder = self.root / "exports" / "generic" / month
        return {path.name: _lines(path) for path in sorted(folder.glob("*.csv"))}

    def export(self, month: str) -> None:
        """Write the generic export of a month."""
        journals = self.places.lake.open("daily_journals", month)
        export_month(EXPORT_FORMATS["generic"], month, journals, self.places)

    def report(self, month: str) -> None:
        """Write a month's reports."""
        write_monthly_reports(month, self.places, now=dt.datetime(2026, 1, 5, tzinfo=dt.UTC))

    def quarantined(self) -> set[tuple[str, str]]:
        """(dataset, id) of every row in quarantine."""
        found = set()
        for path in (self.root / "quarantine").rglob("*.jsonl"):
            month = None if path.stem == "all" else path.stem
            for item in read_quarantine(self.places.store, path.parent.name, month):
                found.add((item.dataset, item.record["id"] or ""))
        return found

    def moves(self) -> Moves:
        """Everything posted in any month, by obligation, account and day."""
        found: Counter[tuple[str, str, dt.date]] = Counter()
        for row in (row for month in POSTING_MONTHS for row in self.journals(month)):
            for day, amount in days_of(row):
                found[row["obligation_id"], row["debit_account"], day] += amount
                found[row["obligation_id"], row["credit_account"], day] -= amount
        return without_zeros(found)


def days_of(row: Mapping[str, Any]) -> Iterator[tuple[dt.date, int]]:
    """Amounts of a row of journals by day."""
    for place in range(row["days"]):
        is_last = place == row["days"] - 1
        yield (
            row["first_day"] + dt.timedelta(days=place),
            row["amount_last_day_minor" if is_last else "amount_a_day_minor"],
        )


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines, strict=True))


def _nobody(*_: object) -> None:
    """Nobody needs to know what was recomputed."""
