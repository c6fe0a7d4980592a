"""Delivering an export: what the mail says, and that nothing is written or mailed twice, whatever fails in between."""

import hashlib
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from assets.export_delivery import DeliveryDesk, ExportOrder, LinkNotSentError, NamelessRequestError
from resources.books import RecordedRequestedExport, RequestChangedError
from resources.mailer import MailAddressError, Mailer, MailSettingsError
from resources.settings import settings_from
from resources.signed_links import SignedLinks
from revrec.exports.requests import RequestTexts
from tests.assets.accountant import Accountant
from tests.assets.chain import Chain
from tests.mail_server import MailServer, mail_server

NOON = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
ORDER = ExportOrder(
    request_id="5f0c",
    request=RequestTexts(
        format="generic", first="2025-01", last="2025-02-15", names={"customers": ("Acme Inc", "bolt")}
    ).request("UTC"),
    requested_by="Ana\nSHA-256: forged",
    recipient="ana@example.com",
    link_life=timedelta(hours=48),
)


@dataclass
class Office:
    """A store and its desk.

    Attributes:
        desk: delivers.
        now: what its clock says.
    """

    desk: DeliveryDesk
    now: datetime = NOON

    def recorded(self) -> list[RecordedRequestedExport]:
        return self.desk.places.books.requested_exports.all()

    def stored(self) -> list[str]:
        return [found.key for found in self.desk.places.store.list_objects("exports/requested/")]

    def with_server(self, url: str | None) -> DeliveryDesk:
        return replace(self.desk, mailer=Mailer(url, "books@example.com"))


@pytest.fixture
def office(posted_books: Chain, tmp_path: Path) -> Office:
    shutil.copytree(posted_books.store, tmp_path / "store", ignore=shutil.ignore_patterns("requested"))
    places = Accountant(tmp_path / "store").places
    settings = settings_from({"XDG_STATE_HOME": str(tmp_path / "state"), "REVREC_LINK_URL": "http://exports.test"})
    made: list[Office] = []
    desk = DeliveryDesk(
        places, SignedLinks(places.store, settings), Mailer(None, "books@example.com"), lambda: made[0].now
    )
    made.append(Office(desk))
    return made[0]


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def text_of(server: MailServer) -> str:
    [mail] = server.mails
    return str(mail.get_content()).replace("\r\n", "\n")


def test_the_mail_tells_what_is_in_the_file_where_it_is_and_until_when(office: Office, server: MailServer) -> None:
    delivered = office.with_server(server.url).deliver(ORDER)
    content = office.desk.places.store.read_bytes(delivered.object_key)
    text = text_of(server)
    link = next(line for line in text.splitlines() if line.startswith("http"))
    assert urlsplit(link).path == f"/{delivered.object_key}"
    assert f"expires={int((NOON + ORDER.link_life).timestamp())}&" in link
    totals = {ledger: figures["journals"] for ledger, figures in delivered.totals.items()}
    assert (
        text
        == f"""\
The export you asked for is ready.

Format:   generic
Days:     2025-01-01 to 2025-02-15, both included
As of:    all that has landed
Filters:  customers: Acme Inc, bolt
Ledger:   default-JPY: {totals["default-JPY"]} journals, debits 46065, credits 46065
Ledger:   default-USD: {totals["default-USD"]} journals, debits 1533.55, credits 1533.55
Rows:     {delivered.rows}
Size:     {len(content)} bytes (zip)
SHA-256:  {hashlib.sha256(content).hexdigest()}

Download it until 2025-03-05 12:00 UTC:
{link}

Whoever has this link can download the file until then: pass it on with care.
Asked for by Ana SHA-256: forged, request 5f0c.
"""
    )
    assert server.mails[0]["Subject"] == "revrec export generic, 2025-01-01 to 2025-02-15"
    assert server.recipients == [["ana@example.com"]]
    assert (delivered.mailed_at, delivered.mail_error) == (NOON, "")


