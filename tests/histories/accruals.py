"""Usage and billing schedules, before and after their invoice.

What belongs here: accruals, the invoices that take them over, and the voids of those. What does not: other invoices
(`tests.histories.invoices`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from revrec.policy import Policy
from tests.amended_oracle import Amended
from tests.histories.documents import (
    STRAIGHT_LINE,
    USAGE,
    Document,
    Invoice,
    Line,
    Row,
    Story,
    customer_row,
    decimal,
    month_of,
)
from tests.histories.drawing import DAY, periods, some_amounts, some_days, terms_of
from tests.histories.invoices import afterwards, case_of

ACCRUING = (STRAIGHT_LINE, USAGE)


@st.composite
def metered(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """Usage of a period in one or two records, and perhaps the invoice that takes it over, and that one's void."""
    start, end = draw(periods())
    amounts = draw(st.lists(some_amounts, min_size=1, max_size=2))
    documents = tuple(
        Document((_usage(f"{customer}-u{place}", customer, currency, start, end, amount, draw(some_days)),))
        for place, amount in enumerate(amounts)
    )
    accrual = f"usage/{customer}/api/{currency}/{start}/{end}"
    accrued = _accrued(policy, sum(amounts), start, end, USAGE)
    if draw(st.booleans()):
        return Story((customer_row(customer),), documents, {accrual: accrued} if accrued else {})
    line = Line(f"{customer}-l", draw(some_amounts), USAGE, start, end, more={"product_id": "api"})
    invoice = Invoice(f"{customer}-i", customer, currency, draw(some_days), (line,))
    return _taken_over(draw, policy, invoice, accrual, {accrual: accrued}, documents)


def _usage(
    usage_id: str, customer: str, currency: str, start: dt.date, end: dt.date, amount: int, landed: dt.date
) -> Row:
    cells = {
        "id": usage_id,
        "customer_id": customer,
        "product_id": "api",
        "currency": currency,
        "period_start": str(start),
        "period_end": str(end),
        "amount": decimal(amount, currency),
    }
    return Row("usage", month_of(landed), cells)


def _accrued(policy: Policy, amount: int, start: dt.date, end: dt.date, method: str) -> Amended | None:
    """What nobody has invoiced yet; held back altogether under the lock method accounting_date."""
    terms = terms_of(policy, end)
    if terms.pop("floor") is not None or amount == 0:
        return None
    return Amended(amount, None, start, end, method, **terms)  # type: ignore[arg-type]  # as above


def _taken_over(
    draw: st.DrawFn,
    policy: Policy,
    invoice: Invoice,
    accrual: str,
    accrued: Mapping[str, Amended | None],
    documents: tuple[Document, ...],
) -> Story:
    """The invoice's line goes by the accrual's id; once it is void, the accrual resumes on that day."""
    later = draw(afterwards(invoice, policy))
    [line] = invoice.lines
    case = case_of(policy, invoice, line, notes=later.notes, voided=later.voided)
    obligations = dict(accrued)
    if later.voided is None:
        obligations[accrual] = case
    else:
        obligations[f"{invoice.id}/{line.id}"] = case
        resumed = obligations[accrual]
        obligations[accrual] = resumed and replace(resumed, floor=later.voided)
    return Story(
        (customer_row(invoice.customer),),
        (*documents, Document(invoice.rows()), *later.documents),
        {name: sound for name, sound in obligations.items() if sound},
        later.refused,
    )


@st.composite
def scheduled(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """A monthly billing schedule in arrears, and perhaps the invoice of one of its periods."""
    start = dt.date(2024, 12, draw(st.integers(1, 28))) if draw(st.booleans()) else dt.date(2025, 1, 1)
    months, method, amount = draw(st.integers(1, 3)), draw(st.sampled_from(ACCRUING)), draw(some_amounts)
    starts = [_later(start, month) for month in range(months)]
    periods = [(first, _later(first, 1) - DAY) for first in starts]
    schedule_id, price = f"{customer}-s", f"{customer}-p"
    ids = [f"accrual/{schedule_id}/{price}/{first}/{last}" for first, last in periods]
    accrued = {
        name: _accrued(policy, amount, first, last, method) for name, (first, last) in zip(ids, periods, strict=True)
    }
    schedule = {
        "id": schedule_id,
        "customer_id": customer,
        "product_id": "plan",
        "price_id": price,
        "currency": currency,
        "amount": decimal(amount, currency),
        "frequency": "MONTHLY",
        "start_date": str(start),
        "end_date": str(periods[-1][1]),
        "billing_type": "IN_ARREARS",
        "recognition_method": method,
    }
    documents = (Document((Row("billing_schedules", None, schedule),)),)
    if draw(st.booleans()):
        obligations = {name: case for name, case in accrued.items() if case}
        return Story((customer_row(customer),), documents, obligations)
    place = draw(st.integers(0, months - 1))
    line = Line(f"{customer}-l", draw(some_amounts), method, *periods[place], more={"price_id": price})
    invoice = Invoice(f"{customer}-i", customer, currency, draw(some_days), (line,), schedule=schedule_id)
    return _taken_over(draw, policy, invoice, ids[place], accrued, documents)


def _later(day: dt.date, months: int) -> dt.date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)
