"""The rules that usage and billing schedules must keep (SPEC 3, rule 6; SPEC 10)."""

import pytest

from revrec.amendments import RejectedDocument
from tests.revrec.amendments.builders import documents
from tests.revrec.amendments.resolved import resolve


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"customer_id": "nobody"}, "customer nobody is not in landing/customers"),
        ({"product": "nothing"}, "product nothing is not in landing/products"),
        ({"schedule": "gone"}, "billing schedule gone is not in landing/billing_schedules"),
        ({"schedule": "bad"}, "its billing schedule bad is in quarantine: customer nobody is not in landing/customers"),
        ({"schedule": "door"}, "its billing schedule door is in quarantine: no date"),
        ({"schedule": "s", "price": "other"}, "price_id other is not price, that of its billing schedule s"),
        ({"schedule": "s", "product": "setup"}, "product_id setup is not api, that of its billing schedule s"),
        ({"schedule": "s", "customer_id": "globex"}, "customer_id globex is not acme, that of its billing schedule s"),
        ({"schedule": "s", "currency": "EUR"}, "currency EUR is not USD, that of its billing schedule s"),
    ],
    ids=str,
)
def test_usage_that_cannot_be_is_rejected(cells: dict[str, str], reason: str) -> None:
    landed = documents(
        schedules="id | product | customer_id | end_date\ns | api | acme | 2025-01-31\nbad | api | nobody | 2025-01-31",
        usage=[{"id": "u1", "amount": "5.00", **cells}],
        rejected={"billing_schedules": [RejectedDocument("", {"id": "door"}, "no date")]},
    )
    result = resolve(landed)
    assert result.table("document_id") == [("s",)]
    assert [(home, id_, why) for home, _, id_, why in result.reasons if id_ == "u1"] == [("2025-01", "u1", reason)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"customer_id": "nobody"}, "customer nobody is not in landing/customers"),
        ({"product": "nothing"}, "product nothing is not in landing/products"),
    ],
    ids=str,
)
def test_rejections_of_reference_data_have_no_home_month(cells: dict[str, str], reason: str) -> None:
    result = resolve(documents(schedules=[{"id": "s", **cells}]))
    assert result.rows == []
    assert result.reasons == [("", "billing_schedules", "s", reason)]


def test_usage_of_a_period_beyond_exact_arithmetic_is_rejected_together() -> None:
    result = resolve(documents(usage="id | amount\nu1 | 600000000000.00\nu2 | 600000000000.00\nu3 | 1.00"))
    assert result.rows == []
    assert set(result.faults) == {"u1", "u2", "u3"}


def test_of_usage_in_two_months_the_later_month_counts() -> None:
    result = resolve(documents(usage="id | month | amount\nu1 | 2025-02 | 5.00\nu1 | 2025-03 | 6.00"))
    assert result.table("home", "disposition", "amount", "reason") == [
        ("2025-02", "SUPERSEDED", "5.00", "a later version of the usage landed in 2025-03"),
        ("2025-03", "ACCRUED", "6.00", ""),
    ]
