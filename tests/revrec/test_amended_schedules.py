"""Credit notes, voids and releases: the examples of SPEC 4, and others a person can check by hand.

Against a slow oracle, and the laws every obligation keeps: test_amended_schedules_laws.py.
"""

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from revrec.methods import TermsError
from tests.amended_cases import by_case, compute, daily
from tests.amended_oracle import Amended, Note, Release


def date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def of_notes(case: Amended) -> list[tuple[str, str, int]]:
    """Day, kind and amount of what the notes of a case move."""
    return [(str(day), kind, amount) for (day, kind, note, _), amount in daily(case).items() if note >= 0]


def by_month(case: Amended) -> list[int]:
    """What the case earns in each month, without what notes take back."""
    earned: Counter[str] = Counter()
    for (day, kind, _, _), amount in daily(case).items():
        if kind.startswith("EARNED"):
            earned[f"{day:%Y-%m}"] += amount
    return [earned[month] for month in sorted(earned)]


# 12,000.00 for 2025 by months: 1,000.00 each
ANNUAL = Amended(12_000_00, date("2025-01-01"), date("2025-01-01"), date("2025-12-31"))
OCTOBER = date("2025-10-01")


def noted(*notes: tuple[str, int, str], case: Amended = ANNUAL) -> Amended:
    return replace(case, notes=tuple(Note(date(day), amount, mode == "adjust") for day, amount, mode in notes))


@pytest.mark.parametrize(
    ("case", "taken_back", "months"),
    [
        pytest.param(
            noted(("2025-10-01", 3_000_00, "cancel")),
            [("2025-10-01", "BILLED_DEFERRED", -3_000_00)],
            [1_000_00] * 9,
            id="cancel all that is deferred",
        ),
        pytest.param(
            noted(("2025-10-01", 4_000_00, "cancel")),
            [("2025-10-01", "BILLED_DEFERRED", -3_000_00), ("2025-10-01", "BILLED_RECOGNIZED", -1_000_00)],
            [1_000_00] * 9,
            id="cancel more than is deferred",
        ),
        pytest.param(
            noted(("2025-10-01", 1_500_00, "cancel")),
            [("2025-10-01", "BILLED_DEFERRED", -1_500_00)],
            [1_000_00] * 9 + [500_00] * 3,
            id="cancel a part: the rest is spread to the original end",
        ),
        pytest.param(
            noted(("2025-10-01", 3_000_00, "adjust")),
            [("2025-10-01", "BILLED_DEFERRED", -750_00), ("2025-10-01", "BILLED_RECOGNIZED", -2_250_00)],
            [1_000_00] * 9 + [750_00] * 3,
            id="adjust: 750.00 a month all year",
        ),
        pytest.param(
            noted(("2025-10-01", 12_000_00, "adjust")),
            [("2025-10-01", "BILLED_DEFERRED", -3_000_00), ("2025-10-01", "BILLED_RECOGNIZED", -9_000_00)],
            [1_000_00] * 9,
            id="adjust to nothing",
        ),
        pytest.param(
            noted(("2026-02-01", 12_000_00, "cancel")),
            [("2026-02-01", "BILLED_RECOGNIZED", -12_000_00)],
            [1_000_00] * 12,
            id="cancel all after everything is earned",
        ),
        pytest.param(
            noted(("2025-10-01", 1_500_00, "cancel"), ("2025-12-01", 1_500_00, "cancel")),
            [
                ("2025-10-01", "BILLED_DEFERRED", -1_500_00),
                ("2025-12-01", "BILLED_DEFERRED", -500_00),
                ("2025-12-01", "BILLED_RECOGNIZED", -1_000_00),
            ],
            [1_000_00] * 9 + [500_00] * 2,
            id="two cancels: the second finds the curve of the first",
        ),
        pytest.param(
            # 8,000.00 left, all earned; 6,000.00 over the year would have earned 5,000.00 by November
            noted(("2025-10-01", 4_000_00, "cancel"), ("2025-11-01", 2_000_00, "adjust")),
            [
                ("2025-10-01", "BILLED_DEFERRED", -3_000_00),
                ("2025-10-01", "BILLED_RECOGNIZED", -1_000_00),
                ("2025-11-01", "BILLED_DEFERRED", 1_000_00),
                ("2025-11-01", "BILLED_RECOGNIZED", -3_000_00),
            ],
            [1_000_00] * 9 + [500_00] * 2,
            id="adjust after cancel goes back to the original terms",
        ),
        pytest.param(
            noted(("2025-10-01", 3_000_00, "adjust"), ("2025-10-01", 750_00, "cancel")),
            [
                ("2025-10-01", "BILLED_DEFERRED", -750_00),
                ("2025-10-01", "BILLED_RECOGNIZED", -2_250_00),
                ("2025-10-01", "BILLED_DEFERRED", -750_00),
            ],
            [1_000_00] * 9 + [500_00] * 3,
            id="cancel after adjust on the same day",
        ),
        pytest.param(
            noted(
                ("2025-02-01", 200_00, "cancel"),
                case=replace(ANNUAL, amount=500_00, method="POINT_IN_TIME", recognition=date("2025-03-15")),
            ),
            [("2025-02-01", "BILLED_DEFERRED", -200_00)],
            [300_00],
            id="before the point in time the day stays",
        ),
        pytest.param(
            noted(
                ("2025-04-01", 200_00, "adjust"),
                case=replace(ANNUAL, amount=500_00, method="USAGE", end=date("2025-03-31")),
            ),
            [("2025-04-01", "BILLED_RECOGNIZED", -200_00)],
            [500_00],
            id="after the usage period adjust takes all off Recognized",
        ),
    ],
)
def test_a_credit_note_takes_back_what_is_deferred_and_what_is_earned(
    case: Amended, taken_back: list[tuple[str, str, int]], months: list[int]
) -> None:
    by_day_and_note = sorted(of_notes(case), key=lambda row: (row[0], row[1]))
    assert by_day_and_note == sorted(taken_back, key=lambda row: (row[0], row[1]))
    assert by_month(case) == months


