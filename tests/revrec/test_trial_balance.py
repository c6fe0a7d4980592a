"""The trial balance carries balances from month to month, per ledger and account."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec.money import AmountError
from revrec.reports.trial_balance import TRIAL_BALANCE, trial_balance

if TYPE_CHECKING:
    from tests.revrec.conftest import Stretch

Batch = Callable[..., pa.RecordBatch]

# 90.00 invoiced in January, 30.00 of it earned by then and by the end of March each; nothing in February.
JANUARY = """
    journal          | kind            | first_day  | days | a_day | last_day
    RR-202501-000001 | BILLED_DEFERRED | 2025-01-01 | 1    | 0.00  | 90.00
    RR-202501-000001 | EARNED_DEFERRED | 2025-01-01 | 30   | 1.00  | 1.00
"""
MARCH = """
    journal          | kind             | first_day  | days | a_day | last_day
    RR-202503-000001 | EARNED_DEFERRED  | 2025-03-01 | 30   | 1.00  | 1.00
    RR-202503-000001 | -BILLED_DEFERRED | 2025-03-31 | 1    | 0.00  | 20.00
"""


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


def test_a_balance_is_carried_over_a_month_without_movements(journals: Batch) -> None:
    assert rows_of(trial_balance([journals(JANUARY), journals(MARCH)])) == [
        ("default", "USD", "2025-01", "billed", 0, 90_00, 0, 90_00),
        ("default", "USD", "2025-01", "recognized", 0, 0, 30_00, -30_00),
        ("default", "USD", "2025-01", "deferred", 0, 30_00, 90_00, -60_00),
        ("default", "USD", "2025-01", "unbilled", 0, 0, 0, 0),
        ("default", "USD", "2025-02", "billed", 90_00, 0, 0, 90_00),
        ("default", "USD", "2025-02", "recognized", -30_00, 0, 0, -30_00),
        ("default", "USD", "2025-02", "deferred", -60_00, 0, 0, -60_00),
        ("default", "USD", "2025-02", "unbilled", 0, 0, 0, 0),
        ("default", "USD", "2025-03", "billed", 90_00, 0, 20_00, 70_00),
        ("default", "USD", "2025-03", "recognized", -30_00, 0, 30_00, -60_00),
        ("default", "USD", "2025-03", "deferred", -60_00, 50_00, 0, -10_00),
        ("default", "USD", "2025-03", "unbilled", 0, 0, 0, 0),
    ]


def test_a_ledger_begins_with_its_first_journal_and_ends_with_the_last_of_all(journals: Batch) -> None:
    batches = [journals(MARCH, entity="europe", currency="EUR"), journals(JANUARY), journals(MARCH, currency="CHF")]
    months = {(row["entity"], row["currency"], row["month"]) for row in trial_balance(batches).to_pylist()}
    assert months == {
        ("default", "CHF", "2025-03"),
        *(("default", "USD", month) for month in ("2025-01", "2025-02", "2025-03")),
        ("europe", "EUR", "2025-03"),
    }


def test_without_journals_there_is_nothing_to_balance() -> None:
    assert trial_balance([]).equals(TRIAL_BALANCE.empty_table())


def test_a_total_beyond_int64_is_refused_rather_than_wrapped_around(journals: Batch) -> None:
    batch = journals(JANUARY)
    amounts = pa.array([2**62, 2**62], pa.int64())
    both_billed = batch.take(pa.array([0, 0]))
    place = batch.schema.get_field_index("amount_minor")
    with pytest.raises(AmountError, match="too much to hold exactly"):
        trial_balance([both_billed.set_column(place, batch.schema.field(place), amounts)])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_trial_balance_is_that_of_the_single_days(
    data: st.DataObject, ledger_months: "st.SearchStrategy[list[Stretch]]", journals: Batch
) -> None:
    stretches = data.draw(ledger_months)
    rows = trial_balance([journals(stretches[::2]), journals(stretches[1::2])]).to_pylist()
    debited, credited = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for stretch in stretches:
        for day, amount in stretch.movements():
            debited[f"{day:%Y-%m}", stretch.debit] += amount
            credited[f"{day:%Y-%m}", stretch.credit] += amount
    assert {(row["month"], row["account"]): row["debit_minor"] for row in rows if row["debit_minor"]} == +debited
    assert {(row["month"], row["account"]): row["credit_minor"] for row in rows if row["credit_minor"]} == +credited
    assert sum(row["closing_minor"] for row in rows) == 0