def test_delivering_again_writes_and_mails_nothing(office: Office, server: MailServer) -> None:
    first = office.with_server(server.url).deliver(ORDER)
    office.now += timedelta(days=1)
    assert office.with_server(server.url).deliver(ORDER) == first
    assert len(server.mails) == 1
    assert office.stored() == [first.object_key]
    told = office.desk.places.books.activities(subject=first.object_key)
    assert [entry.activity for entry in told] == ["exported", "export mailed"]


def test_while_the_mail_server_is_down_the_export_is_kept_and_a_retry_sends_one_mail(office: Office) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        down = f"smtp://ana:hunter2@127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(LinkNotSentError, match="was not sent to ana@example") as failed:
            office.with_server(down).deliver(ORDER)
    [kept] = office.recorded()
    assert f"the export is kept as {kept.object_key}" in str(failed.value)
    assert "\n" not in str(failed.value)
    assert "hunter2" not in str(failed.value) + kept.mail_error
    assert "cannot send mail to ana@example.com" in kept.mail_error
    assert (office.stored(), kept.mailed_at) == ([kept.object_key], None)
    office.now += timedelta(hours=1)
    with mail_server() as server:
        sent = office.with_server(server.url).deliver(ORDER)
        office.with_server(server.url).deliver(ORDER)
    assert len(server.mails) == 1
    assert (sent.object_key, sent.written_at, sent.mailed_at, sent.mail_error) == (
        kept.object_key,
        NOON,
        office.now,
        "",
    )
    assert "until 2025-03-05 13:00 UTC" in text_of(server), "the link lives from the mail on"


def test_an_export_that_was_removed_before_its_mail_is_written_again(office: Office, server: MailServer) -> None:
    with pytest.raises(LinkNotSentError):
        office.with_server("smtp://127.0.0.1:1").deliver(ORDER)
    [key] = office.stored()
    office.desk.places.store.delete(key)
    assert office.with_server(server.url).deliver(ORDER).object_key == key
    assert office.stored() == [key]


def test_without_a_mail_server_a_recipient_is_an_error_before_anything_is_written(office: Office) -> None:
    with pytest.raises(MailSettingsError, match="set REVREC_SMTP_URL"):
        office.desk.deliver(ORDER)
    assert office.recorded() == []
    assert office.stored() == []


def test_without_a_recipient_the_export_is_written_and_recorded_and_nobody_is_told(office: Office) -> None:
    delivered = office.desk.deliver(replace(ORDER, recipient=""))
    assert office.stored() == [delivered.object_key]
    assert delivered.mailed_at is None


def test_two_requests_of_the_same_content_share_a_file_and_have_a_mail_each(office: Office, server: MailServer) -> None:
    desk = office.with_server(server.url)
    one, other = desk.deliver(ORDER), desk.deliver(replace(ORDER, request_id="77aa", recipient="ben@example.com"))
    assert one.object_key == other.object_key
    assert [found.request_id for found in office.recorded()] == ["5f0c", "77aa"]
    assert server.recipients == [["ana@example.com"], ["ben@example.com"]]
    assert len({mail["Message-ID"] for mail in server.mails}) == 2


def test_a_request_does_not_turn_into_another_one(office: Office, server: MailServer) -> None:
    office.with_server(server.url).deliver(ORDER)
    with pytest.raises(RequestChangedError, match="start it as a new run"):
        office.with_server(server.url).deliver(replace(ORDER, recipient="eve@example.com"))
    assert server.recipients == [["ana@example.com"]]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"recipient": "ana@example.com\nBcc: eve@example.com"}, MailAddressError),
        ({"recipient": "ana"}, MailAddressError),
        ({"requested_by": " "}, NamelessRequestError),
    ],
    ids=["a header in the address", "no address", "nobody asks"],
)
def test_an_order_of_nobody_or_to_no_address_is_refused(words: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        replace(ORDER, **words)
