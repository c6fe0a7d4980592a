"""Locked days: what is locked, and what it was posted from and as.

What belongs here: reading the accounting periods of the books together with the seal in force. What does not: sealing
(`assets.closing`), posting (`assets.ledger`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from assets.up_to_date import DocumentMonth
from resources.books import Books
from resources.lake import SealedTable
from resources.lake_table import LakeTable
from resources.object_store import ObjectStore
from resources.seals import Seal, SealedFile, SealedSchedules, Seals
from resources.workspace import workspace
from revrec import tables
from revrec.accounting_periods import PeriodEvent, Periods, last_day_of
from revrec.catch_up import CATCH_UPS, MonthSchedules, catch_ups


@dataclass(frozen=True)
class Locks:
    """Locked days, and the seals they were closed with.

    Attributes:
        periods: what is closed and locked.
        seals: where sealed files are.
    """

    periods: Periods
    seals: Seals

    @classmethod
    def of(cls, books: Books, store: ObjectStore) -> "Locks":
        """As the books have them now."""
        return cls(Periods.of(books.periods()), Seals(store))

    def seal(self, event: PeriodEvent) -> Seal:
        """The seal of a close or lock.

        Raises:
            SealBrokenError: its manifest is missing or altered.
        """
        return self.seals.read_manifest(SealedFile(event.manifest_key, event.manifest_sha256))

    def in_force(self) -> Seal | None:
        """The newest seal: what all locked days were posted from."""
        newest = self.periods.newest_closed
        event = self.periods.partial or (self.periods.closed[newest] if newest else None)
        return self.seal(event) if event else None

    def closed_journals(self, month: str) -> SealedTable:
        """The journals of a closed month, as they were sealed.

        Raises:
            SealBrokenError: they are missing or altered.
        """
        return SealedTable.of(self.seals.read(self.seal(self.periods.closed[month]).journals))

    def locked_part(self, month: str) -> pa.Table:
        """The journals of the locked days of a month with a lock inside; none of any other month."""
        partial = self.periods.partial
        if partial is None or partial.month != month:
            return tables.DAILY_JOURNALS.empty_table()
        return self.sealed_table(self.seal(partial).journals)

    def sealed_files(self, month: str, folder: str) -> dict[str, bytes]:
        """Exports or reports that a month was closed with, by the key they have outside of the seal; none of an open
        month.

        Raises:
            SealBrokenError: one is missing or altered.
        """
        if not self.periods.is_closed(month):
            return {}
        files = self.seal(self.periods.closed[month]).files
        return {key: self.seals.read(file) for key, file in sorted(files.items()) if key.startswith(f"{folder}/")}

    def first_open_day(self, month: str) -> date | None:
        """First open day of a month; None where all its days are locked."""
        start, locked_through = date.fromisoformat(f"{month}-01"), self.periods.locked_through
        if locked_through is None or locked_through < start:
            return start
        return self.periods.first_open_day if locked_through < last_day_of(month) else None

    def catches_up(self, month: str) -> bool:
        """Whether the first open day of all is in a month."""
        first = self.periods.first_open_day
        return first is not None and first == self.first_open_day(month)

    def catch_ups(self, present: Sequence[DocumentMonth]) -> pa.Table:
        """What the locked days should say now, minus what they were posted as (`revrec.catch_up`).

        Only document months whose inputs have changed since are compared.
        """
        seal = self.in_force()
        if seal is None:
            return CATCH_UPS.empty_table()
        changed, then = self.changed_months(present, seal)
        with workspace() as connection:
            return catch_ups(
                connection, (_present(month) for month in changed), self.sealed_schedules(then), seal.locked_through
            )

    @staticmethod
    def changed_months(
        present: Sequence[DocumentMonth], seal: Seal
    ) -> tuple[list[DocumentMonth], list[SealedSchedules]]:
        """Document months whose inputs have changed since a seal: as they are, and as they were sealed. One that is new
        is among the former only, one that is gone among the latter."""
        then = seal.schedules
        changed = [month for month in present if _inputs(then.get(month.month)) != month.inputs]
        unchanged = {month.month for month in present} - {month.month for month in changed}
        return changed, [entry for month, entry in sorted(then.items()) if month not in unchanged]

    def sealed_schedules(self, months: Iterable[SealedSchedules]) -> Iterator[MonthSchedules]:
        """Document months as they were.

        Raises:
            SealBrokenError: a file is missing or altered.
        """
        for month in months:
            yield MonthSchedules(self.sealed_table(month.obligations), self.sealed_table(month.schedules))

    def sealed_table(self, file: SealedFile) -> pa.Table:
        """A sealed table.

        Raises:
            SealBrokenError: it is missing or altered.
        """
        return LakeTable.of_bytes(self.seals.read(file), file.key).read()


def _inputs(month: SealedSchedules | None) -> str | None:
    return month.inputs if month else None


def _present(month: DocumentMonth) -> MonthSchedules:
    return MonthSchedules(month.obligations.read(), month.schedules.read())
