"""Drawing stories: documents that are sound together, and what their obligations come to.

What belongs here: one strategy per kind of story, and policies. What does not: when the documents land
(`tests.histories.test_histories`).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from revrec.methods.allocation_strategies import AllocationStrategy, Residue
from revrec.policy import Exports, NetSuiteExport, Policy, PolicyVersion, QuickBooksExport, XeroExport
from tests.amended_oracle import Amended, Note, Release
from tests.histories.documents import (
    MILESTONE,
    POINT_IN_TIME,
    STRAIGHT_LINE,
    USAGE,
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

# All documents are dated, and all service ends, between these days.
FIRST_DAY, LAST_DAY = dt.date(2024, 12, 1), dt.date(2025, 4, 30)
DAY = dt.timedelta(days=1)
ACCRUING = (STRAIGHT_LINE, USAGE)

# Closing writes every enabled export; these are as true as the generic one, and take their time.
_GENERIC_ONLY = Exports(
    xero=XeroExport(enabled=False), quickbooks=QuickBooksExport(enabled=False), netsuite=NetSuiteExport(enabled=False)
)

_days = st.one_of(
    st.dates(FIRST_DAY, LAST_DAY),
    st.sampled_from([dt.date(2024, 12, 31), dt.date(2025, 1, 1), dt.date(2025, 1, 31), dt.date(2025, 2, 28)]),
)
_amounts = st.one_of(st.integers(1, 99), st.sampled_from([10_000, 9_999, 120_000, 100_003]), st.integers(1, 10**7))
_currencies = st.sampled_from(["USD", "USD", "JPY", "KWD"])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies of one or two versions."""
    dates = [dt.date(2000, 1, 1), dt.date(2025, 2, 1)][: draw(st.integers(1, 2))]
    return Policy(first_month="2024-12", versions=tuple(draw(_version(day)) for day in dates), exports=_GENERIC_ONLY)


def _version(day: dt.date) -> st.SearchStrategy[PolicyVersion]:
    return st.builds(
        PolicyVersion,
        effective_from=st.just(day),
        allocation_strategy=st.sampled_from(AllocationStrategy),
        residue=st.sampled_from(Residue),
        credit_note_mode=st.sampled_from(["cancel", "adjust"]),
        credit_grant_policy=st.sampled_from(["deferred_until_consumed", "deferred_until_consumed", "recognized_at_grant"]),
        lock_method=st.sampled_from(["custom_lock_date", "custom_lock_date", "accounting_date"]),
    )


def in_force(policy: Policy, day: dt.date) -> PolicyVersion:
    """The version that applies to a document of a day."""
    return [version for version in policy.versions if version.effective_from <= day][-1]


@st.composite
def stories(draw: st.DrawFn, policy: Policy, number: int) -> Story:
    """A story of customer `number`."""
    kind: Callable[..., st.SearchStrategy[Story]] = draw(
        st.sampled_from([billed, billed, billed, metered, scheduled, granted, standing_alone, broken])
    )
    return draw(kind(policy, f"c{number}", draw(_currencies)))


def _from(first: dt.date) -> st.SearchStrategy[dt.date]:
    return st.one_of(st.dates(first, LAST_DAY), st.sampled_from([first, min(first + DAY, LAST_DAY), LAST_DAY]))


@st.composite
def _periods(draw: st.DrawFn) -> tuple[dt.date, dt.date]:
    start = draw(_days)
    return start, draw(_from(start))


def _terms(policy: Policy, day: dt.date, invoiced: bool = True) -> dict[str, object]:
    """What the policy of a day says of an obligation."""
    version = in_force(policy, day)
    floor = day if invoiced and version.lock_method == "accounting_date" else None
    return {"strategy": version.allocation_strategy, "residue": version.residue, "floor": floor}


# --- invoices ---------------------------------------------------------------------------------------------------------


