"""The rules that credit grants and their transactions must keep (SPEC 3, rule 5; SPEC 10).

What belongs here: one rule per way such a row can be wrong by itself. What does not: consuming more than there is,
which depends on the transactions before it (`revrec.amendments.drawdowns`).

The rules look at the tables `credit_grant` and `grant_transaction` (`revrec.amendments.credit_grants`).
"""

from revrec.amendments.rules import AmendmentRule, amount_rule, arrival_rules, known_rule, line_rules

_GRANTS, _TRANSACTIONS = "credit_grants", "credit_grant_transactions"


def _grant_rule(name: str, condition: str, field: str, reason: str, action: str) -> AmendmentRule:
    value = "amount_text(amount_minor, exponent)" if field == "amount" else None
    return AmendmentRule(name, _GRANTS, "credit_grant", condition, field, reason, action, value)


def _transaction_rule(name: str, condition: str, field: str, reason: str, action: str) -> AmendmentRule:
    return AmendmentRule(name, _TRANSACTIONS, "grant_transaction", condition, field, reason, action)


GRANT_RULES: tuple[AmendmentRule, ...] = (
    *arrival_rules(_GRANTS, "credit_grant", "credit grant"),
    known_rule(_GRANTS, "credit_grant", "customer"),
    _grant_rule(
        "it_grants_something",
        "amount_minor <= 0",
        "amount",
        "format('a credit grant of {} {}', amount_text(amount_minor, exponent), currency)",
        "'make the amount positive'",
    ),
    _grant_rule(
        "it_is_in_the_currency_of_its_purchase",
        "currency <> purchase_currency",
        "currency",
        "format('currency {} is not {}, in which invoice {} sold it', currency, purchase_currency, invoice_id)",
        "'correct the currency, or the invoice line''s credit_grant_id'",
    ),
    _grant_rule(
        "it_is_the_customers_of_its_purchase",
        "known_customer AND customer_id <> purchase_customer_id",
        "customer_id",
        "format('customer {} is not {}, to whom invoice {} sold it', customer_id, purchase_customer_id, invoice_id)",
        "'correct customer_id, or the invoice line''s credit_grant_id'",
    ),
)

TRANSACTION_RULES: tuple[AmendmentRule, ...] = (
    *arrival_rules(_TRANSACTIONS, "grant_transaction", "transaction"),
    _transaction_rule(
        "its_grant_is_known",
        "NOT grant_found OR grant_quarantine IS NOT NULL",
        "credit_grant_id",
        """CASE WHEN grant_quarantine IS NOT NULL
                THEN format('its credit grant {} is in quarantine: {}', credit_grant_id, grant_quarantine)
                ELSE format('credit grant {} is not in landing/credit_grants', credit_grant_id) END""",
        """CASE WHEN grant_quarantine IS NOT NULL THEN 'correct the credit grant and land it again'
                ELSE 'land the credit grant, or correct credit_grant_id' END""",
    ),
    *line_rules(_TRANSACTIONS, "grant_transaction"),
    amount_rule(_TRANSACTIONS, "grant_transaction", "amount", "grant_found"),
    _transaction_rule(
        "its_amount_is_positive",
        "amount_minor <= 0",
        "amount",
        "format('amount {} is not positive: the type says which way it goes', amount)",
        "'make the amount positive, and the type DEBIT or CREDIT'",
    ),
)
