"""Invoices outside the billing rhythm: training days, seats added in mid-term, drafts, and one that is corrected.

What belongs here: single invoices of 2025, each written out. What does not: periodic invoices (`subscriptions`),
spoilt ones (`bad_rows`).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from .catalogue import CUSTOMERS, PRICE_BOOK_MINOR, PRODUCTS
from .chance import Chance
from .documents import DISCOUNT, Document, Invoice, Landed, Line, Period, month_end, prorated_minor, share_minor
from .subscriptions import invoice_discount, sent_or_paid, setup_line

CORRECTED = "corrected by a later extract"
_CORRECTED_PERIOD = Period(date(2025, 6, 1), date(2025, 6, 30))

# Customer, accounting date, days taught, day of the training: before the invoice, after it, or unknown (the accounting
# date counts).
_TRAININGS = (
    ("cus_001", date(2025, 1, 20), 2, date(2025, 2, 18)),
    ("cus_005", date(2025, 2, 3), 1, date(2025, 1, 29)),
    ("cus_024", date(2025, 2, 12), 1, None),
    ("cus_003", date(2025, 3, 5), 3, date(2025, 3, 27)),
    ("cus_012", date(2025, 4, 7), 2, date(2025, 5, 6)),
    ("cus_018", date(2025, 4, 22), 1, None),
    ("cus_028", date(2025, 5, 15), 2, date(2025, 5, 14)),
    ("cus_030", date(2025, 6, 10), 1, date(2025, 7, 1)),
    ("cus_011", date(2025, 7, 9), 1, date(2025, 7, 8)),
    ("cus_017", date(2025, 8, 25), 4, date(2025, 10, 13)),
    ("cus_026", date(2025, 9, 3), 1, date(2025, 9, 17)),
    ("cus_022", date(2025, 10, 21), 2, None),
    ("cus_040", date(2025, 11, 6), 1, date(2025, 11, 4)),
    ("cus_008", date(2025, 12, 9), 2, date(2026, 1, 22)),
)

# Customer, first day, last day of the running term, seats added.
_EXPANSIONS = (
    ("cus_001", date(2025, 5, 14), date(2026, 1, 31), 6),
    ("cus_003", date(2025, 7, 22), date(2026, 3, 31), 15),
    ("cus_005", date(2025, 6, 1), date(2026, 1, 14), 4),
    ("cus_008", date(2025, 9, 9), date(2026, 6, 30), 25),
    ("cus_016", date(2025, 2, 28), date(2025, 9, 15), 3),
    ("cus_020", date(2025, 10, 17), date(2026, 2, 28), 10),
    ("cus_025", date(2025, 8, 31), date(2026, 5, 31), 7),
)


def one_off_invoices(chance: Chance) -> Iterator[Invoice]:
    """Yield the single invoices of the year."""
    for customer_id, accounting_date, days, taught_on in _TRAININGS:
        yield _invoice(
            customer_id, accounting_date, sent_or_paid(accounting_date, chance), _training(customer_id, days, taught_on)
        )
    for customer_id, first, last, seats in _EXPANSIONS:
        yield _invoice(
            customer_id, first, sent_or_paid(first, chance), _more_seats(customer_id, Period(first, last), seats)
        )
    yield _second_workspace()
    yield _goodwill()
    yield _invoice("cus_022", date(2025, 9, 24), "DRAFT", _training("cus_022", 3, date(2025, 11, 5)))
    yield _invoice("cus_014", date(2025, 12, 18), "IN_PROGRESS", _more_seats("cus_014", _month(date(2025, 12, 18)), 9))
    yield _before_correction()


def corrected(document: Document) -> Landed:
    """Return the second version of the invoice labelled `CORRECTED`: sent, with the seats that the draft had forgotten.

    It keeps all ids; its `updated_at` is later, so it replaces the draft (SPEC 10).
    """
    analytics, _ = document.invoice.lines
    sent = replace(document.invoice, status="SENT", lines=(analytics, _more_seats("cus_002", _CORRECTED_PERIOD, 9)))
    return replace(document, invoice=sent).landed(updated_at="2025-07-03T09:30:00Z")


def _invoice(customer_id: str, accounting_date: date, status: str, *lines: Line, label: str = "") -> Invoice:
    return Invoice(
        customer=CUSTOMERS[customer_id], accounting_date=accounting_date, lines=lines, status=status, label=label
    )


def _price_minor(customer_id: str, product_id: str) -> int:
    return PRICE_BOOK_MINOR[CUSTOMERS[customer_id].currency][product_id]


def _training(customer_id: str, days: int, taught_on: date | None) -> Line:
    amount_minor = days * _price_minor(customer_id, "prod_training")
    return Line(
        group="prod_training",
        product_id="prod_training",
        title=f"{PRODUCTS['prod_training'][0]} x {days}",
        amount_minor=amount_minor,
        list_price_minor=amount_minor,
        recognition_date=taught_on,
    )


def _more_seats(customer_id: str, period: Period, seats: int) -> Line:
    """Seats to the end of the term."""
    amount_minor = prorated_minor(seats * _price_minor(customer_id, "prod_seats"), period)
    return Line(
        group="prod_seats",
        product_id="prod_seats",
        title=f"{PRODUCTS['prod_seats'][0]} x {seats}, {period}",
        amount_minor=amount_minor,
        list_price_minor=amount_minor,
        period=period,
    )


def _second_workspace() -> Invoice:
    """A product-level discount on a point-in-time line, beside a product that costs nothing."""
    price_minor = _price_minor("cus_008", "prod_setup")
    half_off = Line(
        group="prod_setup",
        product_id="prod_setup",
        kind=DISCOUNT,
        title="Discount 50% on Setup Fee",
        amount_minor=-share_minor(price_minor, 50, 100),
    )
    sandbox = Line(
        group="prod_sandbox",
        product_id="prod_sandbox",
        title="Sandbox Environment, included with the second workspace",
        amount_minor=0,
        list_price_minor=_price_minor("cus_008", "prod_sandbox"),
        period=_month(date(2025, 3, 3)),
    )
    return _invoice(
        "cus_008", date(2025, 3, 3), "PAID", setup_line("on_invoice", price_minor, date(2025, 3, 3)), half_off, sandbox
    )


def _goodwill() -> Invoice:
    """An invoice-level discount of two lines, to be spread over 800.00 and 200.00 as 720.00 and 180.00."""
    period = Period(date(2025, 4, 1), date(2025, 6, 30))
    charges = [
        Line(
            group=product_id,
            product_id=product_id,
            title=f"{PRODUCTS[product_id][0]}, pilot, {period}",
            amount_minor=price_minor,
            list_price_minor=price_minor,
            period=period,
        )
        for product_id, price_minor in (("prod_analytics", 800_00), ("prod_api", 200_00))
    ]
    discounts = [
        invoice_discount("Pilot discount", 75_00),
        invoice_discount("Goodwill for the outage of 2025-03-18", 25_00),
    ]
    return _invoice("cus_024", date(2025, 4, 3), "PAID", *charges, *discounts)


def _before_correction() -> Invoice:
    period = _CORRECTED_PERIOD
    price_minor = _price_minor("cus_002", "prod_analytics")
    analytics = Line(
        group="prod_analytics",
        product_id="prod_analytics",
        title=f"{PRODUCTS['prod_analytics'][0]}, {period}",
        amount_minor=price_minor,
        list_price_minor=price_minor,
        period=period,
    )
    return _invoice(
        "cus_002", date(2025, 6, 12), "DRAFT", analytics, _more_seats("cus_002", period, 4), label=CORRECTED
    )


def _month(day: date) -> Period:
    """The rest of the month from `day` on."""
    return Period(day, month_end(day))
