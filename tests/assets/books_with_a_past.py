"""Books in two currencies, and what lands in them later on.

What belongs here: landing files as text. What does not: when they land, and what is known then (the test).
"""

# A year and two months in advance, and a setup fee.
BOOKS_WITH_A_PAST = """
    customers
    id   | legal_name
    acme | Acme Inc
    bolt | Bolt, Inc

    products
    id    | name  | recognition_method
    plan  | Plan  | STRAIGHT_LINE
    setup | Setup | POINT_IN_TIME

    invoices/2025-01
    id    | invoice_number | customer_id | currency | accounting_date | net_total
    inv_1 | A-1            | acme        | USD      | 2025-01-01      | 1290.00
    inv_2 | B-1            | bolt        | JPY      | 2025-01-15      | 90000

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_2 | inv_1      | setup      | 90.00     |                      |
    li_3 | inv_2      | plan       | 90000     | 2025-01-15           | 2025-02-14
"""
LATE_INVOICE = """
    invoices/2025-01
    id    | invoice_number | customer_id | currency | accounting_date | net_total
    inv_3 | A-2            | acme        | USD      | 2025-01-31      | 120.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_4 | inv_3      | plan       | 120.00    | 2025-01-01           | 2025-12-31
"""
LATE_NOTE = """
    credit_notes/2025-02
    id   | credit_note_number | customer_id | invoice_id | accounting_date | net_total
    cn_1 | CN-1               | acme        | inv_1      | 2025-02-10      | 220.00

    credit_note_line_items/2025-02
    id    | credit_note_id | invoice_line_item_id | product_id | net_total
    cnl_1 | cn_1           | li_1                 | plan       | 220.00
"""
