"""Runs, their days, and putting parts together."""

import numpy as np
import pytest

from revrec.methods.runs import EarningRuns, concat, expand_to_days

COLUMNS = ["obligation", "month", "first_day", "days", "amount_minor", "daily_minor"]


def runs_of(*rows: tuple[int, str, int, int]) -> EarningRuns:
    """Runs from rows of obligation, first day, days, amount in minor units."""
    obligation, first_day, days, amount = zip(*rows, strict=True) if rows else ((), (), (), ())
    first = np.array(first_day, dtype="datetime64[D]")
    return EarningRuns.of_amounts(
        np.array(obligation, dtype=np.int32),
        first.astype("datetime64[M]"),
        first,
        np.array(days, dtype=np.int32),
        np.array(amount, dtype=np.int64),
    )


def rows_of(runs: EarningRuns) -> list[tuple[int, str, int, int]]:
    columns = (runs.obligation, runs.first_day.astype(str), runs.days, runs.amount_minor)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(
    ("amount", "days", "daily", "last"),
    [
        (90_00, 31, 2_90, 3_00),
        (90_00, 28, 3_21, 3_33),
        (-90_00, 31, -2_90, -3_00),
        (1, 31, 0, 1),
        (-1, 31, 0, -1),
        (31, 31, 1, 1),
        (7, 1, 7, 7),
    ],
    ids=["90-over-31", "90-over-28", "credit", "one-cent", "one-cent-credit", "even", "one-day"],
)
def test_the_last_service_day_of_the_month_takes_the_remainder(amount: int, days: int, daily: int, last: int) -> None:
    runs = runs_of((0, "2025-01-01", days, amount))
    assert runs.daily_minor.tolist() == [daily]
    assert runs.last_day_minor.tolist() == [last]
    assert expand_to_days(runs).amount_minor.tolist() == [daily] * (days - 1) + [last]


def test_expansion_gives_every_day_of_every_run_in_order() -> None:
    earned = expand_to_days(runs_of((0, "2024-02-28", 2, 5), (3, "2025-12-31", 1, -4), (3, "2026-01-01", 3, -10)))
    assert earned.obligation.tolist() == [0, 0, 3, 3, 3, 3]
    assert earned.day.astype(str).tolist() == [
        "2024-02-28", "2024-02-29", "2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03",
    ]  # fmt: skip
    assert earned.amount_minor.tolist() == [2, 3, -4, -3, -3, -4]


def test_no_runs_expand_to_no_days() -> None:
    assert [len(column) for column in expand_to_days(runs_of())] == [0, 0, 0]


def test_a_zero_amount_is_not_a_run() -> None:
    assert rows_of(runs_of((0, "2025-01-01", 31, 0), (1, "2025-01-01", 31, 9))) == [(1, "2025-01-01", 31, 9)]


def test_the_last_day_of_a_run_is_in_service() -> None:
    assert runs_of((0, "2024-02-01", 29, 1), (1, "2025-01-31", 1, 1)).last_day.astype(str).tolist() == [
        "2024-02-29",
        "2025-01-31",
    ]


def test_parts_of_several_methods_come_together_in_order_of_obligation_and_day() -> None:
    first_method = runs_of((0, "2025-01-15", 17, 5), (0, "2025-02-01", 28, 6), (1, "2025-01-01", 31, 7))
    second_method = runs_of((0, "2025-03-31", 1, 8), (1, "2024-12-31", 1, 9))
    whole = concat(
        [
            second_method.renumbered(np.array([1, 3], dtype=np.int32)),
            first_method.renumbered(np.array([0, 2], dtype=np.int32)),
        ]
    )
    assert rows_of(whole) == [
        (0, "2025-01-15", 17, 5),
        (0, "2025-02-01", 28, 6),
        (1, "2025-03-31", 1, 8),
        (2, "2025-01-01", 31, 7),
        (3, "2024-12-31", 1, 9),
    ]
    assert whole.month.astype(str).tolist() == ["2025-01", "2025-02", "2025-03", "2025-01", "2024-12"]
    assert whole.daily_minor.tolist() == [0, 0, 8, 0, 9]


def test_several_parts_of_one_obligation_come_together_in_order_of_day() -> None:
    whole = concat([runs_of((0, "2025-02-10", 1, 1)), runs_of((0, "2025-01-05", 1, 2), (0, "2025-02-01", 1, 3))])
    assert [row[1] for row in rows_of(whole)] == ["2025-01-05", "2025-02-01", "2025-02-10"]


def test_putting_parts_together_keeps_the_columns_types() -> None:
    whole = concat([runs_of(), runs_of((0, "2025-01-01", 31, 90_00)), runs_of()])
    assert [getattr(whole, column).dtype.str for column in COLUMNS] == ["<i4", "<M8[M]", "<M8[D]", "<i4", "<i8", "<i8"]
    assert rows_of(whole) == [(0, "2025-01-01", 31, 90_00)]
