"""Invoices in advance, in arrears and in between, with all that may follow them.

What belongs here: an invoice's versions, credit notes, milestones and void. What does not: invoices that take accruals
over (`tests.histories.accruals`), purchases of credit grants (`tests.histories.other_stories`).
"""

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st

from revrec.policy import Policy
from tests.amended_oracle import Amended, Note, Release
from tests.histories.documents import (
    MILESTONE,
    POINT_IN_TIME,
    STRAIGHT_LINE,
    USAGE,
    Document,
    Invoice,
    Line,
    Story,
    customer_row,
    decimal,
    milestone,
    month_of,
    note,
)
from tests.histories.drawing import days_from, in_force, periods, some_amounts, some_days, terms_of


@st.composite
def billed(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """An invoice of one line: in advance, in arrears or in between, with versions, credit notes, milestones, a void."""
    method = draw(st.sampled_from([STRAIGHT_LINE, STRAIGHT_LINE, STRAIGHT_LINE, POINT_IN_TIME, USAGE, MILESTONE]))
    start, end = draw(periods())
    amount, date = draw(some_amounts), draw(some_days)
    recognition = draw(st.none() | some_days) if method == POINT_IN_TIME else None
    line = Line(f"{customer}-l", amount, method, start, end, recognition)
    invoice = Invoice(f"{customer}-i", customer, currency, date, (line,))
    completions = draw(_milestones(line, currency)) if method == MILESTONE else Completions()
    later = draw(afterwards(invoice, policy))
    case = case_of(policy, invoice, line, releases=completions.releases, notes=later.notes, voided=later.voided)
    return Story(
        (customer_row(customer),),
        (*draw(_versions(invoice)), *completions.documents, *later.documents, *draw(_renamed(customer))),
        {f"{invoice.id}/{line.id}": case},
        completions.refused | later.refused,
    )


def case_of(policy: Policy, invoice: Invoice, line: Line, **more: object) -> Amended:
    """What an invoice's line says of its obligation; `more` are fields of `Amended`."""
    recognition = line.recognition or (line.end if line.method == POINT_IN_TIME else None)
    return Amended(
        amount=line.amount_minor,
        accounting=invoice.date,
        start=line.start,
        end=line.end,
        method=line.method,
        recognition=recognition,
        **{**terms_of(policy, invoice.date), **more},  # type: ignore[arg-type]  # fields of `Amended` by name
    )


@st.composite
def _versions(draw: st.DrawFn, invoice: Invoice) -> tuple[Document, ...]:
    """The invoice, and perhaps an earlier version of it: a draft, or one of another month and amount."""
    current = replace(invoice, version=5)
    kind = draw(st.sampled_from(["one", "one", "draft", "moved"]))
    if kind == "draft":
        return (Document((replace(invoice, version=2, status="DRAFT").header(),)), Document(current.rows()))
    other = [day for day in (dt.date(2024, 12, 15), dt.date(2025, 2, 10)) if month_of(day) != month_of(invoice.date)]
    if kind == "moved":
        [line] = invoice.lines
        lines = (replace(line, amount_minor=line.amount_minor + draw(st.integers(0, 500))),)
        earlier = replace(invoice, date=draw(st.sampled_from(other)), lines=lines, version=2)
        return (Document(earlier.rows()), Document(current.rows()))
    return (Document(current.rows()),)


@st.composite
def _renamed(draw: st.DrawFn, customer: str) -> tuple[Document, ...]:
    """Perhaps a later version of the customer, by another name."""
    return (Document((customer_row(customer, version=2),)),) if draw(st.integers(0, 3)) == 0 else ()


class Afterwards(NamedTuple):
    """Credit notes of an invoice, and its void.

    Attributes:
        documents: what lands of them.
        notes: those that lower the line, in order.
        refused: (dataset, id) of those that are bad input: on a void invoice, or for more than is left.
        voided: the day of the void.
    """

    documents: tuple[Document, ...]
    notes: tuple[Note, ...]
    refused: frozenset[tuple[str, str]]
    voided: dt.date | None


@st.composite
def afterwards(draw: st.DrawFn, invoice: Invoice, policy: Policy) -> Afterwards:
    """What follows an invoice of one line."""
    voided = draw(some_days) if draw(st.integers(0, 3)) == 0 else None
    [line] = invoice.lines
    documents, applied, refused, left = [], list[Note](), set[tuple[str, str]](), line.amount_minor
    for place, day in enumerate(sorted(draw(st.lists(days_from(invoice.date), max_size=3)))):
        # all that is left as often as any other amount; once nothing is, one too many
        amount = draw(st.integers(1, max(left, 1)) | st.just(max(left, 1)))
        note_id = f"{invoice.customer}-n{place}"
        cells = {"invoice_line_item_id": line.id}
        documents.append(note(note_id, invoice.customer, invoice.currency, day, amount, cells))
        if voided is not None or amount > left:
            refused |= {("credit_notes", note_id), ("credit_note_line_items", f"{note_id}-1")}
        else:
            left -= amount
            applied.append(Note(day, amount, in_force(policy, day).credit_note_mode == "adjust"))
    if voided is not None:
        documents.append(Document((replace(invoice, status="VOIDED", voided=voided, version=9).header(),)))
    return Afterwards(tuple(documents), tuple(applied), frozenset(refused), voided)


class Completions(NamedTuple):
    """Milestones of a line.

    Attributes:
        documents: what lands of them.
        releases: what each releases, in order.
        refused: (dataset, id) of those that exceed the line.
    """

    documents: tuple[Document, ...] = ()
    releases: tuple[Release, ...] = ()
    refused: frozenset[tuple[str, str]] = frozenset()


@st.composite
def _milestones(draw: st.DrawFn, line: Line, currency: str) -> Completions:
    """Completions in percent and in amounts."""
    percent, amount = Fraction(0), Fraction(0)
    documents, releases, refused = [], list[Release](), set[tuple[str, str]]()
    for place, day in enumerate(sorted(draw(st.lists(some_days, max_size=3)))):
        milestone_id, left = f"{line.id}-m{place}", 1 - percent - amount
        if draw(st.booleans()):
            share = draw(st.integers(1, 100))
            cells, of_percent, of_amount = {"percent": str(share)}, Fraction(share, 100), Fraction(0)
        else:
            minor = draw(st.integers(1, line.amount_minor) | st.just(max(1, int(line.amount_minor * left))))
            cells, of_percent = {"amount": decimal(minor, currency)}, Fraction(0)
            of_amount = Fraction(minor, line.amount_minor)
        documents.append(milestone(milestone_id, line.id, day, cells))
        if of_percent + of_amount > left:
            refused.add(("milestones", milestone_id))
            continue
        percent, amount = percent + of_percent, amount + of_amount
        due = _due(line.amount_minor, percent, amount) - sum(release.amount for release in releases)
        if due:
            releases.append(Release(day, 1, due))
    return Completions(tuple(documents), tuple(releases), frozenset(refused))


def _due(whole: int, percent: Fraction, amount: Fraction) -> int:
    """Both parts rounded half up, and all of it once nothing is left (SPEC 2)."""
    if percent + amount == 1:
        return whole
    return min(whole, sum(int(whole * part + Fraction(1, 2)) for part in (percent, amount)))
