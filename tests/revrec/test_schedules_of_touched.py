"""Schedules of obligations that other documents touch: which row of the obligations says what, from tables to runs.

The amounts themselves are held in test_amended_schedules.py and its laws.
"""

import datetime as dt
from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pytest

from revrec.accounts import Account
from revrec.methods import TermsError
from revrec.releases import releases_of
from tests.builders import Obligation, balances, daily_movements, obligation_batch
from tests.schedule_builders import amendments, runs_of, scheduled_parts

YEAR = Obligation(12_000_00)
OTHER = Obligation(365_00, id="inv/l2")
PROJECT = Obligation(300_00, method="MILESTONE", start=None, end=None)
GRANT = Obligation(100_00, method="CONSUMPTION", start=None, end=None)


def note(amount: int, day: str, mode: str = "CANCEL", number: int = 1) -> Obligation:
    return replace(YEAR, amount=-amount, accounting=day, effect=mode, source="CREDIT_NOTE", note=f"cn_{number}")


def void(of: Obligation, day: str) -> Obligation:
    return replace(of, amount=-of.amount, accounting=day, effect="VOID")


def lowered(*obligations: Obligation, row: int, given: pa.Table | None = None) -> list[tuple[str, str, int]]:
    """First day, kind and amount of the runs of one row of the obligations."""
    runs = runs_of(obligation_batch(*obligations), given=given).to_pylist()
    return [(str(run["first_day"]), run["kind"], run["amount_minor"]) for run in runs if run["obligation_no"] == row]


def earned_by_month(*obligations: Obligation, row: int = 0, given: pa.Table | None = None) -> dict[str, int]:
    """What one row of the obligations earns in each month."""
    months: Counter[str] = Counter()
    for movement in daily_movements(runs_of(obligation_batch(*obligations), given=given).to_batches()):
        if movement.obligation == row and movement.kind.startswith("EARNED"):
            months[f"{movement.day:%Y-%m}"] += movement.amount
    return dict(months)


@pytest.mark.parametrize(
    ("amount", "mode", "taken_back", "rest"),
    [
        pytest.param(3_000_00, "CANCEL", [("BILLED_DEFERRED", -3_000_00)], None, id="cancel 3,000"),
        pytest.param(
            3_000_00,
            "ADJUST",
            [("BILLED_DEFERRED", -750_00), ("BILLED_RECOGNIZED", -2_250_00)],
            750_00,
            id="adjust 3,000",
        ),
        pytest.param(
            4_000_00,
            "CANCEL",
            [("BILLED_DEFERRED", -3_000_00), ("BILLED_RECOGNIZED", -1_000_00)],
            None,
            id="cancel 4,000",
        ),
    ],
)
def test_the_example_of_12_000_is_taken_back_by_the_notes_row_and_earned_by_the_obligations(
    amount: int, mode: str, taken_back: list[tuple[str, int]], rest: int | None
) -> None:
    rows = (YEAR, note(amount, "2025-10-01", mode))
    assert lowered(*rows, row=1) == [("2025-10-01", kind, moved) for kind, moved in taken_back]
    months = {f"2025-{month:02}": 1_000_00 for month in range(1, 10)}
    months |= {f"2025-{month}": rest for month in (10, 11, 12)} if rest else {}
    assert earned_by_month(*rows) == months


def test_each_of_several_notes_has_runs_under_its_own_number_in_order_of_their_dates() -> None:
    rows = (OTHER, YEAR, note(2_000_00, "2025-10-01", number=2), note(1_500_00, "2025-07-01"))
    assert lowered(*rows, row=3) == [("2025-07-01", "BILLED_DEFERRED", -1_500_00)]
    # 4,500.00 from July on is 750.00 a month: on 1 October 2,250.00 are left
    assert lowered(*rows, row=2) == [("2025-10-01", "BILLED_DEFERRED", -2_000_00)]
    months = earned_by_month(*rows, row=1)
    assert [months[f"2025-{month:02}"] for month in (6, 7, 9)] == [1_000_00, 750_00, 750_00]
    assert sum(months.values()) == 12_000_00 - 2_000_00 - 1_500_00


def test_a_void_takes_back_all_that_its_obligation_posted_under_its_own_number() -> None:
    rows = (YEAR, void(YEAR, "2025-03-01"))
    assert lowered(*rows, row=1) == [
        ("2025-03-01", "BILLED_DEFERRED", -12_000_00),
        ("2025-03-01", "EARNED_DEFERRED", -2_000_00),
    ]
    assert earned_by_month(*rows) == {"2025-01": 1_000_00, "2025-02": 1_000_00}


def test_untouched_obligations_are_scheduled_as_without_their_neighbours_and_come_first() -> None:
    batch = obligation_batch(OTHER, YEAR, replace(OTHER, id="inv/l3"), note(3_000_00, "2025-10-01"))
    parts = list(scheduled_parts([batch]))
    assert [owners["obligation_no"].to_pylist() for owners, _ in parts] == [[0, 2], [1, 3]]
    assert [set(runs["obligation_no"].to_pylist()) for _, runs in parts] == [{0, 2}, {1, 3}]
    alone = runs_of(obligation_batch(OTHER)).to_pylist()
    assert [row for row in parts[0][1].to_pylist() if row["obligation_no"] == 0] == alone


