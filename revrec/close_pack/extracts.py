"""What a pack takes of a table of any size: its largest rows, how many there are, and what all of them add up to.

What belongs here: reading a stream of rows once and keeping a bounded part of it. What does not: which tables a pack
has (`pack.py`), journals (`journal_extracts.py`), and how rows look.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import Int64Array
from revrec.close_pack.columns import largest, sizes_of, summed
from revrec.columns import exact_sum, integers

# Rows of a table in a pack. A cell of the workbook takes some 5 microseconds: six tables of so many rows are written in
# about three seconds, and a month has to close in seconds. The CSV file has every row.
MAX_ROWS = 5_000

# Of products, months and accounts, not of documents: small, and charts add all of their rows up.
_WHOLE = ("trial_balance", "roll_forward", "remaining_performance_obligations", "revenue_cohorts", "revenue_forecast")

# By which amounts the rows of a table are large; of other tables by any amount.
_SIZED_BY: Mapping[str, tuple[str, ...]] = {
    "deferred_revenue": ("remaining_minor", "balance_minor", "invoiced_minor"),
    "obligation_register": ("remaining_minor", "total_minor"),
}


@dataclass(frozen=True)
class Extract:
    """The largest rows of a table.

    Attributes:
        rows: all rows in the table's order; or, where it has more than `MAX_ROWS`, those with the largest amounts, the
            largest first.
        of: how many rows the table has.
        totals: sums of all its rows by column of minor units.
    """

    rows: pa.Table
    of: int
    totals: Mapping[str, int]


def sized_by(name: str, schema: pa.Schema) -> tuple[str, ...]:
    """The amounts by which rows of a table are large."""
    return _SIZED_BY.get(name) or tuple(each for each in schema.names if each.endswith("_minor"))


def extract(
    name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema, counted: pc.Expression | None = None
) -> Extract:
    """Take the largest rows of a stream; memory holds some `MAX_ROWS` and one batch.

    Args:
        name: of the table.
        batches: its rows.
        schema: of the rows.
        counted: which rows make the totals; None for all.
    """
    if name in _WHOLE:
        return _whole(pa.Table.from_batches(batches, schema), counted)
    sizes = sized_by(name, schema)
    totals = {each: 0 for each in schema.names if each.endswith("_minor")}
    held, of = schema.empty_table(), 0
    for batch in batches:
        of += batch.num_rows
        rows = pa.Table.from_batches([batch])
        adding = rows if counted is None else rows.filter(counted)
        for each in totals:
            totals[each] += exact_sum(adding[each])
        if held.num_rows == MAX_ROWS:
            # of equal ones the earlier stay
            rows = rows.filter(pa.array(sizes_of(rows, sizes) > sizes_of(held, sizes).min()))
        held = largest(pa.concat_tables([held, rows]), sizes, MAX_ROWS)
    if held.num_rows < of:
        held = held.take(pa.array(np.argsort(-sizes_of(held, sizes), kind="stable")))
    return Extract(held, of, totals)


def _whole(table: pa.Table, counted: pc.Expression | None) -> Extract:
    adding = table if counted is None else table.filter(counted)
    amounts = [name for name in table.schema.names if name.endswith("_minor")]
    return Extract(table, table.num_rows, {name: exact_sum(adding[name]) for name in amounts})


def extract_of(name: str, table: pa.Table, counted: pc.Expression | None = None) -> Extract:
    """The largest rows of a table in memory."""
    return extract(name, table.to_batches(), table.schema, counted)


_BALANCE_COLUMNS = ["level", "customer_id", "figure", "release_month", "amount_minor"]


def waterfall_extract(read: Callable[[list[str]], Iterable[pa.RecordBatch]], schema: pa.Schema) -> Extract:
    """The customers with the largest Deferred balances, each with all its rows of `REVENUE_WATERFALL`.

    Args:
        read: reads columns of the rows; it is called twice.
        schema: of the rows.

    Returns:
        an extract whose `of` counts customers and products, as the wide waterfall has a row for each, and whose totals
        are by figure ("BOOKED") and by month of release ("2026-01").
    """
    balances, totals = _balances(read(_BALANCE_COLUMNS))
    remaining = integers(balances["remaining"].combine_chunks())
    rows_each = integers(balances["rows"].combine_chunks())
    order: Int64Array = np.argsort(-np.abs(remaining), kind="stable")
    within = np.cumsum(rows_each[order]) <= MAX_ROWS
    within[:1] = True  # of one customer with more products than that, all are shown
    is_cut = not within.all()
    # the order of the table, unless rows are left out
    chosen = balances["customer_id"].take(pa.array(order[within])).combine_chunks()
    kept = pa.Table.from_batches(
        (batch.filter(pc.is_in(batch["customer_id"], chosen)) if is_cut else batch for batch in read(schema.names)),
        schema,
    )
    if is_cut:
        rank = pc.index_in(kept["customer_id"], chosen).combine_chunks()
        kept = kept.take(pa.array(np.argsort(integers(rank), kind="stable")))
    return Extract(kept, int(rows_each.sum()), totals)


def _balances(batches: Iterable[pa.RecordBatch]) -> tuple[pa.Table, dict[str, int]]:
    """Per customer its Deferred balance and how many rows the wide waterfall has for it; and the totals.

    Every customer and product has a REMAINING figure (`revrec.reports.revenue_waterfall`).
    """
    balances: list[pa.Table] = []
    totals: dict[str, int] = {}
    for batch in batches:
        rows = pa.Table.from_batches([batch])
        of_customers = rows.filter(pc.equal(rows["level"], "CUSTOMER"))
        named = of_customers.append_column("of", pc.coalesce(of_customers["release_month"], of_customers["figure"]))
        for (of,), amount in summed(named, ["of"], "amount_minor").items():
            totals[str(of)] = totals.get(str(of), 0) + amount
        left = rows.filter(pc.equal(rows["figure"], "REMAINING"))
        own = pc.if_else(pc.equal(left["level"], "CUSTOMER"), left["amount_minor"], 0)
        balances.append(pa.table({"customer_id": left["customer_id"], "amount": own}))
    empty = pa.table({"customer_id": pa.array([], pa.string()), "amount": pa.array([], pa.int64())})
    grouped = pa.concat_tables([empty, *balances]).group_by("customer_id", use_threads=False)
    sums = grouped.aggregate([("amount", "sum"), ("amount", "count")])
    named = sums.rename_columns({"amount_sum": "remaining", "amount_count": "rows"})
    return named.sort_by("customer_id"), totals
