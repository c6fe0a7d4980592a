"""Invoices as the billing system makes them, and the landing rows they become.

What belongs here: the shape of an invoice, its ids, dates and amounts as text (SPEC 10). What does not: which invoices
Acme sends (`subscriptions`, `one_offs`), which rows are spoilt (`bad_rows`), how files are laid out and encoded
(`landing`).
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from .catalogue import EXPONENTS, Customer, Row

CHARGE = "CHARGE"
DISCOUNT = "DISCOUNT"


@dataclass(frozen=True, slots=True)
class Period:
    """A service period; both ends are inclusive."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return the text that invoice lines show; ISO, since `%b` would follow the machine's locale."""
        return f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One invoice line; lines with the same `group` form one line item group of their invoice."""

    group: str
    title: str
    amount_minor: int
    kind: str = CHARGE
    product_id: str | None = None
    list_price_minor: int | None = None
    period: Period | None = None
    recognition_method: str | None = None
    recognition_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice before it has ids; `label` names it to the code that corrects or spoils it."""

    customer: Customer
    accounting_date: date
    lines: tuple[Line, ...]
    status: str
    contract_id: str | None = None
    label: str = ""

    @property
    def net_total_minor(self) -> int:
        """The sum of the lines, in minor units."""
        return sum(line.amount_minor for line in self.lines)


@dataclass(slots=True)
class Landed:
    """The landing rows of one invoice, and the month folder they go to."""

    label: str
    month: str
    invoices: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice with its place in the year's numbering, from which all its ids follow."""

    invoice: Invoice
    number: int
    first_line_number: int
    first_group_number: int

    def landed(self, updated_at: str | None = None) -> Landed:
        """Return the document's rows; `updated_at` (ISO 8601 Z) defaults to the evening of the accounting date."""
        invoice = self.invoice
        row: Row = {
            "id": f"inv_{self.number:04}",
            "invoice_number": f"INV-{invoice.accounting_date.year}-{self.number:04}",
            "customer_id": invoice.customer.id,
            "status": invoice.status,
            "currency": invoice.customer.currency,
            "accounting_date": invoice.accounting_date.isoformat(),
            "contract_id": invoice.contract_id,
            "net_total": decimal_text(invoice.net_total_minor, invoice.customer.currency),
            "updated_at": updated_at or f"{invoice.accounting_date}T18:00:00Z",
        }
        groups = group_names(invoice)
        lines = [
            self._line_row(line, self.first_line_number + position, self.first_group_number + groups.index(line.group))
            for position, line in enumerate(invoice.lines)
        ]
        return Landed(invoice.label, month_of(invoice.accounting_date), [row], lines)

    def _line_row(self, line: Line, line_number: int, group_number: int) -> Row:
        currency = self.invoice.customer.currency
        list_price = line.list_price_minor
        return {
            "id": f"li_{line_number:05}",
            "invoice_id": f"inv_{self.number:04}",
            "group_id": f"grp_{group_number:05}",
            "product_id": line.product_id,
            "title": line.title,
            "kind": line.kind,
            "net_total": decimal_text(line.amount_minor, currency),
            "list_price": None if list_price is None else decimal_text(list_price, currency),
            "service_period_start": iso(line.period.first if line.period else None),
            "service_period_end": iso(line.period.last if line.period else None),
            "recognition_method": line.recognition_method,
            "recognition_date": iso(line.recognition_date),
        }


def group_names(invoice: Invoice) -> list[str]:
    """Return the names of the invoice's line item groups in the order they appear."""
    return list(dict.fromkeys(line.group for line in invoice.lines))


def number_documents(invoices: Iterable[Invoice]) -> list[Document]:
    """Number invoices, lines and groups through the year, in the order of accounting date and customer."""
    documents = []
    line_number = group_number = 1
    ordered = sorted(invoices, key=lambda invoice: (invoice.accounting_date, invoice.customer.id))
    for number, invoice in enumerate(ordered, start=1):
        documents.append(Document(invoice, number, line_number, group_number))
        line_number += len(invoice.lines)
        group_number += len(group_names(invoice))
    return documents


def decimal_text(amount_minor: int, currency: str) -> str:
    """Return an amount as a decimal string with exactly the currency's decimals (SPEC 10)."""
    exponent = EXPONENTS[currency]
    digits = str(abs(amount_minor)).rjust(exponent + 1, "0")
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"


def share_minor(amount_minor: int, numerator: int, denominator: int) -> int:
    """Return a fraction of an amount that is not negative, rounded half up to the minor unit."""
    return (2 * amount_minor * numerator + denominator) // (2 * denominator)


def prorated_minor(month_minor: int, period: Period) -> int:
    """Return the price of a period of calendar months at `month_minor` each, parts of a month by the day."""
    price_minor, first = 0, period.first
    while first <= period.last:
        last = min(month_end(first), period.last)
        price_minor += share_minor(month_minor, (last - first).days + 1, days_in_month(first))
        first = days_after(last, 1)
    return price_minor


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or that month's last day where it is shorter."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return date(year, month, min(day.day, days_in_month(date(year, month, 1))))


def days_in_month(day: date) -> int:
    """Return the number of days of the month that holds `day`."""
    return monthrange(day.year, day.month)[1]


def month_end(day: date) -> date:
    """Return the last day of the month that holds `day`."""
    return day.replace(day=days_in_month(day))


def month_of(day: date) -> str:
    """Return the name of the landing folder of a document dated `day`."""
    return f"{day:%Y-%m}"


def iso(day: date | None) -> str | None:
    """Return a date as text, nothing for none."""
    return None if day is None else day.isoformat()


def days_after(day: date, days: int) -> date:
    """Return the date `days` later (earlier where negative)."""
    return day + timedelta(days=days)
