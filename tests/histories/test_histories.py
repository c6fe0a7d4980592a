"""The laws of SPEC 1 to 5 over random histories: documents that land late and in any order, with closes, locks and
reopenings in between, on a real folder store and SQLite books.

What belongs in this folder: histories of whole companies, the documents they are drawn from, and a plain-Python truth
that they are held against. What does not: laws of one kernel (tests/revrec), failures of services (tests/resources).

Few examples of several operations each: a history takes seconds. To look for more, run it with a larger number:

    REVREC_TEST_HISTORIES=500 pytest tests/histories
"""

import datetime as dt
import os
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings

from tests.histories.company import POSTING_MONTHS, Company
from tests.histories.laws import (
    LockedDays,
    assert_billed_is_earned_deferred_and_unbilled,
    assert_files_balance,
    assert_reports_are_what_was_posted,
)
from tests.histories.told import History, Step, histories
from tests.histories.truth import Moves, finished, from_day, true_moves

HISTORIES = int(os.environ.get("REVREC_TEST_HISTORIES", "2"))


@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_whatever_order_documents_land_in_the_books_come_to_what_they_say(
    tmp_path_factory: pytest.TempPathFactory, history: History
) -> None:
    company = Company(tmp_path_factory.mktemp("history"), history.first_policy)
    locked = LockedDays(company)
    company.land(history.reference)
    for step in history.steps:
        company.land(row for document in step.documents for row in document.rows)
        act(company, step)
        company.post()
        assert_files_balance(company)
        moves = company.moves()
        assert_billed_is_earned_deferred_and_unbilled(moves)
        assert_reports_are_what_was_posted(company, moves)
        locked.assert_unchanged()
        locked.remember()
        company.change_policy(history.policy)
    truth = true_moves(history.stories)
    assert_comes_to(company, history, truth)
    reopen_everything(company)
    assert company.moves() == truth
    assert_the_same_without_history(company, history, tmp_path_factory.mktemp("at-once"))


def act(company: Company, step: Step) -> None:
    periods, month = company.periods, next_month(company)
    event(step.action)
    if step.action == "reopen" and periods.locked_through is not None:
        company.reopen("a late document")
    # the last month stays open: it catches up
    elif step.action == "close" and month < POSTING_MONTHS[-1]:
        company.closing.close(month, "ana")
    elif step.action == "lock" and month < POSTING_MONTHS[-1]:
        day = dt.date.fromisoformat(f"{month}-{step.day:02}")
        if not periods.is_locked(day):
            company.closing.lock(day, "ana")


def next_month(company: Company) -> str:
    """The month to close or lock next; the first time, the second one."""
    periods = company.periods
    if periods.partial:
        return periods.partial.month
    if periods.locked_through is None:
        return POSTING_MONTHS[1]
    return f"{periods.locked_through + dt.timedelta(days=1):%Y-%m}"


def assert_comes_to(company: Company, history: History, truth: Moves) -> None:
    """Everything has landed, and all months are posted."""
    moves = company.moves()
    assert company.quarantined() == set().union(*(story.quarantined for story in history.stories))
    first_open_day = company.periods.first_open_day or dt.date.min
    assert from_day(moves, first_open_day) == from_day(truth, first_open_day)
    left = Counter[tuple[str, str]]()
    for (obligation, account, _), amount in moves.items():
        left[obligation, account] += amount
    for obligation in finished(history.stories):
        assert (left[obligation, "deferred"], left[obligation, "unbilled"]) == (0, 0), obligation


def reopen_everything(company: Company) -> None:
    while company.periods.locked_through is not None:
        company.reopen("from the start")
    company.post()


def assert_the_same_without_history(company: Company, history: History, root: Path) -> None:
    """The same documents, all there at once, are the same journals byte for byte, in other files and rows too."""
    again = Company(root, history.policy)
    if history.in_the_same_files:
        shutil.copytree(company.root / "landing", root / "landing")
    else:
        rows = [*history.reference, *history.rows]
        random.Random(history.seed).shuffle(rows)
        again.land(rows)
    again.post()
    for month in POSTING_MONTHS:
        assert again.file(month) == company.file(month), month
