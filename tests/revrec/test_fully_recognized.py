"""Which obligations are wholly earned by a day."""

import datetime as dt

import duckdb
import pyarrow as pa
import pytest

from revrec.catch_up import MonthSchedules
from revrec.fully_recognized import fully_recognized

# (obligation, amount), then its runs as (kind, first day in January, days, amount).
Case = tuple[list[int], list[tuple[str, int, int, int]]]


def month(cases: dict[str, Case]) -> MonthSchedules:
    """A document month: an obligation may have several rows, as credit notes have."""
    rows = [(id_, amount) for id_, (amounts, _) in cases.items() for amount in amounts]
    numbers = {id_: number for number, (id_, _) in reversed(list(enumerate(rows)))}
    runs = [(numbers[id_], *run) for id_, (_, found) in cases.items() for run in found]
    return MonthSchedules(
        pa.table(
            {
                "obligation_no": pa.array(range(len(rows)), pa.int32()),
                "obligation_id": pa.array([row[0] for row in rows], pa.string()),
                "amount_minor": pa.array([row[1] for row in rows], pa.int64()),
            }
        ),
        pa.table(
            {
                "obligation_no": pa.array([run[0] for run in runs], pa.int32()),
                "kind": pa.array([run[1] for run in runs], pa.string()).dictionary_encode(),
                "first_day": pa.array([dt.date(2025, 1, run[2]) for run in runs], pa.date32()),
                "days": pa.array([run[3] for run in runs], pa.int32()),
                "amount_minor": pa.array([run[4] for run in runs], pa.int64()),
            }
        ),
    )


def through(day: int, *months: MonthSchedules) -> list[str]:
    with duckdb.connect() as connection:
        found: list[str] = fully_recognized(connection, months, dt.date(2025, 1, day)).to_pylist()
    return found


@pytest.mark.parametrize(
    ("amounts", "runs", "from_day"),
    [
        pytest.param([100], [("BILLED_DEFERRED", 1, 1, 100), ("EARNED_DEFERRED", 1, 10, 100)], 10, id="in advance"),
        pytest.param([100], [("EARNED_UNBILLED", 1, 4, 40), ("EARNED_DEFERRED", 5, 4, 60)], 8, id="around its bill"),
        pytest.param([100], [("EARNED_UNBILLED", 1, 10, 100), ("BILLED_UNBILLED", 20, 1, 100)], 10, id="billed later"),
        pytest.param(
            [100, -30],
            [("EARNED_DEFERRED", 1, 10, 100), ("BILLED_RECOGNIZED", 15, 1, -30)],
            15,
            id="credited after it was earned",
        ),
        pytest.param(
            [100, -100],
            [("EARNED_DEFERRED", 1, 4, 40), ("BILLED_RECOGNIZED", 5, 1, -40), ("BILLED_DEFERRED", 5, 1, -60)],
            5,
            id="void",
        ),
        pytest.param([-50], [("EARNED_DEFERRED", 3, 1, -50)], 3, id="a standalone credit note"),
        pytest.param([100], [("EARNED_DEFERRED", 1, 1, 60)], None, id="milestones that have not come"),
        pytest.param([100], [("BILLED_DEFERRED", 1, 1, 100)], None, id="nothing earned yet"),
    ],
)
def test_an_obligation_is_fully_recognized_from_its_last_earning_on(
    amounts: list[int], runs: list[tuple[str, int, int, int]], from_day: int | None
) -> None:
    schedules = month({"ob": (amounts, runs)})
    assert through(31, schedules) == (["ob"] if from_day else [])
    if from_day:
        assert through(from_day, schedules) == ["ob"]
        assert through(from_day - 1, schedules) == []


def test_rows_of_an_obligation_in_several_document_months_count_together() -> None:
    invoice = month({"a": ([100], [("EARNED_DEFERRED", 1, 5, 100)]), "b": ([7], [("EARNED_DEFERRED", 1, 1, 7)])})
    note = month({"a": ([-20], [("BILLED_RECOGNIZED", 9, 1, -20)])})
    assert through(8, invoice, note) == ["b"]
    assert through(9, invoice, note) == ["a", "b"]


def test_without_any_obligation_none_is_fully_recognized() -> None:
    assert through(31) == []
