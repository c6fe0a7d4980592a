"""The rules a credit note must keep (SPEC 4, SPEC 10); a note with one fault is kept out whole.

What belongs here: one rule per way a note, its lines and its invoice can be wrong together. What does not: more than
what is left of an obligation, which depends on the notes before it (`revrec.amendments.credit_note_shares`).

The rules look at the tables `note`, `note_line` (`revrec.amendments.credit_notes`), `unshared_line` and `note_credit`
(`revrec.amendments.credit_note_shares`).
"""

from revrec.amendments.rules import AmendmentRule, amount_rule, arrival_rules, known_rule, line_rules

_NOTES, _LINES = "credit_notes", "credit_note_line_items"


def _note_rule(
    name: str, condition: str, field: str, reason: str, action: str, value: str | None = None
) -> AmendmentRule:
    return AmendmentRule(name, _NOTES, "note", condition, field, reason, action, value)


def _line_rule(name: str, condition: str, field: str, reason: str, action: str) -> AmendmentRule:
    return AmendmentRule(name, _LINES, "note_line", condition, field, reason, action)


_NAMED = "named_invoice_id"
_TOTAL = "amount_text(net_total_minor, exponent)"

DOCUMENT_RULES: tuple[AmendmentRule, ...] = (
    *arrival_rules(_NOTES, "note", "credit note"),
    _line_rule(
        "a_line_belongs_to_a_note_of_its_month",
        "NOT note_found",
        "credit_note_id",
        """CASE WHEN rejected_note IS NOT NULL
                THEN format('its credit note {} is in quarantine: {}', credit_note_id, rejected_note)
                ELSE format('there is no credit note {} in landing/credit_notes/{}', credit_note_id, month) END""",
        """CASE WHEN rejected_note IS NOT NULL THEN 'correct the credit note and land it again'
                ELSE 'land the credit note in the same month, or correct credit_note_id' END""",
    ),
    *arrival_rules(_LINES, "note_line", "line"),
    _note_rule(
        "no_line_was_rejected_at_the_door",
        "rejected_line IS NOT NULL",
        "id",
        "format('a line of the credit note is in quarantine: {}', rejected_line)",
        "'correct the line and land it again'",
        "note_id",
    ),
    known_rule(_NOTES, "note", "customer"),
    known_rule(_LINES, "note_line", "product"),
    amount_rule(_LINES, "note_line", "net_total", "note_found"),
    _note_rule(
        "lines_add_up_to_the_note",
        "rejected_line IS NULL AND (lines IS NULL OR (readable AND lines_minor <> net_total_minor))",
        "net_total",
        f"""CASE WHEN lines IS NULL THEN 'the credit note has no lines'
                ELSE format('its {{}} line(s) add up to {{}} {{}}, not to {{}}', lines,
                            amount_text(lines_minor, exponent), currency, {_TOTAL}) END""",
        "'land every line of the credit note, and a net_total that is their sum'",
        _TOTAL,
    ),
    _note_rule(
        # what each obligation gets is then within the bound too
        "lines_are_computed_exactly_together",
        "magnitude_minor > getvariable('largest_amount_minor')",
        "net_total",
        "'its lines, added up without signs, are beyond the largest amount revrec computes exactly'",
        "'land the lines on several credit notes'",
        _TOTAL,
    ),
    *line_rules(_LINES, "note_line"),
    _line_rule(
        "its_line_stands_on_the_invoice_of_the_note",
        "line_invoices = 1 AND line_invoice_id <> named_invoice_id AND invoice_found",
        "invoice_line_item_id",
        """format('invoice line {} stands on invoice {}, the credit note is for invoice {}', invoice_line_item_id,
                  line_invoice_id, named_invoice_id)""",
        "'correct invoice_line_item_id, or the note''s invoice_id'",
    ),
    _note_rule(
        "its_invoice_is_known",
        f"{_NAMED} IS NOT NULL AND NOT invoice_found",
        "invoice_id",
        f"""CASE WHEN invoice_quarantine IS NOT NULL
                THEN format('its invoice {{}} is in quarantine: {{}}', {_NAMED}, invoice_quarantine)
                ELSE format('there is no invoice {{}}', {_NAMED}) END""",
        """CASE WHEN invoice_quarantine IS NOT NULL THEN 'correct the invoice and land it again'
                ELSE 'land the invoice, or correct invoice_id' END""",
    ),
    _note_rule(
        "it_credits_one_invoice",
        f"{_NAMED} IS NULL AND line_invoices > 1",
        "invoice_id",
        "format('its lines credit lines of {} invoices', line_invoices)",
        "'land a credit note for each invoice'",
    ),
    _note_rule(
        "it_is_the_customers_of_its_invoice",
        "known_customer AND invoice_found AND customer_id <> invoice_customer_id",
        "customer_id",
        "format('customer {} is not {}, whose invoice {} it credits', customer_id, invoice_customer_id, invoice_id)",
        "'correct customer_id or invoice_id'",
    ),
    _note_rule(
        "it_is_in_the_currency_of_its_invoice",
        "invoice_found AND currency <> invoice_currency",
        "currency",
        "format('currency {} is not {}, that of invoice {}', currency, invoice_currency, invoice_id)",
        "'correct currency or invoice_id'",
    ),
    _note_rule(
        "its_invoice_is_not_void",
        "status_posts AND invoice_found AND invoice_voided",
        "invoice_id",
        "format('invoice {} is VOIDED: all that it posted is reversed already', invoice_id)",
        "'leave the credit note out, or void it too'",
    ),
    _note_rule(
        "it_is_not_dated_before_its_invoice",
        "posts AND invoice_found AND accounting_date < invoice_date",
        "accounting_date",
        "format('{} is before {}, when invoice {} was issued', accounting_date, invoice_date, invoice_id)",
        "'correct accounting_date or invoice_id'",
    ),
    _line_rule(
        "a_standalone_line_has_a_product",
        "note_found AND standalone AND product_id IS NULL",
        "product_id",
        "'a line that credits no invoice has no product_id'",
        "'give the line a product_id, or name the invoice line it credits'",
    ),
    _line_rule(
        "a_standalone_line_is_positive",
        "note_found AND standalone AND net_total_minor < 0",
        "net_total",
        "format('a line that credits no invoice has the negative amount {}', net_total)",
        "'make the amount positive: that is a credit; land a charge as an invoice'",
    ),
    _line_rule(
        "a_standalone_line_is_not_earned_by_milestones",
        "note_found AND standalone AND recognition_method = 'MILESTONE'",
        "recognition_method",
        "'a line that credits no invoice cannot be earned by milestones: they name invoice lines'",
        "'give another recognition_method, or name the invoice line it credits'",
    ),
    _line_rule(
        "a_standalone_line_has_the_period_of_its_method",
        """note_found AND standalone AND recognition_method IN ('STRAIGHT_LINE', 'USAGE')
           AND (service_period_start IS NULL OR service_period_end IS NULL)""",
        "service_period_start",
        "format('the line is recognized {} and has no service period', recognition_method)",
        "'give service_period_start and service_period_end, or another recognition_method'",
    ),
)

