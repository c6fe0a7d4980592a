"""Rules a landed document must keep, as queries that collect every violation.

What belongs here: what a rule is, and the rules that every dataset shares. What does not: the rules of one document
(the module of that document).

A rule looks at a table with the columns `month`, `document_id`, `row_id`, `home`, `newer_month`, `rejected_version`,
`landed_file` and `landed_row`, beside those of the landing dataset. Rows with a `newer_month` are versions out of
force: no rule looks at them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from revrec.amendments.workspace import Workspace


@dataclass(frozen=True)
class AmendmentRule:
    """One rule.

    Attributes:
        name: of the rule.
        dataset: whose rows the table holds.
        table: name of the table.
        condition: SQL over its columns that holds where the rule is broken.
        field: field at fault.
        reason: SQL text, not NULL where the condition holds.
        action: likewise.
        value: SQL of the offending value; the field's own unless given.
    """

    name: str
    dataset: str
    table: str
    condition: str
    field: str
    reason: str
    action: str
    value: str | None = None

    def query(self, order: int) -> str:
        """Its violations, in the columns of the table `fault`; `order` is its place among the rules."""
        return f"""
            SELECT DISTINCT '{self.dataset}', home, month, document_id, row_id, landed_file, landed_row, '{self.field}',
                   coalesce(CAST({self.value or self.field} AS VARCHAR), ''), {self.reason}, {self.action}, {order}
            FROM {self.table} WHERE newer_month IS NULL AND ({self.condition})
        """  # noqa: S608 - our own constants


def collect(work: Workspace, rules: Iterable[AmendmentRule], first: int = 0) -> None:
    """Note every violation of the rules; `first` is the place of the first of them."""
    for order, rule in enumerate(rules, start=first):
        work.run(f"INSERT INTO fault {rule.query(order)}")


def arrival_rules(dataset: str, table: str, what: str) -> tuple[AmendmentRule, ...]:
    """Rules of every document: no later version of it is in quarantine, and its id stands once."""
    return (
        AmendmentRule(
            "no_later_version_was_rejected_at_the_door",
            dataset,
            table,
            "rejected_version IS NOT NULL",
            "id",
            f"format('a later version of the {what} is in quarantine: {{}}', rejected_version)",
            "'correct that version and land it again'",
            value="row_id",
        ),
        AmendmentRule(
            "an_id_stands_once",
            dataset,
            table,
            f"(month, row_id) IN (SELECT (month, id) FROM raw_{dataset} GROUP BY month, id HAVING count(*) > 1)",  # noqa: S608 - our own constants
            "id",
            f"format('id {{}} stands more than once in {dataset}', row_id)",
            "'land one row of that id'",
            value="row_id",
        ),
    )


def amount_rule(dataset: str, table: str, field: str, condition: str) -> AmendmentRule:
    """An amount whose currency is another document's is one of that currency; `condition`: it is known."""
    return AmendmentRule(
        f"{field}_is_an_amount_of_the_currency",
        dataset,
        table,
        f"{condition} AND {field} IS NOT NULL AND {field}_minor IS NULL",
        field,
        f"""CASE WHEN has_more_decimals({field}, exponent)
                 THEN format('{field} {{}} has more decimals than {{}} has ({{}})', {field}, currency, exponent)
                 ELSE format('{field} {{}} is beyond the largest amount revrec computes exactly', {field}) END""",
        "'correct the amount and land the row again'",
    )


def known_rule(dataset: str, table: str, what: str) -> AmendmentRule:
    """A customer or product that the row names has landed; `what` is which of the two."""
    return AmendmentRule(
        f"a_{what}_is_known",
        dataset,
        table,
        f"{what}_id IS NOT NULL AND NOT known_{what}",
        f"{what}_id",
        f"format('{what} {{}} is not in landing/{what}s', {what}_id)",
        f"'land the {what}, or correct {what}_id'",
    )


def line_rules(dataset: str, table: str) -> tuple[AmendmentRule, ...]:
    """The invoice line that a row names stands on one invoice, which is not in quarantine.

    The table has `line_found`, `line_invoices` (on how many invoices that id stands) and `line_quarantine`.
    """
    named = "invoice_line_item_id IS NOT NULL"
    return (
        AmendmentRule(
            "its_line_is_known",
            dataset,
            table,
            f"{named} AND NOT line_found",
            "invoice_line_item_id",
            """CASE WHEN line_quarantine IS NOT NULL
                    THEN format('its invoice line {} is in quarantine: {}', invoice_line_item_id, line_quarantine)
                    ELSE format('there is no invoice line {}', invoice_line_item_id) END""",
            """CASE WHEN line_quarantine IS NOT NULL THEN 'correct the invoice and land it again'
                    ELSE 'land the invoice, or correct invoice_line_item_id' END""",
        ),
        AmendmentRule(
            "its_line_is_one",
            dataset,
            table,
            f"{named} AND line_found AND line_invoices > 1",
            "invoice_line_item_id",
            "format('invoice line {} stands on {} invoices', invoice_line_item_id, line_invoices)",
            "'give the lines ids of their own'",
        ),
    )
