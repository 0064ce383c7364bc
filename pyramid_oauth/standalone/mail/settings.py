"""The settings of mail: names that begin with `standalone.mail.`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path
from typing import Any, ClassVar, Self

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.repositories.rate_limits import is_local
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.standalone.mail.addresses import mailbox
from pyramid_oauth.standalone.mail.transport import FileTransport, SmtpTransport

STARTTLS = "starttls"

NO_TLS = "none"


def _optional_mailbox(value: object) -> Address | None:
    return mailbox(value) if value else None


@dataclass(frozen=True, kw_only=True)
class MailSettings(Section):
    """How the ready-made server sends mail: by SMTP, or in development to files.

    Without `host` and `folder` the server sends no mail and omits pages that need it.
    """

    name_prefix: ClassVar[str] = "standalone.mail."

    host: str | None = setting(
        to.optional_text_or_environment, None, "The mail server (RFC 5321)."
    )
    port: int = setting(to.integer(1, 65535), 587, "Its port.")
    tls: str = setting(
        to.choice(STARTTLS, "tls", NO_TLS),
        STARTTLS,
        "`starttls` (RFC 3207) and `tls` (RFC 8314) refuse a server without a valid "
        "certificate; `none` is for a server on this machine.",
    )
    user: str | None = setting(
        to.optional_text_or_environment, None, "The user name there, if it wants one."
    )
    password: bytes | None = setting(
        to.optional_password,
        None,
        "The password there: `env:NAME` or `file:PATH`.",
        secret=True,
    )
    sender: Address | None = setting(
        _optional_mailbox,
        None,
        "Who the mail is from: an address or `Name <address>`. Required with `host`.",
    )
    base_url: str | None = setting(
        to.optional_issuer,
        None,
        "What links in mail begin with; default: scheme, host and port of the issuer.",
    )
    timeout: int = setting(
        to.integer(1, 60), 10, "Seconds to wait for an answer of the mail server."
    )
    folder: str | None = setting(
        to.optional_text,
        None,
        "Write each mail to a file in this folder, instead of sending it. For "
        "development: who can read the files can use the links in them.",
    )

    @classmethod
    def parse(cls, settings: Mapping[str, Any]) -> Self:
        """Parse the `standalone.mail.` names of `settings`.

        Raises:
            ConfigurationError: A name is unknown, a value is malformed, or the values
                do not fit together.
        """
        parsed = super().parse(settings)
        for problem in parsed._problems():
            raise ConfigurationError(f"{cls.name_prefix}{problem}")
        return parsed

    def _problems(self) -> list[str]:
        is_open = self.tls == NO_TLS and not self._is_local
        found = {
            "folder and host: give one of them": self.folder and self.host,
            "sender is missing": self.host and self.sender is None,
            "user and password: give both": (self.user is None)
            != (self.password is None),
            "tls = none would send the links to accounts over the network in plain "
            "text": self.host and is_open,
        }
        return [problem for problem, is_so in found.items() if is_so]

    @property
    def _is_local(self) -> bool:
        return self.host == "localhost" or is_local(self.host)

    @property
    def transport(self) -> SmtpTransport | FileTransport | None:
        """Return the transport; None if no mail is configured."""
        if self.folder:
            return FileTransport(Path(self.folder))
        if not self.host or self.sender is None:
            return None
        return SmtpTransport(
            host=self.host,
            port=self.port,
            tls=self.tls,
            user=self.user,
            password=self.password,
            timeout=self.timeout,
            own_name=self.sender.domain,
        )
