"""A real SMTP server (aiosmtpd) in a thread, that keeps what it is sent.

What belongs here: starting it, refusing on demand, reading mails back. What does not: what a mail should say.
"""

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class MailServer:
    """What the server got, and how it is reached.

    Attributes:
        url: for REVREC_SMTP_URL, without user and password.
        mails: every mail taken, in order.
        recipients: the envelope's, of each mail.
        answer: what it says to a mail; 250 takes it.
        refuse_recipients: whether it takes no recipient.
        logins: users and passwords that were tried.
    """

    url: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answer: str = "250 OK"
    refuse_recipients: bool = False
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.refuse_recipients:
            return "550 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Keep a mail, unless it is refused."""
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: object) -> AuthResult:
        """Take the password 'right' only."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right", handled=False)


class _Controller(Controller):
    """Knows the port that it was given where it asked for any."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # ships no types for it


@contextmanager
def mail_server(port: int = 0, *, asks_for_login: bool = False) -> Iterator[MailServer]:
    """A server on 127.0.0.1 that runs as long as the block does.

    Args:
        port: 0 for a free one.
        asks_for_login: whether it takes mail of users only.
    """
    server = MailServer()
    controller = _Controller(
        server,
        hostname="127.0.0.1",
        port=port,
        server_hostname="mail.test",
        auth_required=asks_for_login,
        auth_require_tls=False,
        authenticator=server.authenticate,
    )
    controller.start()
    try:
        server.url = f"smtp://127.0.0.1:{controller.port}"
        yield server
    finally:
        controller.stop()
