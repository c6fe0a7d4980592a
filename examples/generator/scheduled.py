"""Billing schedules, and the invoices of their instalments: some billed, some not yet.

What belongs here: every schedule, and orders that bill the instalments of hosting. What does not: usage that a schedule
meters (`metered`).
"""

from collections.abc import Iterator
from datetime import date

from .catalogue import CUSTOMERS
from .documents import Period, add_months, days_after, decimal_text
from .landing import Placed
from .metered import PRICE_ID, SCHEDULE_ID
from .orders import Order, charge, order

_ARREARS, _ADVANCE = "IN_ARREARS", "IN_ADVANCE"


def schedule_row(
    schedule_id: str, sold: tuple[str, str, str], amount_minor: int, frequency: str, period: Period, billing_type: str
) -> Placed:
    """Return a billing schedule; `sold` is customer, product and price."""
    customer_id, product_id, price_id = sold
    currency = CUSTOMERS[customer_id].currency
    row = {
        "id": schedule_id,
        "customer_id": customer_id,
        "product_id": product_id,
        "price_id": price_id,
        "currency": currency,
        "amount": decimal_text(amount_minor, currency),
        "frequency": frequency,
        "start_date": period.first.isoformat(),
        "end_date": period.last.isoformat(),
        "billing_type": billing_type,
        "recognition_method": None,
    }
    return Placed("billing_schedules", "", row)


def schedule_rows() -> Iterator[Placed]:
    """Yield the billing schedules."""
    hosting_usd, hosting_eur = "price_hosting_usd", "price_hosting_eur"
    # Five quarters; the fourth has no invoice yet, the fifth begins next year.
    yield schedule_row(
        "bs_hosting_quarterly",
        ("cus_020", "prod_hosting", hosting_usd),
        4_500_00,
        "QUARTERLY",
        Period(date(2025, 1, 1), date(2026, 3, 31)),
        _ARREARS,
    )
    # From the 15th; the last period, 15 to 31 December, is prorated by day.
    yield schedule_row(
        "bs_hosting_monthly",
        ("cus_029", "prod_hosting", hosting_eur),
        300_00,
        "MONTHLY",
        Period(date(2025, 10, 15), date(2025, 12, 31)),
        _ARREARS,
    )
    yield schedule_row(
        "bs_hosting_advance",
        ("cus_021", "prod_hosting", hosting_eur),
        1_200_00,
        "QUARTERLY",
        Period(date(2025, 4, 1), date(2026, 3, 31)),
        _ADVANCE,
    )
    # A gateway that was installed and is not invoiced yet: earned when the installation ends.
    yield schedule_row(
        "bs_gateway",
        ("cus_026", "prod_gateway", "price_gateway_eur"),
        1_750_00,
        "ONE_TIME",
        Period(date(2025, 11, 3), date(2025, 11, 28)),
        _ARREARS,
    )
    # A commitment of 250.00 a month; every month is metered, so that the usage accrues and not the commitment.
    yield schedule_row(
        SCHEDULE_ID,
        ("cus_009", "prod_messages", PRICE_ID),
        250_00,
        "MONTHLY",
        Period(date(2025, 7, 1), date(2025, 12, 31)),
        _ARREARS,
    )


def scheduled_orders() -> Iterator[Order]:
    """Yield the invoices of the schedules' instalments."""
    # The third is dearer than the schedule says: it takes the accrual over, and only the difference is new.
    for quarter, amount_minor in enumerate((4_500_00, 4_500_00, 4_650_00), start=1):
        period = _quarter(date(2025, 3 * quarter - 2, 1))
        line = charge("prod_hosting", str(period), amount_minor, period, price_id="price_hosting_usd")
        day = days_after(period.last, 3)
        yield order(f"hosting_q{quarter}", "cus_020", day, line, billing_schedule_id="bs_hosting_quarterly")
    for quarter in (2, 3, 4):
        period = _quarter(date(2025, 3 * quarter - 2, 1))
        line = charge("prod_hosting", str(period), 1_200_00, period, price_id="price_hosting_eur")
        label = f"hosting_advance_q{quarter}"
        yield order(label, "cus_021", period.first, line, status="PAID", billing_schedule_id="bs_hosting_advance")
    yield _monthly_hosting("hosting_monthly", date(2025, 11, 20))
    yield _monthly_hosting("hosting_monthly_again", date(2025, 12, 4))


def _monthly_hosting(label: str, accounting_date: date) -> Order:
    """An invoice of the first month of `bs_hosting_monthly`, of which the first one is voided (`shop`)."""
    period = Period(date(2025, 10, 15), date(2025, 11, 14))
    line = charge("prod_hosting", str(period), 300_00, period, price_id="price_hosting_eur")
    return order(label, "cus_029", accounting_date, line, billing_schedule_id="bs_hosting_monthly")


def _quarter(first: date) -> Period:
    return Period(first, days_after(add_months(first, 3), -1))
