"""What a month's reports are made of: the schedules in force at its end, and the balances it begins and ends with.

What belongs here: choosing between what stands in the lake and what a closed month was closed with. What does not:
figures (`revrec.reports`), writing reports (`assets.monthly_reports`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from assets.ledger import document_months_of, invoice_numbers
from assets.locks import Locks
from assets.recognition_inputs import digest
from assets.reports import month_ledgers
from assets.up_to_date import DocumentMonth, Places
from resources.lake_table import LakeTable
from resources.seals import Seal
from revrec.accounting_periods import last_day_of
from revrec.accounts import NORMAL_SIDE, Account, Direction, Ledger
from revrec.calendar import month_before
from revrec.manual_journals import ManualJournal, manual_movements
from revrec.reconciliation import ACCOUNT_FIGURES
from revrec.reports.contracted import contracted_schedules, not_invoiced
from revrec.reports.month_end import MANUAL_POSITIONS, OBLIGATION_COLUMNS, ForceSchedules

_RUN_COLUMNS = ["obligation_no", "month", "kind", "amount_minor"]
_TABLES = ("obligations", "recognized_schedules", "amendments")
_SIGN = {account: 1 if side is Direction.DEBIT else -1 for account, side in NORMAL_SIDE.items()}


@dataclass(frozen=True)
class MonthEnd:
    """A posting month whose journals are in the lake, and what stands behind it.

    Attributes:
        month: e.g. 2025-01.
        places: where the tables and the books are.
        locks: locked days.
        journals: the month's `daily_journals`.
    """

    month: str
    places: Places
    locks: Locks
    journals: LakeTable

    @classmethod
    def of(cls, month: str, places: Places) -> "MonthEnd":
        """A month as it is now.

        Raises:
            TableMissingError: its journals have not been materialized.
        """
        return cls(month, places, Locks.of(places.books, places.store), places.lake.open("daily_journals", month))

    @property
    def ledgers(self) -> list[Ledger]:
        """The ledgers that have begun by the month."""
        return month_ledgers(self.journals)

    @property
    def is_closed(self) -> bool:
        """Whether the month is closed."""
        return self.locks.periods.is_closed(self.month)

    @property
    def _posts(self) -> bool:
        """Months before the first one that was closed have posted nothing, and never will."""
        return self.is_closed or self.locks.first_open_day(self.month) is not None

    def schedules(self) -> Iterator[ForceSchedules]:
        """Schedules of every document month: those that a closed month was closed with, else as they are; and what is
        contracted without an invoice yet.

        Raises:
            SealBrokenError: a sealed table is missing or altered.
            TableChangedError: another run is at work on them.
        """
        contracts = []
        for month, (obligations, schedules, amendments) in self._tables():
            instalments = amendments.read_in("event", ["BILLING_SCHEDULE"])
            contracts.append(not_invoiced(instalments))
            owed = obligations.read(list(OBLIGATION_COLUMNS))
            yield _in_force(month, owed, schedules.schema, schedules.batches(_RUN_COLUMNS), instalments)
        if contracts:
            yield self._contracted(pa.concat_tables(contracts))

    def _tables(self) -> Iterator[tuple[str, list[LakeTable]]]:
        """Obligations, schedules and amendments of every document month."""
        if self.is_closed:
            for month, entry in sorted(self._seal().schedules.items()):
                files = (entry.obligations, entry.schedules, entry.amendments)
                yield month, [LakeTable.of_bytes(self.locks.seals.read(file), file.key) for file in files]
        elif self._posts:
            for month in document_months_of(self.journals):
                tables_of_month = [self.places.lake.open(table, month) for table in _TABLES]
                DocumentMonth(month, *tables_of_month[:2])  # sees that they belong together
                yield month, tables_of_month

    def _contracted(self, instalments: pa.Table) -> ForceSchedules:
        """Contracts without an invoice, under the policy of now; of a closed month its sealed reports speak."""
        month_end, policy = last_day_of(self.month), self.places.policy
        obligations, runs, named = contracted_schedules(instalments, policy, month_end)
        return _in_force("", obligations, runs.schema, runs.to_batches(), named)

    def documents_digest(self) -> str:
        """Digest of all documents that the month's positions follow from: equal ones have nothing between them but
        time."""
        if self.is_closed:
            schedules = {month: entry.inputs for month, entry in self._seal().schedules.items()}
        else:
            opened = {
                month: self.places.lake.open("recognized_schedules", month)
                for month in document_months_of(self.journals)
            }
            schedules = {month: table.metadata["inputs"] for month, table in opened.items()}
        return digest([schedules, sorted(journal.id for journal in self.places.books.manual_journals(None, None))])

    def manual(self) -> pa.Table:
        """Manual journals up to the month's end, as `MANUAL_POSITIONS`."""
        journals = self._manual()
        numbers = invoice_numbers(manual_movements(journals), document_months_of(self.journals), self.places.lake)
        rows = [_manual_row(journal, numbers) for journal in journals]
        return pa.Table.from_pylist(rows, schema=MANUAL_POSITIONS)

    def _manual(self) -> list[ManualJournal]:
        return list(self.places.books.manual_journals(None, last_day_of(self.month))) if self._posts else []

    def names(self) -> dict[str, pa.Table]:
        """Names of customers and products, by id."""
        lake = self.places.lake
        return {
            "customers": lake.open("customers", None).read(["id", "legal_name"]),
            "products": lake.open("products", None).read(["id", "name"]),
        }

    def opening(self, movements: LakeTable) -> pa.Table:
        """Balances at the end of the month before, as `ACCOUNT_FIGURES`.

        Args:
            movements: the month's `MONTHLY_MOVEMENTS`.
        """
        return self.posted_through(month_before(self.month), movements)

    def posted_through(self, month: str, movements: LakeTable) -> pa.Table:
        """Balances at the end of an earlier month, as `ACCOUNT_FIGURES`: of a closed one what was posted and sealed;
        else what schedules and manual journals say through it, as the first open day of all catches up on them.

        Args:
            month: before this one.
            movements: this month's `MONTHLY_MOVEMENTS`.
        """
        if self.locks.periods.is_closed(month):
            return self._sealed_balances(month)
        posted = self.locks.first_open_day(month) is not None
        return _balances(movements, month) if posted else ACCOUNT_FIGURES.empty_table()

    def closing(self, movements: LakeTable) -> pa.Table:
        """Balances at the month's end, as `ACCOUNT_FIGURES`: what schedules and manual journals say through it."""
        return _balances(movements, self.month)

    def _seal(self) -> Seal:
        return self.locks.seal(self.locks.periods.closed[self.month])

    def _sealed_balances(self, through: str) -> pa.Table:
        """What all closed months up to one have posted."""
        totals = Counter[tuple[str, str, str]]()
        for month, event in self.locks.periods.closed.items():
            if month <= through:
                for total in self.locks.seal(event).account_totals:
                    totals[total.entity, total.currency, total.account] += total.net_debits_minor
        rows = [dict(zip(ACCOUNT_FIGURES.names, (*key, net), strict=True)) for key, net in sorted(totals.items())]
        return pa.Table.from_pylist(rows, schema=ACCOUNT_FIGURES)


