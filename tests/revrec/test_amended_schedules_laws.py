"""Credit notes, voids and releases against a slow oracle, and the laws every obligation keeps (SPEC 1, 2, 4).

Cases a person can check by hand: test_amended_schedules.py.
"""

from itertools import groupby

import numpy as np
from hypothesis import given, settings

from revrec.accounts import Account
from tests.amended_cases import amended, by_case, compute, daily, portfolios
from tests.amended_oracle import Amended, movements
from tests.builders import Movement, balances


@settings(max_examples=300, deadline=None)
@given(cases=portfolios)
def test_movements_are_those_of_the_oracle(cases: list[Amended]) -> None:
    assert by_case(cases, compute(cases)) == [movements(case) for case in cases]


@settings(max_examples=150, deadline=None)
@given(case=amended())
def test_no_account_ever_has_the_wrong_sign_and_each_day_adds_up(case: Amended) -> None:
    sign = 1 if case.amount > 0 else -1
    so_far: list[Movement] = []
    moved = [Movement(0, day, kind, sign * amount) for (day, kind, _, _), amount in daily(case).items()]
    for day, of_day in groupby(sorted(moved, key=lambda movement: movement.day), key=lambda movement: movement.day):
        so_far += of_day
        now = balances(so_far)
        billed, unbilled = now[Account.BILLED], now[Account.UNBILLED]
        recognized, deferred = -now[Account.RECOGNIZED], -now[Account.DEFERRED]
        assert billed == recognized + deferred - unbilled
        credited = sum(note.amount for note in case.notes if max(note.day, case.floor or note.day) <= day)
        is_billed = case.accounting is not None and case.accounting <= day and not (case.voided and case.voided <= day)
        assert billed == (sign * case.amount - credited if is_billed else 0)
        assert recognized >= 0
        assert deferred >= 0
        assert unbilled >= 0
        assert not (deferred and unbilled)
        assert unbilled == 0 or not is_billed


@settings(max_examples=150, deadline=None)
@given(case=amended())
def test_in_the_end_what_is_billed_net_is_earned_and_nothing_after_a_void(case: Amended) -> None:
    end = balances([Movement(0, day, kind, amount) for (day, kind, _, _), amount in daily(case).items()])
    left = case.amount - sum(note.amount for note in case.notes)
    if case.voided:
        assert set(end.values()) == {0}
    elif case.method == "MILESTONE":
        assert abs(end[Account.RECOGNIZED]) <= abs(left)
        assert end[Account.BILLED] == (left if case.accounting else 0)
    else:
        assert -end[Account.RECOGNIZED] == left
        assert end[Account.DEFERRED] == 0
        assert end[Account.BILLED if case.accounting else Account.UNBILLED] == left


@settings(max_examples=150, deadline=None)
@given(case=amended())
def test_each_note_takes_off_its_whole_amount_and_nothing_else_on_its_day(case: Amended) -> None:
    moved = daily(case)
    for number, note in enumerate(case.notes):
        own = {key: amount for key, amount in moved.items() if key[2] == number}
        assert sum(own.values()) == -note.amount
        assert {key[0] for key in own} == {max(note.day, case.floor or note.day)}
        assert {key[1] for key in own} <= {"BILLED_DEFERRED", "BILLED_RECOGNIZED"}
        if not note.adjusts:
            assert max(own.values()) < 0


@settings(max_examples=150, deadline=None)
@given(cases=portfolios)
def test_every_run_keeps_the_daily_formula_inside_one_month(cases: list[Amended]) -> None:
    """A cut run keeps the daily amount of the whole: its remainder is less than a month's days."""
    moved = compute(cases)
    runs = moved.runs
    assert (runs.amount_minor != 0).all()
    assert ((runs.days >= 1) & (runs.first_day.astype("datetime64[M]") == runs.month)).all()
    assert (runs.last_day.astype("datetime64[M]") == runs.month).all()
    assert (runs.daily_minor * np.sign(runs.amount_minor) >= 0).all()
    remainder = np.abs(runs.amount_minor) - np.abs(runs.daily_minor) * runs.days
    assert ((remainder >= 0) & (remainder < 31)).all()
    order = np.lexsort((moved.note, moved.kind, runs.first_day, runs.obligation))
    assert (order == np.arange(len(moved))).all()
    columns = (runs.obligation, runs.days, moved.kind, runs.amount_minor, runs.daily_minor, moved.note, moved.void)
    assert [column.dtype.name for column in columns] == ["int32"] * 3 + ["int64"] * 3 + ["bool"]


@settings(max_examples=100, deadline=None)
@given(cases=portfolios)
def test_what_touches_one_obligation_leaves_the_others_alone(cases: list[Amended]) -> None:
    assert by_case(cases, compute(cases)) == [daily(case) for case in cases]


@settings(max_examples=150, deadline=None)
@given(case=amended())
def test_kernels_that_hold_back_to_a_floor_themselves_still_earn_and_bill_all_that_is_left(case: Amended) -> None:
    """Their earnings on the floor day count as later than a note of that day, whatever they were earned for."""
    [moved] = by_case([case], compute([case], floor_in_earn=True))
    end = balances([Movement(0, day, kind, amount) for (day, kind, _, _), amount in moved.items()])
    left = 0 if case.voided else case.amount - sum(note.amount for note in case.notes)
    assert end[Account.BILLED] == (left if case.accounting else 0)
    assert -end[Account.RECOGNIZED] == left or case.method == "MILESTONE"
    if case.floor and case.method != "MILESTONE":
        assert all(day >= case.floor for day, kind, _, void in moved if kind.startswith("EARNED") and not void)
