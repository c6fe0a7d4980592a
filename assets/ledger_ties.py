"""Whether a month's journals tie to what they must say: the figures of the check, and the gate that exports pass.

What belongs here: the two sides of the reconciliation. What does not: putting them beside each other
(`revrec.reconciliation`), the checks (`assets.ledger_checks`).
"""

from collections.abc import Iterable, Iterator
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from assets.ledger import document_months_of
from assets.locks import Locks
from assets.recognition_ties import source
from assets.up_to_date import Places
from resources.lake import Lake
from resources.lake_table import LakeTable
from resources.seals import AccountTotal
from resources.workspace import workspace
from revrec import reconciliation
from revrec.accounting_periods import last_day_of
from revrec.accounts import Direction
from revrec.errors import RevrecError
from revrec.manual_journals import ManualJournal
from revrec.reconciliation import ACCOUNT_FIGURES, Source

_RUN = pa.schema(
    [("entity", pa.string()), ("currency", pa.string()), ("kind", pa.string()), ("amount_minor", pa.int64())]
)
JOURNAL_COLUMNS = [
    "entity",
    "currency",
    "debit_account",
    "credit_account",
    "days",
    "amount_a_day_minor",
    "amount_last_day_minor",
]


class JournalsDoNotTieError(RevrecError, ValueError):
    """The month's journals differ from its schedules: nothing is exported or closed."""


def require_ties(places: Places, month: str) -> None:
    """Say the journals' reconciliation again before a file is written.

    A blocking check holds back only the run it fails in (FACTS 4): a later run would export a month whose check had
    failed.

    Raises:
        JournalsDoNotTieError: journals and runs differ.
    """
    frame = journals_and_expected(places, month)
    broken = frame[frame["journals_minor"] != frame["runs_minor"]]
    if len(broken):
        first = broken.iloc[0]
        raise JournalsDoNotTieError(
            f"journals of {month} differ from the schedules in {len(broken)} account(s), first {first['account']} "
            f"of ledger {first['entity']}-{first['currency']}: {first['journals_minor']} instead of "
            f"{first['runs_minor']} minor units; materialize daily_journals of {month} again"
        )


def journals_and_expected(places: Places, month: str) -> pd.DataFrame:
    """Per ledger and account, what the month's journals do beside what they must do.

    Of a closed month that is what was sealed. Of the month with the first open day it is cumulative: all that schedules
    and manual journals say through its end, minus what closed months have posted, so that catch-ups are checked without
    computing them again. Of any other month it is what they say of that month.
    """
    lake, locks = places.lake, Locks.of(places.books, places.store)
    runs, others = _expected(places, month, locks)
    with workspace() as connection:
        table = reconciliation.journals_and_runs(
            connection,
            source(lake, "daily_journals", month, JOURNAL_COLUMNS),
            Source(_RUN, runs),
            Source(ACCOUNT_FIGURES, [_figures(others)]),
        )
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _expected(
    places: Places, month: str, locks: Locks
) -> tuple[Iterator[pa.RecordBatch], Iterable[tuple[str, str, str, int]]]:
    start, end = date.fromisoformat(f"{month}-01"), last_day_of(month)
    if locks.periods.is_closed(month):
        return iter(()), _sealed_totals(locks, [month], sign=1)
    if locks.first_open_day(month) is None:
        return iter(()), []
    if locks.catches_up(month):
        manual = _manual_totals(places.books.manual_journals(None, end))
        posted = _sealed_totals(locks, locks.periods.closed, sign=-1)
        return _runs(places.lake, month, date.min, end), [*manual, *posted]
    return _runs(places.lake, month, start, end), _manual_totals(places.books.manual_journals(start, end))


def _runs(lake: Lake, month: str, first: date, last: date) -> Iterator[pa.RecordBatch]:
    """Runs of every document month that fall between two days, with their ledgers."""
    for document_month in document_months_of(lake.open("daily_journals", month)):
        schedules = lake.open("recognized_schedules", document_month)
        ledgers = lake.open("obligations", document_month).read(["entity", "currency"])
        for batch in _of_days(schedules, month, first, last):
            of_run = ledgers.take(batch["obligation_no"])
            columns = [of_run["entity"], of_run["currency"], batch["kind"].cast(pa.string()), batch["amount_minor"]]
            yield from pa.table(columns, schema=_RUN).to_batches()


def _of_days(schedules: LakeTable, month: str, first: date, last: date) -> Iterator[pa.RecordBatch]:
    """Runs between two days: of one month by its row groups, of many as a stream of the columns that are needed."""
    if f"{first:%Y-%m}" == month:
        yield from schedules.batches_where({"month": first})
        return
    for batch in schedules.batches(["obligation_no", "month", "kind", "amount_minor"]):
        yield batch.filter(pc.less_equal(batch["month"], pa.scalar(last, pa.date32())))


def _sealed_totals(locks: Locks, months: Iterable[str], *, sign: int) -> list[tuple[str, str, str, int]]:
    totals = [total for month in months for total in locks.seal(locks.periods.closed[month]).account_totals]
    return [(total.entity, total.currency, total.account, sign * total.net_debits_minor) for total in totals]


def _manual_totals(journals: Iterable[ManualJournal]) -> list[tuple[str, str, str, int]]:
    return [
        (
            journal.entity,
            journal.currency,
            entry.account,
            entry.amount_minor if entry.direction is Direction.DEBIT else -entry.amount_minor,
        )
        for journal in journals
        for entry in journal.entries
    ]


def _figures(rows: Iterable[tuple[str, str, str, int]]) -> pa.RecordBatch:
    names = ACCOUNT_FIGURES.names
    return pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=ACCOUNT_FIGURES)


def account_totals(lake: Lake, month: str) -> tuple[AccountTotal, ...]:
    """What a month's journals do to each account."""
    nothing = Source(_RUN, []), Source(ACCOUNT_FIGURES, [])
    with workspace() as connection:
        journals = source(lake, "daily_journals", month, JOURNAL_COLUMNS)
        table = reconciliation.journals_and_runs(connection, journals, *nothing)
    return tuple(
        AccountTotal(row["entity"], row["currency"], row["account"], row["journals_minor"]) for row in table.to_pylist()
    )
