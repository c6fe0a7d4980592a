"""The months of the chain: from the policy's first one to the running one."""

from datetime import UTC, datetime

import pytest

from assets.partitions import MONTHS, SAME_MONTH, months_of
from revrec.policy import Policy


@pytest.mark.parametrize(
    ("time_zone", "last"),
    [("UTC", "2025-06"), ("Pacific/Auckland", "2025-07"), ("America/Los_Angeles", "2025-06")],
)
def test_the_running_month_is_a_partition_by_the_policys_clock(time_zone: str, last: str) -> None:
    months = months_of(Policy(first_month="2025-05", time_zone=time_zone))
    keys = months.get_partition_keys(current_time=datetime(2025, 6, 30, 23, 30, tzinfo=UTC))
    assert (keys[0], keys[-1]) == ("2025-05", last)


def test_partitions_start_with_the_first_month_of_the_policy() -> None:
    assert months_of(Policy(first_month="2024-11")).get_first_partition_key() == "2024-11"
    assert MONTHS.get_first_partition_key() == Policy().first_month


def test_choosing_one_month_in_the_graph_asks_for_no_other_posting_month() -> None:
    now = datetime(2025, 6, 15, tzinfo=UTC)
    downstream = SAME_MONTH.get_downstream_partitions_for_partitions(
        MONTHS.subset_with_partition_keys(["2025-03"]), MONTHS, MONTHS, current_time=now
    )
    assert list(downstream.get_partition_keys()) == ["2025-03"]
