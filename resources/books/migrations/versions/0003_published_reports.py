"""Monthly reports, for BI tools.

There is no way back: dropping a table would drop what people query. The rows themselves can be published again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a table per report, and the list of what is published."""
    op.create_table(
        "published_reports",
        sa.Column("report", sa.String(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("is_copied", sa.Boolean(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("report", "month", name="pk_published_reports"),
    )
    for report, columns in _REPORTS.items():
        table = f"report_{report}"
        op.create_table(
            table,
            sa.Column("month", sa.String(7), nullable=False),
            sa.Column("entity", sa.String(), nullable=False),
            sa.Column("currency", sa.String(3), nullable=False),
            *(sa.Column(name, _TYPES[kind](), nullable=optional) for name, kind, optional in _parsed(columns)),
        )
        op.create_index(f"ix_{table}", table, ["month", "entity", "currency"])


_TYPES = {"text": sa.String, "date": sa.Date, "minor": sa.BigInteger}


def _parsed(columns: str) -> list[tuple[str, str, bool]]:
    """Name, type and whether it may be null: `name`, `name:type`, `name?`; a name in `_minor` is an amount."""
    found = []
    for word in columns.split():
        name, _, kind = word.removesuffix("?").partition(":")
        found.append((name, kind or ("minor" if name.endswith("_minor") else "text"), word.endswith("?")))
    return found


_REPORTS = {
    "trial_balance": "account opening_minor debit_minor credit_minor closing_minor",
    "roll_forward": "account position:minor line amount_minor",
    "deferred_revenue": """customer_id customer_name product_id product_name contract_id document document_id
        document_number invoice_id invoice_number obligation_id recognition_method service_start:date?
        service_end:date? accounting_date:date? contracted_minor invoiced_minor recognized_minor balance_minor
        remaining_minor unbilled_minor current_minor non_current_minor age_days:minor? ageing run_id landed_file
        landed_row:minor?""",
    "deferred_revenue_totals": """dimension key name schedules:minor contracted_minor invoiced_minor recognized_minor
        balance_minor remaining_minor unbilled_minor current_minor non_current_minor""",
    "revenue_waterfall": """level customer_id customer_name product_id product_name figure release_month?
        amount_minor""",
    "obligation_register": """obligation_id customer_id customer_name product_id product_name contract_id source
        invoice_id invoice_number recognition_method service_start:date? service_end:date? accounting_date:date?
        original_minor total_minor earned_minor billed_minor remaining_minor deferred_minor unbilled_minor status
        landed_file landed_row:minor?""",
    "remaining_performance_obligations": "position:minor band billed_minor unbilled_minor total_minor",
    "revenue_cohorts": "cohort_month revenue_month customers:minor recognized_minor",
    "revenue_forecast": """product_id product_name recognition_method revenue_month? billed_minor unbilled_minor
        recognized_minor""",
}
