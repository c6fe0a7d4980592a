"""Daily and monthly entries of run-length journals."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec import tables
from revrec.entries import (
    BrokenStretchError,
    UnbalancedJournalError,
    daily_entries,
    monthly_entries,
    require_balance,
)
from revrec.money import MAX_AMOUNT_MINOR, AmountError

_JOURNALS = """
journal          | kind             | first_day  | days | a_day | last_day | obligation
RR-202501-000001 | BILLED_DEFERRED  | 2025-01-30 | 1    | 0     | 90.00    | ob-1
RR-202501-000001 | EARNED_DEFERRED  | 2025-01-30 | 2    | 2.90  | 3.00     | ob-1
RR-202501-000001 | -EARNED_DEFERRED | 2025-01-29 | 3    | 0     | 0.02     | ob-2
RR-202501-000002 | EARNED_UNBILLED  | 2025-01-01 | 1    | 0     | 7.00     | ob-3
"""


def _table(entries: pa.RecordBatch, *names: str) -> str:
    rows = zip(*(entries[name].to_pylist() for name in names), strict=True)
    return "\n".join(" ".join(map(str, row)) for row in rows)


def test_daily_entries_go_by_date_then_row_with_the_debit_before_its_credit(
    journals: Callable[..., pa.RecordBatch],
) -> None:
    entries = daily_entries(journals(_JOURNALS))

    assert entries.schema == tables.ENTRIES
    assert _table(entries, "journal_number", "date", "direction", "account", "amount_minor") == (
        "RR-202501-000001 2025-01-30 DEBIT billed 9000\n"
        "RR-202501-000001 2025-01-30 CREDIT deferred 9000\n"
        "RR-202501-000001 2025-01-30 DEBIT deferred 290\n"
        "RR-202501-000001 2025-01-30 CREDIT recognized 290\n"
        "RR-202501-000001 2025-01-31 DEBIT deferred 300\n"
        "RR-202501-000001 2025-01-31 CREDIT recognized 300\n"
        "RR-202501-000001 2025-01-31 DEBIT recognized 2\n"
        "RR-202501-000001 2025-01-31 CREDIT deferred 2\n"
        "RR-202501-000002 2025-01-01 DEBIT unbilled 700\n"
        "RR-202501-000002 2025-01-01 CREDIT recognized 700"
    )


def test_an_entry_carries_all_that_its_row_says(journals: Callable[..., pa.RecordBatch]) -> None:
    debit, credit = daily_entries(
        journals(
            """
            journal          | first_day  | days | a_day | last_day | currency | entity
            RR-202501-000001 | 2025-01-31 | 1    | 0     | 7        | JPY      | tokyo
            """
        )
    ).to_pylist()

    assert debit == {
        "journal_number": "RR-202501-000001",
        "date": dt.date(2025, 1, 31),
        "narrative": "Earned",
        "product_id": "prod_Platform",
        "product_name": "Platform",
        "customer_id": "cus_Acme",
        "customer_name": "Acme",
        "direction": "DEBIT",
        "account": "deferred",
        "amount_minor": 7,
        "invoice_id": "inv_INV-1",
        "invoice_number": "INV-1",
        "currency": "JPY",
        "entity": "tokyo",
        "recognition_method": "STRAIGHT_LINE",
        "source": "INVOICE",
        "type": "SYSTEM",
        "obligation_id": "ob-1",
        "effective_date": dt.date(2025, 1, 31),
        "run_id": "run-1",
    }
    assert credit == debit | {"direction": "CREDIT", "account": "recognized"}


def test_the_effective_date_counts_on_from_the_first_effective_day(journals: Callable[..., pa.RecordBatch]) -> None:
    entries = daily_entries(
        journals(
            """
            journal          | first_day  | effective  | days | a_day | last_day
            RR-202501-000001 | 2025-01-01 | 2024-12-30 | 3    | 1.00  | 1.00
            """
        )
    )
    assert _table(entries.take(pa.array([0, 2, 4])), "date", "effective_date") == (
        "2025-01-01 2024-12-30\n2025-01-02 2024-12-31\n2025-01-03 2025-01-01"
    )


def test_monthly_entries_are_gross_sums_on_the_last_day(journals: Callable[..., pa.RecordBatch]) -> None:
    entries = monthly_entries(journals(_JOURNALS))

    assert entries.schema == tables.ENTRIES
    assert _table(entries, "journal_number", "date", "obligation_id", "direction", "account", "amount_minor") == (
        "RR-202501-000001 2025-01-31 ob-1 DEBIT billed 9000\n"
        "RR-202501-000001 2025-01-31 ob-1 CREDIT deferred 9000\n"
        "RR-202501-000001 2025-01-31 ob-1 DEBIT deferred 590\n"
        "RR-202501-000001 2025-01-31 ob-1 CREDIT recognized 590\n"
        "RR-202501-000001 2025-01-31 ob-2 DEBIT recognized 2\n"
        "RR-202501-000001 2025-01-31 ob-2 CREDIT deferred 2\n"
        "RR-202501-000002 2025-01-31 ob-3 DEBIT unbilled 700\n"
        "RR-202501-000002 2025-01-31 ob-3 CREDIT recognized 700"
    )
    assert set(entries["narrative"].to_pylist()) == {"Revenue recognition 2025-01: Platform, invoice INV-1"}


def test_a_month_keeps_catch_ups_and_manual_entries_apart_under_their_own_narrative(
    journals: Callable[..., pa.RecordBatch],
) -> None:
    entries = monthly_entries(
        journals("""
        journal          | narrative             | type   | first_day  | effective  | days | a_day | last_day | invoice
        RR-202501-000001 | Catch-up of 2024-12   | SYSTEM | 2025-01-01 | 2024-12-05 | 1    | 0     | 5.00     | INV-1
        RR-202501-000001 | Earned                | SYSTEM | 2025-01-01 | 2025-01-01 | 31   | 1.00  | 1.00     | INV-1
        RR-202501-000001 | Earned, other words   | SYSTEM | 2025-01-02 | 2025-01-02 | 1    | 0     | 9.00     | INV-1
        RR-202501-000002 | Correction of INV-9   | MANUAL | 2025-01-15 | 2025-01-15 | 1    | 0     | 2.00     |
        RR-202501-000003 | Earned before billing | SYSTEM | 2025-01-15 | 2025-01-15 | 1    | 0     | 3.00     |
        """)
    )
    debits = entries.filter(pa.compute.equal(entries["direction"], "DEBIT"))
    assert _table(debits, "amount_minor", "effective_date", "narrative") == (
        "500 2024-12-31 Catch-up of 2024-12\n"
        "4000 2025-01-31 Revenue recognition 2025-01: Platform, invoice INV-1\n"
        "200 2025-01-31 Correction of INV-9\n"
        "300 2025-01-31 Revenue recognition 2025-01: Platform"
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_daily_entries_are_the_movements_counted_day_by_day(
    data: st.DataObject, ledger_months: st.SearchStrategy[list[Any]], journals: Callable[..., pa.RecordBatch]
) -> None:
    rows = data.draw(ledger_months)
    expected = sorted(
        (row.journal, date, place, side, account, amount)
        for place, row in enumerate(rows)
        for date, amount in row.movements()
        for side, account in (("A debit", row.debit), ("B credit", row.credit))
    )
    entries = daily_entries(journals(rows))
    found = zip(
        *(entries[name].to_pylist() for name in ("journal_number", "date", "account", "amount_minor")), strict=True
    )
    assert list(found) == [(journal, date, account, amount) for journal, date, _, _, account, amount in expected]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_months_entries_have_the_totals_of_its_days(
    data: st.DataObject, ledger_months: st.SearchStrategy[list[Any]], journals: Callable[..., pa.RecordBatch]
) -> None:
    batch = journals(data.draw(ledger_months))
    by_day, by_month = _sums(daily_entries(batch)), _sums(monthly_entries(batch))
    assert by_month == by_day
    assert sum(by_month.values()) == 2 * sum(batch["amount_minor"].to_pylist())


def _sums(entries: pa.RecordBatch) -> Counter[tuple[Any, ...]]:
    sums: Counter[tuple[Any, ...]] = Counter()
    key = ("journal_number", "product_id", "customer_id", "invoice_id", "obligation_id", "type", "account", "direction")
    for *values, amount in zip(*(entries[name].to_pylist() for name in (*key, "amount_minor")), strict=True):
        sums[tuple(values)] += amount
    return sums


def test_no_rows_are_no_entries(journals: Callable[..., pa.RecordBatch]) -> None:
    assert len(daily_entries(journals([]))) == len(monthly_entries(journals([]))) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amount_minor": 1189}, "4 days from 2025-01-05 of 290 minor units, the last of 320, do not make 1189"),
        ({"amount_a_day_minor": -290, "amount_minor": -550}, "of -290 minor units"),
        ({"amount_last_day_minor": -320, "amount_minor": 550}, "the last of -320"),
        ({"days": 0, "amount_minor": 30}, "0 days from 2025-01-05"),
        ({"days": 28, "amount_minor": 8150}, "28 days from 2025-01-05 .* within one month"),
        ({"days": 1, "amount_last_day_minor": 0, "amount_minor": 0}, "do not make 0"),
    ],
    ids=["sum", "negative day", "negative last day", "no day", "next month", "no amount"],
)
@pytest.mark.parametrize("expand", [daily_entries, monthly_entries])
def test_a_row_that_contradicts_itself_is_refused_with_its_journal_and_obligation(
    expand: Callable[[pa.RecordBatch], pa.RecordBatch],
    change: dict[str, int],
    message: str,
    stretches: Callable[..., list[Any]],
) -> None:
    (row,) = stretches(
        """
        journal          | first_day  | days | a_day | last_day
        RR-202501-000007 | 2025-01-05 | 4    | 2.90  | 3.20
        """
    )
    broken = pa.RecordBatch.from_pylist([row.row() | change], schema=tables.DAILY_JOURNALS)
    with pytest.raises(BrokenStretchError, match=f"journal RR-202501-000007, obligation ob-1: .*{message}"):
        expand(broken)


@pytest.mark.parametrize("expand", [daily_entries, monthly_entries])
def test_an_account_that_is_none_of_the_four_is_refused(
    expand: Callable[[pa.RecordBatch], pa.RecordBatch], stretches: Callable[..., list[Any]]
) -> None:
    row = stretches(_JOURNALS)[0].row() | {"credit_account": "cash"}
    with pytest.raises(BrokenStretchError, match="journals move cash, but the accounts of a ledger are billed"):
        expand(pa.RecordBatch.from_pylist([row], schema=tables.DAILY_JOURNALS))


def test_a_journal_that_does_not_balance_is_named_with_its_difference(journals: Callable[..., pa.RecordBatch]) -> None:
    entries = daily_entries(journals(_JOURNALS))
    amounts = np.array(entries["amount_minor"])
    amounts[-1] -= 3
    position = entries.schema.get_field_index("amount_minor")
    unbalanced = entries.set_column(position, tables.ENTRIES.field(position), pa.array(amounts))
    with pytest.raises(
        UnbalancedJournalError, match=r"journal RR-202501-000002 of ledger default-USD .* minus credits are 3 minor"
    ):
        require_balance(unbalanced)


def test_sums_that_int64_cannot_hold_are_refused_rather_than_wrapped(
    stretches: Callable[..., list[Any]], journals: Callable[..., pa.RecordBatch]
) -> None:
    row = stretches(_JOURNALS)[0].row() | {"amount_last_day_minor": MAX_AMOUNT_MINOR, "amount_minor": MAX_AMOUNT_MINOR}
    largest_sum = 2**63 // MAX_AMOUNT_MINOR
    one = pa.RecordBatch.from_pylist([row], schema=tables.DAILY_JOURNALS)
    fits = one.take(pa.array(np.zeros(largest_sum, dtype=np.int64)))
    too_many = one.take(pa.array(np.zeros(largest_sum + 1, dtype=np.int64)))

    assert monthly_entries(fits)["amount_minor"].to_pylist() == [largest_sum * MAX_AMOUNT_MINOR] * 2
    with pytest.raises(AmountError, match=f"{largest_sum + 1} amounts of up to {MAX_AMOUNT_MINOR} minor units"):
        monthly_entries(too_many)
