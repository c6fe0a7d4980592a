"""What a rule about landed documents is, and how the usual ones are written.

What belongs here: the type, and builders for rules of one row. What does not: the rules (`revrec.document_rules`, and
`revrec.bundles`, `revrec.minimum_fees`, `revrec.credit_grant_lines` for theirs), faults of a row that are seen without
any other row (`revrec.parsing`).

Each query gives (dataset, invoice_id, landed_file, landed_row, field, value, reason, action), none of them NULL.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentRule:
    """One rule: its name and the query that lists its violations."""

    name: str
    violations: str


def line_rule(name: str, condition: str, field: str, reason: str, action: str, *, table: str = "line") -> DocumentRule:
    """One fault per line where a condition holds; see `_rule`. `table` is one of lines, with the columns of `line`."""
    return _rule(name, "invoice_line_items", table, condition, field, reason, action)


def invoice_rule(name: str, condition: str, field: str, reason: str, action: str) -> DocumentRule:
    """One fault per invoice where a condition holds; see `_rule`."""
    return _rule(name, "invoices", "invoice", condition, field, reason, action)


def _rule(name: str, dataset: str, table: str, condition: str, field: str, reason: str, action: str) -> DocumentRule:
    """One fault per row where a condition holds.

    Args:
        name: of the rule.
        dataset: whose rows `table` holds.
        table: `invoice` or `line`.
        condition: SQL over the table's columns.
        field: the column at fault, whose value is shown.
        reason: SQL text over the table's columns, not NULL where the condition holds.
        action: likewise.
    """
    return DocumentRule(
        name,
        f"""
        SELECT '{dataset}' AS dataset, invoice_id, landed_file, landed_row, '{field}' AS field,
               coalesce(CAST({field} AS VARCHAR), '') AS value, {reason} AS reason, {action} AS action
        FROM {table} WHERE {condition}
        """,  # noqa: S608 - our own constants
    )
