"""Transports of mail: SMTP (RFC 5321), or files in development.

The standard library's `smtplib` and `email` are used. They are kept with Python, and
the policy of `email` refuses line breaks in headers. Of the libraries around them,
pyramid_mailer had its last release in 2016, aiosmtplib needs an event loop, and emails
brings three dependencies for what is a dozen lines here.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from pyramid_oauth.clock import now
from pyramid_oauth.hashing import new_credential
from pyramid_oauth.outbox import DeliveryError
from pyramid_oauth.private_files import write_private_text

log = logging.getLogger(__name__)


class Transport(Protocol):
    """Sends a mail, or raises DeliveryError."""

    def send(self, message: EmailMessage) -> None:
        """Send `message` to its recipient."""


@dataclass(frozen=True, kw_only=True)
class SmtpTransport:
    """Sends by SMTP; each mail uses a new connection."""

    host: str
    port: int
    tls: str
    user: str | None
    password: bytes | None = field(repr=False)
    timeout: float
    own_name: str

    def send(self, message: EmailMessage) -> None:
        """Send `message`.

        Raises:
            DeliveryError: The server is unreachable or refuses the mail; final if the
                reply code is 5yz (RFC 5321 section 4.2.1).
        """
        with _smtp_errors(), self._connect() as server:
            if self.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self.user is not None and self.password is not None:
                server.login(self.user, self.password.decode())
            server.send_message(message)

    def _connect(self) -> smtplib.SMTP:
        # With an explicit host name, because smtplib would make a DNS look-up.
        if self.tls == "tls":
            return smtplib.SMTP_SSL(
                self.host,
                self.port,
                self.own_name,
                timeout=self.timeout,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(self.host, self.port, self.own_name, timeout=self.timeout)


@contextmanager
def _smtp_errors() -> Iterator[None]:
    """Raise DeliveryError for every failure, without the text of the server.

    That text may contain the address or a part of the mail.
    """
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        ((code, _answer),) = error.recipients.values()
        problem = f"the mail server refuses the recipient: {code}"
        raise DeliveryError(problem, final=code >= 500) from None
    except smtplib.SMTPDataError as error:
        problem = f"the mail server refuses the mail: {error.smtp_code}"
        raise DeliveryError(problem, final=error.smtp_code >= 500) from None
    except smtplib.SMTPResponseException as error:
        name = type(error).__name__
        raise DeliveryError(f"mail server: {name} {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"mail server: {type(error).__name__}") from None


@dataclass(frozen=True)
class FileTransport:
    """Writes each mail to a file in a folder; only the owner may read the file."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Write `message`; the log names the file."""
        path = self.folder / f"{now():%Y%m%dT%H%M%S}-{new_credential(6)}.eml"
        try:
            write_private_text(path, message.as_string())
        except OSError as error:
            raise DeliveryError(f"mail to a file: {type(error).__name__}") from None
        log.info("a mail is in %s", path)
