"""The example company's files for general ledgers as their re-parsers rebuild them, its report and its journals, each
read by a reader of its own.

What belongs here: totals per ledger, month, account and side. What does not: judging them (`test_reparsed_exports.py`).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import duckdb

from tests.reparsers import generic, netsuite, quickbooks, xero
from tests.reparsers.rules import Journal, LedgerMonth
from tests.reparsers.strict_csv import records_of

Reparse = Callable[[Mapping[str, bytes], LedgerMonth], list[Journal]]
# Kinds of file, as (folder, what follows the ledger in the file's name).
KINDS: Mapping[tuple[str, str], Reparse] = {
    ("generic", ""): generic.reparse,
    ("xero", ""): xero.reparse_report,
    ("xero", "-import"): xero.reparse_import,
    ("quickbooks", ""): quickbooks.reparse,
    ("netsuite", ""): netsuite.reparse,
}
NAMES = {f"{account.title()} Revenue": account for account in ("billed", "recognized", "deferred", "unbilled")}
# Under the example's policy; 211 is the platform's revenue.
CHARTS = {
    "generic": NAMES,
    "quickbooks": NAMES,
    "xero": {"200": "billed", "210": "recognized", "211": "recognized", "820": "deferred", "620": "unbilled"},
    "netsuite": {"4000": "billed", "4010": "recognized", "2400": "deferred", "1250": "unbilled"},
}


class Side(NamedTuple):
    """What is added up: debits of an account, or its credits."""

    account: str
    direction: str


Totals = Mapping[Side, int]


def ledger_month(ledger: str, month: str) -> LedgerMonth:
    """E.g. of default-USD."""
    entity, currency = ledger.split("-")
    return LedgerMonth(entity, currency, month, CHARTS)


def files_of(store: Path, ledger: str, month: str, kind: tuple[str, str]) -> dict[str, bytes]:
    """The files of a kind with their manifests; an import's are not those of a report."""
    export, suffix = kind
    named = re.compile(rf"{ledger}{suffix}(-\d+)?\.(csv|manifest\.json)")
    folder = store / "exports" / export / month
    return {path.name: path.read_bytes() for path in folder.iterdir() if named.fullmatch(path.name)}


@cache
def reparsed(store: Path, ledger: str, month: str, kind: tuple[str, str]) -> tuple[Journal, ...]:
    """What a general ledger would book."""
    return tuple(KINDS[kind](files_of(store, ledger, month, kind), ledger_month(ledger, month)))


def totals_by_number(journals: tuple[Journal, ...]) -> dict[str, Totals]:
    """Per journal number; journals of one number, as of its days, are added up."""
    totals: dict[str, Counter[Side]] = {}
    for journal in journals:
        sides = totals.setdefault(journal.number, Counter())
        for line in journal.lines:
            sides[Side(line.account, "DEBIT" if line.minor > 0 else "CREDIT")] += abs(line.minor)
    return dict(totals)


def totals_of(journals: tuple[Journal, ...]) -> Totals:
    """Of all journals."""
    return sum(map(Counter, totals_by_number(journals).values()), Counter())


def report_totals(store: Path, ledger: str, month: str) -> Totals:
    """Off the monthly journal report's CSV; it always writes all decimals of its currency."""
    content = (store / "reports" / "monthly_journal_report" / month / f"{ledger}.csv").read_bytes()
    header, *records = records_of(content)
    totals = Counter[Side]()
    for record in records:
        row = dict(zip(header, record, strict=True))
        totals[Side(NAMES[row["account"]], row["direction"])] += int(row["amount"].replace(".", ""))
    return totals


# The journals of the lake by ledger, each row a movement: a debit and a credit.
JOURNALS = """
    select entity || '-' || currency as ledger, unnest([debit_account, credit_account]) as account,
           unnest(['DEBIT', 'CREDIT']) as direction, amount_minor
    from read_parquet($path)
"""


def journal_totals(store: Path, ledger: str, month: str) -> Totals:
    """Off the ledger's Parquet file."""
    rows = duckdb.execute(
        f"select account, direction, sum(amount_minor)::bigint from ({JOURNALS}) where ledger = $ledger group by all",
        {"path": str(store / "lake" / "daily_journals" / f"{month}.parquet"), "ledger": ledger},
    ).fetchall()
    return Counter({Side(account, direction): minor for account, direction, minor in rows})
