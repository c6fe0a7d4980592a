"""Credit grants, credit notes of no invoice, and bad input.

What belongs here: stories that share nothing with others. What does not: invoices (`tests.histories.invoices`) and
accruals (`tests.histories.accruals`).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from revrec.policy import Policy
from tests.amended_oracle import Amended, Release
from tests.histories.documents import (
    MILESTONE,
    POINT_IN_TIME,
    STRAIGHT_LINE,
    Document,
    Invoice,
    Line,
    Row,
    Story,
    customer_row,
    decimal,
    milestone,
    month_of,
    note,
)
from tests.histories.drawing import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    days_from,
    in_force,
    periods,
    some_amounts,
    some_days,
    terms_of,
)
from tests.histories.invoices import afterwards, case_of


@st.composite
def granted(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """A credit grant with its purchase, what consumes it and gives back, and perhaps its expiry."""
    granted_minor, price = draw(some_amounts), draw(some_amounts)
    effective = draw(st.dates(FIRST_DAY, dt.date(2025, 1, 31)))
    expiry = draw(st.none() | days_from(effective))
    grant = {
        "id": f"{customer}-g",
        "customer_id": customer,
        "name": f"Credits of {customer}",
        "currency": currency,
        "amount": decimal(granted_minor, currency),
        "effective_date": str(effective),
        "expiry_date": str(expiry or ""),
    }
    bought = {"kind": "CREDIT_GRANT", "credit_grant_id": grant["id"], "recognition_method": ""}
    line = Line(f"{customer}-l", price, POINT_IN_TIME, effective, LAST_DAY, more=bought)
    invoice = Invoice(f"{customer}-i", customer, currency, draw(some_days), (line,))
    used, drawdowns = draw(_drawdowns(grant["id"], currency, granted_minor, effective, expiry))
    if in_force(policy, invoice.date).credit_grant_policy == "deferred_until_consumed":
        releases = tuple(_released(used, granted_minor, price, expiry))
        earned: dict[str, object] = {"method": MILESTONE, "recognition": None, "releases": releases}
    else:
        earned = {"recognition": effective}
    later = draw(afterwards(invoice, policy))
    case = replace(case_of(policy, invoice, line, notes=later.notes, voided=later.voided), **earned)  # type: ignore[arg-type]  # fields of `Amended` by name
    reference = (customer_row(customer), Row("credit_grants", None, grant))
    documents = (Document(invoice.rows()), *drawdowns, *later.documents)
    return Story(reference, documents, {f"{invoice.id}/{line.id}": case}, later.refused)


@st.composite
def _drawdowns(
    draw: st.DrawFn, grant: str, currency: str, granted_minor: int, effective: dt.date, expiry: dt.date | None
) -> tuple[list[tuple[dt.date, int]], tuple[Document, ...]]:
    """Credits used by day, and the transactions: each day's consumption comes before what is given back."""
    used, found, documents = 0, list[tuple[dt.date, int]](), []
    for place, day in enumerate(sorted(draw(st.lists(days_from(effective), max_size=4)))):
        gives_back = used > 0 and (draw(st.booleans()) or (expiry is not None and day > expiry))
        if not gives_back and ((expiry is not None and day > expiry) or used == granted_minor):
            continue
        if not gives_back and found and found[-1][0] == day and found[-1][1] < 0:
            continue
        amount = draw(st.integers(1, used if gives_back else granted_minor - used))
        used += -amount if gives_back else amount
        found.append((day, -amount if gives_back else amount))
        cells = {
            "id": f"{grant}-t{place}",
            "credit_grant_id": grant,
            "type": "CREDIT" if gives_back else "DEBIT",
            "amount": decimal(amount, currency),
            "date": str(day),
        }
        documents.append(Document((Row("credit_grant_transactions", month_of(day), cells),)))
    return found, tuple(documents)


def _released(
    used: Sequence[tuple[dt.date, int]], granted_minor: int, price: int, expiry: dt.date | None
) -> list[Release]:
    """The price in proportion to what is used so far; all of it once the grant has expired."""
    days = sorted({day for day, _ in used} | ({expiry} if expiry else set()))
    releases, earned = [], 0
    for day in days:
        due = price * sum(amount for on, amount in used if on <= day) // granted_minor
        due = price if expiry is not None and day >= expiry else due
        if due != earned:
            releases.append(Release(day, 1, due - earned))
        earned = due
    return releases


@st.composite
def standing_alone(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """A credit note of no invoice: a negative schedule of its own."""
    amount, date = draw(some_amounts), draw(some_days)
    note_id = f"{customer}-n"
    cells, start, end, method = {"product_id": "plan"}, date, date, POINT_IN_TIME
    if draw(st.booleans()):
        method, (start, end) = STRAIGHT_LINE, draw(periods())
        cells |= {"service_period_start": str(start), "service_period_end": str(end)}
    terms = {**terms_of(policy, date), "floor": None}
    case = Amended(-amount, date, start, end, method, date, **terms)  # type: ignore[arg-type]  # as above
    document = note(note_id, customer, currency, date, amount, cells)
    return Story((customer_row(customer),), (document,), {f"{note_id}/{note_id}-1": case})


@st.composite
def broken(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """Bad input of one kind: it ends in quarantine and bears on nothing."""
    date = draw(some_days)
    line = Line(f"{customer}-l", draw(some_amounts), STRAIGHT_LINE, date, LAST_DAY)
    invoice = Invoice(f"{customer}-i", customer, currency, date, (line,))
    kind = draw(st.sampled_from(["unknown customer", "does not add up", "backwards", "no invoice", "no line"]))
    if kind == "no invoice":
        refused = note(f"{customer}-n", customer, currency, date, 1, {"invoice_line_item_id": "nowhere"})
        return Story((customer_row(customer),), (refused,), {}, _quarantined(refused))
    if kind == "no line":
        refused = milestone(f"{customer}-m", "nowhere", date, {"percent": "50"})
        return Story((customer_row(customer),), (refused,), {}, _quarantined(refused))
    header, item = invoice.rows()
    if kind == "unknown customer":
        header = replace(header, cells={**header.cells, "customer_id": "nobody"})
    elif kind == "does not add up":
        header = replace(header, cells={**header.cells, "net_total": decimal(line.amount_minor + 1, currency)})
    else:
        item = replace(item, cells={**item.cells, "service_period_end": str(date - DAY)})
    refused = Document((header, item))
    return Story((customer_row(customer),), (refused,), {}, _quarantined(refused))


def _quarantined(document: Document) -> frozenset[tuple[str, str]]:
    """All of its rows."""
    return frozenset((row.dataset, row.cells["id"]) for row in document.rows)
