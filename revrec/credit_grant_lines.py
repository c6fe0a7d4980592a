"""Credit grants on invoices: lines that buy one, and lines that one pays (SPEC 3, rule 5).

What belongs here: what such lines must have, what is left of a line that a grant pays, how a purchase is recognized.
What does not: consumption and breakage of a grant whose revenue is deferred, which are amendments of its purchase.

The queries run on the tables that `revrec.line_allocations` prepares in DuckDB.
"""

import datetime as dt
from dataclasses import dataclass

from revrec.rules import line_rule


@dataclass(frozen=True)
class CreditGrantTerms:
    """What invoice lines need to know of a landed credit grant.

    Attributes:
        effective_date: the day it is granted.
        currency: of its amount.
        customer_id: whose it is.
    """

    effective_date: dt.date
    currency: str
    customer_id: str


# Of invoices whose lines are landed before what grants pay of them: they add up to the net total only without it. Where
# they add up as they are, they are after it already; where they add up neither way, a rule says so.
AMOUNTS_AFTER_GRANTS = """
UPDATE line SET net_total_minor = line.net_total_minor - credit_grant_amount_minor
FROM (
    SELECT invoice_id FROM line
    SEMI JOIN (SELECT invoice_id FROM line WHERE credit_grant_amount_minor IS NOT NULL) AS paid USING (invoice_id)
    JOIN invoice USING (invoice_id)
    GROUP BY invoice_id, invoice.net_total_minor
    HAVING sum(line.net_total_minor) <> invoice.net_total_minor
       AND sum(line.net_total_minor) - sum(credit_grant_amount_minor) = invoice.net_total_minor
) AS gross
WHERE line.invoice_id = gross.invoice_id AND credit_grant_amount_minor IS NOT NULL
"""

# Lines that have to do with grants, beside the terms of the grant: `known_grant` where it has landed.
GRANTED = """
CREATE TABLE granted AS
SELECT line.*, invoice.customer_id, invoice.accounting_date, credit_grant.effective_date, credit_grant.grant_currency,
       credit_grant.grant_customer_id, credit_grant.effective_date IS NOT NULL AS known_grant
FROM line LEFT JOIN invoice USING (invoice_id) LEFT JOIN credit_grant USING (credit_grant_id)
WHERE kind = 'CREDIT_GRANT' OR credit_grant_id IS NOT NULL OR credit_grant_amount IS NOT NULL
"""

CREDIT_GRANT_RULES = (
    line_rule(
        "a_credit_grant_purchase_names_its_grant",
        "kind = 'CREDIT_GRANT' AND role = 'TARGET' AND credit_grant_id IS NULL",
        "credit_grant_id",
        "'a CREDIT_GRANT line does not say which grant it is the purchase of'",
        "'give the line a credit_grant_id'",
        table="granted",
    ),
    line_rule(
        "a_credit_grant_is_known",
        "credit_grant_id IS NOT NULL AND NOT known_grant",
        "credit_grant_id",
        "format('credit grant {} is not in landing/credit_grants', credit_grant_id)",
        "'land the grant, or correct credit_grant_id'",
        table="granted",
    ),
    line_rule(
        "a_credit_grant_has_the_currency_of_the_invoice",
        "invoice_found AND known_grant AND grant_currency <> currency",
        "credit_grant_id",
        "format('credit grant {} is in {}, the invoice in {}', credit_grant_id, grant_currency, currency)",
        "'correct credit_grant_id, or the currency of either'",
        table="granted",
    ),
    line_rule(
        "a_credit_grant_is_of_the_customer_of_the_invoice",
        "invoice_found AND known_grant AND grant_customer_id <> customer_id",
        "credit_grant_id",
        """format('credit grant {} is of customer {}, the invoice of {}', credit_grant_id, grant_customer_id,
                  customer_id)""",
        "'correct credit_grant_id, or the customer of either'",
        table="granted",
    ),
    line_rule(
        "a_credit_grant_and_its_amount_come_together",
        "kind <> 'CREDIT_GRANT' AND (credit_grant_id IS NULL) <> (credit_grant_amount IS NULL)",
        "credit_grant_amount",
        """CASE WHEN credit_grant_id IS NULL THEN 'credit_grant_amount is given without credit_grant_id'
                ELSE 'credit_grant_id is given without credit_grant_amount' END""",
        "'give both where a grant pays of the line, or neither'",
        table="granted",
    ),
    line_rule(
        "a_credit_grant_pays_more_than_nothing",
        "credit_grant_amount_minor <= 0",
        "credit_grant_amount",
        "format('a credit grant pays {} of the line, which is not above 0', credit_grant_amount)",
        "'make credit_grant_amount positive, or leave it and credit_grant_id out'",
        table="granted",
    ),
    line_rule(
        "a_credit_grant_pays_charges_and_fees",
        "credit_grant_amount IS NOT NULL AND kind NOT IN ('CHARGE', 'MINIMUM_FEE')",
        "credit_grant_amount",
        "format('a credit grant cannot pay of a {} line', kind)",
        "'leave credit_grant_amount out, or correct the kind'",
        table="granted",
    ),
    line_rule(
        "a_credit_grant_pays_no_more_than_the_line",
        "credit_grant_amount_minor > 0 AND kind IN ('CHARGE', 'MINIMUM_FEE') AND net_total_minor < 0",
        "credit_grant_amount",
        "format('a credit grant pays {} of a line of {}', credit_grant_amount, net_total)",
        "'correct credit_grant_amount or net_total'",
        table="granted",
    ),
)

# On `granted`, `rejected` and `version`: `purchase`, the terms of purchases. One that is deferred until consumed is
# earned by what consumes it, whatever period the line names.
PURCHASES = """
CREATE TABLE purchase AS
SELECT line_id, deferred, if(deferred, 'CONSUMPTION', 'POINT_IN_TIME') AS method,
       if(deferred, NULL, effective_date) AS recognition_date
FROM (
    SELECT granted.*, version.credit_grant_policy = 'deferred_until_consumed' AS deferred
    FROM granted ASOF JOIN version ON granted.accounting_date >= version.since
    WHERE kind = 'CREDIT_GRANT' AND role = 'TARGET'
) AS bought ANTI JOIN rejected USING (invoice_id)
"""