# Once the lines are shared out over obligations.
CREDITING_RULES: tuple[AmendmentRule, ...] = (
    AmendmentRule(
        "a_line_has_an_obligation_to_credit",
        _LINES,
        "unshared_line",
        "true",
        "invoice_line_item_id",
        """CASE WHEN invoice_line_item_id IS NOT NULL
                THEN format('nothing of invoice line {} is recognized{}', invoice_line_item_id,
                            if(coalesce(line_reason, '') = '', '', ': ' || line_reason))
                WHEN product_id IS NOT NULL
                THEN format('invoice {} has nothing of product {} to credit', invoice_id, product_id)
                ELSE format('invoice {} has nothing to credit', invoice_id) END""",
        "'name the invoice line to credit'",
    ),
    AmendmentRule(
        "what_it_credits_is_positive",
        _NOTES,
        "note_credit",
        "allocated_minor < 0",
        "net_total",
        """format('it credits {}, which is {} {}: a credit already', obligation_id,
                  amount_text(allocated_minor, exponent), currency)""",
        "'land a charge as an invoice'",
        "amount_text(credited_minor, exponent)",
    ),
    AmendmentRule(
        "it_lowers_what_it_credits",
        _NOTES,
        "note_credit",
        "credited_minor < 0",
        "net_total",
        """format('its lines for {} add up to {} {}: a credit note cannot raise what was invoiced', obligation_id,
                  amount_text(credited_minor, exponent), currency)""",
        "'make the amounts positive; land a charge as an invoice'",
        "amount_text(credited_minor, exponent)",
    ),
)
