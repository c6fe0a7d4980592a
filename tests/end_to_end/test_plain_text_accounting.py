"""The example company's year, exported for general ledgers and kept by another accounting program, beancount: it finds
that every transaction balances, and that every account stands at each month's end where our trial balance says.

What belongs here: the generic export as plain-text accounting, and what beancount makes of it. What does not: other
figures of the example (`test_acme.py`). docs/decisions/0012 says why beancount.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from beancount import loader
from beancount.core.data import Balance, Transaction

from assets.amendments import schedules_of_every_month
from assets.gl_exports import export_month
from assets.ledger import first_posting_month, post
from assets.monthly_reports import write_monthly_reports
from assets.up_to_date import Places
from resources.books import Books, open_engine, upgrade
from resources.lake import Lake
from resources.object_store import open_object_store
from revrec.accounting_periods import last_day_of
from revrec.calendar import months_between
from revrec.exports import EXPORT_FORMATS
from revrec.money import to_text
from revrec.policy import parse_policy
from tests.end_to_end.acme_store import copied_example, csv_rows

LAST_MONTH = "2025-12"
# Name in the export, to ours and to beancount's, which wants to know of each account what kind it is.
ACCOUNTS = {
    "Billed Revenue": ("billed", "Income:{}:Billed"),
    "Recognized Revenue": ("recognized", "Income:{}:Recognized"),
    "Deferred Revenue": ("deferred", "Liabilities:{}:Deferred"),
    "Unbilled Revenue": ("unbilled", "Assets:{}:Unbilled"),
}
NAMES = dict(ACCOUNTS.values())
# By itself beancount overlooks half a minor unit in a transaction, and one in a balance.
EXACT = 'option "tolerance_multiplier" "0"'


class LedgerName(NamedTuple):
    """A ledger, as the files of an export are named."""

    entity: str
    currency: str

    def account(self, name: str) -> str:
        """Account in beancount, by a name with a gap for the ledger."""
        return name.format(f"{self.entity.title()}-{self.currency}")


class Year(NamedTuple):
    """The example as it was posted and exported.

    Attributes:
        files: the generic export of all months and ledgers.
        trial_balance: rows of the trial balances of all months.
    """

    files: list[Path]
    trial_balance: list[dict[str, Any]]


class Kept(NamedTuple):
    """What beancount read, and what it found wrong."""

    entries: list[Any]
    errors: list[str]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    store = copied_example(tmp_path_factory.mktemp("plain-text") / "store")
    places = opened(store)
    first = first_posting_month(schedules_of_every_month(places, nobody), places.books)
    assert first is not None
    months = months_between(first, LAST_MONTH)
    for month in months:
        places.lake.write("daily_journals", month, post(month, places, nobody))
        export_month(EXPORT_FORMATS["generic"], month, places.lake.open("daily_journals", month), places)
        write_monthly_reports(month, places, now=dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    reported = [row for month in months for row in places.lake.open("trial_balance", month).read().to_pylist()]
    return Year(sorted((store / "exports" / "generic").rglob("*.csv")), reported)


def opened(store: Path) -> Places:
    policy = parse_policy((store / "policy.yaml").read_text(encoding="utf-8"), "policy.yaml")
    engine = open_engine(f"sqlite:///{store / 'books.sqlite'}")
    upgrade(engine)
    objects = open_object_store(str(store))
    return Places(objects, Lake(objects), Books(engine), policy)


def nobody(*_: object) -> None:
    """Nobody needs to know what was recomputed."""


@pytest.fixture(scope="module")
def kept(year: Year) -> Kept:
    return kept_by_beancount([*accounts(year), *transactions(year), *balances(year)])


def kept_by_beancount(lines: list[str]) -> Kept:
    entries, errors, _ = loader.load_string("\n".join([EXACT, *lines, ""]))
    return Kept(entries, [f"line {error.source['lineno']}: {error.message}" for error in errors])


def accounts(year: Year) -> Iterator[str]:
    ledgers = {ledger_of(path) for path in year.files}
    first = min(row["month"] for row in year.trial_balance)
    return (
        f"{first}-01 open {ledger.account(account)} {ledger.currency}"
        for ledger in sorted(ledgers)
        for _, account in ACCOUNTS.values()
    )


def ledger_of(path: Path) -> LedgerName:
    """E.g. of default-USD.csv, or of default-USD-002.csv where a file was split."""
    entity, currency = path.stem.split("-")[:2]
    return LedgerName(entity, currency)


def transactions(year: Year) -> Iterator[str]:
    """One per journal and day."""
    for path in year.files:
        ledger = ledger_of(path)
        for (number, date), lines in groupby(csv_rows(path), lambda line: (line["Journal Number"], line["Date"])):
            yield f'{date} * "{number}"'
            for line in lines:
                _, account = ACCOUNTS[line["Ledger account name"]]
                sign = {"DEBIT": "", "CREDIT": "-"}[line["Direction"]]
                yield f"  {ledger.account(account)}  {sign}{line['Amount']} {ledger.currency}"


def balances(year: Year) -> Iterator[str]:
    """Our closing balances; beancount looks at an account before the transactions of the day."""
    for row in year.trial_balance:
        ledger = LedgerName(row["entity"], row["currency"])
        day = last_day_of(row["month"]) + dt.timedelta(days=1)
        closing = to_text(row["closing_minor"], ledger.currency)
        yield f"{day} balance {ledger.account(NAMES[row['account']])}  {closing} ~ 0 {ledger.currency}"


def test_beancount_finds_nothing_wrong_with_transactions_and_balances(kept: Kept) -> None:
    assert kept.errors == []


def test_beancount_has_kept_every_line_and_every_balance(kept: Kept, year: Year) -> None:
    postings = [posting for entry in of_type(kept, Transaction) for posting in entry.postings]
    lines = sum(len(csv_rows(path)) for path in year.files)
    assert len(postings) == lines > 50_000
    months = {row["month"] for row in year.trial_balance}
    assert len(of_type(kept, Balance)) == len(year.trial_balance)
    assert {f"2025-{month:02}" for month in range(1, 13)} <= months


def test_debits_and_credits_of_each_month_are_those_of_the_trial_balance(kept: Kept, year: Year) -> None:
    counted, ours = defaultdict[tuple[str, str, bool], Decimal](Decimal), dict[tuple[str, str, bool], Decimal]()
    for entry in of_type(kept, Transaction):
        for posting in entry.postings:
            amount = posting.units.number
            counted[f"{entry.date:%Y-%m}", posting.account, amount > 0] += abs(amount)
    for row in year.trial_balance:
        ledger = LedgerName(row["entity"], row["currency"])
        for column, is_debit in (("debit_minor", True), ("credit_minor", False)):
            amount = Decimal(to_text(row[column], ledger.currency))
            if amount:
                ours[row["month"], ledger.account(NAMES[row["account"]]), is_debit] = amount
    assert counted == ours


def of_type(kept: Kept, kind: type) -> list[Any]:
    return [entry for entry in kept.entries if isinstance(entry, kind)]


SOUND = [
    "2025-01-01 open Income:Default-USD:Billed USD",
    "2025-01-01 open Liabilities:Default-USD:Deferred USD",
    '2025-01-31 * "RR-202501-000001"',
    "  Income:Default-USD:Billed  90.00 USD",
    "  Liabilities:Default-USD:Deferred  -90.00 USD",
    "2025-02-01 balance Liabilities:Default-USD:Deferred  -90.00 ~ 0 USD",
]


@pytest.mark.parametrize(
    ("line", "spoiled", "errors"),
    [
        pytest.param(3, "  Income:Default-USD:Billed  90.00 USD", [], id="nothing"),
        pytest.param(
            3,
            "  Income:Default-USD:Billed  90.01 USD",
            ["line 4: Transaction does not balance: (0.01 USD)"],
            id="a-cent-in-a-transaction",
        ),
        pytest.param(
            5,
            "2025-02-01 balance Liabilities:Default-USD:Deferred  -90.01 ~ 0 USD",
            [
                "line 7: Balance failed for 'Liabilities:Default-USD:Deferred': expected -90.01 USD != accumulated "
                "-90.00 USD (0.01 too much)"
            ],
            id="a-cent-in-a-balance",
        ),
    ],
)
def test_beancount_notices_a_single_cent(line: int, spoiled: str, errors: list[str]) -> None:
    assert kept_by_beancount([*SOUND[:line], spoiled, *SOUND[line + 1 :]]).errors == errors
