"""Delivering an export: written once, recorded once, and its link mailed once, whatever is repeated (SPEC 7).

What belongs here: the order of these steps, and what a repeated one finds done. What does not: writing
(`assets.requested_exports`), the mail's words (`assets.export_mail`), what starts it (`revrec_dagster.export_jobs`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.export_mail import mail_text, subject
from assets.requested_exports import write_requested_export
from assets.up_to_date import Places
from resources.books import RecordedRequestedExport, RequestedExport
from resources.mailer import Mail, Mailer, checked_address
from resources.signed_links import SignedLinks
from revrec.errors import RevrecError
from revrec.exports.requests import ExportRequest


class LinkNotSentError(RevrecError, ConnectionError):
    """The export is written and recorded, and its link has reached nobody."""


class NamelessRequestError(RevrecError, ValueError):
    """Nobody is named as the one who asks."""


@dataclass(frozen=True, kw_only=True)
class ExportOrder:
    """What is delivered, and to whom.

    Attributes:
        request_id: names the order: of one id, one export is recorded and one mail sent.
        request: the export.
        requested_by: who asks for it; kept in the books.
        recipient: mail address that the link goes to; empty where nobody is told.
        link_life: how long the link works.
    """

    request_id: str
    request: ExportRequest
    requested_by: str
    recipient: str
    link_life: timedelta

    def __post_init__(self) -> None:
        """See that names and addresses are some.

        Raises:
            NamelessRequestError: nobody asks.
            MailAddressError: the recipient is no mail address.
        """
        if not self.requested_by.strip():
            raise NamelessRequestError("requested_by is empty: name who asks for the export, the books keep it")
        if self.recipient:
            checked_address(self.recipient)


@dataclass(frozen=True)
class DeliveryDesk:
    """What a delivery works with.

    Attributes:
        places: where journals are read, and exports kept and recorded.
        links: makes the link.
        mailer: sends it.
        clock: the present time, aware: of the record, the mail and the link's end; nothing in the export follows from
            it.
    """

    places: Places
    links: SignedLinks
    mailer: Mailer
    clock: Callable[[], datetime]

    def deliver(self, order: ExportOrder) -> RecordedRequestedExport:
        """Write, record and mail what of an order is not done yet.

        Raises:
            MailSettingsError: a recipient is given and no mail server is set; nothing was written.
            RevrecError: as `write_requested_export`.
            RequestChangedError: the order's id is taken by another request.
            MailUnderWayError: another process is sending the mail.
            LinkNotSentError: the export is kept; delivering again sends the mail.
        """
        exports = self.places.books.requested_exports
        if order.recipient:
            self.mailer.require_server()
        recorded = exports.record(self._written(order), now=self.clock())
        if order.recipient and exports.claim_mail(order.request_id, now=self.clock()):
            self._mail(order, recorded)
            exports.record_mailed(order.request_id, now=self.clock())
        return exports.find(order.request_id) or recorded

    def _written(self, order: ExportOrder) -> RequestedExport:
        """What is written for an order: what an earlier attempt wrote, as long as it is there or has been mailed."""
        known = self.places.books.requested_exports.find(order.request_id)
        if known and (known.mailed_at or self.places.store.exists(known.object_key)):
            figures = known.object_key, known.sha256, known.size_bytes, known.rows, known.totals
        else:
            written = write_requested_export(order.request, self.places)
            figures = written.object_key, written.sha256, written.size_bytes, written.rows, written.totals
        object_key, sha256, size_bytes, rows, totals = figures
        return RequestedExport(
            request_id=order.request_id,
            format=order.request.format,
            filters=order.request.told(),
            requested_by=order.requested_by,
            recipient=order.recipient,
            object_key=object_key,
            sha256=sha256,
            size_bytes=size_bytes,
            rows=rows,
            totals=totals,
        )

    def _mail(self, order: ExportOrder, recorded: RecordedRequestedExport) -> None:
        now = self.clock()
        expires_at = now + order.link_life
        try:
            link = self.links.link(recorded.object_key, expires_at=expires_at, now=now)
            mail = Mail(
                recipient=order.recipient,
                subject=subject(recorded),
                text=mail_text(recorded, link, expires_at),
                reference=f"revrec-export-{order.request_id}",
            )
            self.mailer.send(mail, now)
        except RevrecError as error:
            self.places.books.requested_exports.record_mail_failure(order.request_id, str(error))
            raise LinkNotSentError(
                f"the export is kept as {recorded.object_key}, but its link was not sent to {order.recipient}: "
                f"{error}; then run this again, which sends it"
            ) from None
