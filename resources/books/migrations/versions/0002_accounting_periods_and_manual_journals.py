"""Accounting periods and manual journals, append-only by triggers.

There is no way back: dropping a table would drop history. Restore a backup instead.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# (whole, part, the part's column that names the whole, the whole's column that counts its parts)
_RECORDS = (
    ("accounting_periods", "accounting_period_ledgers", "period_id", "ledgers"),
    ("manual_journals", "manual_journal_entries", "manual_journal_id", "entries"),
)
_REFUSAL = "is append-only, as auditors need it: record another entry that corrects this one"


def upgrade() -> None:
    """Make the tables, and the triggers that refuse to change what they hold."""
    _create_accounting_periods()
    _create_manual_journals()
    if op.get_bind().dialect.name == "sqlite":
        _refuse_changes_on_sqlite()
    else:
        _refuse_changes_on_postgresql()


def _create_accounting_periods() -> None:
    op.create_table(
        "accounting_periods",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("locked_through", sa.Date()),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("manifest_key", sa.String(), nullable=False),
        sa.Column("manifest_sha256", sa.String(64), nullable=False),
        sa.Column("ledgers", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounting_periods"),
        sa.CheckConstraint("event IN ('closed', 'locked', 'reopened')", name=op.f("ck_accounting_periods_event")),
        sa.CheckConstraint("trim(actor) <> ''", name=op.f("ck_accounting_periods_actor")),
        sa.CheckConstraint(
            "event = 'reopened' OR locked_through IS NOT NULL", name=op.f("ck_accounting_periods_locked_through")
        ),
        sa.CheckConstraint("(event = 'reopened') = (trim(reason) <> '')", name=op.f("ck_accounting_periods_reason")),
        sa.CheckConstraint(
            "(event = 'reopened') = (manifest_key = '')", name=op.f("ck_accounting_periods_manifest_key")
        ),
        sa.CheckConstraint(
            "length(manifest_sha256) = CASE WHEN event = 'reopened' THEN 0 ELSE 64 END",
            name=op.f("ck_accounting_periods_manifest_sha256"),
        ),
    )
    op.create_table(
        "accounting_period_ledgers",
        sa.Column("period_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("journals", sa.BigInteger(), nullable=False),
        sa.Column("first_number", sa.String(), nullable=False),
        sa.Column("last_number", sa.String(), nullable=False),
        sa.Column("debits_minor", sa.BigInteger(), nullable=False),
        sa.Column("credits_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("period_id", "entity", "currency", name="pk_accounting_period_ledgers"),
        sa.ForeignKeyConstraint(
            ["period_id"], ["accounting_periods.id"], name="fk_accounting_period_ledgers_period_id_accounting_periods"
        ),
        sa.CheckConstraint("journals >= 0", name=op.f("ck_accounting_period_ledgers_journals")),
        sa.CheckConstraint("debits_minor = credits_minor", name=op.f("ck_accounting_period_ledgers_balanced")),
    )


def _create_manual_journals() -> None:
    op.create_table(
        "manual_journals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("narrative", sa.String(), nullable=False),
        sa.Column("adjusts", sa.String(), nullable=False),
        sa.Column("prepared_by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_manual_journals"),
        sa.CheckConstraint("trim(prepared_by) <> ''", name=op.f("ck_manual_journals_prepared_by")),
        sa.CheckConstraint("trim(approved_by) <> ''", name=op.f("ck_manual_journals_approved_by")),
        sa.CheckConstraint(
            "lower(replace(prepared_by, ' ', '')) <> lower(replace(approved_by, ' ', ''))",
            name=op.f("ck_manual_journals_two_people"),
        ),
        sa.CheckConstraint("entries >= 2", name=op.f("ck_manual_journals_entries")),
    )
    op.create_index("ix_manual_journals_date", "manual_journals", ["date"])
    op.create_table(
        "manual_journal_entries",
        sa.Column("manual_journal_id", sa.String(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("manual_journal_id", "place", name="pk_manual_journal_entries"),
        sa.ForeignKeyConstraint(
            ["manual_journal_id"],
            ["manual_journals.id"],
            name="fk_manual_journal_entries_manual_journal_id_manual_journals",
        ),
        sa.CheckConstraint("direction IN ('DEBIT', 'CREDIT')", name=op.f("ck_manual_journal_entries_direction")),
        sa.CheckConstraint(
            "account IN ('billed', 'recognized', 'deferred', 'unbilled')",
            name=op.f("ck_manual_journal_entries_account"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_manual_journal_entries_amount_minor")),
    )


def _refuse_changes_on_sqlite() -> None:
    for whole, part, key, count in _RECORDS:
        for table in (whole, part):
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} {_REFUSAL}'); END"
                )
        # INSERT OR REPLACE removes a row without asking the triggers for DELETE.
        op.execute(
            f"CREATE TRIGGER {whole}_refuse_replace BEFORE INSERT ON {whole} "
            f"WHEN EXISTS (SELECT 1 FROM {whole} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, '{whole} {_REFUSAL}'); END"
        )
        op.execute(
            f"CREATE TRIGGER {part}_refuse_more BEFORE INSERT ON {part} "
            f"WHEN (SELECT count(*) FROM {part} WHERE {key} = NEW.{key}) >= "
            f"(SELECT {count} FROM {whole} WHERE id = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, '{part} {_REFUSAL}'); END"
        )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        f"""
        CREATE FUNCTION revrec_books_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = TG_TABLE_NAME || ' {_REFUSAL}';
        END $$
        """
    )
    for whole, part, key, count in _RECORDS:
        for table in (whole, part):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION revrec_books_refuse_change()"
            )
        op.execute(
            f"""
            CREATE FUNCTION revrec_books_refuse_more_{count}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF (SELECT count(*) FROM {part} WHERE {key} = NEW.{key})
                    >= (SELECT {count} FROM {whole} WHERE id = NEW.{key})
                THEN
                    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = TG_TABLE_NAME || ' {_REFUSAL}';
                END IF;
                RETURN NEW;
            END $$
            """
        )
        op.execute(
            f"CREATE TRIGGER {part}_refuse_more BEFORE INSERT ON {part} "
            f"FOR EACH ROW EXECUTE FUNCTION revrec_books_refuse_more_{count}()"
        )
