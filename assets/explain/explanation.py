"""What an explanation holds, whatever it explains.

What belongs here: the value that people read and scripts take as JSON, and how amounts stand in it. What does not:
collecting it (the other modules), showing it (`revrec_dagster.explanation_text`).
"""

from dataclasses import dataclass, field
from typing import Any

from revrec.errors import RevrecError
from revrec.money import to_text

# Of what makes something up, the largest ones: a person reads no more, and a script may ask for more.
MOST = 10


class NotExplainedError(RevrecError, LookupError):
    """What was asked for is not there; the message says what is near, and where to look."""


@dataclass(frozen=True)
class Explanation:
    """What stands behind a journal, an entry, a document or a row of a report.

    Amounts are decimal texts with their currency, dates ISO 8601; a landed row counts as a person sees its file.

    Attributes:
        kind: journal, entry, invoice, credit note, manual journal or report row.
        subject: its number, id or key.
        ledger: entity and currency, e.g. default-USD; empty where it follows from the obligations.
        status: open, locked or closed, and by whom; of a document without obligations why it has none.
        figures: of a report row: each with what makes it up, and whether that adds up to it.
        parts: the schedules or journals that make a report row up, the largest first.
        entries: stretches of days of a journal in order, or the entry's day.
        lines: lines of a document that have no obligation of their own, with the reason.
        quarantined: rows of a document that are bad input, with what is wrong and what to do.
        obligations: obligations behind it, with every document that bears on them and the row it landed as.
        corrections: why locked days were caught up on, one per catch-up.
        manual_journals: the record of manual journals.
        in_all: how many of each list there are, of which the lists may have the largest.
    """

    kind: str
    subject: str
    ledger: str = ""
    status: str = ""
    figures: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    obligations: list[dict[str, Any]] = field(default_factory=list)
    corrections: list[dict[str, Any]] = field(default_factory=list)
    manual_journals: list[dict[str, Any]] = field(default_factory=list)
    in_all: dict[str, int] = field(default_factory=dict)


def money(amount_minor: int, currency: str) -> str:
    """An amount with its currency, e.g. 120.00 USD."""
    return f"{to_text(amount_minor, currency)} {currency}"