def test_a_note_that_lies_in_another_batch_than_its_obligation_finds_it() -> None:
    whole = obligation_batch(OTHER, YEAR, note(3_000_00, "2025-10-01"))
    cut = runs_of(whole.slice(0, 1), whole.slice(1, 1), whole.slice(2))
    assert cut.to_pylist() == runs_of(whole).to_pylist()


MILESTONES = amendments(
    """
    event     | date       | amount
    MILESTONE | 2025-02-10 | 10000
    MILESTONE | 2025-05-20 | 20000
    """
)


@pytest.mark.parametrize(
    ("accounting", "expected"),
    [
        pytest.param(
            "2025-01-01",
            [
                ("2025-01-01", "BILLED_DEFERRED", 300_00),
                ("2025-02-10", "EARNED_DEFERRED", 100_00),
                ("2025-05-20", "EARNED_DEFERRED", 200_00),
            ],
            id="invoiced before",
        ),
        pytest.param(
            "2025-03-01",
            [
                ("2025-02-10", "EARNED_UNBILLED", 100_00),
                ("2025-03-01", "BILLED_UNBILLED", 100_00),
                ("2025-03-01", "BILLED_DEFERRED", 200_00),
                ("2025-05-20", "EARNED_DEFERRED", 200_00),
            ],
            id="invoiced between",
        ),
        pytest.param(
            "2025-06-01",
            [
                ("2025-02-10", "EARNED_UNBILLED", 100_00),
                ("2025-05-20", "EARNED_UNBILLED", 200_00),
                ("2025-06-01", "BILLED_UNBILLED", 300_00),
            ],
            id="invoiced after",
        ),
    ],
)
def test_milestones_earn_what_they_release_on_their_days(accounting: str, expected: list[tuple[str, str, int]]) -> None:
    project = replace(PROJECT, accounting=accounting)
    assert lowered(project, row=0, given=MILESTONES) == expected
    assert lowered(replace(YEAR, id="inv/l0"), project, row=1, given=MILESTONES) == expected, "whatever lies beside it"


def test_a_project_without_a_milestone_is_billed_and_earns_nothing() -> None:
    assert lowered(PROJECT, row=0) == [("2025-01-01", "BILLED_DEFERRED", 300_00)]


CONSUMPTION = """
    event       | date       | amount | method        | start      | end        | floor
    CONSUMPTION | 2025-02-01 | 2800   | STRAIGHT_LINE | 2025-02-01 | 2025-02-28 |
    CONSUMPTION | 2025-02-15 | -1400  | STRAIGHT_LINE | 2025-02-01 | 2025-02-28 | 2025-02-15
    BREAKAGE    | 2025-12-31 | 8600   |               |            |            |
"""


def test_consumption_follows_the_lines_schedule_what_is_given_back_its_floor_and_breakage_its_day() -> None:
    movements = list(daily_movements(runs_of(obligation_batch(GRANT), given=amendments(CONSUMPTION)).to_batches()))
    by_day: Counter[dt.date] = Counter()
    for movement in movements:
        if movement.kind == "EARNED_DEFERRED":
            by_day[movement.day] += movement.amount
    assert by_day[dt.date(2025, 2, 14)] == 1_00
    # what was given back for 1 to 14 February, and for the day itself
    assert by_day[dt.date(2025, 2, 15)] == 1_00 - 15 * 50
    assert by_day[dt.date(2025, 2, 28)] == 50
    assert by_day[dt.date(2025, 12, 31)] == 86_00
    assert balances(movements) == {
        Account.BILLED: 100_00,
        Account.RECOGNIZED: -100_00,
        Account.DEFERRED: 0,
        Account.UNBILLED: 0,
    }


def test_releases_are_in_order_of_their_obligations_and_others_of_the_month_are_not_releases() -> None:
    given = amendments(
        """
        event       | disposition | obligation | date       | amount
        MILESTONE   | APPLIED     | inv/l2     | 2025-02-10 | 5
        CREDIT_NOTE | APPLIED     | inv/l1     | 2025-02-11 | 7
        MILESTONE   | NOT_POSTED  |            | 2025-02-12 | 9
        BREAKAGE    | APPLIED     | inv/l1     | 2025-02-13 | 3
        MILESTONE   | APPLIED     | inv/l1     | 2025-02-12 | 1
        """
    )
    runs = releases_of(given, obligation_batch(PROJECT, replace(PROJECT, id="inv/l2")))
    told = zip(runs.obligation.tolist(), runs.first_day.astype(str).tolist(), runs.amount_minor.tolist(), strict=True)
    assert list(told) == [(0, "2025-02-12", 1), (0, "2025-02-13", 3), (1, "2025-02-10", 5)]


def test_no_releases_are_no_runs() -> None:
    assert len(releases_of(amendments(), obligation_batch(PROJECT))) == 0


def test_a_posting_floor_holds_back_what_is_earned_before_it_with_notes_and_without() -> None:
    """Its invoice is dated 1 April: January to March post on that day."""
    held = replace(YEAR, accounting="2025-04-01", floor="2025-04-01")
    later = replace(note(1_000_00, "2025-10-01"), floor=None)
    for rows in ((held,), (held, later)):
        months = earned_by_month(*rows)
        assert min(months) == "2025-04"
        assert months["2025-04"] == 4_000_00
        assert {kind for _, kind, _ in lowered(*rows, row=0)} == {"BILLED_DEFERRED", "EARNED_DEFERRED"}


def test_a_note_beyond_its_obligation_is_refused() -> None:
    with pytest.raises(TermsError):
        runs_of(obligation_batch(YEAR, note(12_000_01, "2025-10-01")))
