"""One case for each kind of bad input, over all datasets; "@" stands for the id of the case.

What belongs here: the table. What does not: what a case is made of (`bad_input`).
"""

from tests.assets.bad_input import (
    Bad,
    amending,
    at_the_door,
    bad_credit,
    bad_invoice,
    bad_line,
    bad_note,
    credit,
    invoice,
    line,
    note,
    row,
)

_NO_INVOICE = {"invoice_id": ""}

_WRONG_BY_THEMSELVES = {
    "customer without a name": at_the_door("customers", "legal_name", "", "is missing"),
    "customer whose version has no time zone": at_the_door(
        "customers", "updated_at", "2025-02-01T00:00:00", "is not a timestamp"
    ),
    "product with an unknown method": at_the_door("products", "recognition_method", "SOMEHOW", "SOMEHOW"),
    "grant that expires before it starts": at_the_door("credit_grants", "expiry_date", "2025-01-31", "is before"),
    "grant with too many decimals": at_the_door("credit_grants", "amount", "10.001", "3 decimals, USD has 2"),
    "schedule that ends before it starts": at_the_door("billing_schedules", "end_date", "2025-01-31", "is before"),
    "schedule in an unknown currency": at_the_door("billing_schedules", "currency", "XXZ", "XXZ"),
    "invoice with an unparsable date": at_the_door("invoices", "accounting_date", "2025-02-30", "2025-02-30"),
    "invoice in the wrong month folder": at_the_door("invoices", "accounting_date", "2025-03-01", "folder of 2025-02"),
    "invoice with too many decimals": at_the_door(
        "invoices", "net_total", "10.0", "1 decimal, JPY has 0", currency="JPY"
    ),
    "invoice beyond the largest amount": at_the_door("invoices", "net_total", "9" * 20, "largest amount"),
    "invoice in an unknown status": at_the_door("invoices", "status", "LOST", "LOST"),
    "note in the wrong month folder": at_the_door("credit_notes", "accounting_date", "2025-01-31", "folder of 2025-02"),
    "milestone with an unparsable date": at_the_door("milestones", "completed_on", "soon", "soon"),
    "usage that ends before it starts": at_the_door("usage", "period_end", "2025-01-31", "is before"),
    "usage with an amount that is none": at_the_door("usage", "amount", "1,000.00", "is not a decimal number"),
    "transaction in the wrong month folder": at_the_door(
        "credit_grant_transactions", "date", "2025-03-01", "folder of 2025-02"
    ),
    "transaction that goes neither way": at_the_door("credit_grant_transactions", "type", "REFUND", "REFUND"),
    "invoice twice in one file": Bad(
        "invoices",
        (invoice(status="DRAFT"), invoice(status="DRAFT"), line()),
        "id",
        "@",
        "stands already",
        at=1,
        companions={0: "", 2: ""},
    ),
    "line that ends before it starts": Bad(
        "invoice_line_items",
        (line(service_period_start="2025-02-02", service_period_end="2025-02-01"), invoice()),
        "service_period_end",
        "2025-02-01",
        "is before",
        companions={1: "line_allocations"},
    ),
    "note line with half a period": Bad(
        "credit_note_line_items",
        (credit(service_period_start="2025-02-02"), note()),
        "service_period_end",
        "",
        "without",
        companions={1: "amendments"},
    ),
}

_INVOICES = {
    "invoice of an unknown customer": bad_invoice("customer_id", "ghost", "customer ghost is not in"),
    "invoice of an unknown entity": bad_invoice("entity_id", "ghost", "entity ghost is not in the policy"),
    "invoice whose lines do not add up": bad_invoice("net_total", "10.01", "add up to 10.00 USD, not to 10.01"),
    "invoice without lines": Bad("line_allocations", (invoice(),), "net_total", "10.00", "has no lines"),
    "invoice voided without a date": bad_invoice("voided_at", "", "does not say since when", status="VOIDED"),
    "line of no invoice": Bad("line_allocations", (line(),), "invoice_id", "@", "there is no invoice @"),
    "line of an invoice in quarantine": Bad(
        "line_allocations",
        (line(), invoice(status="LOST")),
        "invoice_id",
        "@",
        "is in quarantine",
        companions={1: "invoices"},
    ),
    "line of an unknown product": bad_line("product_id", "ghost", "product ghost is not in"),
    "charge without a product": bad_line("product_id", "", "has no product_id"),
    "line with too many decimals": bad_line(
        "net_total", "10.5", "more decimals than JPY has", of={"currency": "JPY", "net_total": "10"}
    ),
    "discount that raises the price": bad_line("net_total", "10.00", "positive amount", kind="DISCOUNT"),
    "discount of nothing": bad_line(
        "product_id", "", "without any other line", of={"net_total": "-10.00"}, net_total="-10.00", kind="DISCOUNT"
    ),
    "straight line without a period": bad_line("service_period_start", "", "has no service period", product_id="plan"),
    "usage line without a period": bad_line("service_period_start", "", "has no usage period", product_id="api"),
    "bundle without a selling price": bad_line(
        "standalone_selling_price", "", "no standalone selling price", bundle_id="@"
    ),
    "fee that lowers the price": bad_line(
        "net_total", "-10.00", "negative amount", of={"net_total": "-10.00"}, kind="MINIMUM_FEE"
    ),
    "purchase of no grant": bad_line("credit_grant_id", "", "which grant", kind="CREDIT_GRANT"),
    "line paid by an unknown grant": bad_line(
        "credit_grant_id", "ghost", "credit grant ghost is not in", credit_grant_amount="1.00"
    ),
    "line paid in another currency": bad_line("credit_grant_id", "sound_yen", "is in JPY", credit_grant_amount="1.00"),
}

