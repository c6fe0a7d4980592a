"""Exports that people asked for, in the books: what was written for whom, and what became of the mail.

What belongs here: recording each request once, and seeing to it that its mail is sent once, whatever is repeated,
retried or killed. What does not: writing the files (`assets.requested_exports`), sending (`resources.mailer`).
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, Update, insert, select, update

from resources.books.activity_log import add_activities
from resources.books.engine import hold_lock, transaction
from resources.books.records import Activity, RecordedRequestedExport, RequestedExport
from resources.books.tables import REQUESTED_EXPORTS
from revrec.errors import RevrecError

# Longer than a delivery can take with a mailer that gives each of its steps 30 s. A process that was killed while it
# sent lets go after this time; mail programs tell a second mail from the first by its Message-ID.
MAILING_LEASE = timedelta(minutes=5)

# What a request asks for. What it got may be written anew, as long as nobody has been told of it.
_ASKED = ("format", "filters", "requested_by", "recipient")


class RequestChangedError(RevrecError, ValueError):
    """A request of this id asks for something else."""


class UnknownRequestError(RevrecError, LookupError):
    """The books know no request of this id."""


class MailUnderWayError(RevrecError, RuntimeError):
    """Another process is sending the mail of this request at this moment."""


class RequestedExports:
    """The exports that people asked for. Every method is one transaction, and safe to repeat."""

    def __init__(self, engine: Engine) -> None:
        """Use a database whose tables are current."""
        self._engine = engine

    def find(self, request_id: str) -> RecordedRequestedExport | None:
        """Return what is recorded of a request."""
        with transaction(self._engine, reads_only=True) as connection:
            return _found(connection, request_id)

    def all(self) -> list[RecordedRequestedExport]:
        """Return every request in the order of writing."""
        order = REQUESTED_EXPORTS.c.written_at, REQUESTED_EXPORTS.c.request_id
        with transaction(self._engine, reads_only=True) as connection:
            rows = connection.execute(select(REQUESTED_EXPORTS).order_by(*order)).mappings()
            return [RecordedRequestedExport(**row) for row in rows]

    def record(self, export: RequestedExport, *, now: datetime) -> RecordedRequestedExport:
        """Record what was written for a request, with its entry in the activity log; the same again changes nothing.

        Raises:
            RequestChangedError: The request is recorded already, and asks for something else.
            NaiveTimestampError: The time has no zone.
            InexactIntegerError: A count is not a 64-bit integer.
        """
        with transaction(self._engine) as connection:
            hold_lock(connection, f"requested export {export.request_id}")
            known = _found(connection, export.request_id)
            if known is None:
                fields = {**vars(export), "written_at": now, "mail_error": ""}
                connection.execute(insert(REQUESTED_EXPORTS).values(fields))
            else:
                _require_same(known, export)
                if known.sha256 == export.sha256:
                    return known
                connection.execute(_of(export.request_id).values({**vars(export), "written_at": now}))
            add_activities(connection, [_written(export)], now)
            return _known(connection, export.request_id)

    def claim_mail(self, request_id: str, *, now: datetime) -> bool:
        """Say whether the caller is to send the request's mail now; if so, no other process is for five minutes.

        Returns:
            False where it has been sent.

        Raises:
            MailUnderWayError: Another process is sending it.
            UnknownRequestError: The request is not recorded.
        """
        with transaction(self._engine) as connection:
            hold_lock(connection, f"requested export {request_id}")
            known = _known(connection, request_id)
            if known.mailed_at is not None:
                return False
            if known.mailing_since is not None and now - known.mailing_since < MAILING_LEASE:
                raise MailUnderWayError(
                    f"the mail of request {request_id} is being sent by another run: wait "
                    f"{MAILING_LEASE.seconds // 60} minutes, then run this one again if it has not arrived"
                )
            connection.execute(_of(request_id).values(mailing_since=now))
            return True

    def record_mailed(self, request_id: str, *, now: datetime) -> None:
        """Record that the mail was taken by the mail server, with an entry in the activity log."""
        with transaction(self._engine) as connection:
            hold_lock(connection, f"requested export {request_id}")
            known = _known(connection, request_id)
            if known.mailed_at is None:
                connection.execute(_of(request_id).values(mailed_at=now, mailing_since=None, mail_error=""))
                add_activities(connection, [_mailed(known)], now)

    def record_mail_failure(self, request_id: str, error: str) -> None:
        """Record why the mail could not be sent; the next attempt may begin at once."""
        with transaction(self._engine) as connection:
            hold_lock(connection, f"requested export {request_id}")
            unsent = REQUESTED_EXPORTS.c.mailed_at.is_(None)
            connection.execute(_of(request_id).where(unsent).values(mailing_since=None, mail_error=error))


def _of(request_id: str) -> Update:
    return update(REQUESTED_EXPORTS).where(REQUESTED_EXPORTS.c.request_id == request_id)


def _found(connection: Connection, request_id: str) -> RecordedRequestedExport | None:
    wanted = select(REQUESTED_EXPORTS).where(REQUESTED_EXPORTS.c.request_id == request_id)
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else RecordedRequestedExport(**row)


def _known(connection: Connection, request_id: str) -> RecordedRequestedExport:
    found = _found(connection, request_id)
    if found is None:
        raise UnknownRequestError(f"no export is recorded for request {request_id}: run the export again")
    return found


def _require_same(known: RequestedExport, export: RequestedExport) -> None:
    changed = [name for name in _ASKED if getattr(known, name) != getattr(export, name)]
    if changed:
        raise RequestChangedError(
            f"request {export.request_id} is recorded with another {' and '.join(changed)}: what asks for something "
            "else is a request of its own, start it as a new run"
        )


def _written(export: RequestedExport) -> Activity:
    return Activity(
        actor=export.requested_by,
        activity="exported",
        subject=export.object_key,
        details={
            "request_id": export.request_id,
            "format": export.format,
            "filters": dict(export.filters),
            "recipient": export.recipient,
            "sha256": export.sha256,
            "rows": export.rows,
            "totals": {ledger: dict(figures) for ledger, figures in export.totals.items()},
        },
        fingerprint=f"requested export {export.request_id} {export.sha256}",
    )


def _mailed(export: RequestedExport) -> Activity:
    return Activity(
        actor=export.requested_by,
        activity="export mailed",
        subject=export.object_key,
        details={"request_id": export.request_id, "recipient": export.recipient},
        fingerprint=f"requested export {export.request_id} mailed",
    )
