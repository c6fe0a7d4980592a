"""What the books keep, as plain values.

What belongs here: one frozen dataclass per kind of row, as the caller states it, and one that adds what the books know
about it. Their fields are the columns of tables.py. Closes and manual journals are values of the accounting: here is
only what the books add. What does not: SQL.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from revrec.accounting_periods import PeriodEvent
from revrec.manual_journals import ManualJournal


@dataclass(frozen=True, kw_only=True)
class LandedFile:
    """One version of a landed file, and what became of its rows.

    Attributes:
        object_key: Its key in the object store.
        sha256: Of its content, 64 hexadecimal digits; with the key, it names the version.
        dataset: The dataset it belongs to (SPEC 10), such as "invoices".
        month: The month folder it lies in, YYYY-MM; None for reference datasets.
        size_bytes: Its length.
        etag: The object store's token for this version, to notice changes without reading.
        rows_kept: Rows that were taken in.
        rows_quarantined: Rows that were bad input.
    """

    object_key: str
    sha256: str
    dataset: str
    month: str | None
    size_bytes: int
    etag: str
    rows_kept: int
    rows_quarantined: int


@dataclass(frozen=True, kw_only=True)
class RecordedLandedFile(LandedFile):
    """A landed file in the books.

    Attributes:
        first_seen_at: When this version was recorded first; UTC.
    """

    first_seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class ExportFile:
    """One file written for a general ledger (SPEC 9).

    Attributes:
        object_key: Its key in the object store.
        format: The export format, such as "xero".
        month: The posting month, YYYY-MM.
        entity: The entity of the ledger.
        currency: The currency of the ledger, ISO 4217.
        rows: Data rows in the file.
        total_debits_minor: Sum of its debits, minor units.
        total_credits_minor: Sum of its credits, minor units.
        sha256: Of its content, 64 hexadecimal digits.
        policy_sha256: Of the policy it was made under.
        engine_version: The version of revrec that made it.
    """

    object_key: str
    format: str
    month: str
    entity: str
    currency: str
    rows: int
    total_debits_minor: int
    total_credits_minor: int
    sha256: str
    policy_sha256: str
    engine_version: str


@dataclass(frozen=True, kw_only=True)
class RecordedExportFile(ExportFile):
    """An export file in the books.

    Attributes:
        written_at: When a file with this content was first written under this key; UTC.
    """

    written_at: datetime


@dataclass(frozen=True, kw_only=True)
class RequestedExport:
    """An export that somebody asked for, as it was written (SPEC 7, SPEC 9).

    Attributes:
        request_id: Names the request: it is recorded, and its mail sent, once.
        format: The export format, such as "xero", or "journal-report".
        filters: What chose the journals and how they are written, name to text.
        requested_by: Who asked for it.
        recipient: Mail address that its link goes to; empty where nobody is told.
        object_key: Key of the zip file in the object store.
        sha256: Of its content, 64 hexadecimal digits.
        size_bytes: Its length.
        rows: Data rows in all its files.
        totals: Per ledger: journals, debits_minor, credits_minor.
    """

    request_id: str
    format: str
    filters: Mapping[str, str]
    requested_by: str
    recipient: str
    object_key: str
    sha256: str
    size_bytes: int
    rows: int
    totals: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True)
class RecordedRequestedExport(RequestedExport):
    """A requested export in the books.

    Attributes:
        written_at: When it was written; UTC.
        mailing_since: Since when a process is sending its mail; UTC.
        mailed_at: When the mail server took its mail; UTC.
        mail_error: Why the last attempt to send its mail failed; empty where none did.
    """

    written_at: datetime
    mailing_since: datetime | None
    mailed_at: datetime | None
    mail_error: str


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Something that was done to the books, for the activity log (SPEC 8).

    Attributes:
        actor: Who did it: a person's name, or the part of the system.
        activity: What was done, such as "recognized" or "closed".
        subject: What it was done to, such as an invoice or a ledger.
        month: The month concerned, YYYY-MM, where there is one.
        details: What a reader of the log wants to know; JSON, with amounts as integers of minor units.
        fingerprint: What makes this occurrence itself: it is recorded once, however often it is reported. By default it
            follows from activity, subject, month and details, so that re-running an unchanged month adds nothing. What
            happens twice with the same details (closing again after reopening) needs a fingerprint of its own.
    """

    actor: str
    activity: str
    subject: str
    month: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    fingerprint: str = ""

    def __post_init__(self) -> None:
        """Derive the fingerprint where none was given.

        Raises:
            TypeError: The details are not JSON.
        """
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", _digest([self.activity, self.subject, self.month, self.details]))


@dataclass(frozen=True, kw_only=True)
class RecordedActivity(Activity):
    """An activity in the books.

    Attributes:
        id: Its number in the log; later entries have higher ones.
        occurred_at: When it was first recorded; UTC.
    """

    id: int
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class RecordedPeriodEvent(PeriodEvent):
    """A close, lock or reopening in the books.

    Attributes:
        id: Its number; later events have higher ones.
        occurred_at: When it was recorded; UTC.
    """

    id: int
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class RecordedManualJournal(ManualJournal):
    """A manual journal in the books.

    Attributes:
        recorded_at: When it was recorded; UTC.
    """

    recorded_at: datetime


def _digest(value: object) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
