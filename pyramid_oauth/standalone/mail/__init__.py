"""Mail of the ready-made server: stored with the transaction, sent after it.

An outbox message names the letter and its subject; the outbox retries with back-off.
The letter is written when it is sent, so no link that gives access to an account is
stored.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Any

from pyramid_oauth import outbox
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.outbox import Send
from pyramid_oauth.outbox.repository import ClaimedMessage
from pyramid_oauth.outbox.settings import OutboxSettings
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.standalone.mail.letter import Letter, compose
from pyramid_oauth.standalone.mail.settings import MailSettings
from pyramid_oauth.standalone.mail.transport import FileTransport, Transport
from pyramid_oauth.standalone.page import origin
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import may_have_known_secrets

MAILER = "standalone.mailer"

BASE_URL = "standalone.base_url"

KIND = "mail"

DEFAULT_SENDER = Address("pyramid_oauth", addr_spec="no-reply@localhost")
"""Of mail that becomes a file."""

Write = Callable[[Any, Mapping[str, Any]], Letter | None]
"""Writes a letter: called with a request and what `send_letter` was given.

It returns None where there is nobody to write to.
"""


log = logging.getLogger(__name__)


def needs_worker(section: OutboxSettings) -> bool:
    """Whether another process must deliver what the outbox holds."""
    return not section.outbox_in_process


@dataclass(frozen=True)
class Mailer:
    """The transport of mail, and the registered letters."""

    transport: Transport
    sender: Address
    letters: dict[str, Write]


def has_mail(registry: Registry) -> bool:
    """Whether the server sends mail."""
    return MAILER in registry


def add_letter(config: Configurator, name: str, write: Write) -> None:
    """Register the writer of the letter `name`; has no effect without mail."""
    if has_mail(config.registry):
        config.registry[MAILER].letters[name] = write


def send_letter(request: Request, name: str, **content: str | None) -> None:
    """Store the letter `name` in the outbox, which sends it after the commit.

    Args:
        request: The Pyramid request.
        name: The name, see `add_letter`.
        content: The data for its writer; no secret, because it is stored.
    """
    if has_mail(request.registry):
        message = ("", KIND, {"letter": name, "content": content})
        outbox.enqueue(request, KIND, [message])


def link_to(request: Request, route: str, **query: str) -> str:
    """Return the URL of a page for a mail: from the settings, never from Host."""
    base = request.registry[BASE_URL]
    url: str = request.route_url(route, _app_url=base, _query=query)
    return url


def prepare(request: Request, message: ClaimedMessage) -> Send | None:
    """Write the letter of an outbox message; None if there is no recipient."""
    mailer: Mailer = request.registry[MAILER]
    write = mailer.letters[message.content["letter"]]
    letter = write(request, message.content["content"])
    if letter is None:
        return None
    mail = compose(request, letter, mailer.sender)

    def send(fetcher: Fetcher) -> int:
        mailer.transport.send(mail)
        return 200

    return send


def includeme(config: Configurator) -> None:
    """Register the mailer and its outbox kind, if mail is configured."""
    given = config.get_settings()
    options = MailSettings.parse(given)
    issuer = config.registry[SETTINGS].issuer or ""
    config.registry[BASE_URL] = (options.base_url or origin(issuer)).rstrip("/")
    transport = options.transport
    if transport is None:
        return
    if isinstance(transport, FileTransport) and not may_have_known_secrets(given):
        raise ConfigurationError(
            f"{MailSettings.name_prefix}folder is for development: whoever can read "
            "the files can use the links in them, at an issuer that others can reach"
        )
    sender = options.sender or DEFAULT_SENDER
    config.registry[MAILER] = Mailer(transport, sender, {})
    config.include("pyramid_oauth.outbox")
    config.add_oauth_outbox_kind(KIND, prepare)
    if needs_worker(config.registry[SETTINGS][OutboxSettings]):
        log.info("mail is sent only while `pyramid-oauth outbox run` runs")