def _in_force(
    month: str, obligations: pa.Table, schema: pa.Schema, runs: Iterable[pa.RecordBatch], instalments: pa.Table
) -> ForceSchedules:
    fields = pa.schema([schema.field(column) for column in _RUN_COLUMNS])
    reader = pa.RecordBatchReader.from_batches(fields, (batch.select(_RUN_COLUMNS) for batch in runs))
    of_obligations = instalments.filter(pc.is_valid(instalments["obligation_id"]))
    return ForceSchedules(
        month,
        obligations.select(list(OBLIGATION_COLUMNS)),
        reader,
        of_obligations.select(["obligation_id", "document_id", "service_start"]),
    )


def _manual_row(journal: ManualJournal, invoice_numbers: dict[str, str]) -> dict[str, object]:
    moved = Counter[str]()
    for entry in journal.entries:
        sign = 1 if entry.direction is NORMAL_SIDE[entry.account] else -1
        moved[f"{entry.account}_minor"] += sign * entry.amount_minor
    return {
        "manual_journal_id": journal.id,
        "date": journal.date,
        "entity": journal.entity,
        "currency": journal.currency,
        "customer_id": journal.customer_id,
        "product_id": journal.product_id,
        "invoice_id": journal.invoice_id,
        "invoice_number": invoice_numbers.get(journal.invoice_id, ""),
        **{f"{account}_minor": moved[f"{account}_minor"] for account in Account},
    }


def _balances(movements: LakeTable, through: str) -> pa.Table:
    """Debits less credits of every account through a month, as `ACCOUNT_FIGURES`."""
    columns = [f"{account}_minor" for account in Account]
    rows = movements.read(["entity", "currency", "movement_month", *columns])
    past = rows.filter(pc.less_equal(rows["movement_month"], through))
    for name in columns:  # sums of int64 wrap around without a word (FACTS)
        past = past.set_column(past.schema.get_field_index(name), name, past[name].cast(pa.decimal128(38, 0)))
    sums = past.group_by(["entity", "currency"], use_threads=False).aggregate([(name, "sum") for name in columns])
    figures = [
        {
            "entity": row["entity"],
            "currency": row["currency"],
            "account": account.value,
            "net_debits_minor": _SIGN[account] * int(row[f"{account}_minor_sum"]),
        }
        for row in sums.to_pylist()
        for account in Account
    ]
    return pa.Table.from_pylist(figures, schema=ACCOUNT_FIGURES)
