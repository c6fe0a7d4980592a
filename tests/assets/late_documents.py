"""What the tests of closed months land: books for a year, and documents that come late.

What belongs here: landing files as text. What does not: what is expected of them.
"""

# 100.00 a month for 2025, invoiced in advance; a project of 500.00 that milestones release.
CLOSING_BOOKS = """
    customers
    id   | legal_name
    acme | Acme Inc

    products
    id      | name    | recognition_method
    plan    | Plan    | STRAIGHT_LINE
    project | Project | MILESTONE

    invoices/2025-01
    id    | customer_id | accounting_date | net_total
    inv_1 | acme        | 2025-01-01      | 1200.00
    inv_2 | acme        | 2025-01-10      | 500.00

    invoice_line_items/2025-01
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_1 | inv_1      | plan       | 1200.00   | 2025-01-01           | 2025-12-31
    li_2 | inv_2      | project    | 500.00    |                      |
"""
# 10.00 a month for 2025, invoiced in arrears of March.
LATE_INVOICE = """
    invoices/2025-03
    id    | customer_id | accounting_date | net_total
    inv_9 | acme        | 2025-03-31      | 120.00

    invoice_line_items/2025-03
    id   | invoice_id | product_id | net_total | service_period_start | service_period_end
    li_9 | inv_9      | plan       | 120.00    | 2025-01-01           | 2025-12-31
"""
LATE_MILESTONE = """
    milestones/2025-02
    id  | invoice_line_item_id | amount | percent | completed_on
    m_1 | li_2                 | 200.00 |         | 2025-02-10
"""
LATE_NOTE = """
    credit_notes/2025-02
    id   | customer_id | invoice_id | accounting_date | net_total
    cn_1 | acme        | inv_1      | 2025-02-01      | 220.00

    credit_note_line_items/2025-02
    id    | credit_note_id | invoice_line_item_id | product_id | net_total
    cnl_1 | cn_1           | li_1                 | plan       | 220.00
"""
LATE_VOID = """
    invoices/2025-01
    id    | customer_id | accounting_date | net_total | status | voided_at            | updated_at
    inv_1 | acme        | 2025-01-01      | 1200.00   | VOIDED | 2025-02-01T00:00:00Z | 2026-01-02T00:00:00Z
"""
WITHDRAWN = """
    invoices/2025-01
    id    | customer_id | accounting_date | net_total | status | updated_at
    inv_1 | acme        | 2025-01-01      | 1200.00   | DRAFT  | 2026-01-02T00:00:00Z
"""
EXACT_DAYS = "versions: [{effective_from: 2000-01-01, allocation_strategy: exact_days}]"
# For stores in which nobody looks at the packs of a dozen months.
NO_PACKS = "exports: {close_pack: {enabled: false}}"
RENAMED_ACCOUNT = "accounts: {deferred: {name: Contract Liability}}"
HISTORY = tuple(f"2025-{month:02}" for month in range(1, 12))
