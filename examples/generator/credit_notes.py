"""Credit notes of the year, on subscriptions and orders, and standalone.

What belongs here: the notes, their lines, and which invoice line each credits. What does not: whether a note cancels or
adjusts, which the policy says by the note's date: it changes on 1 July.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from .catalogue import CUSTOMERS, Row
from .documents import DISCOUNT, Document, Period, decimal_text, iso, month_of
from .landing import Placed
from .orders import line_id

# A second version was dated in another month: this is the first version's date.
_REDATED, _FIRST_DATE = "redated", date(2025, 9, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """A line: it credits the invoice line `of_line`, or a product, or whatever its invoice has."""

    title: str
    amount_minor: int
    of_line: str | None = None
    product_id: str | None = None
    period: Period | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """A credit note; its ids follow from its `label`. Without an invoice it stands alone."""

    label: str
    customer_id: str
    accounting_date: date
    lines: tuple[NoteLine, ...]
    invoice_id: str | None = None
    status: str = "SENT"

    def landed(self, number: str, updated_at: str | None = None) -> Iterator[Placed]:
        """Yield the note's row, then its lines'; `updated_at` defaults to the evening of the accounting date."""
        month, currency = month_of(self.accounting_date), CUSTOMERS[self.customer_id].currency
        total_minor = sum(line.amount_minor for line in self.lines)
        note: Row = {
            "id": f"cn_{self.label}",
            "credit_note_number": number,
            "customer_id": self.customer_id,
            "invoice_id": self.invoice_id,
            "status": self.status,
            "currency": currency,
            "accounting_date": self.accounting_date.isoformat(),
            "net_total": decimal_text(total_minor, currency),
            "updated_at": updated_at or f"{self.accounting_date}T18:00:00Z",
        }
        yield Placed("credit_notes", month, note)
        for position, line in enumerate(self.lines, start=1):
            yield Placed("credit_note_line_items", month, self._line_row(position, line))

    def _line_row(self, position: int, line: NoteLine) -> Row:
        return {
            "id": f"cnl_{self.label}_{position}",
            "credit_note_id": f"cn_{self.label}",
            "invoice_line_item_id": line.of_line,
            "product_id": line.product_id,
            "title": line.title,
            "net_total": decimal_text(line.amount_minor, CUSTOMERS[self.customer_id].currency),
            "service_period_start": iso(line.period.first if line.period else None),
            "service_period_end": iso(line.period.last if line.period else None),
            "recognition_method": None,
        }


class Billed:
    """The subscription invoices, to find what a note credits, whatever the seed numbered it."""

    def __init__(self, documents: Sequence[Document]) -> None:
        """Look things up in the numbered documents of the year."""
        self._documents = documents

    def note(
        self,
        label: str,
        customer_id: str,
        dated: date,
        invoiced: date,
        product_id: str | None,
        amount_minor: int | None,
        kind: str = "CHARGE",
    ) -> CreditNote:
        """Return a note of one line on the customer's invoice of the day `invoiced`.

        Args:
            label: of the note.
            customer_id: of both.
            dated: the note's accounting date.
            invoiced: the invoice's accounting date.
            product_id: of the line that it credits, the first one of that product and kind.
            amount_minor: what it credits; None for all of the line.
            kind: of the line.
        """
        of_line, whole_minor, invoice_id = self._line(customer_id, invoiced, product_id, kind)
        line = NoteLine(
            title=f"Credit for the invoice of {invoiced}",
            amount_minor=whole_minor if amount_minor is None else amount_minor,
            of_line=of_line,
        )
        return CreditNote(
            label=label, customer_id=customer_id, accounting_date=dated, lines=(line,), invoice_id=invoice_id
        )

    def _line(self, customer_id: str, invoiced: date, product_id: str | None, kind: str) -> tuple[str, int, str]:
        """The line's id and amount, and its invoice's id."""
        return next(
            (f"li_{document.first_line_number + position:05}", line.amount_minor, f"inv_{document.number:04}")
            for document in self._documents
            for position, line in enumerate(document.invoice.lines)
            if (document.invoice.customer.id, document.invoice.accounting_date) == (customer_id, invoiced)
            and (line.product_id, line.kind) == (product_id, kind)
        )


def credit_notes(documents: Sequence[Document]) -> list[CreditNote]:
    """Return the notes; `documents` are the numbered subscriptions."""
    billed = Billed(documents)
    return [*_until_june(billed), *_from_july(billed), *_on_orders(), *_standalone()]


def note_numbers(notes: Sequence[CreditNote]) -> dict[str, str]:
    """Return the number of each note by its label, counted in the order of accounting date and label."""
    ordered = sorted(notes, key=lambda note: (note.accounting_date, note.label))
    return {note.label: f"CN-2025-{number:03}" for number, note in enumerate(ordered, start=1)}


def note_rows(notes: Sequence[CreditNote]) -> Iterator[Placed]:
    """Yield the notes' rows in the order of their dates; of one of them, a version before."""
    numbers = note_numbers(notes)
    for note in sorted(notes, key=lambda note: (note.accounting_date, note.label)):
        if note.label == _REDATED:
            yield from replace(note, accounting_date=_FIRST_DATE).landed(numbers[note.label])
        yield from note.landed(numbers[note.label])


