"""Forgotten password: the page that requests a link by mail, and the letter.

Response and response time do not reveal whether the account exists: the request stores
the input, and the outbox looks up the account later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import links
from pyramid_oauth.standalone.accounts.link_limits import count_link
from pyramid_oauth.standalone.accounts.link_views import TOKEN, outcome
from pyramid_oauth.standalone.accounts.links import LinkKind
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    login_form,
    text,
    too_many_attempts,
)
from pyramid_oauth.standalone.accounts.recipients import find_by_mail_or_name
from pyramid_oauth.standalone.accounts.users import MAX_USERNAME_LENGTH, canonical
from pyramid_oauth.standalone.mail import add_letter, has_mail, link_to, send_letter
from pyramid_oauth.standalone.mail.letter import Letter
from pyramid_oauth.standalone.page import add_page
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

PAGE = "forgotten_password"

LETTER = "password reset"

MISSING = _("Enter your user name or your mail address.")


def show(request: Request) -> Response:
    """Show the form (GET)."""
    return login_form(request, PAGE, LoginContext.of(request.GET))


def ask(request: Request) -> Response:
    """Store a message; the outbox sends a link if the account exists (POST)."""
    entry, name = LoginContext.of(request.POST), text(request.POST, "username").strip()
    if not name:
        problem = {"problem": MISSING, "faulty": ("username",)}
        return login_form(request, PAGE, entry, status=400, **problem)
    wait = count_link(request, LETTER, canonical(name))
    if wait:
        return too_many_attempts(request, PAGE, entry, wait, username=name)
    if name.isprintable() and len(name) <= MAX_USERNAME_LENGTH:
        send_letter(request, LETTER, account=name)
    return outcome(
        request,
        _("Look into your mail"),
        _(
            "If there is an account with this name or address, and its address is "
            "verified, a link is on its way. It may take some minutes."
        ),
    )


def write(request: Request, content: Mapping[str, Any]) -> Letter | None:
    """Write the letter with a new link; None if the account does not exist."""
    user = find_by_mail_or_name(request.dbsession, content["account"])
    if user is None:
        return None
    kind = reset_links(request)
    token = links.issue(
        request.dbsession,
        kind,
        subject=user.subject,
        password_digest=sha256_digest(user.password_hash),
    )
    minutes = int(kind.lifetime.total_seconds()) // 60
    return Letter(
        to=user.mail,
        language=user.locale,
        subject=_("Choose a new password"),
        paragraphs=(
            _("Somebody, perhaps you, asked for a new password of your account."),
            _("By this link you choose one:"),
        ),
        link=link_to(request, "reset_password", **{TOKEN: token}),
        ending=(
            _(
                "The link works once, for ${minutes} minutes, and ends when your "
                "password changes.",
                mapping={"minutes": minutes},
            ),
            _("If it was not you, there is nothing to do: your password is as it was."),
        ),
    )


def reset_links(request: Request) -> LinkKind:
    """Return the purpose and the lifetime of these links."""
    options: StandaloneSettings = request.registry["standalone.options"]
    return LinkKind(name=LETTER, lifetime=timedelta(seconds=options.reset_lifetime))


def includeme(config: Configurator) -> None:
    """Add the route, the views and the letter, if mail is configured."""
    if has_mail(config.registry):
        config.add_route(PAGE, "/password/forgotten")
        add_page(config, PAGE, GET=show, POST=ask)
        add_letter(config, LETTER, write)
