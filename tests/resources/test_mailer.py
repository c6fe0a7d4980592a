"""Mails through a real SMTP server, and what is said where one cannot be sent."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from resources.mailer import Mail, MailAddressError, Mailer, MailError, MailSettingsError, checked_address
from tests.mail_server import MailServer, mail_server

NOON = datetime(2025, 2, 3, 12, 0, tzinfo=UTC)
MAIL = Mail(
    recipient="ana@example.com",
    subject="revrec export\nBcc: eve@example.com",
    text="Größe 😀\n" + "https://example.com/" + "x" * 1200 + "\n",
    reference="revrec-export-5f0c",
)


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> Iterator[MailServer]:
    yield running
    running.mails.clear()
    running.recipients.clear()
    running.answer, running.refuse_recipients = "250 OK", False


def mailer(server: MailServer) -> Mailer:
    return Mailer(server.url, "books@example.com")


def test_a_mail_arrives_as_it_was_written(server: MailServer) -> None:
    mailer(server).send(MAIL, NOON)
    [mail] = server.mails
    assert server.recipients == [["ana@example.com"]]
    assert (mail["From"], mail["To"]) == ("books@example.com", "ana@example.com")
    assert mail.get_content().splitlines() == MAIL.text.splitlines()
    assert mail["Date"].datetime == NOON


def test_a_subject_cannot_add_a_header(server: MailServer) -> None:
    mailer(server).send(MAIL, NOON)
    [mail] = server.mails
    assert mail["Subject"] == "revrec export Bcc: eve@example.com"
    assert mail["Bcc"] is None


def test_mails_of_one_reference_have_one_message_id(server: MailServer) -> None:
    mailer(server).send(MAIL, NOON)
    mailer(server).send(MAIL, NOON.replace(hour=13))
    assert [mail["Message-ID"] for mail in server.mails] == ["<revrec-export-5f0c@example.com>"] * 2


@pytest.mark.parametrize(
    ("answer", "refuse_recipients", "said"),
    [
        pytest.param("250 OK", True, "does not take mail to ana@example.com: 550 no such user here", id="recipient"),
        pytest.param("452 disk full", False, "disk full", id="message"),
    ],
)
def test_a_refusal_is_told_with_the_servers_reason(
    server: MailServer, answer: str, refuse_recipients: bool, said: str
) -> None:
    server.answer, server.refuse_recipients = answer, refuse_recipients
    with pytest.raises(MailError, match=said) as refused:
        mailer(server).send(MAIL, NOON)
    assert server.url in str(refused.value)
    assert server.mails == []


def test_a_server_that_is_down_is_told_with_its_address_and_without_the_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(MailError, match=rf"through smtp://127\.0\.0\.1:{port}: .*refused.* check") as down:
            Mailer(f"smtp://ana:hunter2@127.0.0.1:{port}", "books@example.com").send(MAIL, NOON)
    assert "hunter2" not in str(down.value)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # what the test is about
def test_a_user_logs_in_with_a_password_of_any_characters_and_a_wrong_one_is_not_shown() -> None:
    with mail_server(asks_for_login=True) as server:
        host = server.url.removeprefix("smtp://")
        Mailer(f"smtp://ana%40example.com:right@{host}", "books@example.com").send(MAIL, NOON)
        with pytest.raises(MailError, match="refused the login") as wrong:
            Mailer(f"smtp://ana:hunter2%2F%40@{host}", "books@example.com").send(MAIL, NOON)
    # a refused password is tried by each mechanism that the server offers
    assert set(server.logins) == {("ana@example.com", "right"), ("ana", "hunter2/@")}
    assert len(server.mails) == 1
    assert "hunter2" not in str(wrong.value)


def test_a_server_without_encryption_gets_nothing_where_encryption_is_asked_for(server: MailServer) -> None:
    address = server.url.removeprefix("smtp://")
    for scheme in ("smtps", "smtp+starttls"):
        with pytest.raises(MailError, match=scheme.replace("+", r"\+")):
            Mailer(f"{scheme}://{address}", "books@example.com").send(MAIL, NOON)
    assert server.mails == []


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://ana:hunter2@",
        "smtp://ana:hunter2@host:port",
        "smtp://ana:hunter2@host/path",
        "smtp://ana:hunter2@[::1",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(MailSettingsError, match="cannot read REVREC_SMTP_URL") as refused:
        Mailer(url, "books@example.com").require_server()
    assert "hunter2" not in str(refused.value)


def test_without_a_server_it_is_said_what_to_set() -> None:
    with pytest.raises(MailSettingsError, match="set REVREC_SMTP_URL to"):
        Mailer(None, "books@example.com").require_server()


def test_a_mailer_does_not_show_its_password() -> None:
    assert "hunter2" not in repr(Mailer("smtp://ana:hunter2@host", "books@example.com"))


@pytest.mark.parametrize(
    "text", ["ana@example.com", "ana.b+revrec@mail.example.co.uk", "o'hara@example.com", "revrec@localhost"]
)
def test_an_address_is_taken(text: str) -> None:
    assert checked_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example.com, eve@example.com",
        "ana@example.com\nBcc: eve@example.com",
        "ana@example.com\r\n",
        "Ana <ana@example.com>",
        "ana@exam ple.com",
        "ana..b@example.com",
        "ana@example..com",
        "añа@example.com",
        "ana@example.com\x00",
    ],
)
def test_what_is_no_single_address_is_refused(text: str) -> None:
    with pytest.raises(MailAddressError, match="write one as name@"):
        checked_address(text)
