"""Turning rows of Arrow tables into Python values and sums, a column at a time.

What belongs here: picking the largest rows, adding up by keys, and wide tables of months. What does not: what the
columns mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from revrec.arrays import Int64Array
from revrec.columns import exact_sum, integers


def totals_of(table: pa.Table) -> dict[str, int]:
    """Exact sum of every column of minor units."""
    return {name: exact_sum(table[name]) for name in table.schema.names if name.endswith("_minor")}


def largest(table: pa.Table, columns: Sequence[str], most: int) -> pa.Table:
    """At most so many rows: those with the largest size in any of some columns, in the order they had.

    Args:
        table: any rows.
        columns: names of columns of minor units.
        most: how many rows to keep.
    """
    if table.num_rows <= most:
        return table
    # stable, so that of equal ones the earlier stay
    kept = np.sort(np.argsort(-sizes_of(table, columns), kind="stable")[:most])
    return table.take(pa.array(kept))


def sizes_of(table: pa.Table, columns: Sequence[str]) -> Int64Array:
    """Of each row the largest size in any of some columns of minor units."""
    sizes: Int64Array = np.max([np.abs(integers(table[name].combine_chunks())) for name in columns], axis=0)
    return sizes


def summed(table: pa.Table, keys: Sequence[str], amount: str) -> dict[tuple[str | None, ...], int]:
    """Sum of a column per combination of keys, in no order."""
    rows = table.select([*keys, amount]).group_by(list(keys), use_threads=False).aggregate([(amount, "sum")])
    return {tuple(row[key] for key in keys): row[f"{amount}_sum"] or 0 for row in rows.to_pylist()}


@dataclass(frozen=True)
class MonthMatrix:
    """Amounts by row and month.

    Attributes:
        rows: their keys.
        months: their columns' names, in order.
        amounts_minor: per row, one amount per month.
    """

    rows: list[tuple[str, ...]]
    months: list[str]
    amounts_minor: Mapping[tuple[str, ...], list[int]]


def month_matrix(table: pa.Table, keys: Sequence[str], month: str, amount: str, months: list[str]) -> MonthMatrix:
    """Long rows as a matrix with a column per month; months that are not named are left out.

    Args:
        table: any rows; text keys, a text column of months.
        keys: columns that name a row.
        month: column of months.
        amount: column of minor units.
        months: the columns wanted, in order.
    """
    row, named = _rows_by_key(table, keys)
    place = integers(pc.index_in(table[month], pa.array(months, pa.string())).fill_null(-1).combine_chunks())
    amounts = np.zeros((len(named), len(months)), dtype=np.int64)
    shown = place >= 0
    np.add.at(amounts, (row[shown], place[shown]), integers(table[amount].combine_chunks())[shown])
    return MonthMatrix(named, months, dict(zip(named, amounts.tolist(), strict=True)))


def _rows_by_key(table: pa.Table, keys: Sequence[str]) -> tuple[Int64Array, list[tuple[str, ...]]]:
    """The number of each row's key, and the keys, in the order in which they first come up."""
    number = np.zeros(table.num_rows, dtype=np.int64)
    for name in keys:
        encoded = table[name].combine_chunks().dictionary_encode()
        pair = number * len(encoded.dictionary) + integers(encoded.indices)
        number = np.unique(pair, return_inverse=True)[1]
    _, first, number = np.unique(number, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    rows = table.select(list(keys)).take(pa.array(first[order])).to_pylist()
    return rank[number], [tuple(row.values()) for row in rows]