@st.composite
def billed(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """An invoice of one line: in advance, in arrears or in between, with versions, credit notes, milestones, a void."""
    method = draw(st.sampled_from([STRAIGHT_LINE, STRAIGHT_LINE, STRAIGHT_LINE, POINT_IN_TIME, USAGE, MILESTONE]))
    start, end = draw(_periods())
    amount, date = draw(_amounts), draw(_days)
    recognition = draw(st.none() | _days) if method == POINT_IN_TIME else None
    line = Line(f"{customer}-l", amount, method, start, end, recognition)
    invoice = Invoice(f"{customer}-i", customer, currency, date, (line,))
    releases, completions = draw(_milestones(line, currency)) if method == MILESTONE else ((), ())
    notes, voids = draw(_afterwards(invoice, policy, line))
    case = _case(policy, invoice, line, releases=releases, notes=notes[0], voided=voids[0])
    return Story(
        (customer_row(customer),),
        (*draw(_versions(invoice)), *completions, *notes[1], *voids[1]),
        {f"{invoice.id}/{line.id}": case},
        notes[2],
    )


def _case(policy: Policy, invoice: Invoice, line: Line, **more: object) -> Amended:
    recognition = line.recognition or (line.end if line.method == POINT_IN_TIME else None)
    return Amended(
        amount=line.amount_minor,
        accounting=invoice.date,
        start=line.start,
        end=line.end,
        method=line.method,
        recognition=recognition,
        **{**_terms(policy, invoice.date), **more},  # type: ignore[arg-type]  # fields of `Amended` by name
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
def _afterwards(
    draw: st.DrawFn, invoice: Invoice, policy: Policy, line: Line
) -> tuple[
    tuple[tuple[Note, ...], tuple[Document, ...], frozenset[tuple[str, str]]], tuple[dt.date | None, tuple[Document, ...]]
]:
    """Credit notes on a line, and the invoice's void; notes on a void invoice are bad input, as is one too many."""
    voided = draw(_days) if draw(st.integers(0, 3)) == 0 else None
    days = sorted(draw(st.lists(_from(invoice.date), max_size=3)))
    amounts, left = [], line.amount_minor
    for _ in days:
        amounts.append(draw(st.one_of(st.integers(1, max(left, 1)), st.just(max(left, 1)))))
        left -= min(amounts[-1], left)
    documents, applied, refused, left = [], [], set(), line.amount_minor
    for place, (day, amount) in enumerate(zip(days, amounts, strict=True)):
        note_id = f"{invoice.customer}-n{place}"
        cells = {"invoice_line_item_id": line.id}
        documents.append(note(note_id, invoice.customer, invoice.currency, day, amount, cells))
        if voided is not None or amount > left:
            refused.add(("credit_notes", note_id))
        else:
            left -= amount
            applied.append(Note(day, amount, in_force(policy, day).credit_note_mode == "adjust"))
    void = replace(invoice, status="VOIDED", voided=voided, version=9)
    return (
        (tuple(applied), tuple(documents), frozenset(refused)),
        (voided, (Document((void.header(),)),) if voided else ()),
    )


@st.composite
def _milestones(draw: st.DrawFn, line: Line, currency: str) -> tuple[tuple[Release, ...], tuple[Document, ...]]:
    """Completions in percent and in amounts, of at most the line, and what each releases."""
    completions = sorted(
        (day, place) for place, day in enumerate(draw(st.lists(_days, max_size=3)))
    )
    percent, amount, released = Fraction(0), Fraction(0), 0
    releases, documents = [], []
    for day, place in completions:
        left = 1 - percent - amount
        if draw(st.booleans()):
            share = draw(st.integers(1, 100))
            part = Fraction(share, 100)
            cells = {"percent": str(share)}
            percent += part if part <= left else 0
        else:
            minor = draw(st.one_of(st.integers(1, line.amount_minor), st.just(max(1, int(line.amount_minor * left)))))
            part = Fraction(minor, line.amount_minor)
            cells = {"amount": decimal(minor, currency)}
            amount += part if part <= left else 0
        documents.append(milestone(f"{line.id}-m{place}", line.id, day, cells))
        due = _due(line.amount_minor, percent, amount)
        if due != released:
            releases.append(Release(day, 1, due - released))
        released = due
    return tuple(releases), tuple(documents)


def _due(whole: int, percent: Fraction, amount: Fraction) -> int:
    if percent + amount == 1:
        return whole
    return min(whole, sum(int(whole * part + Fraction(1, 2)) for part in (percent, amount)))


# --- accruals ---------------------------------------------------------------------------------------------------------


@st.composite
def metered(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """Usage of a period in one or two records, and perhaps the invoice that takes it over, and that one's void."""
    start, end = draw(_periods())
    amounts = draw(st.lists(_amounts, min_size=1, max_size=2))
    documents = tuple(
        Document((_usage(f"{customer}-u{place}", customer, currency, start, end, amount, draw(_days)),))
        for place, amount in enumerate(amounts)
    )
    accrual = f"usage/{customer}/api/{currency}/{start}/{end}"
    accrued = _accrued(policy, sum(amounts), start, end, USAGE)
    if draw(st.booleans()):
        return Story((customer_row(customer),), documents, {accrual: accrued} if accrued else {})
    line = Line(f"{customer}-l", draw(_amounts), USAGE, start, end, more={"product_id": "api"})
    invoice = Invoice(f"{customer}-i", customer, currency, draw(_days), (line,))
    return _taken_over(draw, policy, invoice, {accrual: accrued}, documents, (customer_row(customer),), [accrual])


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
    terms = _terms(policy, end)
    if terms.pop("floor") is not None or amount == 0:
        return None
    return Amended(amount, None, start, end, method, **terms)  # type: ignore[arg-type]  # as above


def _taken_over(
    draw: st.DrawFn,
    policy: Policy,
    invoice: Invoice,
    accrued: dict[str, Amended | None],
    documents: tuple[Document, ...],
    reference: tuple[Row, ...],
    of_lines: Sequence[str],
) -> Story:
    """The invoice's lines go by the accruals' ids; once it is void, the accruals resume on that day."""
    voided = draw(st.none() | _days)
    lines = zip(of_lines, invoice.lines, strict=True)
    if voided is None:
        obligations = accrued | {accrual: _case(policy, invoice, line) for accrual, line in lines}
        landed: tuple[Document, ...] = (Document(invoice.rows()),)
    else:
        resumed = {name: case and replace(case, floor=voided) for name, case in accrued.items() if name in of_lines}
        own = {f"{invoice.id}/{line.id}": _case(policy, invoice, line, voided=voided) for _, line in lines}
        obligations = accrued | resumed | own
        void = replace(invoice, status="VOIDED", voided=voided, version=9)
        landed = (Document(invoice.rows()), Document((void.header(),)))
    return Story(reference, (*documents, *landed), {name: case for name, case in obligations.items() if case})


@st.composite
def scheduled(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """A monthly billing schedule in arrears, and perhaps the invoice of one of its periods."""
    start = dt.date(2024, 12, draw(st.integers(1, 28))) if draw(st.booleans()) else dt.date(2025, 1, 1)
    months, method, amount = draw(st.integers(1, 3)), draw(st.sampled_from(ACCRUING)), draw(_amounts)
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
    line = Line(f"{customer}-l", draw(_amounts), method, *periods[place], more={"price_id": price})
    invoice = Invoice(f"{customer}-i", customer, currency, draw(_days), (line,), schedule=schedule_id)
    return _taken_over(draw, policy, invoice, accrued, documents, (customer_row(customer),), [ids[place]])


def _later(day: dt.date, months: int) -> dt.date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1)


# --- credit grants ----------------------------------------------------------------------------------------------------


@st.composite
def granted(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """A credit grant with its purchase, what consumes it and gives back, and perhaps its expiry."""
    credits, price = draw(_amounts), draw(_amounts)
    effective = draw(st.dates(FIRST_DAY, dt.date(2025, 1, 31)))
    expiry = draw(st.none() | _from(effective))
    grant = {
        "id": f"{customer}-g",
        "customer_id": customer,
        "name": f"Credits of {customer}",
        "currency": currency,
        "amount": decimal(credits, currency),
        "effective_date": str(effective),
        "expiry_date": str(expiry or ""),
    }
    bought = {"kind": "CREDIT_GRANT", "credit_grant_id": grant["id"], "recognition_method": ""}
    line = Line(f"{customer}-l", price, POINT_IN_TIME, effective, LAST_DAY, more=bought)
    invoice = Invoice(f"{customer}-i", customer, currency, draw(_days), (line,))
    used, drawdowns = draw(_drawdowns(grant["id"], currency, credits, effective, expiry))
    if in_force(policy, invoice.date).credit_grant_policy == "deferred_until_consumed":
        releases = tuple(_released(used, credits, price, expiry))
        case = replace(_case(policy, invoice, line), method=MILESTONE, recognition=None, releases=releases)
    else:
        case = replace(_case(policy, invoice, line), recognition=effective)
    reference = (customer_row(customer), Row("credit_grants", None, grant))
    return Story(reference, (Document(invoice.rows()), *drawdowns), {f"{invoice.id}/{line.id}": case})


@st.composite
def _drawdowns(
    draw: st.DrawFn, grant: str, currency: str, credits: int, effective: dt.date, expiry: dt.date | None
) -> tuple[list[tuple[dt.date, int]], tuple[Document, ...]]:
    """Credits used by day, and the transactions: each day's consumption comes before what is given back."""
    used, found, documents = 0, [], []
    for place, day in enumerate(sorted(draw(st.lists(_from(effective), max_size=4)))):
        gives_back = used > 0 and (draw(st.booleans()) or (expiry is not None and day > expiry))
        if not gives_back and ((expiry is not None and day > expiry) or used == credits):
            continue
        if not gives_back and found and found[-1][0] == day and found[-1][1] < 0:
            continue
        amount = draw(st.integers(1, used if gives_back else credits - used))
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


def _released(used: Sequence[tuple[dt.date, int]], credits: int, price: int, expiry: dt.date | None) -> list[Release]:
    """The price in proportion to what is used so far; all of it once the grant has expired."""
    days = sorted({day for day, _ in used} | ({expiry} if expiry else set()))
    releases, earned = [], 0
    for day in days:
        due = price * sum(amount for on, amount in used if on <= day) // credits
        due = price if expiry is not None and day >= expiry else due
        if due != earned:
            releases.append(Release(day, 1, due - earned))
        earned = due
    return releases


# --- the others -------------------------------------------------------------------------------------------------------


@st.composite
def standing_alone(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """A credit note of no invoice: a negative schedule of its own."""
    amount, date = draw(_amounts), draw(_days)
    note_id = f"{customer}-n"
    cells, start, end, method = {"product_id": "plan"}, date, date, POINT_IN_TIME
    if draw(st.booleans()):
        method, (start, end) = STRAIGHT_LINE, draw(_periods())
        cells |= {"service_period_start": str(start), "service_period_end": str(end)}
    terms = {**_terms(policy, date), "floor": None}
    case = Amended(-amount, date, start, end, method, date, **terms)  # type: ignore[arg-type]  # as above
    document = note(note_id, customer, currency, date, amount, cells)
    return Story((customer_row(customer),), (document,), {f"{note_id}/{note_id}-1": case})


@st.composite
def broken(draw: st.DrawFn, policy: Policy, customer: str, currency: str) -> Story:
    """Bad input of one kind: it ends in quarantine and bears on nothing."""
    date = draw(_days)
    line = Line(f"{customer}-l", draw(_amounts), STRAIGHT_LINE, date, LAST_DAY)
    invoice = Invoice(f"{customer}-i", customer, currency, date, (line,))
    kind = draw(st.sampled_from(["unknown customer", "does not add up", "backwards", "no invoice", "no line"]))
    if kind == "no invoice":
        refused = note(f"{customer}-n", customer, currency, date, 1, {"invoice_line_item_id": "nowhere"})
        return Story((customer_row(customer),), (refused,), {}, frozenset({("credit_notes", f"{customer}-n")}))
    if kind == "no line":
        refused = milestone(f"{customer}-m", "nowhere", date, {"percent": "50"})
        return Story((customer_row(customer),), (refused,), {}, frozenset({("milestones", f"{customer}-m")}))
    header, item = invoice.rows()
    if kind == "unknown customer":
        header = replace(header, cells={**header.cells, "customer_id": "nobody"})
    elif kind == "does not add up":
        header = replace(header, cells={**header.cells, "net_total": decimal(line.amount_minor + 1, currency)})
    else:
        item = replace(item, cells={**item.cells, "service_period_end": str(date - DAY)})
    quarantined = frozenset({("invoices", invoice.id), ("invoice_line_items", line.id)})
    return Story((customer_row(customer),), (Document((header, item)),), {}, quarantined)

