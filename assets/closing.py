"""Closing months, locking days and reopening (SPEC 5; DESIGN, Closing).

What belongs here: what is sealed, and in which order it is recorded. What does not: which month may close
(`revrec.accounting_periods`), what has to hold of it (`assets.close_gate`), where seals are kept (`resources.seals`),
the jobs that start it (`revrec_dagster.closing_jobs`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.amendments import schedules_of_every_month
from assets.close_gate import NotReadyToCloseError, require_posted, require_ready
from assets.close_pack import CLOSE_PACK_FOLDER, write_close_packs
from assets.corrections import CORRECTIONS_FOLDER, corrections_of, write_correction_files
from assets.gl_exports import export_folder, export_month
from assets.ledger import first_posting_month, post_open_month
from assets.ledger_ties import account_totals
from assets.locks import Locks
from assets.monthly_reports import MONTHLY_TABLES, report_folder, write_monthly_reports
from assets.reports import MONTHLY_REPORT_FOLDER, write_monthly_report
from assets.up_to_date import DocumentMonth, OnRecomputed, Places
from resources.lake_table import LakeTable
from resources.seals import Seal, SealedFile, SealedSchedules, Seals
from resources.workspace import workspace
from revrec import ENGINE_VERSION
from revrec.accounting_periods import PeriodAction, PeriodEvent, Periods, SealedLedger, last_day_of, require_begun
from revrec.calendar import month_key
from revrec.columns import exact_sum
from revrec.exports import EXPORT_FORMATS
from revrec.journal_days import journals_through
from revrec.journal_numbers import JournalNumber
from revrec.journal_stream import by_ledger
from revrec.reports.schemas import REPORTS


@dataclass(frozen=True)
class _Seen:
    """What the books held when sealing began: the number of their last close, lock or reopening, and the ids of the
    manual journals on the days to be locked."""

    last_event: int | None
    manual_journals: frozenset[str]


@dataclass(frozen=True)
class Closing:
    """Closes, locks and reopens.

    Attributes:
        places: where the tables and the books are.
        on_recomputed: told of every table that had to be recomputed.
        now: the present time, aware: when it was done is history for the books; no figure follows from it.
    """

    places: Places
    on_recomputed: OnRecomputed
    now: datetime

    def close(self, month: str, by: str) -> list[PeriodEvent]:
        """Close a month; the first one ever closes all history before it, too.

        Args:
            month: e.g. 2025-01.
            by: who closes it.

        Returns:
            what was recorded, one event per month.

        Raises:
            PeriodError: another month comes first, it is closed already, or it has not begun.
            NotReadyToCloseError: its journals, reports or files do not tie.
            JournalsDoNotTieError: its journals differ from the schedules.
            PeriodsChangedError: somebody else closed, reopened or recorded a manual journal meanwhile: close again.
        """
        self._require_begun(month)
        documents = schedules_of_every_month(self.places, self.on_recomputed)
        first = first_posting_month(documents, self.places.books)
        return [self._close_one(each, by, documents) for each in self._periods().months_to_close(month, first)]

    def lock(self, through: date, by: str) -> list[PeriodEvent]:
        """Lock the days of a month up to one inside it; the first lock ever closes all months before it, too.

        Raises:
            PeriodError: the lock date does not move forward, or another month has to be closed first.
            Others: as `close`.
        """
        self._require_begun(month_key(through))
        documents = schedules_of_every_month(self.places, self.on_recomputed)
        first = first_posting_month(documents, self.places.books)
        earlier = self._periods().months_to_close_before(through, first)
        before = [self._close_one(each, by, documents) for each in earlier]
        month = month_key(through)
        seen = self._seen(through)
        journals, _ = self._posted(month, documents)
        require_posted(month, documents, self.places)
        with workspace() as connection:
            locked = journals_through(connection, journals.read(), through)
        file = Seals(self.places.store).keep_bytes(f"{month}/locked_journals.parquet", _parquet(locked))
        seal = self._seal(month, through, file, {}, documents)
        return [*before, self._record(PeriodAction.LOCKED, seal, by, locked, seen)]

    def reopen(self, month: str, by: str, reason: str) -> PeriodEvent:
        """Reopen the newest closed month, or the one with a lock inside. Its seal stays; it is no longer in force.

        Raises:
            PeriodError: it is another month, or there is no reason.
        """
        events = self.places.books.periods()
        periods = Periods.of(events)
        periods.require_reopenable(month, reason)
        event = PeriodEvent(
            event=PeriodAction.REOPENED,
            month=month,
            locked_through=periods.locked_through_after_reopen(month),
            actor=by,
            reason=reason,
        )
        return self.places.books.record_period(event, after=events[-1].id if events else None, now=self.now)

    def _require_begun(self, month: str) -> None:
        today = self.now.astimezone(ZoneInfo(self.places.policy.time_zone)).date()
        require_begun(month, today)

    def _periods(self) -> Periods:
        return Periods.of(self.places.books.periods())

    def _seen(self, through: date) -> "_Seen":
        """What the books hold before a seal is made: what arrives while it is made is not in it, and refuses it."""
        books = self.places.books
        events = books.periods()
        manual = frozenset(journal.id for journal in books.manual_journals(None, through))
        return _Seen(events[-1].id if events else None, manual)

    def _close_one(self, month: str, by: str, documents: Sequence[DocumentMonth]) -> PeriodEvent:
        """Close one month, from one reading of the documents: what lands meanwhile belongs to the first open day."""
        seen = self._seen(last_day_of(month))
        journals, sha256 = self._posted(month, documents)
        self._write_outputs(month, journals)
        require_ready(month, documents, self.places)
        # the close is not recorded yet: the pack of the month that closes says so itself
        write_close_packs(month, self.places, status=f"Prepared for the close by {by}")
        seals = Seals(self.places.store)
        folders = [
            MONTHLY_REPORT_FOLDER,
            CORRECTIONS_FOLDER,
            *(report_folder(name, "").rstrip("/") for name in REPORTS),
            *(export_folder(name, "").rstrip("/") for name in EXPORT_FORMATS),
            CLOSE_PACK_FOLDER,
        ]
        files = {
            found.key: seals.keep(found.key, f"{month}/{folder}")
            for folder in folders
            for found in self.places.store.list_objects(f"{folder}/{month}/")
        }
        for table in ("corrections", *MONTHLY_TABLES):
            key = self.places.lake.key(table, month)
            files[key] = seals.keep(key, f"{month}/{table}")
        kept = seals.keep(self.places.lake.key("daily_journals", month), f"{month}/daily_journals")
        if kept.sha256 != sha256:
            raise NotReadyToCloseError(f"journals of {month} were replaced while they were being sealed: close again")
        seal = self._seal(month, last_day_of(month), kept, files, documents)
        return self._record(PeriodAction.CLOSED, seal, by, journals.read(), seen)

    def _posted(self, month: str, documents: Sequence[DocumentMonth]) -> tuple[LakeTable, str]:
        """The month's journals as they are posted from the documents, and the sha256 of their file.

        Raises:
            NotReadyToCloseError: another run replaced them by others.
        """
        lake, locks = self.places.lake, Locks.of(self.places.books, self.places.store)
        written = lake.write("daily_journals", month, post_open_month(month, self.places, locks, documents))
        self.on_recomputed("daily_journals", month, written)
        content = self.places.store.read_bytes(lake.key("daily_journals", month))
        if hashlib.sha256(content).hexdigest() != written.sha256:
            raise NotReadyToCloseError(f"journals of {month} were replaced while they were being sealed: do it again")
        return LakeTable.of_bytes(content), written.sha256

    def _write_outputs(self, month: str, journals: LakeTable) -> None:
        places = self.places
        locks = Locks.of(places.books, places.store)
        report, _ = write_monthly_report(month, journals, locks, places.store, places.policy)
        self.on_recomputed("monthly_journal_report", month, places.lake.write("monthly_journal_report", month, report))
        corrections = corrections_of(month, journals, places)
        rows = pa.Table.from_batches(corrections.batches, corrections.schema)
        write_correction_files(month, journals, rows, places.store)
        table = replace(corrections, batches=rows.to_batches())
        self.on_recomputed("corrections", month, places.lake.write("corrections", month, table))
        for name, written in write_monthly_reports(month, places, now=self.now).items():
            self.on_recomputed(name, month, written)
        for export in EXPORT_FORMATS.values():
            export_month(export, month, journals, places)

    def _seal(
        self,
        month: str,
        through: date,
        journals: SealedFile,
        files: Mapping[str, SealedFile],
        documents: Sequence[DocumentMonth],
    ) -> Seal:
        places = self.places
        return Seal(
            month=month,
            locked_through=through,
            journals=journals,
            account_totals=account_totals(places.lake, month) if through == last_day_of(month) else (),
            files=files,
            schedules=self._sealed_schedules(documents),
            policy_sha256=places.policy.sha256,
            engine_version=ENGINE_VERSION,
        )

    def _sealed_schedules(self, documents: Sequence[DocumentMonth]) -> dict[str, SealedSchedules]:
        """Every document month under seal; one that the seal in force has from the same inputs is not copied again."""
        newest = Locks.of(self.places.books, self.places.store).in_force()
        known = newest.schedules if newest else {}
        return {
            document.month: known[document.month]
            if document.month in known and known[document.month].inputs == document.inputs
            else self._kept(document)
            for document in documents
        }

    def _kept(self, document: DocumentMonth) -> SealedSchedules:
        lake, seals, folder = self.places.lake, Seals(self.places.store), f"schedules/{document.month}"
        kept = [
            seals.keep(lake.key(table, document.month), f"{folder}/{table}")
            for table in ("obligations", "recognized_schedules", "amendments")
        ]
        # another run may have brought the month up to date with what landed since
        obligations, schedules, amendments = (LakeTable.of_bytes(seals.read(file)).metadata for file in kept)
        if not obligations["inputs"] == schedules["inputs"] == document.inputs or (
            amendments["content"] != obligations["amendments"]
        ):
            raise NotReadyToCloseError(
                f"schedules of document month {document.month} were replaced while they were being sealed: close again"
            )
        return SealedSchedules(document.inputs, *kept)

    def _record(self, action: PeriodAction, seal: Seal, by: str, journals: pa.Table, seen: "_Seen") -> PeriodEvent:
        manifest = Seals(self.places.store).write_manifest(seal)
        event = PeriodEvent(
            event=action,
            month=seal.month,
            locked_through=seal.locked_through,
            actor=by,
            manifest_key=manifest.key,
            manifest_sha256=manifest.sha256,
            ledgers=_sealed_ledgers(journals),
        )
        return self.places.books.record_period(
            event, after=seen.last_event, now=self.now, sealed_manual_journals=seen.manual_journals
        )


def _sealed_ledgers(journals: pa.Table) -> tuple[SealedLedger, ...]:
    """Totals and number range of each ledger."""
    found = []
    for ledger, batches in by_ledger(journals.to_batches()):
        rows = pa.Table.from_batches(batches)
        numbers = pc.unique(rows["journal_number"]).to_pylist()
        # each row is a debit and a credit of its amount
        total = exact_sum(rows["amount_minor"])
        first, last = min(numbers, key=JournalNumber.parse), max(numbers, key=JournalNumber.parse)
        found.append(
            SealedLedger(
                entity=ledger.entity,
                currency=ledger.currency,
                journals=len(numbers),
                first_number=first,
                last_number=last,
                debits_minor=total,
                credits_minor=total,
            )
        )
    return tuple(found)


def _parquet(table: pa.Table) -> bytes:
    sink = BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
