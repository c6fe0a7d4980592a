"""Bad input, as data: what was wrong, where, and what to do (SPEC 10).

What belongs here: the record of one rejected landed row, also from a query's row. What does not: finding the faults
(`revrec.parsing`, `revrec.document_rules`, `revrec.amendments`) or writing them down (`resources.quarantine`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from revrec.money import to_text
from revrec.schemas import Dataset, FieldType


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


def rejection_of(dataset: Dataset, row: Mapping[str, object]) -> Rejection:
    """A rejection from a row of a query that found a fault.

    Args:
        dataset: of the landed row.
        row: landed_file, landed_row, field, value, reason, action; and `r_<column>` for every column of the dataset.
    """
    currency = str(row.get("r_currency"))
    return Rejection(
        dataset=dataset.name,
        file=str(row["landed_file"]),
        row=int(str(row["landed_row"])),
        field=str(row["field"]),
        value=str(row["value"])[:MAX_VALUE_LENGTH],
        reason=str(row["reason"]),
        action=str(row["action"]),
        record={item.name: _text(row[f"r_{item.column}"], item.type, currency) for item in dataset.fields},
    )


def _text(value: object, kind: FieldType, currency: str) -> str | None:
    """A typed value as it landed, but for how an amount or a timestamp was spelled."""
    if value is None:
        return None
    return to_text(int(str(value)), currency) if kind is FieldType.MONEY else str(value)
