"""What else the order desk sells: bundles, the business of Acme Europe GmbH, and invoices that are changed later.

What belongs here: these orders, the ones that are voided or dated again, and what first landed of those. What does not:
metered, scheduled, prepaid and project business.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from .catalogue import EUROPE
from .documents import DISCOUNT, Period
from .landing import Placed
from .orders import Order, OrderLine, charge, order

# By label: invoices that were void from then on. A second invoice takes the place of the first of them.
_VOIDED_AT = {"hosting_monthly": "2025-12-02T09:15:00Z", "withdrawn": "2025-05-15T14:00:00Z"}
# By label: the date of the first version, in a month before; the later one replaces it.
_FIRST_DATE = {"gateways": date(2025, 9, 29)}


def shop_orders() -> Iterator[Order]:
    """Yield these orders."""
    yield _starter_kit()
    yield _office_kit()
    yield from _europe()
    half_year = Period(date(2025, 3, 12), date(2025, 9, 11))
    yield order("withdrawn", "cus_011", date(2025, 3, 12), charge("prod_hosting", str(half_year), 240_000, half_year))
    yield order("gateways", "cus_028", date(2025, 10, 2), charge("prod_gateway", "two of them", 1_900_00))


def versions(item: Order, number: str) -> Iterator[Placed]:
    """Yield the rows of an order as they landed: of most of them one version, of some a later one, too."""
    if item.label in _VOIDED_AT:
        voided_at = _VOIDED_AT[item.label]
        yield from item.landed(number)
        yield from replace(item, status="VOIDED", voided_at=voided_at).landed(number, voided_at, extract=2)
        return
    if item.label in _FIRST_DATE:
        yield from replace(item, accounting_date=_FIRST_DATE[item.label]).landed(number)
    yield from item.landed(number)


def _starter_kit() -> Order:
    """A gateway at a third of its price with a year of hosting and support, and a discount on the hosting."""
    period = Period(date(2025, 7, 7), date(2026, 7, 6))
    gateway = charge("prod_gateway", "starter kit", 600_00, recognition_date=date(2025, 7, 15))
    hosting = charge("prod_hosting", str(period), 8_400_00, period)
    support = charge("prod_support", str(period), 1_000_00, period)
    off = OrderLine(
        group=hosting.group,
        product_id="prod_hosting",
        kind=DISCOUNT,
        title="Discount on Managed Hosting",
        amount_minor=-400_00,
    )
    bundle = _bundle("starter_kit", (gateway, 1_500_00), (hosting, 9_600_00), (support, 2_400_00))
    return order("starter_kit", "cus_032", date(2025, 7, 7), *bundle, off)


def _office_kit() -> Order:
    """A gateway, a training day before the invoice, and nine months of hosting."""
    period = Period(date(2025, 3, 10), date(2025, 12, 9))
    gateway = charge("prod_gateway", "office kit", 100_000, recognition_date=date(2025, 3, 25))
    training = charge("prod_training", "office kit", 230_000, recognition_date=date(2025, 3, 5))
    hosting = charge("prod_hosting", str(period), 450_000, period)
    bundle = _bundle("office_kit", (gateway, 200_000), (training, 268_000), (hosting, 600_000))
    return order("office_kit", "cus_025", date(2025, 3, 10), *bundle, status="PAID")


def _bundle(bundle_id: str, *lines: tuple[OrderLine, int]) -> list[OrderLine]:
    return [
        replace(line, bundle_id=bundle_id, selling_price_minor=selling_price_minor)
        for line, selling_price_minor in lines
    ]


def _europe() -> Iterator[Order]:
    year, quarter = Period(date(2025, 4, 1), date(2026, 3, 31)), Period(date(2025, 8, 15), date(2025, 11, 14))
    yield order(
        "europe_hosting",
        "cus_042",
        date(2025, 4, 1),
        charge("prod_hosting", str(year), 9_600_00, year),
        charge("prod_gateway", "with installation", 1_750_00, recognition_date=date(2025, 4, 22)),
        status="PAID",
        entity_id=EUROPE,
    )
    training = charge("prod_training", "one day in Zürich", 1_650_00, recognition_date=date(2025, 4, 29))
    yield order("europe_training", "cus_042", date(2025, 5, 6), training, status="PAID", entity_id=EUROPE)
    trial = charge("prod_hosting", str(quarter), 2_400_00, quarter)
    yield order("europe_trial", "cus_043", date(2025, 8, 15), trial, entity_id=EUROPE)
