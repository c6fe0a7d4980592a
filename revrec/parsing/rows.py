"""What the fields of one row must be together (SPEC 10).

What belongs here: absent fields, service periods, and the month a document belongs to. What does not: one field's text
(`revrec.parsing.fields`), and rules across rows (`revrec.document_rules`).
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import BoolArray, DateArray
from revrec.calendar import MAX_SERVICE_DAYS, days_inclusive, month_of, parse_month
from revrec.parsing.faults import CORRECT_AND_LAND_AGAIN, Fault, positions_of
from revrec.schemas import Dataset, Field


def absence_faults(field: Field, absent: BoolArray) -> list[Fault]:
    """A fault for every row without a required field.

    Args:
        field: the field.
        absent: where it is absent (text that is not UTF-8 is there, and a fault of its own).
    """
    if not field.required or not bool(absent.any()):
        return []
    return [Fault(positions_of(absent), field.name, lambda _: f"{field.name} is missing, and every row must have one")]


def period_faults(dataset: Dataset, texts: Mapping[str, pa.Array], values: Mapping[str, pa.Array]) -> list[Fault]:
    """Faults of the dataset's period: only one end given, end before start, longer than a century.

    Args:
        dataset: the dataset; without a period there are no faults.
        texts: string arrays by field name, null where absent.
        values: typed arrays by field name, null where absent or at fault.
    """
    if dataset.period is None:
        return []
    start, end = dataset.period
    first_days, last_days = _days(values[start]), _days(values[end])
    # NaT compares false with everything: a period with an absent or unreadable end is neither reversed nor too long.
    days = days_inclusive(first_days, last_days)
    reversed_, both = last_days < first_days, ~(np.isnat(first_days) | np.isnat(last_days))
    found = [
        Fault(positions_of(reversed_), end, lambda at: f"{end} {last_days[at]} is before {start} {first_days[at]}"),
        Fault(
            positions_of(both & (days > MAX_SERVICE_DAYS)),
            end,
            lambda at: (
                f"{start} {first_days[at]} to {end} {last_days[at]} are {days[at]:,} days,"
                f" more than the {MAX_SERVICE_DAYS:,} of a century"
            ),
        ),
    ]
    # Where the start is required (a credit grant's effective date), an absent end means that the period is open.
    if not dataset[start].required and not dataset[end].required:
        found += [_half_given(start, end, texts), _half_given(end, start, texts)]
    return [fault for fault in found if len(fault.positions)]


def _half_given(missing: str, given: str, texts: Mapping[str, pa.Array]) -> Fault:
    half = pc.and_(pc.is_null(texts[missing]), pc.is_valid(texts[given]))
    return Fault(
        positions_of(half),
        missing,
        lambda _: f"{given} is given without {missing}",
        f"give both ends of the period or neither: {CORRECT_AND_LAND_AGAIN}",
    )


def month_faults(dataset: Dataset, values: Mapping[str, pa.Array], month: str | None) -> list[Fault]:
    """A fault for every document that lies in the folder of a month it does not belong to.

    Args:
        dataset: the dataset; without a month field there are no faults.
        values: typed arrays by field name.
        month: month of the folder, YYYY-MM; None where there are no month folders.
    """
    if dataset.month_field is None or month is None:
        return []
    name, days = dataset.month_field, _days(values[dataset.month_field])
    months = month_of(days)
    wrong = positions_of(~np.isnat(months) & (months != parse_month(month)))
    if not len(wrong):
        return []
    return [
        Fault(
            wrong,
            name,
            lambda at: f"{name} {days[at]} is in {months[at]}, but the file lies in the folder of {month}",
            f"land the document below landing/{dataset.name}/ in the folder of its month, or correct {name}",
        )
    ]


def _days(dates: pa.Array) -> DateArray:
    days: DateArray = dates.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    return days
