"""Events of closing: none that contradicts itself can be made (SPEC 5)."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from revrec.accounting_periods import PeriodEvent, PeriodEventError
from tests.closing_builders import USD, close, lock, reopen


@pytest.mark.parametrize(
    ("event", "change", "message"),
    [
        (close("2025-01"), {"actor": " "}, "cannot be closed by nobody: say who did it"),
        (close("2025-01"), {"manifest_key": ""}, "without the key and sha256 of its seal's manifest"),
        (close("2025-01"), {"manifest_sha256": ""}, "without the key and sha256 of its seal's manifest"),
        (close("2025-01"), {"reason": "because"}, "takes no reason"),
        (close("2025-01"), {"locked_through": dt.date(2025, 1, 30)}, "through 2025-01-31, not 2025-01-30"),
        (close("2025-01"), {"locked_through": None}, "through 2025-01-31, not None"),
        (lock("2025-01-10"), {"locked_through": dt.date(2025, 1, 31)}, "and not on 2025-01-31"),
        (lock("2025-01-10"), {"locked_through": dt.date(2025, 2, 1)}, "and not on 2025-02-01"),
        (lock("2025-01-10"), {"locked_through": dt.date(2024, 12, 31)}, "and not on 2024-12-31"),
        (lock("2025-01-10"), {"locked_through": None}, "and not on None"),
        (
            reopen("2025-01"),
            {"manifest_key": "sealed/1", "manifest_sha256": "a" * 64},
            "reopening 2025-01 seals nothing",
        ),
        (reopen("2025-01"), {"ledgers": (USD,)}, "reopening 2025-01 seals nothing"),
        (reopen("2025-01"), {"locked_through": dt.date(2025, 1, 1)}, "cannot leave 2025-01-01 locked"),
    ],
)
def test_an_event_that_contradicts_itself_is_refused(event: PeriodEvent, change: dict[str, Any], message: str) -> None:
    with pytest.raises(PeriodEventError, match=message) as caught:
        replace(event, **change)
    assert isinstance(caught.value, ValueError)
