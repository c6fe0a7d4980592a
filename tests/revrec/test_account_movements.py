"""The trial balance and the roll-forward of a month are what its single days add up to, between two balances."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revrec.accounts import NORMAL_SIDE, Account, Direction
from revrec.reconciliation import ACCOUNT_FIGURES
from revrec.reports.account_movements import (
    JOURNAL_COLUMNS,
    LEDGERS,
    VOIDS,
    load_movements,
    roll_forward,
    trial_balance,
)

if TYPE_CHECKING:
    from tests.revrec.conftest import Stretch

Batch = Callable[..., pa.RecordBatch]

MONTH = "2025-01"
# 90.00 invoiced, 31.00 of it earned.
JANUARY = """
    journal          | kind            | first_day  | days | a_day | last_day
    RR-202501-000001 | BILLED_DEFERRED | 2025-01-01 | 1    | 0.00  | 90.00
    RR-202501-000001 | EARNED_DEFERRED | 2025-01-01 | 31   | 1.00  | 1.00
"""
USD = pa.Table.from_pylist([{"entity": "default", "currency": "USD"}], schema=LEDGERS)
NO_VOIDS = VOIDS.empty_table()
ANY_BALANCES = st.dictionaries(st.sampled_from([*Account]), st.integers(-(2**50), 2**50))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def balances(net_debits_minor: dict[Account, int]) -> pa.Table:
    rows = [
        {"entity": "default", "currency": "USD", "account": account.value, "net_debits_minor": net}
        for account, net in net_debits_minor.items()
    ]
    return pa.Table.from_pylist(rows, schema=ACCOUNT_FIGURES)


def rows_of(batches: Iterable[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def load(connection: duckdb.DuckDBPyConnection, opening: dict[Account, int], *batches: pa.RecordBatch) -> None:
    columns = list(JOURNAL_COLUMNS)
    chosen = [batch.select(columns) for batch in batches]
    load_movements(connection, USD, balances(opening), chosen, chosen[0].schema, NO_VOIDS)


def test_a_balance_is_carried_over_and_an_account_without_movements_is_there(
    journals: Batch, connection: duckdb.DuckDBPyConnection
) -> None:
    load(connection, {Account.BILLED: 10_00, Account.UNBILLED: -10_00}, journals(JANUARY))
    columns = ("account", "opening_minor", "debit_minor", "credit_minor", "closing_minor")
    assert [tuple(row[name] for name in columns) for row in rows_of(trial_balance(connection, MONTH))] == [
        ("billed", 10_00, 90_00, 0, 100_00),
        ("recognized", 0, 0, 31_00, -31_00),
        ("deferred", 0, 31_00, 90_00, -59_00),
        ("unbilled", -10_00, 0, 0, -10_00),
    ]


def test_what_the_movements_do_not_explain_is_said(journals: Batch, connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, {}, journals(JANUARY))
    rows = rows_of(roll_forward(connection, balances({Account.DEFERRED: -59_01}), MONTH))
    unexplained = {row["account"]: row["amount_minor"] for row in rows if row["line"] == "UNEXPLAINED"}
    assert unexplained == {"billed": -90_00, "recognized": -31_00, "deferred": 1, "unbilled": 0}


def test_a_total_beyond_int64_is_refused_rather_than_wrapped_around(
    journals: Batch, connection: duckdb.DuckDBPyConnection
) -> None:
    batch = journals(JANUARY).take(pa.array([0, 0]))
    place = batch.schema.get_field_index("amount_minor")
    amounts = pa.array([2**62, 2**62], pa.int64())
    load(connection, {}, batch.set_column(place, batch.schema.field(place), amounts))
    with pytest.raises(duckdb.Error, match=r"(?i)cast|range|overflow"):
        rows_of(trial_balance(connection, MONTH))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), opening=ANY_BALANCES)
def test_reports_are_those_of_the_single_days(
    data: st.DataObject,
    opening: dict[Account, int],
    ledger_months: "st.SearchStrategy[list[Stretch]]",
    journals: Batch,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    stretches = data.draw(ledger_months)
    debited, credited = Counter[str](), Counter[str]()
    for stretch in stretches:
        for _, amount in stretch.movements():
            debited[stretch.debit] += amount
            credited[stretch.credit] += amount
    load(connection, opening, journals(stretches[::2]), journals(stretches[1::2]))
    closing = {account: opening.get(account, 0) + debited[account] - credited[account] for account in Account}
    for row in rows_of(trial_balance(connection, MONTH)):
        account = Account(row["account"])
        assert (row["debit_minor"], row["credit_minor"]) == (debited[account], credited[account])
        assert row["closing_minor"] == closing[account]
    rolled = rows_of(roll_forward(connection, balances(closing), MONTH))
    assert {row["amount_minor"] for row in rolled if row["line"] == "UNEXPLAINED"} == {0}
    for account in Account:
        sign = 1 if NORMAL_SIDE[account] is Direction.DEBIT else -1
        lines = {row["line"]: row["amount_minor"] for row in rolled if row["account"] == account.value}
        moved = sum(amount for line, amount in lines.items() if line not in ("OPENING", "CLOSING", "UNEXPLAINED"))
        assert sign * moved == debited[account] - credited[account]
