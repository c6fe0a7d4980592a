"""Exports that people asked for, and what became of their mails.

There is no way back: dropping a table would drop history. Restore a backup instead.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.create_table(
        "requested_exports",
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("filters", json, nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("totals", json, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailing_since", sa.DateTime(timezone=True)),
        sa.Column("mailed_at", sa.DateTime(timezone=True)),
        sa.Column("mail_error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_requested_exports"),
        sa.CheckConstraint("trim(requested_by) <> ''", name=op.f("ck_requested_exports_requested_by")),
        sa.CheckConstraint("mailed_at IS NULL OR recipient <> ''", name=op.f("ck_requested_exports_recipient")),
    )
    op.create_index("ix_requested_exports_written_at", "requested_exports", ["written_at"])
