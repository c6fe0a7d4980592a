"""The arithmetic of a credit grant that is deferred until consumed (SPEC 3, rule 5).

What belongs here: consumptions and give-backs of one grant, in order, to the part of its price that each earns, and
what its expiry releases. What does not: where they come from (`revrec.amendments.credit_grants`).

Source: ASC 606-10-55-46 to 55-49 (customers' unexercised rights).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from revrec.money import to_text


@dataclass(frozen=True)
class Grant:
    """A grant that was bought on an invoice.

    Attributes:
        grant_id: id, for messages.
        currency: ISO 4217 code of both amounts.
        amount_minor: credits granted, more than 0.
        price_minor: what its obligation is worth: less than the credits where it was bought at a discount.
        effective_date: first day of its use.
        expiry_date: last day of its use; None where it never expires.
    """

    grant_id: str
    currency: str
    amount_minor: int
    price_minor: int
    effective_date: dt.date
    expiry_date: dt.date | None


@dataclass(frozen=True)
class Drawdown:
    """Credits taken from a grant on a day, or given back.

    Attributes:
        date: its day.
        amount_minor: credits, more than 0.
        gives_back: whether they go back into the grant.
        voided_line: place, among the drawdowns, of the invoice line whose void gives back what that line took.
        is_line: whether an invoice line says so, and no transaction: it takes what there is, and no more.
    """

    date: dt.date
    amount_minor: int
    gives_back: bool = False
    voided_line: int | None = None
    is_line: bool = False


@dataclass(frozen=True)
class Drawn:
    """What a drawdown earns: part of the price, negative where it gives back. With a fault it does not count."""

    amount_minor: int
    fault: str | None = None


@dataclass(frozen=True)
class Breakage:
    """What is earned because nobody can use it any more; `cause`: place of the drawdown that gave it back too late."""

    date: dt.date
    amount_minor: int
    cause: int | None = None


def draw_down(grant: Grant, drawdowns: Sequence[Drawdown]) -> tuple[list[Drawn], list[Breakage]]:
    """What each drawdown earns, and what expires.

    What has been earned so far is always the price x credits used // credits granted: parts never add up to more or
    less than the price.

    Args:
        grant: the grant.
        drawdowns: in order of their days; on one day, what is taken before what is given back.

    Returns:
        one `Drawn` per drawdown; the breakage on the expiry date, if any, then one per later give-back.
    """
    used, credits_drawn, found = 0, list[int](), list[Drawn]()
    breakage, used_at_expiry = list[Breakage](), 0
    for place, drawdown in enumerate(drawdowns):
        amount, fault = _amount(grant, drawdown, used, credits_drawn)
        after = used - amount if drawdown.gives_back else used + amount
        earned = _earned(grant, after) - _earned(grant, used)
        used = after
        credits_drawn.append(amount)
        found.append(Drawn(earned, fault))
        if grant.expiry_date is None or drawdown.date <= grant.expiry_date:
            used_at_expiry = used
        elif earned:
            breakage.append(Breakage(drawdown.date, -earned, place))
    expired = grant.price_minor - _earned(grant, used_at_expiry)
    if grant.expiry_date is not None and expired:
        breakage.insert(0, Breakage(grant.expiry_date, expired))
    return found, breakage


def _earned(grant: Grant, used_minor: int) -> int:
    return used_minor * grant.price_minor // grant.amount_minor


def _amount(grant: Grant, drawdown: Drawdown, used: int, credits_drawn: Sequence[int]) -> tuple[int, str | None]:
    """The credits that count, and what is wrong where not all do."""
    if drawdown.voided_line is not None:
        return min(credits_drawn[drawdown.voided_line], used), None
    amount, fault = drawdown.amount_minor, _fault(grant, drawdown, used)
    if fault is None:
        return amount, None
    in_use = grant.effective_date <= drawdown.date and (grant.expiry_date is None or drawdown.date <= grant.expiry_date)
    left = grant.amount_minor - used
    return (left, None) if drawdown.is_line and in_use and left else (0, fault)


def _fault(grant: Grant, drawdown: Drawdown, used: int) -> str | None:
    wanted, name = f"{to_text(drawdown.amount_minor, grant.currency)} {grant.currency}", grant.grant_id
    if drawdown.gives_back:
        if drawdown.amount_minor <= used:
            return None
        return f"it gives back {wanted} to credit grant {name}, of which {to_text(used, grant.currency)} is consumed"
    if drawdown.date < grant.effective_date:
        return f"{drawdown.date} is before {grant.effective_date}, when credit grant {name} becomes effective"
    if grant.expiry_date is not None and drawdown.date > grant.expiry_date:
        return f"{drawdown.date} is after {grant.expiry_date}, when credit grant {name} expired"
    if used + drawdown.amount_minor > grant.amount_minor:
        left = to_text(grant.amount_minor - used, grant.currency)
        return f"it consumes {wanted} of credit grant {name}, of which {left} is left"
    return None
