"""A company whose monthly reports fit in one's head, as it is landed and closed.

What belongs here: its landing files. What does not: what its reports must say (`test_monthly_reports.py`).
"""

# inv_1: 100.00 a month for 2025, 400.00 of it credited on 1 March: 60.00 a month from then on.
# inv_2: 20.00 a month for two years from March 2025, invoiced in advance on 1 March.
# inv_3: 20.00 a month from February to June, voided on 1 March.
# inv_4: 300.00 that milestones release, 100.00 of it in February.
# bs_1: 50.00 a month in arrears from January to June, never invoiced.
REPORTED_BOOKS = """
    customers
    id   | legal_name
    acme | Acme Inc
    bolt | Bolt Inc

    products
    id      | name    | recognition_method
    plan    | Plan    | STRAIGHT_LINE
    project | Project | MILESTONE
    setup   | Setup   | POINT_IN_TIME

    billing_schedules
    id   | customer_id | product_id | price_id | amount | frequency | start_date | end_date   | billing_type
    bs_1 | acme        | plan       | seat     | 50.00  | MONTHLY   | 2025-01-01 | 2025-06-30 | IN_ARREARS

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 1200.00
    inv_4 | acme        | 2025-01-15      | 300.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_4 | inv_4      | project    | 300.00    |                      |

    milestones/2025-02
    id  | invoice_line_item_id | amount | percent | completed_on
    m_1 | li_4                 | 100.00 |         | 2025-02-10

    invoices/2025-02
    id    | customer_id | accounting_date | net_total
    inv_3 | bolt        | 2025-02-01      | 100.00

    invoice_line_items/2025-02
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_3 | inv_3      | plan       | 100.00    | 2025-02-01           | 2025-06-30
"""
# What lands after January and February were closed: inv_9 is an invoice of February, caught up on in March.
AFTER_THE_CLOSE = """
    invoices/2025-02
    id    | customer_id | accounting_date | net_total | status | voided_at            | updated_at
    inv_3 | bolt        | 2025-02-01      | 100.00    | VOIDED | 2025-03-01T00:00:00Z | 2025-03-01T00:00:00Z
    inv_9 | acme        | 2025-02-20      | 60.00     | SENT   |                      | 2025-03-02T00:00:00Z

    invoice_line_items/2025-02
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_9 | inv_9      | setup      | 60.00     |                      |

    invoices/2025-03
    id    | customer_id | accounting_date | net_total
    inv_2 | bolt        | 2025-03-01      | 480.00

    invoice_line_items/2025-03
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_2 | inv_2      | plan       | 480.00    | 2025-03-01           | 2027-02-28

    credit_notes/2025-03
    id   | customer_id | invoice_id | accounting_date | net_total
    cn_1 | acme        | inv_1      | 2025-03-01      | 400.00

    credit_note_line_items/2025-03
    id    | credit_note_id | invoice_line_item_id | product_id | net_total
    cnl_1 | cn_1           | li_1                 | plan       | 400.00
"""
# What no report has: a draft, an invoice with a bad line, a credit note of an invoice that does not exist.
WITHOUT_OBLIGATIONS = """
    invoices/2025-02
    id     | invoice_number | customer_id | accounting_date | net_total | status
    inv_5  | D-5            | acme        | 2025-02-03      | 70.00     | DRAFT
    inv_6  | B-6            | acme        | 2025-02-03      | 70.00     | SENT

    invoice_line_items/2025-02
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_5 | inv_5      | setup      | 70.00     |                      |
    li_6 | inv_6      | fax        | 70.00     |                      |

    credit_notes/2025-02
    id   | credit_note_number | customer_id | invoice_id | accounting_date | net_total
    cn_6 | CN-6               | acme        | inv_404    | 2025-02-10      | 10.00

    credit_note_line_items/2025-02
    id    | credit_note_id | invoice_line_item_id | net_total
    cnl_6 | cn_6           | li_404               | 10.00
"""
