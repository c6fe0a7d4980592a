"""The example company's exports as the general ledgers would read them: re-parsers that know SPEC 9 alone rebuild the
journals of every kind of file, and two databases load the generic one as it is.
"""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import chdb
import duckdb
import pytest

from tests.end_to_end.acme_exports import (
    KINDS,
    NAMES,
    Side,
    Totals,
    journal_totals,
    reparsed,
    report_totals,
    totals_by_number,
    totals_of,
)
from tests.end_to_end.acme_store import LEDGERS, POSTED_LEDGERS
from tests.reparsers.rules import EXPONENTS

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Finished

DECEMBER = "2025-12"


@pytest.fixture(scope="module")
def store(closed_example: "tuple[Path, Finished]") -> Path:
    return closed_example[0]


@pytest.mark.parametrize(("month", "ledger"), POSTED_LEDGERS)
def test_every_file_keeps_its_rules_and_all_kinds_hold_the_same_journals(month: str, ledger: str, store: Path) -> None:
    by_kind = {kind: totals_by_number(reparsed(store, ledger, month, kind)) for kind in KINDS}
    expected = by_kind["generic", ""]
    assert list(expected) == [f"RR-{month.replace('-', '')}-{number:06}" for number in range(1, len(expected) + 1)]
    assert by_kind == dict.fromkeys(KINDS, expected)


@pytest.mark.parametrize(("month", "ledger"), POSTED_LEDGERS)
def test_exports_report_and_journals_have_the_same_totals_per_account(month: str, ledger: str, store: Path) -> None:
    journals = journal_totals(store, ledger, month)
    assert report_totals(store, ledger, month) == journals
    assert {kind: totals_of(reparsed(store, ledger, month, kind)) for kind in KINDS} == dict.fromkeys(KINDS, journals)


@pytest.mark.parametrize("kind", [("xero", "-import"), ("netsuite", "")], ids=["xero", "netsuite"])
def test_journals_of_two_ledgers_are_not_taken_for_one(kind: tuple[str, str], store: Path) -> None:
    keys = Counter(journal.key for ledger in LEDGERS for journal in reparsed(store, ledger, DECEMBER, kind))
    assert set(keys.values()) == {1}


def generic_file(store: Path, ledger: str) -> Path:
    return store / "exports" / "generic" / DECEMBER / f"{ledger}.csv"


def decimal_type(ledger: str) -> str:
    """A loader guesses a float; so the type is said, with the currency's decimals."""
    return f"DECIMAL(38, {EXPONENTS[ledger.partition('-')[2]]})"


def as_totals(rows: list[tuple[str, str, int]]) -> Totals:
    return Counter({Side(NAMES[account], direction): minor for account, direction, minor in rows})


@pytest.mark.parametrize("ledger", LEDGERS)
def test_duckdb_loads_the_generic_file_as_it_is(ledger: str, store: Path) -> None:
    exponent = EXPONENTS[ledger.partition("-")[2]]
    rows = duckdb.execute(
        f"""
        select "Ledger account name", Direction, (sum(Amount) * {10**exponent})::bigint
        from read_csv('{generic_file(store, ledger)}', types = {{'Amount': '{decimal_type(ledger)}'}}) group by all
        """
    ).fetchall()
    assert as_totals(rows) == journal_totals(store, ledger, DECEMBER)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_clickhouse_loads_the_generic_file_as_it_is(ledger: str, store: Path) -> None:
    exponent = EXPONENTS[ledger.partition("-")[2]]
    answer = chdb.query(  # type: ignore[no-untyped-call]  # chdb says that it is typed, and has none for this
        f"""
        select "Ledger account name", Direction, toInt64(sum(Amount) * {10**exponent}), any(toTypeName(Amount))
        from file('{generic_file(store, ledger)}', 'CSVWithNames') group by 1, 2
        settings schema_inference_hints = 'Amount {decimal_type(ledger)}'
        """,
        "TabSeparated",
    )
    rows = [line.split("\t") for line in str(answer).splitlines()]
    assert {kind.upper() for *_, kind in rows} == {decimal_type(ledger)}
    totals = as_totals([(account, direction, int(minor)) for account, direction, minor, _ in rows])
    assert totals == journal_totals(store, ledger, DECEMBER)


def test_every_ledger_of_the_example_is_looked_at_and_has_journals_in_december(store: Path) -> None:
    files = {path.stem for path in (store / "exports" / "generic" / DECEMBER).glob("*.csv")}
    assert files == set(LEDGERS)
    assert all(reparsed(store, ledger, DECEMBER, ("generic", "")) for ledger in LEDGERS)
