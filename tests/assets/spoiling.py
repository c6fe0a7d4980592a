"""Spoiling what lies in a store behind revrec's back, and reading what a check says of it.

What belongs here: changes of tables, and a check's figures. What does not: which figures must be found
(`spoilt_reports.py`, `test_checks.py`).
"""

from collections.abc import Callable

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from tests.assets.chain import Chain

# The posting month whose tables are spoilt.
POSTING_MONTH = "2025-02"
Spoil = Callable[[Chain], None]


def in_lake(table: str, month: str, change: Callable[[pa.Table], pa.Table]) -> Spoil:
    return lambda chain: chain.spoil(table, month, change)


def cells(change: Callable[[object], object], *columns: str, row: int = 0) -> Callable[[pa.Table], pa.Table]:
    """Change one row's cells of these columns."""

    def changed(table: pa.Table) -> pa.Table:
        for name in columns:
            values = table[name].to_pylist()
            values[row] = change(values[row])
            column = (
                pa.array(values, pa.string()).cast(table.schema.field(name).type)
                if isinstance(values[row], str)
                else pa.array(values, table.schema.field(name).type)
            )
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
        return table

    return changed


def without(column: str, value: str) -> Callable[[pa.Table], pa.Table]:
    """Take the rows out that have this text in a column."""
    return lambda table: table.filter(pc.not_equal(table[column], value))


def more(amount: object) -> object:
    """One minor unit more."""
    assert isinstance(amount, int)
    return amount + 1


def less(amount: object) -> object:
    assert isinstance(amount, int)
    return amount - 1


def figures(check: dg.AssetCheckEvaluation) -> list[dict[str, object]]:
    shown = check.metadata["figures"]
    assert isinstance(shown, dg.TableMetadataValue)
    return [dict(record.data) for record in shown.records]
