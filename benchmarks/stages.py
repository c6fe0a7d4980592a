"""The measured stages: the chain on one workload, and a plain pandas export of the same rows beside it.

What belongs here: per stage what is prepared and what is measured. What does not: timing, and running stages
(`benchmarks.run`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from assets.amendments import schedules_of_every_month
from assets.gl_exports import write_ledger_files
from assets.ledger import post
from assets.monthly_reports import write_monthly_reports
from assets.reports import month_ledgers
from assets.up_to_date import Places
from resources.lake import Lake
from resources.opening import open_books, open_store
from resources.settings import settings_from
from revrec.exports import EXPORT_FORMATS
from revrec.policy import Policy

TABLE = "daily_journals"


@dataclass(frozen=True)
class Stage:
    """One measured stage.

    Attributes:
        name: as the table shows it.
        prepare: called before the clock starts, with the store's folder and the posting month; what it returns is
            called and measured.
    """

    name: str
    prepare: Callable[[Path, str], Callable[[], None]]


def _places(folder: Path) -> Places:
    settings = settings_from({"REVREC_STORE": str(folder)})
    store = open_store(settings)
    return Places(store, Lake(store), open_books(settings), Policy())


def _nothing(*_: object) -> None:
    """Nobody is told of recomputed tables."""


def _recognize(folder: Path, month: str) -> Callable[[], None]:
    places = _places(folder)
    return lambda: _nothing(*schedules_of_every_month(places, _nothing))


def _post(folder: Path, month: str) -> Callable[[], None]:
    places = _places(folder)
    return lambda: _nothing(places.lake.write(TABLE, month, post(month, places, _nothing)))


def _report(folder: Path, month: str) -> Callable[[], None]:
    places, now = _places(folder), datetime.now(UTC)
    return lambda: _nothing(write_monthly_reports(month, places, now=now))


def _export(folder: Path, month: str) -> Callable[[], None]:
    places = _places(folder)
    journals = places.lake.open(TABLE, month)

    def export() -> None:
        for ledger in month_ledgers(journals):
            write_ledger_files(EXPORT_FORMATS["generic"], ledger, month, journals, places)

    return export


def _pandas(folder: Path, month: str) -> Callable[[], None]:
    paths = sorted((folder / "exports" / "generic" / month).glob("*.csv"))
    frame = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths])
    return lambda: frame.to_csv(folder / "pandas.csv", index=False)


STAGES: Mapping[str, Stage] = {
    stage.name: stage
    for stage in (
        Stage("landing files to schedules, all document months", _recognize),
        Stage("schedules to the month's journals", _post),
        Stage("schedules and journals to all reports", _report),
        Stage("journals to the generic CSV, a line per day and side", _export),
        Stage("the same CSV rows from memory, pandas to_csv", _pandas),
    )
}
