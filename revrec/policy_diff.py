"""What a change of policy would alter, before it is applied (SPEC 5).

What belongs here: comparing settings, and comparing schedules made under two policies. What does not: making the
schedules.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from revrec.accounts import MOVEMENT_KINDS
from revrec.catch_up import MonthSchedules
from revrec.policy import Policy

# One row per ledger, month and account whose balance of debits less credits would move otherwise. `posts_on` is the
# first open day where the month, or its first days, are locked; null where the month itself would change.
DIFFERENCES = pa.schema(
    [
        pa.field("entity", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("month", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("before_minor", pa.int64(), nullable=False),
        pa.field("after_minor", pa.int64(), nullable=False),
        pa.field("posts_on", pa.date32()),
    ]
)


@dataclass(frozen=True)
class SettingChange:
    """A setting that differs: its path, e.g. versions.0.residue, and both values as text; empty where it is absent."""

    setting: str
    before: str
    after: str


def changed_settings(before: Policy, after: Policy) -> list[SettingChange]:
    """Every setting that differs, defaults included, in order of their paths."""
    old, new = (dict(_flat(policy.model_dump(mode="json"))) for policy in (before, after))
    return [
        SettingChange(setting, old.get(setting, ""), new.get(setting, ""))
        for setting in sorted(old.keys() | new.keys())
        if old.get(setting, "") != new.get(setting, "")
    ]


def _flat(settings: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(settings, Mapping):
        for name, value in settings.items():
            yield from _flat(value, f"{path}.{name}" if path else str(name))
    elif isinstance(settings, (list, tuple)) and any(isinstance(item, Mapping) for item in settings):
        for place, value in enumerate(settings):
            yield from _flat(value, f"{path}.{place}")
    elif isinstance(settings, (list, tuple)):
        yield path, ", ".join(sorted(map(str, settings)))
    else:
        yield path, "" if settings is None else str(settings)


def schedule_differences(
    connection: duckdb.DuckDBPyConnection,
    before: Iterable[MonthSchedules],
    after: Iterable[MonthSchedules],
    locked_through: date | None,
) -> pa.Table:
    """Where schedules made under two policies differ, per ledger, month and account.

    Args:
        connection: an empty DuckDB database.
        before: every document month under the policy in force.
        after: every document month under the other one.
        locked_through: the last locked day; None where nothing is locked.

    Returns:
        table of `DIFFERENCES`: debits less credits, in order of ledger, month and account.
    """
    connection.execute("SET VARIABLE locked_through = CAST(? AS DATE)", [locked_through])
    connection.execute(_MOVED)
    for side, months in (("before", before), ("after", after)):
        connection.execute("SET VARIABLE side = ?", [side])
        for month in months:
            connection.register("arriving_runs", month.runs)
            connection.register("arriving_obligations", month.obligations)
            connection.execute(_MOVES)
            connection.unregister("arriving_runs")
            connection.unregister("arriving_obligations")
    kinds = [
        {"kind": kind.name, "debit_account": kind.debit.value, "credit_account": kind.credit.value}
        for kind in MOVEMENT_KINDS.values()
    ]
    connection.register("kind", pa.Table.from_pylist(kinds))
    return connection.sql(_DIFFERENCES).to_arrow_table().cast(DIFFERENCES)


_MOVED = """
CREATE TABLE moved (side VARCHAR, entity VARCHAR, currency VARCHAR, month DATE, kind VARCHAR, is_locked BOOLEAN,
                    amount_minor HUGEINT)
"""

# A run that the lock date cuts is two: each day but its last has the daily amount.
_MOVES = """
INSERT INTO moved
WITH cut AS (
    SELECT *, CASE WHEN getvariable('locked_through') IS NULL OR first_day > getvariable('locked_through') THEN 0
                   WHEN first_day + days - 1 <= getvariable('locked_through') THEN amount_minor
                   ELSE daily_minor * (getvariable('locked_through') - first_day + 1) END AS locked_minor
    FROM arriving_runs
), part AS (
    SELECT obligation_no, month, kind, true AS is_locked, locked_minor AS amount FROM cut
    UNION ALL SELECT obligation_no, month, kind, false, amount_minor - locked_minor FROM cut
)
SELECT getvariable('side'), entity, currency, month, kind, is_locked, sum(amount)
FROM part JOIN arriving_obligations USING (obligation_no) WHERE amount <> 0 GROUP BY ALL
"""

_DIFFERENCES = """
WITH side_of AS (
    SELECT entity, currency, month, is_locked, side, debit_account AS account, amount_minor AS amount
    FROM moved JOIN kind USING (kind)
    UNION ALL SELECT entity, currency, month, is_locked, side, credit_account, -amount_minor
    FROM moved JOIN kind USING (kind)
)
SELECT entity, currency, strftime(month, '%Y-%m') AS month, account,
       CAST(coalesce(sum(amount) FILTER (side = 'before'), 0) AS BIGINT) AS before_minor,
       CAST(coalesce(sum(amount) FILTER (side = 'after'), 0) AS BIGINT) AS after_minor,
       if(is_locked, getvariable('locked_through') + 1, NULL) AS posts_on
FROM side_of GROUP BY entity, currency, month, account, is_locked
HAVING before_minor <> after_minor ORDER BY ALL
"""
