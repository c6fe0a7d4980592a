"""Obligations that credit notes, voids and releases touch: the kernel on cases of the oracle, and random cases."""

import datetime as dt
from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from revrec.accounts import MOVEMENT_KINDS
from revrec.amended_schedules import AmendedMovements, CreditNotes, amended_movements
from revrec.arrays import DateArray, Int64Array
from revrec.methods import METHODS, EarningRuns, ObligationTerms, RecognitionMethod, RecognitionRule
from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.methods.runs import concat, expand_to_days
from revrec.money import MAX_AMOUNT_MINOR
from revrec.posting_floor import hold_back
from tests.amended_oracle import Amended, Moved, Note, Release

KINDS = list(MOVEMENT_KINDS)
DAY = dt.timedelta(days=1)

# --- the kernel, on cases ---------------------------------------------------------------------------------------------


def days(values: list[dt.date | None]) -> DateArray:
    return np.array(values, dtype="datetime64[D]")


def release_runs(cases: list[Amended]) -> EarningRuns:
    rows = [(number, release) for number, case in enumerate(cases) for release in case.releases]
    first = days([release.first for _, release in rows])
    return EarningRuns.of_amounts(
        np.array([number for number, _ in rows], dtype=np.int32),
        first.astype("datetime64[M]"),
        first,
        np.array([release.days for _, release in rows], dtype=np.int32),
        np.array([release.amount for _, release in rows], dtype=np.int64),
    )


def compute(cases: list[Amended], *, floor_in_earn: bool = False) -> AmendedMovements:
    def earn(terms: ObligationTerms, positions: Int64Array) -> EarningRuns:
        parts = [EarningRuns.none()]
        for row, position in enumerate(positions):
            case = cases[position]
            rule = RecognitionRule(case.strategy, case.residue)
            runs = METHODS[RecognitionMethod(case.method)](terms.at(np.array([row])), rule)
            parts.append(runs.renumbered(np.array([row], dtype=np.int32)))
        runs = concat(parts)
        return hold_back(runs, floor[positions]) if floor_in_earn else runs

    floor = days([case.floor for case in cases])
    notes = [(number, note) for number, case in enumerate(cases) for note in case.notes]
    return amended_movements(
        ObligationTerms(
            amount_minor=np.array([case.amount for case in cases], dtype=np.int64),
            service_start=days([case.start for case in cases]),
            service_end=days([case.end for case in cases]),
            recognition_date=days([case.recognition for case in cases]),
            accounting_date=days([case.accounting for case in cases]),
        ),
        earn,
        release_runs(cases),
        np.array([case.method == "MILESTONE" for case in cases], dtype=np.bool_),
        CreditNotes(
            obligation=np.array([number for number, _ in notes], dtype=np.int64),
            date=days([note.day for _, note in notes]),
            amount_minor=np.array([note.amount for _, note in notes], dtype=np.int64),
            adjusts=np.array([note.adjusts for _, note in notes], dtype=np.bool_),
        ),
        days([case.voided for case in cases]),
        None if floor_in_earn else floor,
    )


def by_case(cases: list[Amended], moved: AmendedMovements) -> list[Counter[Moved]]:
    """Amounts by (day, kind, note, void) of each case, its notes numbered from 0; zero ones left out."""
    first_note = np.cumsum([0, *(len(case.notes) for case in cases)])
    found: list[Counter[Moved]] = [Counter() for _ in cases]
    earned = expand_to_days(moved.runs)
    run = np.repeat(np.arange(len(moved)), moved.runs.days)
    for row, obligation, day, amount in zip(
        run, earned.obligation, earned.day.tolist(), earned.amount_minor.tolist(), strict=True
    ):
        note = int(moved.note[row])
        own_note = note - int(first_note[obligation]) if note >= 0 else -1
        found[obligation][day, KINDS[moved.kind[row]], own_note, bool(moved.void[row])] += amount
    return [Counter({key: amount for key, amount in counter.items() if amount}) for counter in found]


def daily(case: Amended) -> Counter[Moved]:
    [moved] = by_case([case], compute([case]))
    return moved


# --- what hypothesis draws --------------------------------------------------------------------------------------------

some_days = st.dates(dt.date(2024, 11, 1), dt.date(2025, 12, 31))
magnitudes = st.one_of(st.integers(1, 40), st.integers(1, 1_000_000), st.integers(1, MAX_AMOUNT_MINOR))


@st.composite
def release_histories(draw: st.DrawFn, amount: int) -> tuple[Release, ...]:
    """Milestones or consumption on single days, also given back; or only ever more, over stretches of days."""
    stretches = draw(st.booleans())
    releases, released = [], 0
    for first in sorted(draw(st.lists(some_days, max_size=5))):
        change = draw(st.integers(0 if stretches else -released, amount - released))
        until_month_end = ((first.replace(day=28) + 4 * DAY).replace(day=1) - first).days
        if change:
            releases.append(Release(first, draw(st.integers(1, until_month_end)) if stretches else 1, change))
            released += change
    return tuple(releases)


@st.composite
def note_histories(draw: st.DrawFn, amount: int, accounting: dt.date) -> tuple[Note, ...]:
    notes = []
    for _ in range(draw(st.integers(1, 4))):
        if amount == 0:
            break
        day = max(accounting, draw(st.just(accounting) | some_days))
        part = draw(st.one_of(st.integers(1, amount), st.integers(1, amount), st.just(amount)))
        notes.append(Note(day, part, draw(st.booleans())))
        amount -= notes[-1].amount
    return tuple(notes)


@st.composite
def amended(draw: st.DrawFn) -> Amended:
    start, end = sorted([draw(some_days), draw(some_days)])
    method = draw(st.sampled_from(["STRAIGHT_LINE", "STRAIGHT_LINE", "MILESTONE", "USAGE", "POINT_IN_TIME"]))
    accounting = draw(st.one_of(some_days, some_days, some_days, st.none()))
    case = Amended(
        draw(magnitudes),
        accounting,
        start,
        end,
        method,
        recognition=draw(st.none() | some_days),
        strategy=draw(st.sampled_from(AllocationStrategy)),
        residue=draw(st.sampled_from(Residue)),
        floor=draw(st.one_of(st.none(), st.just(accounting), some_days)),
    )
    if method == "MILESTONE":
        case = replace(case, releases=draw(release_histories(case.amount)))
    touched_by = draw(st.sampled_from(["notes", "notes", "notes", "void", "nothing"]))
    if touched_by == "void":
        case = replace(case, voided=draw(some_days))
    if touched_by == "notes" and accounting is not None:
        case = replace(case, notes=draw(note_histories(case.amount, accounting)))
    elif draw(st.booleans()):
        mirrored = tuple(replace(release, amount=-release.amount) for release in case.releases)
        case = replace(case, amount=-case.amount, releases=mirrored)
    return case


portfolios = st.lists(amended(), min_size=1, max_size=5)
