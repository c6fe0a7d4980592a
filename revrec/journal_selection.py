"""Which journals a report or an export takes in: the filters of SPEC 7, on run-length journals.

What belongs here: the filters as values, and choosing and cutting rows of `tables.DAILY_JOURNALS` by them. What does
not: where the months' journals come from and what was known at a moment (`assets.journal_selection`).

A row is a movement with its debit and its credit: whatever is left out, every journal still balances.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec import tables
from revrec.columns import dates, days, integers
from revrec.errors import RevrecError
from revrec.money import currency_exponent
from revrec.nearest import nearest

SOURCES = ("INVOICE", "BILLING_SCHEDULE", "CREDIT_NOTE", "STANDALONE")
TYPES = ("SYSTEM", "MANUAL")

# Filters that name things, to the columns of `tables.DAILY_JOURNALS` that may hold the name: id, then number or name.
NAMED: dict[str, tuple[str, str]] = {
    "customers": ("customer_id", "customer_name"),
    "products": ("product_id", "product_name"),
    "invoices": ("invoice_id", "invoice_number"),
    "credit_notes": ("credit_note_id", "credit_note_number"),
}


class SelectionError(RevrecError, ValueError):
    """A filter that cannot be: the message names its value, and what to give."""


class DayRangeError(SelectionError):
    """The last day is before the first."""


class UnknownChoiceError(SelectionError):
    """A filter's value is none of those there are."""


class NaiveAsOfError(SelectionError):
    """An as-of without a time zone, so that nobody knows which moment it means."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The filters of SPEC 7. What is None or empty does not filter; all others have to hold at once.

    Attributes:
        first_day: First posting date, inclusive.
        last_day: Last posting date, inclusive.
        entity: Of the ledger.
        currency: Of the ledger, ISO 4217.
        type: SYSTEM or MANUAL.
        source: INVOICE, BILLING_SCHEDULE, CREDIT_NOTE or STANDALONE.
        customers: Ids or legal names, any of them.
        products: Ids or names, any of them.
        invoices: Ids or numbers, any of them.
        credit_notes: Ids or numbers, any of them.
        exclude_fully_recognized: Leave out obligations that are wholly earned by the as-of date, or by the last day
            where there is none.
        as_of: Take in what was known at this moment only; aware.
    """

    first_day: date
    last_day: date
    entity: str | None = None
    currency: str | None = None
    type: str | None = None
    source: str | None = None
    customers: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()
    credit_notes: tuple[str, ...] = ()
    exclude_fully_recognized: bool = False
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        """See that each filter can be; names are put in order, so that equal selections are equal.

        Raises:
            SelectionError: One cannot.
            UnknownCurrencyError: The currency is none.
        """
        if self.last_day < self.first_day:
            raise DayRangeError(
                f"the last day {self.last_day} is before the first day {self.first_day}: give them the other way round"
            )
        _require_one_of("type", self.type, TYPES)
        _require_one_of("source", self.source, SOURCES)
        if self.currency is not None:
            currency_exponent(self.currency)
        if self.as_of is not None and self.as_of.utcoffset() is None:
            raise NaiveAsOfError(f"as-of {self.as_of.isoformat()} has no time zone: write it like 2025-03-31T18:00:00Z")
        for name in NAMED:
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))

    def told(self) -> dict[str, str]:
        """The filters that are set, name to text, for manifests and footers; always in the same order."""
        texts = {
            "from": self.first_day.isoformat(),
            "to": self.last_day.isoformat(),
            "as_of": self.as_of.astimezone(UTC).isoformat() if self.as_of else "",
            "entity": self.entity or "",
            "currency": self.currency or "",
            "type": self.type or "",
            "source": self.source or "",
            **{name: _listed(getattr(self, name)) for name in NAMED},
            "exclude_fully_recognized": "yes" if self.exclude_fully_recognized else "",
        }
        return {name: text for name, text in texts.items() if text}


def _require_one_of(name: str, value: str | None, choices: Collection[str]) -> None:
    if value is not None and value not in choices:
        raise UnknownChoiceError(
            f"{name} {value!r} is not known{nearest(value, choices)}: give one of {', '.join(choices)}"
        )


def _listed(names: Iterable[str]) -> str:
    """Names separated by commas; one that holds a comma or a quote stands in quotes, as in a CSV file."""
    return ", ".join('"' + name.replace('"', '""') + '"' if {",", '"'} & set(name) else name for name in names)


def select(batch: pa.RecordBatch, selection: Selection, fully_recognized: pa.Array | None = None) -> pa.RecordBatch:
    """The rows that a selection takes in, cut to its days.

    Args:
        batch: of `tables.DAILY_JOURNALS`.
        selection: the filters. Its as-of says which journals to read; it filters no row.
        fully_recognized: ids of obligations to leave out (string).

    Returns:
        batch of `tables.DAILY_JOURNALS` in the same order; the amounts of a stretch that is cut are those of the days
        that stay. A stretch without an amount on these days is gone.
    """
    kept = batch.filter(_matches(batch, selection, fully_recognized))
    return _cut(kept, selection.first_day, selection.last_day)


def _matches(batch: pa.RecordBatch, selection: Selection, fully_recognized: pa.Array | None) -> pa.Array:
    mask = pc.less_equal(batch["first_day"], pa.scalar(selection.last_day, pa.date32()))
    for name in ("entity", "currency", "type", "source"):
        value = getattr(selection, name)
        if value is not None:
            mask = pc.and_(mask, pc.equal(batch[name], value))
    for name, columns in NAMED.items():
        names = getattr(selection, name)
        if names:
            by_id, by_number = (_is_one_of(batch[column], pa.array(names, pa.string())) for column in columns)
            mask = pc.and_(mask, pc.or_(by_id, by_number))
    if fully_recognized is not None:
        mask = pc.and_not(mask, _is_one_of(batch["obligation_id"], fully_recognized))
    return mask


def _is_one_of(column: pa.Array, names: pa.Array) -> pa.Array:
    return pc.is_in(column.cast(pa.string()), value_set=names)


def _cut(batch: pa.RecordBatch, first_day: date, last_day: date) -> pa.RecordBatch:
    """Stretches of days cut to a range of days; those outside of it, and without an amount inside, are gone."""
    start, length = days(batch["first_day"]), integers(batch["days"])
    stop = start + length - 1
    first, last = np.maximum(start, np.datetime64(first_day, "D")), np.minimum(stop, np.datetime64(last_day, "D"))
    left, from_start, from_end = (last - first).astype(np.int64) + 1, first - start, stop - last
    if (left == length).all():
        return batch
    a_day, on_last_day = integers(batch["amount_a_day_minor"]), integers(batch["amount_last_day_minor"])
    # each day of a stretch but its own last has the daily amount
    on_last_day = np.where(from_end == np.timedelta64(0, "D"), on_last_day, a_day)
    amount = a_day * (left - 1) + on_last_day
    cut = {
        "first_day": dates(first),
        "days": pa.array(left.astype(np.int32)),
        "amount_last_day_minor": pa.array(on_last_day),
        "amount_minor": pa.array(amount),
        "effective_first_day": dates(np.add(days(batch["effective_first_day"]), from_start)),
        "effective_last_day": dates(np.subtract(days(batch["effective_last_day"]), from_end)),
    }
    columns = [cut.get(name, batch[name]) for name in tables.DAILY_JOURNALS.names]
    return pa.RecordBatch.from_arrays(columns, schema=tables.DAILY_JOURNALS).filter(pa.array((left > 0) & (amount > 0)))
