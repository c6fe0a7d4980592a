"""The example company's year, exported for general ledgers and kept by another accounting program, beancount: it finds
that every transaction balances, and that every account stands at each month's end where our trial balance says.

What belongs here: the generic export as plain-text accounting, and what beancount makes of it. What does not: other
figures of the example (`test_acme.py`). docs/decisions/0012 says why beancount.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest
from beancount import loader
from beancount.core.data import Balance, Transaction

from assets.gl_exports import export_month
from assets.ledger import first_posting_month, post
from assets.amendments import schedules_of_every_month
from assets.up_to_date import Places
from resources.books import Books, open_engine, upgrade
from resources.lake import Lake
from resources.object_store import open_object_store
from revrec.accounting_periods import last_day_of
from revrec.calendar import months_between
from revrec.exports import EXPORT_FORMATS
from revrec.policy import parse_policy
from revrec.reports.trial_balance import trial_balance
from tests.end_to_end.acme_store import copied_example, csv_rows

LAST_MONTH = "2025-12"
# beancount wants to know of each account whether it is of the balance sheet; Billed is contra-revenue there.
ACCOUNTS = {
    "Billed Revenue": ("billed", "Income:{}:Billed"),
    "Recognized Revenue": ("recognized", "Income:{}:Recognized"),
    "Deferred Revenue": ("deferred", "Liabilities:{}:Deferred"),
    "Unbilled Revenue": ("unbilled", "Assets:{}:Unbilled"),
}
NAMES = {account: name for account, name in ACCOUNTS.values()}
# Not a fraction of a minor unit may be missing anywhere.
EXACT = 'option "inferred_tolerance_default" "*:0"\noption "inferred_tolerance_multiplier" "0"\n'


class Ledger(NamedTuple):
    """An export's ledger, as its files are named."""

    entity: str
    currency: str

    def account(self, name: str) -> str:
        """Account of a name of `ACCOUNTS` in beancount; entities are apart there, currencies by themselves."""
        return name.format(f"{self.entity.title()}-{self.currency}")


class Year(NamedTuple):
    """A store and the months that were posted in it."""

    store: Path
    places: Places
    months: list[str]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Every month of the example from its first posting on, posted and exported."""
    store = copied_example(tmp_path_factory.mktemp("plain-text") / "store")
    policy = parse_policy((store / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml")
    engine = open_engine(f"sqlite:///{store / 'books.sqlite'}")
    upgrade(engine)
    opened = open_object_store(str(store))
    places = Places(opened, Lake(opened), Books(engine), policy)
    first = first_posting_month(schedules_of_every_month(places, _nobody), places.books)
    assert first is not None
    months = months_between(first, LAST_MONTH)
    for month in months:
        places.lake.write("daily_journals", month, post(month, places, _nobody))
        export_month(EXPORT_FORMATS["generic"], month, places.lake.open("daily_journals", month), places)
    return Year(store, places, months)


def _nobody(*_: object) -> None:
    """Nobody needs to know what was recomputed."""


@pytest.fixture(scope="module")
def transactions(year: Year) -> str:
    """The generic export of all months and ledgers as plain text."""
    files = sorted((year.store / "exports" / "generic").rglob("*.csv"))
    assert files
    return "\n".join(line for path in files for line in _transactions(path))


def ledger_of(path: Path) -> Ledger:
    """E.g. default-USD.csv, or default-USD-002.csv of a file that was split."""
    entity, currency = path.stem.split("-")[:2]
    return Ledger(entity, currency)


def _transactions(path: Path) -> Iterator[str]:
    """A transaction per journal and day."""
    ledger = ledger_of(path)
    for (number, date), lines in groupby(csv_rows(path), lambda line: (line["Journal Number"], line["Date"])):
        yield f'{date} * "{number}"'
        for line in lines:
            _, account = ACCOUNTS[line["Ledger account name"]]
            sign = {"DEBIT": "", "CREDIT": "-"}[line["Direction"]]
            yield f"  {ledger.account(account)}  {sign}{line['Amount']} {ledger.currency}"


def _balances(year: Year) -> Iterator[str]:
    """What our trial balance says each account stands at when the next month begins."""
    for row in trial_balance(_journals(year)).to_pylist():
        ledger = Ledger(row["entity"], row["currency"])
        day = last_day_of(row["month"]) + dt.timedelta(days=1)
        amount = Decimal(row["closing_minor"]).scaleb(0 if ledger.currency == "JPY" else -2)
        yield f"{day} balance {ledger.account(NAMES[row['account']])}  {amount} ~ 0 {ledger.currency}"


def _journals(year: Year) -> Iterable["pa.RecordBatch"]:
    for month in year.months:
        yield from year.places.lake.open("daily_journals", month).batches()


def _opened(year: Year) -> Iterator[str]:
    ledgers = {ledger_of(path) for path in (year.store / "exports" / "generic").rglob("*.csv")}
    return (
        f"{year.months[0]}-01 open {ledger.account(account)} {ledger.currency}"
        for ledger in sorted(ledgers)
        for _, account in ACCOUNTS.values()
    )