_CREDIT_NOTES = {
    "note of an unknown customer": bad_note("customer_id", "ghost", "customer ghost is not in"),
    "note of another customer": bad_note("customer_id", "bolt", "is not acme"),
    "note in another currency": bad_note("currency", "EUR", "currency EUR is not USD"),
    "note on an unknown invoice": bad_note(
        "invoice_id", "ghost", "there is no invoice ghost", credit(invoice_line_item_id="")
    ),
    "note on a voided invoice": bad_note(
        "invoice_id", "sound_void", "is VOIDED", credit(invoice_line_item_id="sound_void")
    ),
    "note before its invoice": bad_note(
        "accounting_date",
        "2025-02-05",
        "is before 2025-02-10",
        credit(invoice_line_item_id="sound_yen", net_total="10"),
        invoice_id="sound_yen",
        customer_id="bolt",
        currency="JPY",
        net_total="10",
    ),
    "note whose lines do not add up": bad_note("net_total", "10.01", "add up to 10.00 USD, not to 10.01"),
    "note without lines": Bad("amendments", (note(),), "net_total", "10.00", "has no lines"),
    "note of more than is left": bad_note("net_total", "80000.00", "of which", credit(net_total="80000.00")),
    "note line of no note": Bad("amendments", (credit(),), "credit_note_id", "@", "there is no credit note @"),
    "note line on an unknown line": bad_credit("invoice_line_item_id", "ghost", "there is no invoice line ghost"),
    "note line on another invoice": bad_credit("invoice_line_item_id", "sound_yen", "stands on invoice sound_yen"),
    "note line with too many decimals": bad_credit("net_total", "10.001", "more decimals than USD has"),
    "note line of an unknown product": bad_credit("product_id", "ghost", "product ghost is not in"),
    "standalone note without a product": bad_credit(
        "product_id", "", "has no product_id", of=_NO_INVOICE, invoice_line_item_id=""
    ),
    "standalone note that charges": bad_credit(
        "net_total",
        "-10.00",
        "negative amount",
        of={**_NO_INVOICE, "net_total": "-10.00"},
        invoice_line_item_id="",
        product_id="setup",
    ),
    "standalone note earned by milestones": bad_credit(
        "recognition_method",
        "MILESTONE",
        "cannot be earned by milestones",
        of=_NO_INVOICE,
        invoice_line_item_id="",
        product_id="setup",
    ),
}

_OTHERS = {
    "milestone of an unknown line": amending("milestones", "invoice_line_item_id", "ghost", "no invoice line ghost"),
    "milestone of another method": amending(
        "milestones", "invoice_line_item_id", "sound_setup", "not recognized by MILESTONE"
    ),
    "milestone without an amount": amending("milestones", "amount", "", "neither amount nor percent"),
    "milestone with two amounts": amending("milestones", "amount", "10.00", "has both", percent="10"),
    "milestone with too many decimals": amending("milestones", "amount", "10.001", "more decimals than USD has"),
    "milestone of the wrong sign": amending("milestones", "amount", "-10.00", "has not the sign"),
    "milestone of more than all": amending("milestones", "percent", "101", "at most 100", amount=""),
    "milestone over the line": amending("milestones", "amount", "200.01", "of which 200.00 is left"),
    "milestone of a line in quarantine": Bad(
        "amendments",
        (row("milestones", invoice_line_item_id="@"), invoice(customer_id="ghost"), line(product_id="build")),
        "invoice_line_item_id",
        "@",
        "is in quarantine",
        companions={1: "line_allocations", 2: "line_allocations"},
    ),
    "usage of an unknown customer": amending("usage", "customer_id", "ghost", "customer ghost is not in"),
    "usage of an unknown product": amending("usage", "product_id", "ghost", "product ghost is not in"),
    "usage of an unknown schedule": amending("usage", "billing_schedule_id", "ghost", "schedule ghost is not in"),
    "usage of another currency": amending(
        "usage", "currency", "EUR", "is not USD", billing_schedule_id="sound", product_id="plan"
    ),
    "transaction of an unknown grant": amending(
        "credit_grant_transactions", "credit_grant_id", "ghost", "credit grant ghost is not in"
    ),
    "transaction of an unknown line": amending(
        "credit_grant_transactions", "invoice_line_item_id", "ghost", "no invoice line ghost"
    ),
    "transaction of nothing": amending("credit_grant_transactions", "amount", "0", "is not positive"),
    "transaction of more than is left": amending("credit_grant_transactions", "amount", "60.01", "60.00 is left"),
    "transaction of a grant in quarantine": Bad(
        "amendments",
        (row("credit_grant_transactions", credit_grant_id="@"), row("credit_grants", customer_id="ghost")),
        "credit_grant_id",
        "@",
        "is in quarantine",
    ),
    "schedule of an unknown customer": amending("billing_schedules", "customer_id", "ghost", "customer ghost is not"),
    "schedule of an unknown product": amending("billing_schedules", "product_id", "ghost", "product ghost is not in"),
    "grant of an unknown customer": amending("credit_grants", "customer_id", "ghost", "customer ghost is not in"),
    "grant of nothing": amending("credit_grants", "amount", "0.00", "a credit grant of 0.00 USD"),
}

CASES: dict[str, Bad] = {**_WRONG_BY_THEMSELVES, **_INVOICES, **_CREDIT_NOTES, **_OTHERS}