def milestone(*releases: tuple[str, int], **fields: Any) -> Amended:
    found = tuple(Release(date(day), 1, amount) for day, amount in releases)
    return replace(ANNUAL, amount=1_000_00, method="MILESTONE", releases=found, **fields)


def test_a_cancelled_milestone_line_releases_a_smaller_part_at_each_later_milestone() -> None:
    """600.00 are deferred on 1 April; 300.00 of them are left for milestones of 400.00 and 200.00."""
    line = milestone(("2025-02-01", 400_00), ("2025-05-01", 400_00), ("2025-08-01", 200_00))
    case = noted(("2025-04-01", 300_00, "cancel"), case=line)
    assert of_notes(case) == [("2025-04-01", "BILLED_DEFERRED", -300_00)]
    assert by_month(case) == [400_00, 200_00, 100_00]


def test_an_adjusted_milestone_line_scales_every_milestone() -> None:
    line = milestone(("2025-02-01", 400_00), ("2025-05-01", 400_00), ("2025-08-01", 200_00))
    case = noted(("2025-04-01", 300_00, "adjust"), case=line)
    assert sorted(of_notes(case)) == [
        ("2025-04-01", "BILLED_DEFERRED", -180_00),
        ("2025-04-01", "BILLED_RECOGNIZED", -120_00),
    ]
    assert by_month(case) == [400_00, 280_00, 140_00]


def test_consumption_given_back_goes_back_to_deferred() -> None:
    case = milestone(("2025-02-01", 400_00), ("2025-03-01", -100_00))
    assert {kind for _, kind, _, _ in daily(case)} == {"BILLED_DEFERRED", "EARNED_DEFERRED"}
    assert by_month(case) == [400_00, -100_00]


def test_a_milestone_before_any_invoice_is_unbilled() -> None:
    case = milestone(("2025-02-01", 400_00), accounting=None)
    assert daily(case) == {(date("2025-02-01"), "EARNED_UNBILLED", -1, False): 400_00}


