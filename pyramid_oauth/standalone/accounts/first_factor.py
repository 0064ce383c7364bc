"""Confirmation by mail before an account gets its first second factor.

Whoever knows only the password could otherwise add a factor of their own, and reach the
stronger classes of login that applications ask for (RFC 9470). Only a browser in which
the link was followed may add the factor. Users without a verified address, and servers
without mail, cannot confirm.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.errors import InsecureSettingWarning
from pyramid_oauth.hashing import has_digest, sha256_digest
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import links, second_factors
from pyramid_oauth.standalone.accounts.link_limits import count_link
from pyramid_oauth.standalone.accounts.link_views import (
    TOKEN,
    forget_token,
    invalid_link,
    outcome,
    take_token,
    token_of,
)
from pyramid_oauth.standalone.accounts.links import LinkKind
from pyramid_oauth.standalone.accounts.recipients import find_recipient
from pyramid_oauth.standalone.mail import add_letter, has_mail, link_to, send_letter
from pyramid_oauth.standalone.mail.letter import Letter
from pyramid_oauth.standalone.page import add_page, page, translate
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

PAGE = "confirm_first_factor"

KIND = "first second factor"


def ask_to_confirm(request: Request, subject: str, way_back: str) -> Response | None:
    """Send a link and return the page that says so; None if none is needed (any more).

    Args:
        request: The Pyramid request.
        subject: The user who adds a factor.
        way_back: The path that leads back to the page where it is added.
    """
    options: StandaloneSettings = request.registry["standalone.options"]
    if not (options.confirm_first_factor and has_mail(request.registry)):
        return None
    if second_factors.find(request.dbsession, subject):
        return None
    user = find_recipient(request.dbsession, subject)
    if user is None or _find_link(request, user) is not None:
        return None
    if not count_link(request, KIND, subject):
        send_letter(request, KIND, subject=subject)
    return page(
        request,
        "outcome",
        status=403,
        title=translate(request, _("Look into your mail")),
        message=translate(
            request,
            _(
                "A link is on its way to your address. Open it in this browser, then "
                "go on here."
            ),
        ),
        way_on=way_back,
        label=translate(request, _("Go on")),
    )


def end_confirmation(request: Request, subject: str) -> None:
    """End the links of a user who has added a factor."""
    links.end_all(request.dbsession, KIND, subject)
    forget_token(request, KIND)


def _find_link(request: Request, user: Row[Any]) -> Row[Any] | None:
    """Return the usable link of the user that was followed in this browser."""
    link = links.find(request.dbsession, KIND, token_of(request, KIND))
    if link is None or link.subject != user.subject or link.mail != user.mail:
        return None
    return link if has_digest(user.password_hash, link.password_digest) else None


def write(request: Request, content: Mapping[str, Any]) -> Letter | None:
    """Write the letter with a new link."""
    user = find_recipient(request.dbsession, content["subject"])
    if user is None:
        return None
    options: StandaloneSettings = request.registry["standalone.options"]
    token = links.issue(
        request.dbsession,
        LinkKind(name=KIND, lifetime=timedelta(seconds=options.mail_lifetime)),
        subject=user.subject,
        mail=user.mail,
        password_digest=sha256_digest(user.password_hash),
    )
    return Letter(
        to=user.mail,
        language=user.locale,
        subject=_("Are you setting up a second step?"),
        paragraphs=(
            _("Somebody who knows your password is setting up a second step."),
            _("If it is you, open this link in the same browser:"),
        ),
        link=link_to(request, PAGE, **{TOKEN: token}),
        ending=(_("If it is not you, change your password now."),),
    )


def show(request: Request) -> Response:
    """Take the link of the letter into the session of this browser (GET)."""
    moved = take_token(request, KIND)
    if moved is not None:
        return moved
    if links.find(request.dbsession, KIND, token_of(request, KIND)) is None:
        return invalid_link(request, KIND)
    return outcome(
        request,
        _("Confirmed"),
        _("Now set up the second step in this browser, where you have begun."),
        route="two_step",
        label=_("Two-step log-in"),
    )


def includeme(config: Configurator) -> None:
    """Add the route, the page and the letter, with mail and second factors."""
    options: StandaloneSettings = config.registry["standalone.options"]
    is_weak = options.second_factor != "off" and not options.confirm_first_factor
    if is_weak and not options.development:
        warnings.warn(
            f"{options.name_prefix}confirm_first_factor = false lets whoever knows a "
            "password add a second factor, and reach the classes of login that need "
            "one",
            InsecureSettingWarning,
            stacklevel=2,
        )
    if has_mail(config.registry) and options.second_factor != "off":
        config.add_route(PAGE, "/two-step/confirm")
        add_page(config, PAGE, GET=show)
        add_letter(config, KIND, write)
