"""The tables of the books, as they are after all migrations.

What belongs here: tables, keys and indexes; a test holds them equal to what the migrations make. What does not: how a
database gets there (migrations/), and what is read and written (books.py).
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
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

ACTIVITY_LOG = Table(
    "activity_log",
    METADATA,
    # Only a column of type INTEGER counts up by itself on SQLite; it holds 64 bits there too.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("occurred_at", UtcTimestamp, nullable=False),
    Column("actor", String, nullable=False),
    Column("activity", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("month", _MONTH),
    Column("details", JSON().with_variant(JSONB, "postgresql"), nullable=False),
    Column("fingerprint", String, nullable=False),
    UniqueConstraint("fingerprint"),
    Index(None, "month", "activity"),
    Index(None, "subject"),
)