def _until_june(billed: Billed) -> Iterator[CreditNote]:
    """Notes that cancel."""
    # In full, after all was recognized on 29 January.
    yield billed.note("training", "cus_005", date(2025, 3, 10), date(2025, 2, 3), "prod_training", None)
    yield billed.note("platform", "cus_001", date(2025, 5, 20), date(2025, 2, 1), "prod_platform", 1_800_00)
    # On the lines of an invoice-level discount, which lowered two others.
    yield billed.note("pilot", "cus_024", date(2025, 5, 12), date(2025, 4, 3), None, 40_00, DISCOUNT)
    yield billed.note("first_of_two", "cus_003", date(2025, 6, 16), date(2025, 4, 1), "prod_platform", 5_000_00)


def _from_july(billed: Billed) -> Iterator[CreditNote]:
    """Notes that adjust."""
    yield billed.note(
        "product_discount", "cus_008", date(2025, 8, 11), date(2025, 7, 1), "prod_platform", 600_00, DISCOUNT
    )
    # The second note on that line; the first one cancelled.
    yield billed.note("second_of_two", "cus_003", date(2025, 9, 22), date(2025, 4, 1), "prod_platform", 3_000_00)
    yield billed.note("redated", "cus_018", date(2025, 10, 2), date(2025, 7, 1), "prod_platform", 20_000)
    # In full: the seats were never used.
    yield billed.note("unused_seats", "cus_008", date(2025, 11, 17), date(2025, 9, 9), "prod_seats", None)
    # Of the invoice as a whole, over all its lines.
    whole = billed.note("goodwill", "cus_025", date(2025, 11, 24), date(2025, 6, 1), "prod_platform", 75_000)
    yield replace(whole, lines=tuple(replace(line, of_line=None) for line in whole.lines))
    draft = billed.note("draft", "cus_028", date(2025, 12, 17), date(2025, 10, 1), "prod_platform", 100_00)
    yield replace(draft, status="DRAFT")


def _on_orders() -> Iterator[CreditNote]:
    """Notes on usage, in a bundle, of Acme Europe, and on a finished project."""
    # The second line is of nothing: the billing system prints it to say that no more is credited.
    nothing = NoteLine(title="No further credit", amount_minor=0, of_line=line_id("messages_04", 1))
    for label, customer_id, dated, of_order, position, amount_minor, further in (
        ("messages", "cus_017", date(2025, 5, 28), "messages_04", 1, 51_15, (nothing,)),
        ("kit", "cus_025", date(2025, 6, 30), "office_kit", 3, 12_000, ()),
        ("trial", "cus_043", date(2025, 9, 30), "europe_trial", 1, 240_00, ()),
        ("warehouse", "cus_022", date(2025, 10, 27), "warehouse", 1, 1_550_00, ()),
    ):
        line = NoteLine(title="Credit", amount_minor=amount_minor, of_line=line_id(of_order, position))
        yield CreditNote(
            label=label,
            customer_id=customer_id,
            accounting_date=dated,
            lines=(line, *further),
            invoice_id=f"inv_{of_order}",
        )


def _standalone() -> Iterator[CreditNote]:
    compensation = NoteLine(title="Compensation for the outage", amount_minor=150_00, product_id="prod_platform")
    yield CreditNote(
        label="compensation", customer_id="cus_015", accounting_date=date(2025, 6, 5), lines=(compensation,)
    )
    rest_of_year = Period(date(2025, 8, 1), date(2025, 12, 31))
    loyalty = NoteLine(title="Loyalty credit", amount_minor=240_00, product_id="prod_support", period=rest_of_year)
    yield CreditNote(label="loyalty", customer_id="cus_030", accounting_date=date(2025, 8, 6), lines=(loyalty,))
