import datetime as dt
import os
import random
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from itertools import chain

from hypothesis import HealthCheck, given, settings, note as say
from hypothesis import strategies as st

from revrec.policy import Policy
from tests.amended_oracle import movements
from tests.histories.company import POSTING_MONTHS, Company, by_account, days_of
from tests.histories.documents import Row, Story, product_rows
from tests.histories.drawing import policies, stories

SIDES = {
    "BILLED_UNBILLED": ("billed", "unbilled"), "BILLED_DEFERRED": ("billed", "deferred"),
    "BILLED_RECOGNIZED": ("billed", "recognized"), "EARNED_UNBILLED": ("unbilled", "recognized"),
    "EARNED_DEFERRED": ("deferred", "recognized"),
}

def truth(story_list):
    found = Counter()
    for story in story_list:
        for ob, case in story.obligations.items():
            for (day, kind, _, _), amount in movements(case).items():
                d, c = SIDES[kind]
                found[ob, d, day] += amount
                found[ob, c, day] -= amount
    return {k: v for k, v in found.items() if v}

def actual(company):
    found = Counter()
    for (ob, acc), per in by_account(company.postings()).items():
        for day, a in per.items():
            found[ob, acc, day] += a
    return {k: v for k, v in found.items() if v}

def cumulative(moves, start):
    """cumulative at start, then by day"""
    found = Counter()
    for (ob, acc, day), a in moves.items():
        found[ob, acc, max(day, start)] += a
    return {k: v for k, v in found.items() if v}

N = int(os.environ.get("N", 5))

@st.composite
def companies(draw):
    policy = draw(policies())
    return policy, [draw(stories(policy, n)) for n in range(draw(st.integers(1, 5)))]

@settings(max_examples=N, deadline=None, suppress_health_check=list(HealthCheck))
@given(companies())
def test_truth(drawn):
    policy, sts = drawn
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        company = Company(Path(folder), policy)
        company.land([*product_rows(), *chain.from_iterable(s.reference for s in sts)])
        docs = [d for s in sts for d in s.documents]
        company.land([r for d in docs[::2] for r in d.rows])
        company.land([r for d in docs[1::2] for r in d.rows])
        company.post()
        exp, act = truth(sts), actual(company)
        say(str({k: (exp.get(k), act.get(k)) for k in sorted({*exp, *act}) if exp.get(k) != act.get(k)}))
        say(str(company.quarantined()))
        assert exp == act
