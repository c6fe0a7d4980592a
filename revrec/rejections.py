"""Bad input, as data: what was wrong, where, and what to do (SPEC 10).

What belongs here: the record of one rejected landed row. What does not: finding the faults (`revrec.parsing`,
`revrec.document_rules`) or writing them down (`resources.quarantine`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rejection:
    """One landed row that is kept out of the books, with the reason.

    Attributes:
        dataset: landing dataset.
        file: object key of the landed file.
        row: row in that file as a person sees it (a CSV's header is row 1); 0 where the whole file is meant.
        field: field at fault; empty where the whole row or file is.
        value: the offending text, shortened to MAX_VALUE_LENGTH.
        reason: what is wrong.
        action: what to do about it.
        record: the row as it landed, field name to text, so that nothing is lost.
    """

    dataset: str
    file: str
    row: int
    field: str
    value: str
    reason: str
    action: str
    record: dict[str, str | None]


# Long enough to recognize any id or amount, short enough that a megabyte in one field does not become a megabyte of
# report.
MAX_VALUE_LENGTH = 200
