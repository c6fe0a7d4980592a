"""Laws of closed periods, over whatever people try in whatever order (SPEC 5)."""

import datetime as dt
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.accounting_periods import PeriodAction, PeriodError, PeriodEvent, Periods, last_day_of
from tests.closing_builders import close, event_of

MONTHS = [f"2024-{month:02}" for month in (10, 11, 12)] + ["2025-01", "2025-02"]
STEPS = st.one_of(
    st.sampled_from(MONTHS).map(lambda month: f"close {month}"),
    st.builds("lock {}-{:02}".format, st.sampled_from(MONTHS), st.integers(1, 28)),
    st.builds(
        "reopen {} {}".format, st.sampled_from(MONTHS), st.sampled_from(["", "2024-10-31", "2024-11-30", "2024-12-31"])
    ),
)


def tried(steps: list[str]) -> Iterator[tuple[PeriodEvent, Periods, Periods]]:
    """Per step that was allowed: the event, and the periods before and after it."""
    state = Periods()
    for step in steps:
        try:
            event = event_of(step)
            after = state.after(event)
        except PeriodError:
            continue
        yield event, state, after
        state = after


@given(st.lists(STEPS, max_size=30))
def test_locks_move_forward_but_for_reopenings_and_closed_months_stay_consecutive(steps: list[str]) -> None:
    for event, before, after in tried(steps):
        reached, left = after.locked_through or dt.date.min, before.locked_through or dt.date.min
        assert (reached < left) if event.event is PeriodAction.REOPENED else (reached > left)
        closed = list(after.closed)
        assert closed == [month for month in MONTHS if closed and closed[0] <= month <= closed[-1]]
        assert (after.locked_through is None) == (not closed and after.partial is None)
        assert after.partial is None or not after.is_closed(after.partial.month)


@given(st.lists(STEPS, max_size=30))
def test_what_was_allowed_step_by_step_adds_up_at_once(steps: list[str]) -> None:
    allowed = list(tried(steps))
    assert Periods.of([event for event, _, _ in allowed]) == (allowed[-1][2] if allowed else Periods())


@given(st.lists(STEPS, max_size=12), st.sampled_from(MONTHS), st.sampled_from(MONTHS))
def test_the_months_to_close_can_be_closed_in_that_order(
    steps: list[str], month: str, first_posting_month: str
) -> None:
    *_, state = [Periods(), *(after for _, _, after in tried(steps))]
    try:
        months = state.months_to_close(month, first_posting_month)
    except PeriodError:
        with pytest.raises(PeriodError):
            state.after(close(month))
        return
    for each in months:
        state = state.after(close(each))
    assert state.locked_through == last_day_of(month)
