"""Orders: invoices of Acme's order desk, which bills what is not a subscription, and the landing rows they become.

What belongs here: the shape of an order, its ids and rows with all fields of SPEC 10. What does not: which orders there
are (`metered`, `projects`, `scheduled`, `prepaid`, `shop`), subscriptions (`documents`).

The order desk has number series and files of its own (`services-1.csv`). It makes ids from the names that it gives its
documents, so that what refers to an invoice can say which: line 2 of the order `migration` is `li_migration_2`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from .catalogue import CUSTOMERS, PRODUCTS, Row
from .documents import CHARGE, Invoice, Line, Period, decimal_text, group_names, iso, month_of
from .landing import Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine(Line):
    """A line with the fields that subscriptions have no use for; a grant pays `credit_grant_minor` of its amount."""

    bundle_id: str | None = None
    selling_price_minor: int | None = None
    price_id: str | None = None
    credit_grant_id: str | None = None
    credit_grant_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Invoice):
    """An invoice of the order desk; its ids follow from its `label`."""

    lines: tuple[OrderLine, ...]
    status: str = "SENT"
    entity_id: str | None = None
    billing_schedule_id: str | None = None
    voided_at: str | None = None

    @property
    def net_total_minor(self) -> int:
        """The sum of the lines less what credit grants pay, in minor units."""
        return sum(line.amount_minor - (line.credit_grant_minor or 0) for line in self.lines)

    def landed(self, number: str, updated_at: str | None = None, extract: int = 1) -> Iterator[Placed]:
        """Yield the invoice's row, then its lines'; `updated_at` defaults to the evening of the accounting date."""
        month, currency = month_of(self.accounting_date), self.customer.currency
        invoice: Row = {
            "id": f"inv_{self.label}",
            "invoice_number": number,
            "customer_id": self.customer.id,
            "status": self.status,
            "currency": currency,
            "accounting_date": self.accounting_date.isoformat(),
            "entity_id": self.entity_id,
            "contract_id": self.contract_id,
            "billing_schedule_id": self.billing_schedule_id,
            "voided_at": self.voided_at,
            "net_total": decimal_text(self.net_total_minor, currency),
            "updated_at": updated_at or f"{self.accounting_date}T18:00:00Z",
        }
        yield Placed("invoices", month, invoice, extract)
        for position in range(1, len(self.lines) + 1):
            yield Placed("invoice_line_items", month, self._line_row(position), extract)

    def _line_row(self, position: int) -> Row:
        line, currency = self.lines[position - 1], self.customer.currency
        period = line.period
        return {
            "id": line_id(self.label, position),
            "invoice_id": f"inv_{self.label}",
            "group_id": f"grp_{self.label}_{group_names(self).index(line.group) + 1}",
            "product_id": line.product_id,
            "title": line.title,
            "kind": line.kind,
            "net_total": decimal_text(line.amount_minor, currency),
            "list_price": _amount(line.list_price_minor, currency),
            "service_period_start": iso(period.first if period else None),
            "service_period_end": iso(period.last if period else None),
            "recognition_method": line.recognition_method,
            "recognition_date": iso(line.recognition_date),
            "bundle_id": line.bundle_id,
            "standalone_selling_price": _amount(line.selling_price_minor, currency),
            "price_id": line.price_id,
            "credit_grant_id": line.credit_grant_id,
            "credit_grant_amount": _amount(line.credit_grant_minor, currency),
        }


def order(
    label: str,
    customer_id: str,
    accounting_date: date,
    *lines: OrderLine,
    status: str = "SENT",
    billing_schedule_id: str | None = None,
    entity_id: str | None = None,
) -> Order:
    """Return the order of a customer."""
    return Order(
        label=label,
        customer=CUSTOMERS[customer_id],
        accounting_date=accounting_date,
        lines=lines,
        status=status,
        billing_schedule_id=billing_schedule_id,
        entity_id=entity_id,
    )


def charge(
    product_id: str,
    what: str,
    amount_minor: int,
    period: Period | None = None,
    *,
    recognition_date: date | None = None,
    list_price_minor: int | None = None,
    price_id: str | None = None,
) -> OrderLine:
    """Return a charge for a product, in a group of its own; the list price is the amount unless given."""
    return OrderLine(
        group=f"{product_id} {what}",
        product_id=product_id,
        title=f"{PRODUCTS[product_id][0]}, {what}",
        kind=CHARGE,
        amount_minor=amount_minor,
        list_price_minor=amount_minor if list_price_minor is None else list_price_minor,
        period=period,
        recognition_date=recognition_date,
        price_id=price_id,
    )


def number_orders(orders: Iterable[Order]) -> dict[str, str]:
    """Return the invoice number of each order by its label, counted in the order of accounting date and label."""
    ordered = sorted(orders, key=lambda item: (item.accounting_date, item.label))
    return {item.label: f"SVC-2025-{number:03}" for number, item in enumerate(ordered, start=1)}


def line_id(label: str, position: int) -> str:
    """Return the id of an order's line, counted from 1."""
    return f"li_{label}_{position}"


def _amount(amount_minor: int | None, currency: str) -> str | None:
    return None if amount_minor is None else decimal_text(amount_minor, currency)
