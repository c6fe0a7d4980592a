"""The filters of SPEC 7 on run-length journals: what they take in, and how stretches of days are cut."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revrec import tables
from revrec.entries import daily_entries, monthly_entries
from revrec.errors import RevrecError
from revrec.journal_selection import Selection, SelectionError, select

Journals = Callable[..., pa.RecordBatch]
FEBRUARY = {"first_day": dt.date(2025, 2, 1), "last_day": dt.date(2025, 2, 28)}

MONTH = """
    journal | first_day  | days | a_day | last_day | customer | product | invoice | obligation | source      | type
    J-1     | 2025-02-01 | 28   | 1.00  | 1.05     | Acme     | Plan    | INV-1   | ob-1       | INVOICE     | SYSTEM
    J-1     | 2025-02-03 | 8    | 3.00  | 3.50     | Acme     | Plan    | INV-1   | ob-2       | CREDIT_NOTE | SYSTEM
    J-2     | 2025-02-10 | 1    | 0     | 7.00     | Acme     | Help    | INV-2   | ob-3       | INVOICE     | SYSTEM
    J-3     | 2025-02-01 | 28   | 0.00  | 0.01     | Bolt     | Plan    | INV-3   | ob-4       | INVOICE     | SYSTEM
    J-4     | 2025-02-14 | 1    | 0     | 2.00     | Bolt     | Plan    |         | manual/m1  | STANDALONE  | MANUAL
"""


def selection(**filters: Any) -> Selection:
    return Selection(**{**FEBRUARY, **filters})


def told(batch: pa.RecordBatch) -> list[tuple[str, int, int, int]]:
    """Obligation, first day of the month, days and amount of each row."""
    return [(row["obligation_id"], row["first_day"].day, row["days"], row["amount_minor"]) for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("filters", "obligations"),
    [
        pytest.param({}, ["ob-1", "ob-2", "ob-3", "ob-4", "manual/m1"], id="none"),
        pytest.param({"customers": ("cus_Bolt",)}, ["ob-4", "manual/m1"], id="a customer by id"),
        pytest.param({"customers": ("Bolt",)}, ["ob-4", "manual/m1"], id="a customer by name"),
        pytest.param({"products": ("prod_Help", "Plan"), "customers": ("Acme",)}, ["ob-1", "ob-2", "ob-3"],
                     id="any product of a customer"),
        pytest.param({"invoices": ("INV-2", "inv_INV-3")}, ["ob-3", "ob-4"], id="invoices by number or id"),
        pytest.param({"type": "MANUAL"}, ["manual/m1"], id="manual"),
        pytest.param({"source": "CREDIT_NOTE"}, ["ob-2"], id="credit notes"),
        pytest.param({"credit_notes": ("CN-1",)}, ["ob-2"], id="a credit note by number"),
        pytest.param({"credit_notes": ("cn_1",), "source": "INVOICE"}, [], id="filters that exclude each other"),
        pytest.param({"entity": "default", "currency": "USD"}, ["ob-1", "ob-2", "ob-3", "ob-4", "manual/m1"],
                     id="its ledger"),
        pytest.param({"entity": "other"}, [], id="another entity"),
        pytest.param({"currency": "EUR"}, [], id="another currency"),
    ],
)  # fmt: skip
def test_filters_take_in_what_they_name(filters: dict[str, Any], obligations: list[str], journals: Journals) -> None:
    batch = with_credit_note(journals(MONTH))
    selected = select(batch, selection(**filters))
    assert [row[0] for row in told(selected)] == obligations
    assert selected.schema.equals(tables.DAILY_JOURNALS)


def with_credit_note(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of source CREDIT_NOTE name the note cn_1, number CN-1."""
    rows = batch.to_pylist()
    named = {"credit_note_id": "cn_1", "credit_note_number": "CN-1"}
    return pa.RecordBatch.from_pylist(
        [row | named if row["source"] == "CREDIT_NOTE" else row for row in rows], schema=tables.DAILY_JOURNALS
    )


@pytest.mark.parametrize(
    ("first", "last", "rows"),
    [
        pytest.param(1, 28, [("ob-1", 1, 28, 28_05), ("ob-2", 3, 8, 24_50), ("ob-3", 10, 1, 7_00),
                             ("ob-4", 1, 28, 1), ("manual/m1", 14, 1, 2_00)], id="the whole month"),
        pytest.param(5, 10, [("ob-1", 5, 6, 6_00), ("ob-2", 5, 6, 18_50), ("ob-3", 10, 1, 7_00)], id="its middle"),
        pytest.param(28, 28, [("ob-1", 28, 1, 1_05), ("ob-4", 28, 1, 1)], id="its last day"),
        pytest.param(2, 2, [("ob-1", 2, 1, 1_00)], id="a day inside a stretch"),
    ],
)  # fmt: skip
def test_stretches_are_cut_to_the_days_and_amounts_are_those_of_the_days_that_stay(
    first: int, last: int, rows: list[tuple[str, int, int, int]], journals: Journals
) -> None:
    chosen = selection(first_day=dt.date(2025, 2, first), last_day=dt.date(2025, 2, last))
    assert told(select(journals(MONTH), chosen)) == rows


