"""What a change of policy would alter: settings, and figures by ledger, month and account."""

import datetime as dt

import duckdb
import pytest

from revrec.catch_up import MonthSchedules
from revrec.policy import Policy, parse_policy
from revrec.policy_diff import changed_settings, schedule_differences
from tests.builders import Obligation
from tests.schedule_builders import schedules_of


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param("", "", [], id="the same"),
        pytest.param("", "first_month: 2023-01", [], id="a default told"),
        pytest.param("", "time_zone: Europe/Berlin", [("time_zone", "UTC", "Europe/Berlin")], id="one setting"),
        pytest.param(
            "posting_statuses: [SENT]",
            "posting_statuses: [FINAL, SENT]",
            [("posting_statuses", "SENT", "FINAL, SENT")],
            id="a set, whatever its order",
        ),
        pytest.param(
            "",
            "accounts: {products: {p: {recognized: {xero: '211'}}}}",
            [("accounts.products.p.recognized.xero", "", "211")],
            id="one that was absent",
        ),
    ],
)
def test_settings_that_differ_are_told_by_their_path(
    before: str, after: str, expected: list[tuple[str, str, str]]
) -> None:
    changes = changed_settings(parse_policy(before, "a"), parse_policy(after, "b"))
    assert [(change.setting, change.before, change.after) for change in changes] == expected


def test_a_new_version_is_told_setting_by_setting() -> None:
    after = Policy.model_validate(
        {"versions": [{"effective_from": "2000-01-01"}, {"effective_from": "2025-06-01", "residue": "last_full_month"}]}
    )
    told = {change.setting: change.after for change in changed_settings(Policy(), after)}
    assert told["versions.1.effective_from"] == "2025-06-01"
    assert told["versions.1.residue"] == "last_full_month"


def differences(before: Obligation, after: Obligation, locked_through: str | None) -> list[tuple[str, str, int, str]]:
    """Month, account, after less before, and the day it posts on where that is another."""
    table = schedule_differences(
        duckdb.connect(),
        [MonthSchedules(*schedules_of(before))],
        [MonthSchedules(*schedules_of(after))],
        dt.date.fromisoformat(locked_through) if locked_through else None,
    )
    return [
        (row["month"], row["account"], row["after_minor"] - row["before_minor"], str(row["posts_on"] or ""))
        for row in table.to_pylist()
    ]


# 31.00 in January and 28.00 in February, or the same amount in even halves
BY_DAYS = Obligation(59_00, start="2025-01-01", end="2025-02-28", strategy="exact_days")
EVENLY = Obligation(59_00, start="2025-01-01", end="2025-02-28", strategy="even_periods")


@pytest.mark.parametrize(
    ("locked_through", "expected"),
    [
        pytest.param(
            None,
            [
                ("2025-01", "deferred", -1_50, ""),
                ("2025-01", "recognized", 1_50, ""),
                ("2025-02", "deferred", 1_50, ""),
                ("2025-02", "recognized", -1_50, ""),
            ],
            id="nothing is locked",
        ),
        pytest.param(
            "2025-01-31",
            [
                ("2025-01", "deferred", -1_50, "2025-02-01"),
                ("2025-01", "recognized", 1_50, "2025-02-01"),
                ("2025-02", "deferred", 1_50, ""),
                ("2025-02", "recognized", -1_50, ""),
            ],
            id="a closed month posts on the first open day",
        ),
        pytest.param(
            # 14 days of 1.00 against 14 of 1.05 in February
            "2025-02-14",
            [
                ("2025-01", "deferred", -1_50, "2025-02-15"),
                ("2025-01", "recognized", 1_50, "2025-02-15"),
                ("2025-02", "deferred", 70, "2025-02-15"),
                ("2025-02", "deferred", 80, ""),
                ("2025-02", "recognized", -70, "2025-02-15"),
                ("2025-02", "recognized", -80, ""),
            ],
            id="a lock inside a month cuts it",
        ),
    ],
)
def test_what_changes_is_told_by_month_and_account(
    locked_through: str | None, expected: list[tuple[str, str, int, str]]
) -> None:
    assert sorted(differences(BY_DAYS, EVENLY, locked_through)) == sorted(expected)


def test_the_same_schedules_differ_in_nothing() -> None:
    assert differences(BY_DAYS, BY_DAYS, None) == []
