"""Usage that Acme meters, and its invoices: in arrears, with minimum fees, with and without a billing schedule.

What belongs here: meter readings of 2025 and the orders that bill them; December's (and, with a billing schedule,
November's) are not invoiced yet. What does not: the schedule's own row (`scheduled`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from .catalogue import CUSTOMERS
from .documents import Period, add_months, days_after, decimal_text, month_end, month_of
from .landing import Placed
from .orders import Order, OrderLine, charge, order

MINIMUM_FEE = "MINIMUM_FEE"
SCHEDULE_ID, PRICE_ID = "bs_messages", "price_messages_eur"

# Minor units, January to December.
_MESSAGES_MINOR = (412_35, 287_10, 455_80, 501_15, 478_60, 530_25, 366_40, 0, 618_90, 702_45, 655_05, 688_20)
_COMPUTE_MINOR = (31_200, 28_750, 40_110, 38_905, 42_330, 39_990, 45_120, 47_615, 44_080, 50_240, 52_985, 49_760)
# July to December.
_SCHEDULED_MINOR = (231_40, 262_75, 248_90, 275_10, 290_65, 301_20)

_MINIMUM_MINOR = 400_00
# What the meter missed in May and the invoice has: the invoice takes the accrual over, only the difference is new.
_MISSED_IN_MAY_MINOR = 12_50
# June's first reading of cus_005; the corrected one landed with July's.
_FIRST_READING_MINOR = 38_120


def usage_rows() -> Iterator[Placed]:
    """Yield the meter readings: each lands in the month that it was read for, corrections in the month after."""
    for month, amount_minor in enumerate(_MESSAGES_MINOR, start=1):
        yield _reading("cus_017", "prod_messages", month, amount_minor)
    for month, amount_minor in enumerate(_COMPUTE_MINOR, start=1):
        first = _FIRST_READING_MINOR if month == 6 else amount_minor
        yield _reading("cus_005", "prod_compute", month, first)
        if first != amount_minor:
            yield _reading("cus_005", "prod_compute", month, amount_minor)._replace(month="2025-07")
    for month, amount_minor in enumerate(_SCHEDULED_MINOR, start=7):
        yield _reading("cus_009", "prod_messages", month, amount_minor, SCHEDULE_ID, PRICE_ID)


def metered_orders() -> Iterator[Order]:
    """Yield the invoices of what was metered, and a true-up of two products."""
    for month, amount_minor in enumerate(_MESSAGES_MINOR[:11], start=1):
        yield _messages(month, amount_minor + (_MISSED_IN_MAY_MINOR if month == 5 else 0))
    for first_month in (1, 4, 7):
        months = range(first_month, first_month + 3)
        lines = [_metered("prod_compute", month, _COMPUTE_MINOR[month - 1]) for month in months]
        yield order(f"compute_q{first_month // 3 + 1}", "cus_005", date(2025, first_month + 3, 8), *lines)
    for month, amount_minor in enumerate(_SCHEDULED_MINOR[:4], start=7):
        line = _metered("prod_messages", month, amount_minor, PRICE_ID)
        day = days_after(line.period.last, 6) if line.period else date.max
        yield order(f"scheduled_messages_{month:02}", "cus_009", day, line, billing_schedule_id=SCHEDULE_ID)
    yield _true_up()


def _messages(month: int, amount_minor: int) -> Order:
    """A month's messages, topped up to the minimum; the fee stands in the group of the line that it tops up."""
    metered = _metered("prod_messages", month, amount_minor)
    lines = [metered]
    if amount_minor < _MINIMUM_MINOR:
        lines.append(_fee(metered.group, _MINIMUM_MINOR - amount_minor, _month(month), "prod_messages"))
    return order(f"messages_{month:02}", "cus_017", days_after(_month(month).last, 5), *lines, status="PAID")


def _true_up() -> Order:
    """A fee over two products, shared by their standalone selling prices, since it names none."""
    messages = replace(_metered("prod_messages", 12, 310_00), selling_price_minor=400_00)
    compute = replace(_metered("prod_compute", 12, 120_00), selling_price_minor=100_00)
    fee = _fee("true-up", 1_000_00 - 430_00, _month(12), None)
    return order("true_up", "cus_024", date(2025, 12, 31), messages, compute, fee)


def _metered(product_id: str, month: int, amount_minor: int, price_id: str | None = None) -> OrderLine:
    period = _month(month)
    return charge(product_id, str(period), amount_minor, period, price_id=price_id)


def _fee(group: str, amount_minor: int, period: Period, product_id: str | None) -> OrderLine:
    return OrderLine(
        group=group,
        product_id=product_id,
        title=f"Minimum fee, {period}",
        kind=MINIMUM_FEE,
        amount_minor=amount_minor,
        period=period,
    )


def _reading(
    customer_id: str,
    product_id: str,
    month: int,
    amount_minor: int,
    schedule_id: str | None = None,
    price_id: str | None = None,
) -> Placed:
    period, currency = _month(month), CUSTOMERS[customer_id].currency
    return usage_row(
        f"use_{customer_id[4:]}_{product_id[5:]}_{month:02}",
        (customer_id, product_id, currency),
        period,
        decimal_text(amount_minor, currency),
        (schedule_id, price_id),
    )


def usage_row(
    usage_id: str,
    sold: Sequence[str],
    period: Period,
    amount: str,
    scheduled: tuple[str | None, str | None] = (None, None),
) -> Placed:
    """Return a row of usage; `sold` is customer, product and currency, `scheduled` billing schedule and price."""
    customer_id, product_id, currency = sold
    schedule_id, price_id = scheduled
    row = {
        "id": usage_id,
        "customer_id": customer_id,
        "product_id": product_id,
        "currency": currency,
        "period_start": period.first.isoformat(),
        "period_end": period.last.isoformat(),
        "amount": amount,
        "billing_schedule_id": schedule_id,
        "price_id": price_id,
    }
    return Placed("usage", month_of(period.first), row)


def _month(month: int) -> Period:
    first = add_months(date(2025, 1, 1), month - 1)
    return Period(first, month_end(first))
