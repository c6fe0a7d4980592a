"""The rules a landed invoice must keep across its rows and across datasets, each a query that collects every violation.

What belongs here: one `DocumentRule` per way an invoice and its lines can be wrong together. What does not: faults of a
single row (`revrec.parsing`), what happens to the rejected rows (`revrec.line_allocations`).

The queries run on the tables that `revrec.line_allocations` prepares in DuckDB:

* `invoice`: the month's invoices, with `known_customer`, `known_entity`, `rejected_line` (why a line of it was rejected
  at the door);
* `line`: the month's lines joined with invoice and product: `invoice_found`, `rejected_invoice` (why the invoice was
  rejected at the door), `known_product`, `method` (the line's own, else the product's), amounts in minor units (NULL:
  more decimals than the currency has, or out of bounds), `role` (TARGET, GROUP_DISCOUNT, INVOICE_DISCOUNT);
* `line_total`: per invoice_id, `lines`, `net_minor`, `magnitude_minor` (without signs), and whether all are `readable`.

Each query gives (dataset, invoice_id, landed_file, landed_row, field, value, reason, action), none of them NULL.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentRule:
    """One rule: its name and the query that lists its violations."""

    name: str
    violations: str


def _line_rule(name: str, condition: str, field: str, reason: str, action: str) -> DocumentRule:
    return _rule(name, "invoice_line_items", "line", condition, field, reason, action)


def _invoice_rule(name: str, condition: str, field: str, reason: str, action: str) -> DocumentRule:
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


def _amount_rule(field: str) -> DocumentRule:
    return _line_rule(
        f"{field}_is_an_amount_of_the_currency",
        f"invoice_found AND {field} IS NOT NULL AND {field}_minor IS NULL",
        field,
        f"""CASE WHEN has_more_decimals({field}, exponent)
                THEN format('{field} {{}} has more decimals than {{}} has ({{}})', {field}, currency, exponent)
                ELSE format('{field} {{}} is beyond the largest amount revrec computes exactly', {field}) END""",
        "'correct the amount and land the line again'",
    )


def _landed_once(dataset: str, table: str, key: str) -> DocumentRule:
    """Versions of an id are settled on arrival; a second one here would multiply the rows it is joined with."""
    return DocumentRule(
        f"an_id_stands_once_in_{dataset}",
        f"""
        SELECT '{dataset}' AS dataset, invoice_id, landed_file, landed_row, 'id' AS field, {key} AS value,
               format('id {{}} stands more than once in {dataset} of {{}}', {key}, getvariable('month')) AS reason,
               'land one row of that id' AS action
        FROM {table} SEMI JOIN (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1) AS repeated USING ({key})
        """,  # noqa: S608 - our own constants
    )


def _refused_line(name: str, condition: str, field: str, what: str) -> DocumentRule:
    return _line_rule(
        name,
        condition,
        field,
        f"'revrec does not recognize {what} yet'",
        "'leave the invoice out of landing/ until a release that does, and adjust by hand'",
    )


_DOCUMENT_KEYS = (("invoices", "invoice", "invoice_id"), ("invoice_line_items", "line", "line_id"))

DOCUMENT_RULES: tuple[DocumentRule, ...] = (
    _line_rule(
        "a_line_belongs_to_an_invoice_of_its_month",
        "NOT invoice_found",
        "invoice_id",
        """CASE WHEN rejected_invoice IS NOT NULL
                THEN format('its invoice {} is in quarantine: {}', invoice_id, rejected_invoice)
                ELSE format('there is no invoice {} in landing/invoices/{}', invoice_id, getvariable('month')) END""",
        """CASE WHEN rejected_invoice IS NOT NULL THEN 'correct the invoice and land it again'
                ELSE 'land the invoice in the same month, or correct invoice_id' END""",
    ),
    _line_rule(
        "a_product_is_known",
        "product_id IS NOT NULL AND NOT known_product",
        "product_id",
        "format('product {} is not in landing/products', product_id)",
        "'land the product, or correct product_id'",
    ),
    _line_rule(
        "a_charge_has_a_product",
        "invoice_found AND product_id IS NULL AND role = 'TARGET'",
        "product_id",
        "'a line that is not a discount has no product_id'",
        "'give the line a product_id'",
    ),
    *(_amount_rule(field) for field in ("net_total", "list_price", "standalone_selling_price", "credit_grant_amount")),
    _line_rule(
        "a_discount_lowers_the_price",
        "kind = 'DISCOUNT' AND net_total_minor > 0",
        "net_total",
        "format('a DISCOUNT line has the positive amount {}', net_total)",
        "'make the amount negative, or the kind CHARGE'",
    ),
    _line_rule(
        "straight_line_has_a_service_period",
        """invoice_found AND role = 'TARGET' AND known_product AND method = 'STRAIGHT_LINE'
           AND (service_period_start IS NULL OR service_period_end IS NULL)""",
        "service_period_start",
        "'the line is recognized STRAIGHT_LINE and has no service period'",
        "'give service_period_start and service_period_end, or another recognition_method'",
    ),
    _refused_line("usage_is_refused", "role = 'TARGET' AND method = 'USAGE'", "recognition_method", "method USAGE"),
    _refused_line(
        "milestone_is_refused", "role = 'TARGET' AND method = 'MILESTONE'", "recognition_method", "method MILESTONE"
    ),
    _refused_line("minimum_fee_is_refused", "kind = 'MINIMUM_FEE'", "kind", "minimum fees"),
    _refused_line("credit_grant_line_is_refused", "kind = 'CREDIT_GRANT'", "kind", "credit grant purchases"),
    _refused_line(
        "credit_grant_is_refused", "credit_grant_id IS NOT NULL", "credit_grant_id", "credit grants applied to a line"
    ),
    _refused_line("bundle_is_refused", "bundle_id IS NOT NULL", "bundle_id", "bundles"),
    _invoice_rule(
        "a_customer_is_known",
        "NOT known_customer",
        "customer_id",
        "format('customer {} is not in landing/customers', customer_id)",
        "'land the customer, or correct customer_id'",
    ),
    _invoice_rule(
        "an_entity_is_known",
        "NOT known_entity",
        "entity_id",
        "format('entity {} is not in the policy', entity_id)",
        "'add it to entities in policy.yaml, or correct entity_id'",
    ),
    _invoice_rule(
        "a_void_is_refused",
        "status = 'VOIDED'",
        "status",
        "'revrec does not recognize voided invoices yet'",
        "'leave the invoice out of landing/ until a release that does, and adjust by hand'",
    ),
    _invoice_rule(
        "no_later_version_was_rejected_at_the_door",
        "rejected_version IS NOT NULL",
        "invoice_id",
        "format('a later version of the invoice is in quarantine: {}', rejected_version)",
        "'correct that version and land it again'",
    ),
    _invoice_rule(
        "no_line_was_rejected_at_the_door",
        "rejected_line IS NOT NULL",
        "invoice_id",
        "format('a line of the invoice is in quarantine: {}', rejected_line)",
        "'correct the line and land it again'",
    ),
    *(_landed_once(dataset, table, key) for dataset, table, key in _DOCUMENT_KEYS),
    DocumentRule(
        "lines_add_up_to_the_invoice",
        """
        SELECT 'invoices' AS dataset, invoice_id, landed_file, landed_row, 'net_total' AS field,
               amount_text(net_total_minor, exponent) AS value,
               CASE WHEN lines IS NULL THEN 'the invoice has no lines'
                    ELSE format('its {} line(s) add up to {} {}, not to {}', lines, amount_text(net_minor, exponent),
                                currency, amount_text(net_total_minor, exponent)) END AS reason,
               'land every line of the invoice, and a net_total that is their sum' AS action
        FROM invoice LEFT JOIN line_total USING (invoice_id)
        WHERE rejected_line IS NULL AND (lines IS NULL OR (readable AND net_minor <> net_total_minor))
        """,
    ),
    DocumentRule(
        # what a line ends with after discounts is then within the bound too, so that no kernel overflows
        "lines_are_computed_exactly_together",
        """
        SELECT 'invoices' AS dataset, invoice_id, landed_file, landed_row, 'net_total' AS field,
               amount_text(net_total_minor, exponent) AS value,
               'its lines, added up without signs, are beyond the largest amount revrec computes exactly' AS reason,
               'land the lines on several invoices' AS action
        FROM invoice JOIN line_total USING (invoice_id)
        WHERE magnitude_minor > getvariable('largest_amount_minor')
        """,
    ),
    DocumentRule(
        "an_invoice_discount_has_lines_to_go_to",
        """
        SELECT 'invoice_line_items' AS dataset, invoice_id, landed_file, landed_row, 'product_id' AS field, '' AS value,
               'a discount without a product stands on an invoice without any other line' AS reason,
               'give the discount a product_id, or land the lines it is meant for' AS action
        FROM line ANTI JOIN (SELECT invoice_id FROM line WHERE role = 'TARGET') AS target USING (invoice_id)
        WHERE role = 'INVOICE_DISCOUNT' AND invoice_found
        """,
    ),
)
