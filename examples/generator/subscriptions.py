"""Acme's subscriptions, and the invoices they make in 2025.

What belongs here: the table of contracts, billing periods, and what a periodic invoice is made of. What does not:
invoices outside the billing rhythm (`one_offs`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .catalogue import CUSTOMERS, PRICE_BOOK_MINOR, PRODUCTS, STRAIGHT_LINE, Customer
from .chance import Chance
from .documents import (
    DISCOUNT,
    Invoice,
    Line,
    Period,
    add_months,
    days_after,
    month_end,
    prorated_minor,
    share_minor,
)

YEAR = 2025


@dataclass(frozen=True, slots=True)
class Subscription:
    """A contract billed every `every_months`, until `last_day` where it ended or is a single term.

    `calendar` bills by calendar month, the first and last prorated by day; otherwise periods start on the day of
    `first_day`. In arrears the invoice is dated a few days after the service; in advance on its first day, shifted by
    `shift_days`. `tier` multiplies the platform's price. `platform_discount` (percent) is a product-level discount,
    `loyalty_discount` an invoice-level one. `setup` says how the fee of a new customer is recognized (see
    `setup_line`).
    """

    customer_id: str
    first_day: date
    every_months: int
    tier: int = 1
    last_day: date | None = None
    in_arrears: bool = False
    calendar: bool = False
    shift_days: int = 0
    platform_discount: int = 0
    loyalty_discount: int = 0
    setup: str | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    """A subscribed product: its list price a month in minor units and the percent negotiated off it."""

    product_id: str
    title: str
    list_price_minor: int
    negotiated_off: int


SUBSCRIPTIONS = (
    # Annual and longer.
    Subscription("cus_001", date(2023, 2, 1), 12, tier=2),
    Subscription("cus_003", date(2024, 4, 1), 12, tier=5),
    Subscription("cus_005", date(2025, 1, 15), 12, tier=2, setup="on_invoice"),
    Subscription("cus_008", date(2022, 7, 1), 12, tier=5, platform_discount=10),
    Subscription("cus_012", date(2025, 3, 10), 12, tier=2, shift_days=20, setup="go_live"),
    Subscription("cus_016", date(2024, 9, 16), 12, shift_days=-14),
    Subscription("cus_020", date(2025, 3, 1), 36, tier=2, last_day=date(2028, 2, 29), setup="over_first_year"),
    Subscription("cus_022", date(2023, 10, 1), 12, tier=5),
    Subscription("cus_025", date(2024, 6, 1), 12, tier=2, loyalty_discount=5),
    Subscription("cus_026", date(2025, 8, 20), 12, setup="onboarding"),
    Subscription("cus_027", date(2024, 10, 1), 12, tier=2, in_arrears=True),
    Subscription("cus_031", date(2023, 12, 1), 12),
    Subscription("cus_035", date(2024, 3, 1), 12, tier=2, last_day=date(2026, 2, 28)),
    # The early renewal of the contract above: two years that end on a 29 February, invoiced on 14 November 2025.
    Subscription("cus_035", date(2026, 3, 1), 24, tier=2, last_day=date(2028, 2, 29), shift_days=-107),
    # Quarterly in advance.
    Subscription("cus_002", date(2024, 1, 1), 3, tier=2),
    Subscription("cus_007", date(2024, 2, 15), 3),
    Subscription("cus_014", date(2023, 11, 1), 3),
    Subscription("cus_018", date(2025, 1, 1), 3, tier=2),
    Subscription("cus_021", date(2024, 10, 20), 3),
    Subscription("cus_028", date(2025, 4, 1), 3, setup="go_live"),
    Subscription("cus_034", date(2024, 6, 1), 3, last_day=date(2025, 8, 31)),
    Subscription("cus_038", date(2023, 3, 1), 3, tier=2, platform_discount=15),
    # Quarterly in arrears.
    Subscription("cus_009", date(2024, 10, 1), 3, in_arrears=True),
    Subscription("cus_017", date(2024, 7, 1), 3, tier=5, in_arrears=True),
    Subscription("cus_023", date(2024, 11, 1), 3, in_arrears=True),
    Subscription("cus_036", date(2025, 2, 1), 3, in_arrears=True, loyalty_discount=4, setup="onboarding"),
    # Monthly in advance.
    Subscription("cus_004", date(2024, 5, 1), 1),
    Subscription("cus_006", date(2024, 12, 15), 1),
    Subscription("cus_010", date(2025, 1, 31), 1, setup="on_invoice"),
    Subscription("cus_011", date(2024, 8, 1), 1),
    Subscription("cus_015", date(2024, 9, 1), 1, loyalty_discount=10),
    Subscription("cus_019", date(2025, 2, 10), 1, calendar=True),
    Subscription("cus_024", date(2023, 6, 1), 1, tier=2),
    Subscription("cus_029", date(2024, 1, 1), 1),
    Subscription("cus_032", date(2025, 6, 18), 1, calendar=True, platform_discount=20, setup="go_live"),
    Subscription("cus_037", date(2024, 3, 1), 1, last_day=date(2025, 9, 30)),
    # Monthly in arrears.
    Subscription("cus_013", date(2024, 12, 1), 1, in_arrears=True, platform_discount=12),
    Subscription("cus_030", date(2024, 6, 1), 1, tier=2, in_arrears=True),
    Subscription("cus_033", date(2025, 1, 16), 1, last_day=date(2025, 4, 15), in_arrears=True, calendar=True),
    Subscription("cus_039", date(2024, 12, 1), 1, in_arrears=True),
    Subscription("cus_040", date(2025, 5, 12), 1, in_arrears=True, calendar=True),
)


def subscription_invoices(chance: Chance) -> Iterator[Invoice]:
    """Yield every periodic invoice whose accounting date lies in the year."""
    for number, subscription in enumerate(SUBSCRIPTIONS, start=1):
        customer = CUSTOMERS[subscription.customer_id]
        items = _subscribed_items(subscription, customer, chance)
        for period in _billing_periods(subscription):
            accounting_date = _accounting_date(subscription, period, chance)
            if accounting_date.year != YEAR:
                continue
            yield Invoice(
                customer=customer,
                accounting_date=accounting_date,
                lines=tuple(_lines(subscription, customer, items, period)),
                status=sent_or_paid(accounting_date, chance),
                contract_id=f"ctr_{number:03}",
            )


def sent_or_paid(accounting_date: date, chance: Chance) -> str:
    """Return the status on the year's last day: most older invoices are paid, the last two months' are often open."""
    return "PAID" if chance.happens(93 if accounting_date.month < 11 else 45) else "SENT"


def setup_line(recognition: str, list_price_minor: int, first_day: date) -> Line:
    """Return the setup fee of a customer whose service starts on `first_day`, in one of the ways SPEC 2 knows.

    `go_live`: on its recognition date. `onboarding`: no such date, so at the end of its service period. `on_invoice`:
    neither, so on the accounting date. `over_first_year`: the fee is not distinct from the subscription (ASC
    606-10-55-51), so the line overrides the product's method with STRAIGHT_LINE.
    """
    periods = {
        "onboarding": Period(first_day, days_after(first_day, 13)),
        "over_first_year": Period(first_day, days_after(add_months(first_day, 12), -1)),
    }
    return Line(
        group="prod_setup",
        product_id="prod_setup",
        title=PRODUCTS["prod_setup"][0],
        amount_minor=list_price_minor,
        list_price_minor=list_price_minor,
        period=periods.get(recognition),
        recognition_method=STRAIGHT_LINE if recognition == "over_first_year" else None,
        recognition_date=days_after(first_day, 24) if recognition == "go_live" else None,
    )


def _subscribed_items(subscription: Subscription, customer: Customer, chance: Chance) -> list[_Item]:
    prices = PRICE_BOOK_MINOR[customer.currency]
    negotiated_off = chance.pick((0, 0, 0, 5, 8))
    items = [
        _Item(
            "prod_platform", PRODUCTS["prod_platform"][0], subscription.tier * prices["prod_platform"], negotiated_off
        )
    ]
    if seats := chance.pick((0, 5, 8, 12, 20, 35)):
        items.append(_Item("prod_seats", f"{PRODUCTS['prod_seats'][0]} x {seats}", seats * prices["prod_seats"], 0))
    items += [
        _Item(product_id, PRODUCTS[product_id][0], prices[product_id], 0)
        for product_id, percent in (
            ("prod_support", 35),
            ("prod_analytics", 30),
            ("prod_sandbox", 15),
            ("prod_api", 25),
        )
        if chance.happens(percent)
    ]
    return items


def _billing_periods(subscription: Subscription) -> Iterator[Period]:
    """Yield the billing periods from the first day to the end of the year after, or to the last day."""
    horizon = subscription.last_day or date(YEAR + 1, 12, 31)
    first, count = subscription.first_day, 0
    while first <= horizon:
        count += subscription.every_months
        following = (
            days_after(month_end(first), 1) if subscription.calendar else add_months(subscription.first_day, count)
        )
        yield Period(first, min(days_after(following, -1), horizon))
        first = following


def _accounting_date(subscription: Subscription, period: Period, chance: Chance) -> date:
    if subscription.in_arrears:
        return days_after(period.last, 1 + chance.below(6))
    return days_after(period.first, subscription.shift_days)


def _lines(subscription: Subscription, customer: Customer, items: list[_Item], period: Period) -> Iterator[Line]:
    charged_minor = 0
    for item in items:
        list_minor = _price_minor(subscription, item, period)
        net_minor = list_minor - share_minor(list_minor, item.negotiated_off, 100)
        charged_minor += net_minor
        yield _charge(item, list_minor, net_minor, period)
        if item.product_id == "prod_platform" and subscription.platform_discount:
            off_minor = share_minor(net_minor, subscription.platform_discount, 100)
            yield _platform_discount(subscription.platform_discount, off_minor, period)
    if subscription.setup and period.first == subscription.first_day:
        yield setup_line(subscription.setup, PRICE_BOOK_MINOR[customer.currency]["prod_setup"], period.first)
    if subscription.loyalty_discount:
        yield invoice_discount(
            f"Loyalty discount {subscription.loyalty_discount}%",
            share_minor(charged_minor, subscription.loyalty_discount, 100),
        )


def _price_minor(subscription: Subscription, item: _Item, period: Period) -> int:
    if not subscription.calendar:
        return item.list_price_minor * subscription.every_months
    return prorated_minor(item.list_price_minor, period)


def _charge(item: _Item, list_minor: int, net_minor: int, period: Period) -> Line:
    return Line(
        group=item.product_id,
        product_id=item.product_id,
        title=f"{item.title}, {period}",
        amount_minor=net_minor,
        list_price_minor=list_minor,
        period=period,
    )


def _platform_discount(percent: int, off_minor: int, period: Period) -> Line:
    """A product-level discount: in the group of its product, for the same period (SPEC 3)."""
    return Line(
        group="prod_platform",
        product_id="prod_platform",
        kind=DISCOUNT,
        title=f"Discount {percent}% on Acme Platform",
        amount_minor=-off_minor,
        period=period,
    )


def invoice_discount(title: str, off_minor: int) -> Line:
    """Return an invoice-level discount: in a group of only negative lines, without a product (SPEC 3)."""
    return Line(group="invoice_discount", kind=DISCOUNT, title=title, amount_minor=-off_minor)
