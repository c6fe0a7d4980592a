"""Everything of Acme's year that is not a subscription invoice, as landing rows.

What belongs here: putting the parts together. What does not: the parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .bad_services import bad_credit_notes, bad_orders, bad_rows_alone
from .credit_notes import credit_notes, note_numbers, note_rows
from .documents import Document
from .landing import Placed
from .metered import metered_orders, usage_rows
from .orders import Order, number_orders
from .prepaid import grant_rows, prepaid_orders, transaction_rows
from .projects import milestone_rows, project_orders
from .scheduled import schedule_rows, scheduled_orders
from .shop import shop_orders, versions


@dataclass(frozen=True, slots=True)
class Services:
    """The landing rows, and the numbers that orders and credit notes have by their labels."""

    rows: tuple[Placed, ...]
    order_numbers: dict[str, str]
    note_numbers: dict[str, str]


def build_services(documents: Sequence[Document]) -> Services:
    """Return the services; credit notes are for some of the subscriptions' numbered `documents`, too."""
    ordered = sorted(_orders(), key=lambda item: (item.accounting_date, item.label))
    order_numbers = number_orders(ordered)
    notes = [*credit_notes(documents), *bad_credit_notes()]
    rows = [
        *(placed for item in ordered for placed in versions(item, order_numbers[item.label])),
        *note_rows(notes),
        *milestone_rows(),
        *usage_rows(),
        *schedule_rows(),
        *grant_rows(),
        *transaction_rows(),
        *bad_rows_alone(),
    ]
    return Services(tuple(rows), order_numbers, note_numbers(notes))


def _orders() -> Iterator[Order]:
    yield from metered_orders()
    yield from project_orders()
    yield from scheduled_orders()
    yield from prepaid_orders()
    yield from shop_orders()
    yield from bad_orders()
