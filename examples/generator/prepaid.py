"""Credit grants: what customers pay in advance, what they use of it, and what expires.

What belongs here: grants, the orders that sell them and that they pay, and their transactions. What does not: whether a
grant's revenue is recognized at once or deferred until consumed, which the policy says by the date of its sale.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from .catalogue import CUSTOMERS
from .documents import Period, decimal_text, month_end, month_of
from .landing import Placed
from .orders import Order, OrderLine, charge, line_id, order

CREDIT_GRANT = "CREDIT_GRANT"
_DEBIT, _CREDIT = "DEBIT", "CREDIT"

# Transaction, type, credits in minor units, day and the line it pays, where there is one.
_TRANSACTIONS = (
    ("cg_welcome", "api_trial", _DEBIT, 50_00, date(2025, 4, 2), line_id("welcome_compute", 1)),
    ("cg_starter", "may", _DEBIT, 500_00, date(2025, 6, 2), line_id("starter_may", 1)),
    ("cg_starter", "june", _DEBIT, 880_00, date(2025, 7, 2), line_id("starter_june", 1)),
    ("cg_starter", "outage", _CREDIT, 80_00, date(2025, 7, 15), None),
    # What the invoice of 4 August takes is said by its line alone.
    ("cg_volume", "rendering", _DEBIT, 2_000_00, date(2025, 9, 12), None),
    ("cg_volume", "support", _DEBIT, 1_000_00, date(2025, 10, 2), line_id("volume_support", 1)),
    ("cg_volume", "failed_job", _CREDIT, 300_00, date(2025, 10, 20), None),
    # After the grant's expiry on 30 November: nobody can use it any more.
    ("cg_volume", "late_refund", _CREDIT, 100_00, date(2025, 12, 9), None),
    ("cg_open", "rendering", _DEBIT, 120_000, date(2025, 12, 16), None),
    ("cg_draft", "too_early", _DEBIT, 100_00, date(2025, 12, 22), None),
)
# Dated 29 August when it first landed; the version of September counts.
_REDATED, _FIRST_DATE = ("cg_volume", "rendering"), date(2025, 8, 29)


def grant_row(
    grant_id: str, customer_id: str, name: str, amount_minor: int, effective_date: date, expiry_date: date | None
) -> Placed:
    """Return a credit grant."""
    currency = CUSTOMERS[customer_id].currency
    row = {
        "id": grant_id,
        "customer_id": customer_id,
        "name": name,
        "currency": currency,
        "amount": decimal_text(amount_minor, currency),
        "effective_date": effective_date.isoformat(),
        "expiry_date": expiry_date.isoformat() if expiry_date else None,
    }
    return Placed("credit_grants", "", row)


def transaction_row(
    transaction_id: str, grant_id: str, kind: str, amount: str, day: date, of_line: str | None
) -> Placed:
    """Return a transaction of a credit grant, DEBIT or CREDIT."""
    row = {
        "id": transaction_id,
        "credit_grant_id": grant_id,
        "type": kind,
        "amount": amount,
        "date": day.isoformat(),
        "invoice_line_item_id": of_line,
    }
    return Placed("credit_grant_transactions", month_of(day), row)


def grant_rows() -> Iterator[Placed]:
    """Yield the grants."""
    yield grant_row("cg_welcome", "cus_019", "Welcome credits", 200_00, date(2025, 3, 1), date(2025, 8, 31))
    yield grant_row("cg_starter", "cus_001", "Starter credits", 5_000_00, date(2025, 2, 3), date(2025, 12, 31))
    yield grant_row("cg_volume", "cus_031", "Volume credits", 7_500_00, date(2025, 7, 10), date(2025, 11, 30))
    yield grant_row("cg_open", "cus_039", "Credits without expiry", 500_000, date(2025, 11, 5), None)
    yield grant_row("cg_draft", "cus_014", "Credits on offer", 1_000_00, date(2025, 12, 19), date(2026, 12, 18))


def transaction_rows() -> Iterator[Placed]:
    """Yield the transactions of the grants."""
    for grant_id, what, kind, amount_minor, day, of_line in _TRANSACTIONS:
        amount = decimal_text(amount_minor, "JPY" if grant_id == "cg_open" else "USD")
        transaction_id = f"cgt_{grant_id[3:]}_{what}"
        if (grant_id, what) == _REDATED:
            yield transaction_row(transaction_id, grant_id, kind, amount, _FIRST_DATE, of_line)
        yield transaction_row(transaction_id, grant_id, kind, amount, day, of_line)


def prepaid_orders() -> Iterator[Order]:
    """Yield the sales of the grants and the invoices that the grants pay, in part or whole."""
    # Sold in the first half of the year: recognized at once. The welcome credits were never sold.
    yield order("starter_credits", "cus_001", date(2025, 2, 3), _purchase("cg_starter", 5_000_00), status="PAID")
    yield order(
        "welcome_compute", "cus_019", date(2025, 4, 2), _paid(_compute(3, 90_00), "cg_welcome", 50_00), status="PAID"
    )
    yield order("starter_may", "cus_001", date(2025, 6, 2), _paid(_compute(5, 1_200_00), "cg_starter", 500_00))
    yield order("starter_june", "cus_001", date(2025, 7, 2), _paid(_compute(6, 880_00), "cg_starter", 880_00))
    # Sold in the second half, 7,500.00 of credits for 6,000.00: deferred until consumed.
    yield order("volume_credits", "cus_031", date(2025, 7, 10), _purchase("cg_volume", 6_000_00), status="PAID")
    yield order("volume_july", "cus_031", date(2025, 8, 4), _paid(_compute(7, 1_500_00), "cg_volume", 1_500_00))
    autumn = Period(date(2025, 10, 1), date(2025, 12, 31))
    support = charge("prod_support", str(autumn), 1_600_00, autumn)
    yield order("volume_support", "cus_031", date(2025, 10, 2), _paid(support, "cg_volume", 1_000_00))
    yield order("open_credits", "cus_039", date(2025, 11, 5), _purchase("cg_open", 500_000))
    yield order("draft_credits", "cus_014", date(2025, 12, 19), _purchase("cg_draft", 1_000_00), status="DRAFT")


def _purchase(grant_id: str, price_minor: int) -> OrderLine:
    return OrderLine(
        group=grant_id,
        product_id="prod_credits",
        title=f"Prepaid credits {grant_id}",
        kind=CREDIT_GRANT,
        amount_minor=price_minor,
        credit_grant_id=grant_id,
    )


def _compute(month: int, amount_minor: int) -> OrderLine:
    first = date(2025, month, 1)
    period = Period(first, month_end(first))
    return charge("prod_compute", str(period), amount_minor, period)


def _paid(line: OrderLine, grant_id: str, credits_minor: int) -> OrderLine:
    """The line, of which a grant pays a part; its amount is before the grant."""
    return replace(line, credit_grant_id=grant_id, credit_grant_minor=credits_minor)
