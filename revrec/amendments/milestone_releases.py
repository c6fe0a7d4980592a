"""The arithmetic of milestones: what each completion releases of its line, exactly (SPEC 2, MILESTONE).

What belongs here: completions of one line, in order, to amounts in minor units. What does not: where they come from
(`revrec.amendments.milestones`), the days on which they are earned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from revrec.money import to_text

# More than any contract states; bounds what exact arithmetic has to carry.
MAX_PERCENT_DECIMALS = 6


@dataclass(frozen=True)
class Line:
    """An invoice line that is earned by milestones.

    Attributes:
        line_id: id, for messages.
        currency: ISO 4217 code.
        net_minor: as invoiced: what amounts of milestones are parts of.
        allocated_minor: after discounts: what is released in the end. Not 0.
    """

    line_id: str
    currency: str
    net_minor: int
    allocated_minor: int


@dataclass(frozen=True)
class Completion:
    """One milestone: a percentage of the line, or, where there is none, an amount of the sign of its net amount."""

    amount_minor: int = 0
    percent: str | None = None


@dataclass(frozen=True)
class Release:
    """What one completion releases, in the sign of the line's allocated amount; None where it has a fault."""

    amount_minor: int | None
    fault: str | None = None


def releases(line: Line, completions: Sequence[Completion]) -> list[Release]:
    """What each completion releases.

    Percentages add up, and release their sum of the line, rounded half up, less what percentages released before;
    amounts do the same in proportion to the invoiced amount, which without discounts is just the amount. The completion
    with which they exactly make up the line takes what remains. One that would exceed the line has a fault and does
    not count.

    Args:
        line: the line.
        completions: its milestones, earliest first.
    """
    percentages, amounts = Fraction(0), Fraction(0)
    released = 0
    found = []
    for completion in completions:
        part = _part(line, completion)
        if percentages + amounts + part > 1:
            found.append(Release(None, _excess(line, completion, 1 - percentages - amounts)))
            continue
        if completion.percent is None:
            amounts += part
        else:
            percentages += part
        due = _due(abs(line.allocated_minor), percentages, amounts)
        found.append(Release((due - released) * (1 if line.allocated_minor > 0 else -1)))
        released = due
    return found


def _part(line: Line, completion: Completion) -> Fraction:
    """The part of the line, exactly."""
    if completion.percent is not None:
        return Fraction(completion.percent) / 100
    return Fraction(completion.amount_minor, line.net_minor)


def _due(whole_minor: int, percentages: Fraction, amounts: Fraction) -> int:
    """What is released in all so far; two roundings up could add up to more than the line."""
    if percentages + amounts == 1:
        return whole_minor
    return min(_half_up(whole_minor * percentages) + _half_up(whole_minor * amounts), whole_minor)


def _half_up(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def _excess(line: Line, completion: Completion, left: Fraction) -> str:
    if completion.percent is not None:
        wanted, rest = f"{completion.percent}%", f"{_percent(left)}%"
    else:
        wanted = f"{to_text(completion.amount_minor, line.currency)} {line.currency}"
        rest = to_text(int(line.net_minor * left), line.currency)
    whole = f"{to_text(line.net_minor, line.currency)} {line.currency}"
    return f"it releases {wanted} of invoice line {line.line_id} ({whole}), of which {rest} is left"


def _percent(part: Fraction) -> str:
    """A part as a percentage, cut off after `MAX_PERCENT_DECIMALS`."""
    whole, decimals = divmod(int(part * 100 * 10**MAX_PERCENT_DECIMALS), 10**MAX_PERCENT_DECIMALS)
    return f"{whole}.{decimals:0{MAX_PERCENT_DECIMALS}d}".rstrip("0").rstrip(".")