def test_a_voided_invoice_is_reversed_kind_by_kind_on_the_day_of_the_void() -> None:
    case = replace(ANNUAL, accounting=date("2025-02-01"), voided=date("2025-04-01"))
    voided = {key: amount for key, amount in daily(case).items() if key[3]}
    assert voided == {
        (date("2025-04-01"), "BILLED_UNBILLED", -1, True): -1_000_00,
        (date("2025-04-01"), "BILLED_DEFERRED", -1, True): -11_000_00,
        (date("2025-04-01"), "EARNED_UNBILLED", -1, True): -1_000_00,
        (date("2025-04-01"), "EARNED_DEFERRED", -1, True): -2_000_00,
    }
    assert max(key[0] for key in daily(case)) == date("2025-04-01")


def test_an_invoice_voided_on_its_own_day_leaves_no_trace() -> None:
    assert not daily(replace(ANNUAL, voided=ANNUAL.accounting))


def test_a_note_on_the_day_of_a_posting_floor_sees_what_is_earned_by_then() -> None:
    """Invoiced on 1 July: six months are held back and posted then, and only the other six are deferred."""
    july = date("2025-07-01")
    case = noted(("2025-07-01", 3_000_00, "cancel"), case=replace(ANNUAL, accounting=july, floor=july))
    assert of_notes(case) == [("2025-07-01", "BILLED_DEFERRED", -3_000_00)]
    assert by_month(case) == [6_000_00 + 500_00, *[500_00] * 5]
    assert min(key[0] for key in daily(case)) == july


def test_what_kernels_hold_back_themselves_is_still_to_come_after_the_period_is_over() -> None:
    """Then all is deferred on the floor day: a note takes its part off that, and the rest is earned on the day."""
    june = date("2025-06-15")
    quarter = replace(ANNUAL, amount=900_00, accounting=june, end=date("2025-03-31"), floor=june)
    case = noted(("2025-06-15", 300_00, "cancel"), case=quarter)
    [moved] = by_case([case], compute([case], floor_in_earn=True))
    assert moved == {
        (june, "BILLED_DEFERRED", -1, False): 900_00,
        (june, "BILLED_DEFERRED", 0, False): -300_00,
        (june, "EARNED_DEFERRED", -1, False): 600_00,
    }


@pytest.mark.parametrize("floor", [None, "2026-03-01"], ids=["no floor", "a floor after both"])
def test_notes_apply_by_date_whatever_the_order_they_are_given_in(floor: str | None) -> None:
    """Cancel then adjust: the other way round the adjust would take less off Recognized."""
    notes = [("2025-10-01", 4_000_00, "cancel"), ("2025-11-01", 2_000_00, "adjust")]
    case = replace(ANNUAL, floor=date(floor) if floor else None)
    assert sorted(of_notes(noted(*notes, case=case))) == sorted(of_notes(noted(*reversed(notes), case=case)))


@pytest.mark.parametrize(
    ("case", "message"),
    [
        pytest.param(noted(("2024-12-31", 1, "cancel")), "before they are billed", id="before the invoice"),
        pytest.param(noted(("2025-02-01", 0, "cancel")), "takes nothing off", id="of nothing"),
        pytest.param(
            noted(("2025-02-01", 7_000_00, "cancel"), ("2025-03-01", 6_000_00, "adjust")),
            "more than their amount",
            id="together of more than the line",
        ),
        pytest.param(
            noted(("2025-02-01", 1, "cancel"), case=replace(ANNUAL, accounting=None)),
            "before they are billed",
            id="of what was never invoiced",
        ),
        pytest.param(
            noted(("2025-02-01", 1, "cancel"), case=replace(ANNUAL, voided=OCTOBER)),
            "are voided and have a credit note",
            id="of a voided invoice",
        ),
    ],
)
def test_a_note_that_cannot_apply_is_refused(case: Amended, message: str) -> None:
    with pytest.raises(TermsError, match=message):
        compute([case])


def test_no_obligations_have_no_movements() -> None:
    assert len(compute([])) == 0
