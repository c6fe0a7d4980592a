"""The tables of the books, as they are after all migrations.

What belongs here: tables, keys, indexes and constraints; a test holds them equal to what the migrations make. What does
not: how a database gets there and which triggers make tables append-only (migrations/), and what is read and written
(books.py).
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from resources.books.column_types import ExactInteger, UtcTimestamp

_MONTH = String(7)
_SHA256 = String(64)
_CURRENCY = String(3)
# Only a column of type INTEGER counts up by itself on SQLite; it holds 64 bits there too.
_COUNTED_ID = BigInteger().with_variant(Integer, "sqlite")
_JSON = JSON().with_variant(JSONB, "postgresql")

# Without names, a later migration could not alter a constraint.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

LANDED_FILES = Table(
    "landed_files",
    METADATA,
    Column("object_key", String, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("dataset", String, nullable=False),
    Column("month", _MONTH),
    Column("size_bytes", ExactInteger, nullable=False),
    Column("etag", String, nullable=False),
    Column("rows_kept", ExactInteger, nullable=False),
    Column("rows_quarantined", ExactInteger, nullable=False),
    Column("first_seen_at", UtcTimestamp, nullable=False),
    PrimaryKeyConstraint("object_key", "sha256"),
    Index(None, "dataset", "month"),
)

EXPORT_FILES = Table(
    "export_files",
    METADATA,
    Column("object_key", String, primary_key=True),
    Column("format", String, nullable=False),
    Column("month", _MONTH, nullable=False),
    Column("entity", String, nullable=False),
    Column("currency", _CURRENCY, nullable=False),
    Column("rows", ExactInteger, nullable=False),
    Column("total_debits_minor", ExactInteger, nullable=False),
    Column("total_credits_minor", ExactInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("policy_sha256", _SHA256, nullable=False),
    Column("engine_version", String, nullable=False),
    Column("written_at", UtcTimestamp, nullable=False),
    Index(None, "format", "month", "entity", "currency"),
    Index(None, "month"),
)

# What was written for a person who asked for it. The mail is being sent where `mailing_since` is set, was sent where
# `mailed_at` is, and failed last with `mail_error`.
REQUESTED_EXPORTS = Table(
    "requested_exports",
    METADATA,
    Column("request_id", String, primary_key=True),
    Column("format", String, nullable=False),
    Column("filters", _JSON, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("object_key", String, nullable=False),
    Column("sha256", _SHA256, nullable=False),
    Column("size_bytes", ExactInteger, nullable=False),
    Column("rows", ExactInteger, nullable=False),
    Column("totals", _JSON, nullable=False),
    Column("written_at", UtcTimestamp, nullable=False),
    Column("mailing_since", UtcTimestamp),
    Column("mailed_at", UtcTimestamp),
    Column("mail_error", String, nullable=False),
    CheckConstraint("trim(requested_by) <> ''", name="requested_by"),
    CheckConstraint("mailed_at IS NULL OR recipient <> ''", name="recipient"),
    Index(None, "written_at"),
)

ACTIVITY_LOG = Table(
    "activity_log",
    METADATA,
    Column("id", _COUNTED_ID, primary_key=True, autoincrement=True),
    Column("occurred_at", UtcTimestamp, nullable=False),
    Column("actor", String, nullable=False),
    Column("activity", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("month", _MONTH),
    Column("details", _JSON, nullable=False),
    Column("fingerprint", String, nullable=False),
    UniqueConstraint("fingerprint"),
    Index(None, "month", "activity"),
    Index(None, "subject"),
)

# Append-only, as the three tables below: triggers refuse to change or remove a row, and to add a part to it later.
ACCOUNTING_PERIODS = Table(
    "accounting_periods",
    METADATA,
    Column("id", _COUNTED_ID, primary_key=True, autoincrement=True),
    Column("occurred_at", UtcTimestamp, nullable=False),
    Column("event", String, nullable=False),
    Column("month", _MONTH, nullable=False),
    Column("locked_through", Date),
    Column("actor", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("manifest_key", String, nullable=False),
    Column("manifest_sha256", _SHA256, nullable=False),
    # How many rows of accounting_period_ledgers belong to it.
    Column("ledgers", ExactInteger, nullable=False),
    CheckConstraint("event IN ('closed', 'locked', 'reopened')", name="event"),
    CheckConstraint("trim(actor) <> ''", name="actor"),
    CheckConstraint("event = 'reopened' OR locked_through IS NOT NULL", name="locked_through"),
    CheckConstraint("(event = 'reopened') = (trim(reason) <> '')", name="reason"),
    CheckConstraint("(event = 'reopened') = (manifest_key = '')", name="manifest_key"),
    CheckConstraint(
        "length(manifest_sha256) = CASE WHEN event = 'reopened' THEN 0 ELSE 64 END", name="manifest_sha256"
    ),
)

ACCOUNTING_PERIOD_LEDGERS = Table(
    "accounting_period_ledgers",
    METADATA,
    Column("period_id", ForeignKey(ACCOUNTING_PERIODS.c.id), nullable=False),
    Column("entity", String, nullable=False),
    Column("currency", _CURRENCY, nullable=False),
    Column("journals", ExactInteger, nullable=False),
    Column("first_number", String, nullable=False),
    Column("last_number", String, nullable=False),
    Column("debits_minor", ExactInteger, nullable=False),
    Column("credits_minor", ExactInteger, nullable=False),
    PrimaryKeyConstraint("period_id", "entity", "currency"),
    CheckConstraint("journals >= 0", name="journals"),
    CheckConstraint("debits_minor = credits_minor", name="balanced"),
)

MANUAL_JOURNALS = Table(
    "manual_journals",
    METADATA,
    Column("id", String, primary_key=True),
    Column("date", Date, nullable=False),
    Column("entity", String, nullable=False),
    Column("currency", _CURRENCY, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("product_id", String, nullable=False),
    Column("invoice_id", String, nullable=False),
    Column("narrative", String, nullable=False),
    Column("adjusts", String, nullable=False),
    Column("prepared_by", String, nullable=False),
    Column("approved_by", String, nullable=False),
    # How many rows of manual_journal_entries belong to it.
    Column("entries", ExactInteger, nullable=False),
    Column("recorded_at", UtcTimestamp, nullable=False),
    CheckConstraint("trim(prepared_by) <> ''", name="prepared_by"),
    CheckConstraint("trim(approved_by) <> ''", name="approved_by"),
    CheckConstraint("lower(replace(prepared_by, ' ', '')) <> lower(replace(approved_by, ' ', ''))", name="two_people"),
    CheckConstraint("entries >= 2", name="entries"),
    Index(None, "date"),
)

MANUAL_JOURNAL_ENTRIES = Table(
    "manual_journal_entries",
    METADATA,
    Column("manual_journal_id", ForeignKey(MANUAL_JOURNALS.c.id), nullable=False),
    # Counts from 0 within the journal.
    Column("place", ExactInteger, nullable=False),
    Column("direction", String, nullable=False),
    Column("account", String, nullable=False),
    Column("amount_minor", ExactInteger, nullable=False),
    PrimaryKeyConstraint("manual_journal_id", "place"),
    CheckConstraint("direction IN ('DEBIT', 'CREDIT')", name="direction"),
    CheckConstraint("account IN ('billed', 'recognized', 'deferred', 'unbilled')", name="account"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
)