def test_a_cut_stretch_belongs_to_the_days_that_stay_and_a_catch_up_to_the_days_it_catches_up_on(
    journals: Journals,
) -> None:
    batch = journals(
        """
        journal          | first_day  | days | a_day | last_day | effective
        RR-202502-000001 | 2025-02-05 | 1    | 0     | 1.00     | 2024-12-01
        """
    )
    chosen = selection(first_day=dt.date(2025, 2, 5), last_day=dt.date(2025, 2, 7))
    [caught_up] = select(batch, chosen).to_pylist()
    assert caught_up == batch.to_pylist()[0]
    cut = select(journals(MONTH), chosen).to_pylist()[0]
    assert (cut["effective_first_day"], cut["effective_last_day"]) == (dt.date(2025, 2, 5), dt.date(2025, 2, 7))


def test_obligations_that_are_fully_recognized_are_left_out(journals: Journals) -> None:
    selected = select(journals(MONTH), selection(), pa.array(["ob-1", "ob-4", "ob-9"]))
    assert [row[0] for row in told(selected)] == ["ob-2", "ob-3", "manual/m1"]


_days = st.integers(1, 28).map(lambda day: dt.date(2025, 2, day))
_ranges = st.tuples(_days, _days).map(sorted)


@given(data=st.data(), days=_ranges, type_=st.sampled_from([None, "SYSTEM", "MANUAL"]))
@settings(max_examples=60, deadline=None)
def test_selecting_is_the_same_before_and_after_stretches_are_expanded_to_days(
    data: st.DataObject,
    days: list[dt.date],
    type_: str | None,
    ledger_months: st.SearchStrategy[list[object]],
    journals: Journals,
) -> None:
    batch = journals(data.draw(ledger_months))
    selected = select(batch, selection(first_day=days[0], last_day=days[1], type=type_))
    expected = [
        entry
        for entry in daily_entries(batch).to_pylist()
        if days[0] <= entry["date"] <= days[1] and entry["type"] == (type_ or entry["type"])
    ]
    assert daily_entries(selected).to_pylist() == expected
    monthly_entries(selected)  # every journal still balances


@given(data=st.data(), cuts=st.sets(st.integers(2, 28), max_size=4))
@settings(max_examples=60, deadline=None)
def test_the_parts_of_a_range_add_up_to_the_whole(
    data: st.DataObject, cuts: set[int], ledger_months: st.SearchStrategy[list[object]], journals: Journals
) -> None:
    batch = journals(data.draw(ledger_months))
    bounds = [1, *sorted(cuts), 29]
    parts: Counter[tuple[str, ...]] = Counter()
    for start, stop in pairwise(bounds):
        days = {"first_day": dt.date(2025, 2, start), "last_day": dt.date(2025, 2, stop - 1)}
        parts += totals(select(batch, selection(**days)))
    assert parts == totals(batch)


def totals(batch: pa.RecordBatch) -> Counter[tuple[str, ...]]:
    """Amount per journal, obligation and accounts."""
    found: Counter[tuple[str, ...]] = Counter()
    for row in batch.to_pylist():
        key = (row["journal_number"], row["obligation_id"], row["debit_account"], row["credit_account"])
        found[key] += row["amount_minor"]
    return found


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        pytest.param({"last_day": dt.date(2025, 1, 31)}, "last day 2025-01-31 is before the first day 2025-02-01",
                     id="days the other way round"),
        pytest.param({"type": "MANUEL"}, "type 'MANUEL' is not known (did you mean MANUAL?): give one of SYSTEM",
                     id="an unknown type"),
        pytest.param({"source": "invoices"}, "source 'invoices' is not known (did you mean INVOICE?)",
                     id="an unknown source"),
        pytest.param({"as_of": dt.datetime(2025, 3, 1)}, "as-of 2025-03-01T00:00:00 has no time zone",  # noqa: DTZ001 - the fault
                     id="an as-of without a time zone"),
        pytest.param({"currency": "DOLLAR"}, "DOLLAR", id="an unknown currency"),
    ],
)  # fmt: skip
def test_filters_that_cannot_be_are_refused_by_name(filters: dict[str, Any], says: str) -> None:
    with pytest.raises(RevrecError) as raised:
        selection(**filters)
    assert says in str(raised.value)
    assert isinstance(raised.value, ValueError)


def test_faults_of_a_selection_can_be_caught_together() -> None:
    with pytest.raises(SelectionError):
        selection(type="")


def test_the_filters_that_are_set_are_told_in_one_order() -> None:
    chosen = selection(
        customers=("bolt", "acme", "bolt"),
        products=('The "Pro", plan', "plan"),
        as_of=dt.datetime(2025, 3, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        exclude_fully_recognized=True,
    )
    assert list(chosen.told().items()) == [
        ("from", "2025-02-01"),
        ("to", "2025-02-28"),
        ("as_of", "2025-03-01T00:00:00+00:00"),
        ("customers", "acme, bolt"),
        ("products", '"The ""Pro"", plan", plan'),
        ("exclude_fully_recognized", "yes"),
    ]
    assert selection().told() == {"from": "2025-02-01", "to": "2025-02-28"}
    assert selection(customers=("a", "b")) == selection(customers=("b", "a", "b"))
