"""The rules a landed invoice must keep across its rows and across datasets, each a query that collects every violation.

What belongs here: one `DocumentRule` per way an invoice and its lines can be wrong together, and the list of them all.
What does not: faults of a single row (`revrec.parsing`), what happens to the rejected rows (`revrec.line_allocations`).

The queries run on the tables that `revrec.line_allocations` prepares in DuckDB:

* `invoice`: the month's invoices, with `known_customer`, `known_entity`, `rejected_line` (why a line of it was rejected
  at the door);
* `line`: the month's lines joined with invoice and product: `invoice_found`, `rejected_invoice` (why the invoice was
  rejected at the door), `known_product`, `method` (the line's own, else the product's), amounts in minor units (NULL:
  more decimals than the currency has, or out of bounds; `net_total_minor` is after credit grants), `role` (TARGET,
  GROUP_DISCOUNT, INVOICE_DISCOUNT);
* `line_total`: per invoice_id, `lines`, `net_minor`, `magnitude_minor` (without signs), and whether all are `readable`;
* `bundled`, `fee`, `granted`: the few lines with rules of their own, in the modules of these rules.
"""

from revrec.bundles import BUNDLE_RULES
from revrec.credit_grant_lines import CREDIT_GRANT_RULES
from revrec.minimum_fees import MINIMUM_FEE_RULES
from revrec.rules import DocumentRule, invoice_rule, line_rule


def _amount_rule(field: str) -> DocumentRule:
    return line_rule(
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


def _lacks_period(method: str) -> str:
    """Lines of a method that need a service period and have none; whether a minimum fee does is settled with fees."""
    return f"""invoice_found AND role = 'TARGET' AND kind <> 'MINIMUM_FEE' AND known_product AND method = '{method}'
               AND (service_period_start IS NULL OR service_period_end IS NULL)"""


_DOCUMENT_KEYS = (("invoices", "invoice", "invoice_id"), ("invoice_line_items", "line", "line_id"))

DOCUMENT_RULES: tuple[DocumentRule, ...] = (
    line_rule(
        "a_line_belongs_to_an_invoice_of_its_month",
        "NOT invoice_found",
        "invoice_id",
        """CASE WHEN rejected_invoice IS NOT NULL
                THEN format('its invoice {} is in quarantine: {}', invoice_id, rejected_invoice)
                ELSE format('there is no invoice {} in landing/invoices/{}', invoice_id, getvariable('month')) END""",
        """CASE WHEN rejected_invoice IS NOT NULL THEN 'correct the invoice and land it again'
                ELSE 'land the invoice in the same month, or correct invoice_id' END""",
    ),
    line_rule(
        "a_product_is_known",
        "product_id IS NOT NULL AND NOT known_product",
        "product_id",
        "format('product {} is not in landing/products', product_id)",
        "'land the product, or correct product_id'",
    ),
    line_rule(
        "a_charge_has_a_product",
        "invoice_found AND product_id IS NULL AND role = 'TARGET' AND kind <> 'MINIMUM_FEE'",
        "product_id",
        "'a line that is not a discount has no product_id'",
        "'give the line a product_id'",
    ),
    *(_amount_rule(field) for field in ("net_total", "list_price", "standalone_selling_price", "credit_grant_amount")),
    line_rule(
        "a_discount_lowers_the_price",
        "kind = 'DISCOUNT' AND net_total_minor > 0",
        "net_total",
        "format('a DISCOUNT line has the positive amount {}', net_total)",
        "'make the amount negative, or the kind CHARGE'",
    ),
    line_rule(
        "straight_line_has_a_service_period",
        _lacks_period("STRAIGHT_LINE"),
        "service_period_start",
        "'the line is recognized STRAIGHT_LINE and has no service period'",
        "'give service_period_start and service_period_end, or another recognition_method'",
    ),
    line_rule(
        "usage_has_a_service_period",
        _lacks_period("USAGE"),
        "service_period_start",
        "'the line is recognized by USAGE and has no usage period'",
        "'give service_period_start and service_period_end, or another recognition_method'",
    ),
    *MINIMUM_FEE_RULES,
    *BUNDLE_RULES,
    *CREDIT_GRANT_RULES,
    invoice_rule(
        "a_customer_is_known",
        "NOT known_customer",
        "customer_id",
        "format('customer {} is not in landing/customers', customer_id)",
        "'land the customer, or correct customer_id'",
    ),
    invoice_rule(
        "an_entity_is_known",
        "NOT known_entity",
        "entity_id",
        "format('entity {} is not in the policy', entity_id)",
        "'add it to entities in policy.yaml, or correct entity_id'",
    ),
    invoice_rule(
        "a_void_has_a_date",
        "status = 'VOIDED' AND voided_at IS NULL",
        "voided_at",
        "'the invoice is VOIDED and does not say since when'",
        "'give voided_at: all that the invoice posted is reversed on that day'",
    ),
    invoice_rule(
        "no_later_version_was_rejected_at_the_door",
        "rejected_version IS NOT NULL",
        "invoice_id",
        "format('a later version of the invoice is in quarantine: {}', rejected_version)",
        "'correct that version and land it again'",
    ),
    invoice_rule(
        "no_line_was_rejected_at_the_door",
        "rejected_line IS NOT NULL",
        "invoice_id",
        "format('a line of the invoice is in quarantine: {}', rejected_line)",
        "'correct the line and land it again'",
    ),
    *(_landed_once(dataset, table, key) for dataset, table, key in _DOCUMENT_KEYS),
    DocumentRule(
        # `net_minor` is after credit grants where that is what adds up (`revrec.credit_grant_lines`)
        "lines_add_up_to_the_invoice",
        """
        SELECT 'invoices' AS dataset, invoice_id, landed_file, landed_row, 'net_total' AS field,
               amount_text(net_total_minor, exponent) AS value,
               CASE WHEN lines IS NULL THEN 'the invoice has no lines'
                    ELSE format('its {} line(s) add up to {} {}{}, not to {}', lines, amount_text(net_minor, exponent),
                                currency,
                                CASE WHEN granted_minor IS NULL THEN ''
                                     ELSE format(' ({} after credit grants)',
                                                 amount_text(net_minor - granted_minor, exponent)) END,
                                amount_text(net_total_minor, exponent)) END AS reason,
               'land every line of the invoice, and a net_total that is their sum' AS action
        FROM invoice LEFT JOIN line_total USING (invoice_id)
        LEFT JOIN (
            SELECT invoice_id, sum(credit_grant_amount_minor) AS granted_minor FROM granted GROUP BY invoice_id
        ) AS granted USING (invoice_id)
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
