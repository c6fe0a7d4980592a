"""Landed files, export files and the activity log.

There is no way back: dropping a table would drop history. Restore a backup instead.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "landed_files",
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("month", sa.String(7)),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("rows_kept", sa.BigInteger(), nullable=False),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("object_key", "sha256", name="pk_landed_files"),
    )
    op.create_index("ix_landed_files_dataset_month", "landed_files", ["dataset", "month"])
    op.create_table(
        "export_files",
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("total_debits_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_credits_minor", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.Column("engine_version", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("object_key", name="pk_export_files"),
    )
    op.create_index(
        "ix_export_files_format_month_entity_currency", "export_files", ["format", "month", "entity", "currency"]
    )
    op.create_index("ix_export_files_month", "export_files", ["month"])
    op.create_table(
        "activity_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("activity", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("month", sa.String(7)),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_activity_log"),
        sa.UniqueConstraint("fingerprint", name="uq_activity_log_fingerprint"),
    )
    op.create_index("ix_activity_log_month_activity", "activity_log", ["month", "activity"])
    op.create_index("ix_activity_log_subject", "activity_log", ["subject"])
