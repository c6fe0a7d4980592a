"""The first days of a month's journals: each day as it was, and numbers without a gap."""

import datetime as dt
from collections.abc import Callable

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec import tables
from revrec.journal_days import journals_through

Journals = Callable[..., pa.RecordBatch]
TENTH = dt.date(2025, 2, 10)

MONTH = """
    journal          | first_day  | days | a_day | last_day
    RR-202502-000001 | 2025-02-01 | 28   | 1.00  | 1.05
    RR-202502-000002 | 2025-02-15 | 14   | 2.00  | 2.00
    RR-202502-000003 | 2025-02-10 | 1    | 7.00  | 7.00
    RR-202502-000004 | 2025-02-03 | 8    | 3.00  | 3.50
    RR-202502-000005 | 2025-02-01 | 28   | 0.00  | 0.01
"""


def through(batch: pa.RecordBatch, last: dt.date) -> pa.Table:
    with duckdb.connect() as connection:
        kept = journals_through(connection, pa.Table.from_batches([batch], schema=tables.DAILY_JOURNALS), last)
    assert kept.schema.equals(tables.DAILY_JOURNALS)
    return kept


def told(kept: pa.Table) -> list[tuple[str, int, int, int, int]]:
    """Number, days, and amounts a day, on the last day and in all."""
    names = ("days", "amount_a_day_minor", "amount_last_day_minor", "amount_minor")
    return [(row["journal_number"][-1:], *(row[name] for name in names)) for row in kept.to_pylist()]


def test_stretches_are_cut_after_the_day_and_numbers_close_up(journals: Journals) -> None:
    assert told(through(journals(MONTH), TENTH)) == [
        # cut: its last day is now one like all others
        ("1", 10, 1_00, 1_00, 10_00),
        ("2", 1, 7_00, 7_00, 7_00),
        # ends on the day: it keeps its last day's amount
        ("3", 8, 3_00, 3_50, 24_50),
    ]


@pytest.mark.parametrize(
    ("last", "numbers"),
    [
        pytest.param(dt.date(2025, 1, 31), [], id="the day before the month"),
        pytest.param(dt.date(2025, 2, 1), ["1"], id="its first day"),
        pytest.param(dt.date(2025, 2, 27), ["1", "2", "3", "4"], id="the day before its last"),
        pytest.param(dt.date(2025, 2, 28), ["1", "2", "3", "4", "5"], id="its last day"),
    ],
)
def test_journals_without_an_entry_on_these_days_are_gone(
    last: dt.date, numbers: list[str], journals: Journals
) -> None:
    assert [row[0] for row in told(through(journals(MONTH), last))] == numbers


def test_a_whole_month_is_left_as_it_is(journals: Journals) -> None:
    batch = journals(MONTH)
    assert through(batch, dt.date(2025, 2, 28)).to_pylist() == batch.to_pylist()


def test_effective_days_are_cut_with_the_days_but_those_of_a_catch_up_stay(journals: Journals) -> None:
    batch = journals(
        """
        journal          | first_day  | days | a_day | last_day | effective
        RR-202502-000001 | 2025-02-01 | 1    | 1.00  | 1.00     | 2024-12-01
        """
    )
    later = journals("journal | first_day | days | a_day | last_day\nRR-202502-000001 | 2025-02-01 | 28 | 1.00 | 1.05")
    [caught_up] = through(batch, TENTH).to_pylist()
    [cut] = through(later, TENTH).to_pylist()
    assert (caught_up["effective_first_day"], caught_up["effective_last_day"]) == (dt.date(2024, 12, 1),) * 2
    assert (cut["effective_first_day"], cut["effective_last_day"]) == (dt.date(2025, 2, 1), TENTH)


def test_each_ledger_has_numbers_of_its_own(journals: Journals) -> None:
    one, other = journals(MONTH), journals(MONTH, currency="EUR")
    both = pa.Table.from_batches([one, other]).combine_chunks().to_batches()[0]
    assert told(through(both, TENTH)) == 2 * told(through(one, TENTH))


def test_more_than_a_million_journals_are_in_the_order_of_their_numbers(journals: Journals) -> None:
    batch = journals(
        """
        journal           | first_day  | days | a_day | last_day
        RR-202502-999999  | 2025-02-01 | 1    | 1.00  | 1.00
        RR-202502-1000000 | 2025-02-01 | 1    | 2.00  | 2.00
        """
    )
    assert [(row[0], row[-1]) for row in told(through(batch, TENTH))] == [("1", 1_00), ("2", 2_00)]


_days = st.integers(1, 28).map(lambda day: dt.date(2025, 2, day))


@given(data=st.data(), last=_days, earlier=_days)
@settings(max_examples=20, deadline=None)
def test_every_day_through_the_last_is_as_it_was_and_numbers_have_no_gap(
    data: st.DataObject,
    last: dt.date,
    earlier: dt.date,
    ledger_months: st.SearchStrategy[list[object]],
    journals: Journals,
) -> None:
    batch = journals(data.draw(ledger_months))
    kept = through(batch, last)
    before, after = (_amounts(table) for table in (batch, kept))
    assert after == sorted(item for item in before if item[0] <= last)
    numbers = list(dict.fromkeys(kept["journal_number"].to_pylist()))
    assert numbers == [f"RR-202502-{number:06}" for number in range(1, len(numbers) + 1)]
    in_two_steps = through(kept.combine_chunks().to_batches()[0], earlier) if kept.num_rows else kept
    assert in_two_steps.to_pylist() == through(batch, min(last, earlier)).to_pylist()


def _amounts(table: pa.Table | pa.RecordBatch) -> list[tuple[dt.date, str, str, str, int]]:
    """Day, narrative, obligation, account and amount of every movement of more than nothing."""
    return sorted(
        (row["first_day"] + dt.timedelta(days=at), row["narrative"], row["obligation_id"], row["debit_account"], amount)
        for row in table.to_pylist()
        for at in range(row["days"])
        if (amount := row["amount_last_day_minor"] if at == row["days"] - 1 else row["amount_a_day_minor"])
    )
