"""What the close packs of a month say: the month's tables and the books, put together per ledger.

What belongs here: reading them, each as far as a pack has room for it. What does not: checks (`close_pack_checks`),
choosing rows (`revrec.close_pack.extracts`), writing files (`assets.close_pack`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from assets.close_pack_checks import checks_of
from assets.corrections import CORRECTIONS_FOLDER
from assets.locks import Locks
from assets.month_end import MonthEnd
from assets.monthly_reports import report_folder
from assets.reports import MONTHLY_REPORT_FOLDER
from assets.up_to_date import Places
from resources.checksums import sha256_of
from resources.lake_table import LakeTable
from revrec import ENGINE_VERSION
from revrec.accounting_periods import last_day_of
from revrec.accounts import NORMAL_SIDE, Account, Direction, Ledger
from revrec.calendar import month_before, parse_month
from revrec.close_pack import ClosePack, ExportedFile, ManualEntryRow, TieRow
from revrec.close_pack.extracts import Extract, extract, waterfall_extract
from revrec.close_pack.journal_extracts import JournalExtracts, causes, journal_extracts
from revrec.corrections import CORRECTIONS
from revrec.manual_journals import ManualJournal
from revrec.money import to_text
from revrec.policy import Policy
from revrec.reports.schemas import REPORTS

_NOTHING = "–"
# Each of its dimensions adds up to the same.
_COUNTED = {"deferred_revenue_totals": pc.field("dimension") == "PRODUCT"}


@dataclass(frozen=True)
class MonthContents:
    """What the packs of a month are made of: what all its ledgers share is read and compared once."""

    month: str
    places: Places
    locks: Locks
    checks: Mapping[Ledger, Sequence[TieRow]]
    parameters: Mapping[str, str]
    moved_before: Mapping[Ledger, Mapping[Account, int]]

    @classmethod
    def of(cls, month: str, places: Places) -> "MonthContents":
        """What the books and the lake hold of a month.

        Raises:
            TableMissingError: a report has not been materialized.
            SealBrokenError: a sealed table is missing or altered.
        """
        locks = Locks.of(places.books, places.store)
        found = checks_of(month, places, locks)
        return cls(month, places, locks, found, _parameters(month, places, locks), _moved_before(month, places))

    def pack(self, ledger: Ledger, connection: duckdb.DuckDBPyConnection, status: str | None = None) -> ClosePack:
        """The pack of a ledger.

        Args:
            ledger: one that has checks.
            connection: a DuckDB database; what it holds of an earlier ledger is replaced.
            status: what it says the month is; None for what the books say.

        Raises:
            TableMissingError: a table has not been materialized.
        """
        mine = {"entity": ledger.entity, "currency": ledger.currency}
        first, last = parse_month(self.month).astype("datetime64[D]").item(), last_day_of(self.month)
        journals = self._journals(connection, mine)
        papers = _Papers(self.places.lake.open("deferred_revenue", self.month), mine, journals.obligations)
        reports = {name: papers.extract() if name == papers.name else self._report(name, mine) for name in REPORTS}
        cause = causes(connection, journals.embedded, papers.found)
        return ClosePack(
            ledger=ledger,
            month=self.month,
            entity_name=_entity_name(self.places.policy, ledger),
            status=status or _status(self.month, self.locks),
            reports=reports,
            journals=journals,
            embedded=journals.embedded.append_column("cause", cause),
            documents=papers.found,
            corrections=self._corrections(mine),
            manual_journals=[
                _manual_row(journal)
                for journal in self.places.books.manual_journals(first, last)
                if Ledger(journal.entity, journal.currency) == ledger
            ],
            checks=self.checks[ledger],
            previous=self.moved_before.get(ledger, {}),
            exports=[
                ExportedFile(each.object_key, each.rows, each.total_debits_minor, each.total_credits_minor, each.sha256)
                for each in self.places.books.export_files(month=self.month, **mine)
            ],
            files={
                **{name: f"{report_folder(name, self.month)}/{ledger.key}.csv" for name in REPORTS},
                "monthly_journal_report": f"{MONTHLY_REPORT_FOLDER}/{self.month}/{ledger.key}.csv",
                "corrections": f"{CORRECTIONS_FOLDER}/{self.month}/{ledger.key}.csv",
            },
            parameters=self.parameters,
        )

    def _report(self, name: str, mine: Mapping[str, str]) -> Extract:
        table = self.places.lake.open(name, self.month)
        if name == "revenue_waterfall":
            return waterfall_extract(lambda columns: table.batches_where(mine, columns), table.schema)
        return extract(name, table.batches_where(mine), table.schema, _COUNTED.get(name))

    def _journals(self, connection: duckdb.DuckDBPyConnection, mine: Mapping[str, str]) -> JournalExtracts:
        table = self.places.lake.open("daily_journals", self.month)
        return journal_extracts(connection, lambda columns: table.batches_where(mine, columns))

    def _corrections(self, mine: Mapping[str, str]) -> Extract:
        table = self.places.lake.find("corrections", self.month)
        return extract("corrections", table.batches_where(mine) if table else (), CORRECTIONS)


class _Papers:
    """The deferred revenue report of a ledger, and those of its rows that some obligations have: read once for both."""

    name = "deferred_revenue"

    def __init__(self, table: LakeTable, mine: Mapping[str, str], obligations: pa.Array) -> None:
        self._table, self._mine, self._obligations = table, mine, obligations
        self.found = table.schema.empty_table()

    def extract(self) -> Extract:
        """Read the report."""
        noted: list[pa.RecordBatch] = []
        found = extract(self.name, self._noting(noted), self._table.schema)
        self.found = pa.Table.from_batches(noted, self._table.schema)
        return found

    def _noting(self, noted: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in self._table.batches_where(self._mine):
            noted.append(batch.filter(pc.is_in(batch["obligation_id"], self._obligations)))
            yield batch


def _moved_before(month: str, places: Places) -> dict[Ledger, dict[Account, int]]:
    """What moved each account in the month before, in the sign of its normal side: of ledgers that had begun by then.

    It follows from this month's own tables and from seals: whether the month before was reported, and when, changes
    nothing.
    """
    end, movements = MonthEnd.of(month, places), places.lake.open("monthly_movements", month)
    before = month_before(month)
    at_end, at_start = (_balances(end.posted_through(each, movements)) for each in (before, month_before(before)))
    moved: dict[Ledger, dict[Account, int]] = {}
    for (ledger, account), balance in at_end.items():
        sign = 1 if NORMAL_SIDE[account] is Direction.DEBIT else -1
        moved.setdefault(ledger, {})[account] = sign * (balance - at_start.get((ledger, account), 0))
    return moved


def _balances(figures: pa.Table) -> dict[tuple[Ledger, Account], int]:
    return {
        (Ledger(row["entity"], row["currency"]), Account(row["account"])): row["net_debits_minor"]
        for row in figures.to_pylist()
    }


def _entity_name(policy: Policy, ledger: Ledger) -> str:
    """The entity's name; its id where the policy has forgotten it since."""
    entity = policy.entities.get(ledger.entity)
    return entity.name if entity else ledger.entity


