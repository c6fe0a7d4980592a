"""Sending mail through the SMTP server of the settings.

What belongs here: the server's address, whether a recipient's address is one, and sending a plain text. What does not:
what mails say, and whether one was sent before (the books know).
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from resources.masking import mask_credentials
from revrec.errors import RevrecError

# For each of the steps of a delivery: a server that does not answer must not hold up a run.
TIMEOUT_SECONDS = 30

_DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
# What every mail server takes; the rare others (quoted local parts, scripts other than Latin) are refused by some.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class MailError(RevrecError, ConnectionError):
    """A mail could not be sent: the message says why, and what to do."""


class MailSettingsError(RevrecError, ValueError):
    """The settings name no mail server, or one whose address cannot be read."""


class MailAddressError(RevrecError, ValueError):
    """A text that is no mail address."""


def checked_address(text: str) -> str:
    """Return a mail address unchanged.

    Raises:
        MailAddressError: It is not one address as name@host, in ASCII.
    """
    if not _ADDRESS.fullmatch(text) or ".." in text or text.startswith(".") or ".@" in text:
        raise MailAddressError(f"{text!r} is no mail address: write one as name@example.com")
    return text


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A plain text to one person.

    Attributes:
        recipient: Mail address.
        subject: One line.
        text: The body.
        reference: What the mail is about, in the characters of an id: mails of one reference have one Message-ID, so
            that mail programs show a repeated one once.
    """

    recipient: str
    subject: str
    text: str
    reference: str


@dataclass(frozen=True)
class Mailer:
    """Sends mails through one server.

    Attributes:
        url: smtp://, smtps:// or smtp+starttls://, with user:password@ where the server asks for them, host, and port
            where it is not the usual one; None where no server is set.
        sender: Mail address of the sender.
    """

    url: str | None = field(repr=False)
    sender: str

    def require_server(self) -> None:
        """See that mails can be sent, before anything is done that ends with one.

        Raises:
            MailSettingsError: No server is set, or its address cannot be read.
            MailAddressError: The sender is no address.
        """
        self._server()
        checked_address(self.sender)

    def send(self, mail: Mail, now: datetime) -> None:
        """Hand a mail to the server.

        Args:
            mail: What is sent.
            now: The present time, aware: the mail's date.

        Raises:
            MailError: The server cannot be reached, refuses, or its certificate is not good.
            MailSettingsError, MailAddressError: As `require_server`; the recipient is no address.
        """
        server = self._server()
        message = _message(mail, checked_address(self.sender), now)
        try:
            with server.connected() as connection:
                connection.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            # what servers say here may quote what was sent
            raise MailError(
                f"the mail server {server.shown} refused the login ({error.smtp_code}): check user and password in "
                "REVREC_SMTP_URL"
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            reason = "; ".join(_told(answer) for answer in error.recipients.values())
            raise MailError(
                f"the mail server {server.shown} does not take mail to {mail.recipient}: {reason}; check the address"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(
                f"cannot send mail to {mail.recipient} through {server.shown}: "
                f"{mask_credentials(str(error)) or type(error).__name__}; check REVREC_SMTP_URL and the server"
            ) from None

    def _server(self) -> "_Server":
        if self.url is None:
            raise MailSettingsError(
                "no mail server is set: set REVREC_SMTP_URL to smtp://host:port, or leave the recipient out"
            )
        try:
            parts = urlsplit(self.url)
            scheme, host, port = parts.scheme, parts.hostname, parts.port
        except ValueError:
            scheme, host, port = "", None, None
        if scheme not in _DEFAULT_PORTS or not host or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise MailSettingsError(
                f"cannot read REVREC_SMTP_URL {mask_credentials(self.url)!r}: give smtp://, smtps:// or "
                "smtp+starttls://user:password@host:port, with special characters of the password percent-encoded"
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return _Server(scheme, host, port or _DEFAULT_PORTS[scheme], user, password)


@dataclass(frozen=True)
class _Server:
    scheme: str
    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def shown(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @contextmanager
    def connected(self) -> Iterator[smtplib.SMTP]:
        """A connection that is encrypted where it should be, and logged in where a user is given."""
        connection = self._connect()
        try:
            if self.scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if self.user:
                connection.login(self.user, self.password)
            yield connection
            # What was taken is taken: a goodbye that fails must not look like a mail that was not sent.
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
        finally:
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        if self.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)


def _message(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    try:
        message["From"] = Address(addr_spec=sender)
        message["To"] = Address(addr_spec=checked_address(mail.recipient))
        message["Subject"] = " ".join(mail.subject.split())
    except (MessageError, ValueError) as error:
        raise MailAddressError(f"cannot address a mail from {sender} to {mail.recipient}: {error}") from None
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9.-]', '-', mail.reference)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _told(answer: tuple[int, bytes]) -> str:
    code, text = answer
    return f"{code} {mask_credentials(text.decode(errors='replace'))}"
