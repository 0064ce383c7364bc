"""Notices by mail about security events of an account.

The setting `standalone.notices` says which. A notice goes to a verified address, says
when something happened and where to look. It contains no text from third parties, not
even the name of an application.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pyramid.config import Configurator

from pyramid_oauth.clock import now
from pyramid_oauth.events import (
    CredentialReplayed,
    NewAccess,
    OAuthEvent,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.repositories.rate_limits import key_of
from pyramid_oauth.standalone.accounts import trusted_browsers
from pyramid_oauth.standalone.accounts.recipients import find_recipient
from pyramid_oauth.standalone.accounts.users import UserRow, canonical
from pyramid_oauth.standalone.mail import add_letter, has_mail, link_to, send_letter
from pyramid_oauth.standalone.mail.letter import Letter
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings
from pyramid_oauth.transactions import unit_of_work

EVENTS: Mapping[type[OAuthEvent], str] = {
    NewAccess: "access",
    CredentialReplayed: "replay",
}
"""The notices that follow an event."""

MOST = 10
"""Notices of one kind to one user within `WINDOW`; others are left out."""

WINDOW = 3600

SUBJECTS = {
    "access": _("An application has new access to your account"),
    "login": _("A log-in in a new browser"),
    "password": _("Your password was changed"),
    "replay": _("The access of an application was ended"),
    "second_factor": _("Your two-step log-in was changed"),
}

WHAT = {
    "access": _("On ${time} you allowed an application something new."),
    "login": _(
        "On ${time} somebody logged in to your account in a browser that was not used "
        "for it before."
    ),
    "password": _(
        "The password of your account was changed on ${time}. You were logged out "
        "everywhere."
    ),
    "replay": _(
        "On ${time} an application presented something of yours that was used before, "
        "as after a theft. Its access was ended; it may ask you again."
    ),
    "second_factor": _(
        "A passkey or an app for the log-in to your account was added or removed on "
        "${time}."
    ),
}

ADVICE = _(
    "If that was not you, choose a new password, and look at where you are logged in "
    "and which applications have access:"
)

log = logging.getLogger(__name__)


def send_notice(request: Request, name: str, subject: str) -> None:
    """Store the notice `name` in the outbox, if the settings include it."""
    options: StandaloneSettings = request.registry["standalone.options"]
    if name in options.notices:
        time = f"{now():%Y-%m-%d %H:%M} UTC"
        send_letter(request, f"notice {name}", subject=subject, time=time)


def tell_of_new_browser(request: Request, user: UserRow) -> None:
    """Notify the user by mail if this browser was not used for the account before."""
    if not trusted_browsers.is_trusted(request, canonical(user.username)):
        send_notice(request, "login", user.subject)


def _writer(name: str) -> Callable[[Request, Mapping[str, Any]], Letter | None]:
    def write(request: Request, content: Mapping[str, Any]) -> Letter | None:
        recipient = find_recipient(request.dbsession, content["subject"])
        if recipient is None or _are_too_many(request, name, content["subject"]):
            return None
        return Letter(
            to=recipient.mail,
            language=recipient.locale,
            subject=SUBJECTS[name],
            paragraphs=(_(WHAT[name], mapping={"time": content["time"]}), ADVICE),
            link=link_to(request, "profile"),
        )

    return write


def _are_too_many(request: Request, name: str, subject: str) -> bool:
    """Count a notice, so that repeated events do not fill a mailbox."""
    limits = {key_of("notice", name, subject): MOST}
    counters = request.oauth.server.repositories.rate_limits
    wait: int = counters.attempt(request.dbsession, limits, WINDOW)
    return wait > 0


def _tell(name: str, event: OAuthEvent) -> None:
    """Send a notice after an event, in a transaction of its own."""
    if event.user_id is None:
        return
    try:
        with unit_of_work(event.request.registry) as request:
            send_notice(request, name, event.user_id)
    except Exception:
        # The event is committed: an error here must not change the response.
        log.exception("the notice %r could not be stored", name)


def includeme(config: Configurator) -> None:
    """Register the letters, and subscribe to the events, if mail is configured."""
    for name in SUBJECTS:
        add_letter(config, f"notice {name}", _writer(name))
    options: StandaloneSettings = config.registry["standalone.options"]
    for event, name in EVENTS.items():
        if has_mail(config.registry) and name in options.notices:
            config.add_oauth_subscriber(partial(_tell, name), event)