def _status(month: str, locks: Locks) -> str:
    periods = locks.periods
    if periods.is_closed(month):
        return f"Closed by {periods.closed[month].actor}"
    if periods.partial is not None and periods.partial.month == month:
        return f"Open, locked through {periods.partial.locked_through} by {periods.partial.actor}"
    return "Open"


def _manual_row(journal: ManualJournal) -> ManualEntryRow:
    entries = (
        f"{entry.direction} {entry.account} {to_text(entry.amount_minor, journal.currency)}"
        for entry in journal.entries
    )
    return ManualEntryRow(
        id=journal.id,
        date=journal.date,
        narrative=journal.narrative,
        entries="; ".join(entries),
        prepared_by=journal.prepared_by,
        approved_by=journal.approved_by,
        adjusts=journal.adjusts,
    )


def _parameters(month: str, places: Places, locks: Locks) -> dict[str, str]:
    lake, policy = places.lake, places.policy
    closed = locks.periods.closed.get(month)
    documents = lake.open("trial_balance", month).metadata.get("documents", "")
    told = {
        "Filters": "none: every journal of the ledger and month",
        "As of": "everything that has landed",
        "Journal numbers": "final" if closed else "provisional until the month closes",
        "Policy SHA-256": policy.sha256,
        "Engine version": ENGINE_VERSION,
        "Documents digest": documents,
        "Seal manifest SHA-256": closed.manifest_sha256 if closed and closed.manifest_sha256 else _NOTHING,
    }
    tables = ("daily_journals", "corrections", *REPORTS)
    keys = {name: lake.key(name, month) for name in tables if lake.find(name, month) is not None}
    return told | {f"SHA-256 of {name}": sha256_of(places.store, key) for name, key in keys.items()}
