"""The journals that a report or an export takes in, out of the lake or as of a moment (SPEC 7).

What belongs here: bringing the months of a selection together, and seeing that what it names exists. What does not: the
filters (`revrec.journal_selection`), the past (`assets.known_then`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from assets.amendments import document_months, schedules_of_every_month
from assets.known_then import known_then
from assets.ledger import post_open_month
from assets.locks import Locks
from assets.reports import month_ledgers, of_ledger
from assets.selection_names import require_known
from assets.up_to_date import Places
from resources.lake import Lake, TableMissingError
from resources.lake_table import LakeTable
from resources.workspace import workspace
from revrec.accounts import Ledger
from revrec.calendar import months_between
from revrec.catch_up import MonthSchedules
from revrec.fully_recognized import fully_recognized
from revrec.journal_selection import Selection, select


class MonthNotRunError(TableMissingError):
    """A month of the selection has no journals yet."""


@dataclass(frozen=True)
class SelectedJournals:
    """Journals that a selection takes in; their tables are there as long as `selected_journals`' block lasts.

    Attributes:
        selection: the filters.
        journals: table of `tables.DAILY_JOURNALS` by posting month, in order.
        fully_recognized: ids of obligations that are left out; None: none is for that reason.
    """

    selection: Selection
    journals: Mapping[str, LakeTable]
    fully_recognized: pa.Array | None = None

    @property
    def ledgers(self) -> list[Ledger]:
        """The selection's ledgers that have begun by its last month, in order; also those without a row left."""
        chosen, begun = self.selection, {ledger for table in self.journals.values() for ledger in month_ledgers(table)}
        return sorted(
            ledger
            for ledger in begun
            if chosen.entity in (None, ledger.entity) and chosen.currency in (None, ledger.currency)
        )

    def batches(self, ledger: Ledger) -> Iterator[pa.RecordBatch]:
        """Rows of one ledger by month, then journal number, as batches of `tables.DAILY_JOURNALS`; as often as wanted.

        The rows of a journal are consecutive, and may spread over two batches.
        """
        for table in self.journals.values():
            for batch in of_ledger(table, ledger):
                selected = select(batch, self.selection, self.fully_recognized)
                if selected.num_rows:
                    yield selected


@contextmanager
def selected_journals(selection: Selection, places: Places) -> Iterator[SelectedJournals]:
    """The journals that a selection takes in.

    Without an as-of they are read from the lake as their months were last run. As of a moment they are posted once more
    from what was known then, beside the lake; nothing is written to store or books. A moment in the future is the same
    as none.

    Raises:
        MonthNotRunError: without an as-of: a month of the range was not run.
        UnknownNameError: a filter names what nothing is called, now or then.
        VersionGoneError: a landed file that was known then was overwritten or removed since.
        SealBrokenError: sealed files of a month that was closed then are missing or altered.
    """
    months = months_between(selection.first_day, selection.last_day)
    if selection.as_of is None or selection.as_of >= datetime.now(UTC):
        journals = _as_run(months, places.lake)
        require_known(selection, journals, places)
        yield SelectedJournals(selection, journals, _left_out(selection, places))
        return
    with known_then(places, selection.as_of) as then:
        journals = _posted(months, then)
        require_known(selection, journals, places)
        yield SelectedJournals(selection, journals, _left_out(selection, then))


def _as_run(months: list[str], lake: Lake) -> dict[str, LakeTable]:
    found = {month: lake.find("daily_journals", month) for month in months}
    missing = [month for month, table in found.items() if table is None]
    if missing:
        told = missing[0] if len(missing) == 1 else f"{len(missing)} months from {missing[0]} to {missing[-1]}"
        raise MonthNotRunError(
            f"{told} {'has' if len(missing) == 1 else 'have'} no journals in the lake: use "
            f"`revrec run --from {missing[0]} --to {missing[-1]}` first"
        )
    return {month: table for month, table in found.items() if table is not None}


def _posted(months: list[str], places: Places) -> dict[str, LakeTable]:
    """The months' journals as of what the places hold, written there."""
    locks, lake = Locks.of(places.books, places.store), places.lake
    documents = schedules_of_every_month(places, lambda *_: None)
    for month in months:
        closed = locks.periods.is_closed(month)
        table = locks.closed_journals(month) if closed else post_open_month(month, places, locks, documents)
        lake.write("daily_journals", month, table)
    return {month: lake.open("daily_journals", month) for month in months}


def _left_out(selection: Selection, places: Places) -> pa.Array | None:
    if not selection.exclude_fully_recognized:
        return None
    with workspace() as connection:
        return fully_recognized(connection, _schedules(places.lake), _recognized_through(selection, places))


def _recognized_through(selection: Selection, places: Places) -> date:
    """The as-of's day where the company is, else the last day of the selection."""
    if selection.as_of is None:
        return selection.last_day
    return selection.as_of.astimezone(ZoneInfo(places.policy.time_zone)).date()


def _schedules(lake: Lake) -> Iterator[MonthSchedules]:
    """Document months that were recognized; of one that has landed since nothing is posted yet."""
    for month in document_months(lake):
        obligations, schedules = (lake.find(table, month) for table in ("obligations", "recognized_schedules"))
        if obligations is not None and schedules is not None:
            columns = ["obligation_no", "obligation_id", "amount_minor"]
            runs = ["obligation_no", "kind", "first_day", "days", "amount_minor"]
            yield MonthSchedules(obligations.read(columns), schedules.read(runs))
