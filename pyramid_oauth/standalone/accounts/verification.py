"""Verification of mail addresses by a link that the account's user must follow.

The page requires a login. So if a stranger enters the address of somebody else, that
person's click does not verify it. A password change cancels a pending address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row, bindparam, update
from sqlalchemy.exc import IntegrityError

from pyramid_oauth.database import execute
from pyramid_oauth.hashing import has_digest, sha256_digest
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import links
from pyramid_oauth.standalone.accounts.adapter import session_of
from pyramid_oauth.standalone.accounts.link_limits import count_link
from pyramid_oauth.standalone.accounts.link_views import TOKEN, invalid_link, outcome
from pyramid_oauth.standalone.accounts.links import LinkKind
from pyramid_oauth.standalone.accounts.login_context import ask_to_log_in, text
from pyramid_oauth.standalone.accounts.recipients import (
    find_active,
    is_verified_by_anybody,
)
from pyramid_oauth.standalone.mail import add_letter, has_mail, link_to, send_letter
from pyramid_oauth.standalone.mail.letter import Letter
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import add_page, page
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

PAGE = "verify_mail"

KIND = "mail address"

CHANGED = "mail address changed"

_VERIFY = (
    update(User)
    .where(User.subject == bindparam("_subject"))
    .values(mail=bindparam("_mail"), mail_verified=True)
)


def ask_to_verify(request: Request, subject: str, mail: str) -> int:
    """Store a letter to `mail` in the outbox; return the seconds to wait, or 0."""
    if not has_mail(request.registry):
        return 0
    wait = count_link(request, KIND, subject, mail)
    if not wait:
        send_letter(request, KIND, subject=subject, mail=mail)
    return wait


def write(request: Request, content: Mapping[str, Any]) -> Letter | None:
    """Write the letter with a new link; it repeats no input of the sender."""
    user = find_active(request.dbsession, content["subject"])
    if user is None:
        return None
    options: StandaloneSettings = request.registry["standalone.options"]
    lifetime = timedelta(seconds=options.mail_lifetime)
    token = links.issue(
        request.dbsession,
        LinkKind(name=KIND, lifetime=lifetime),
        subject=user.subject,
        mail=content["mail"],
        password_digest=sha256_digest(user.password_hash),
    )
    return Letter(
        to=content["mail"],
        language=user.locale,
        subject=_("Is this your mail address?"),
        paragraphs=(
            _("Somebody, perhaps you, gave this address for an account."),
            _("If it was you, say so by this link. You are asked to log in:"),
        ),
        link=link_to(request, PAGE, **{TOKEN: token}),
        ending=(
            _("If it was not you, there is nothing to do: the address is not used."),
        ),
    )


def show(request: Request) -> Response:
    """Show the address and a button (GET)."""
    token = text(request.GET, TOKEN)
    here = session_of(request)
    if here is None:
        return ask_to_log_in(request)
    link = _link_of(request, here, token)
    if link is None:
        return invalid_link(request, KIND)
    return page(
        request, PAGE, mail=link.mail, token=token, csrf_token=get_csrf_token(request)
    )


def verify(request: Request) -> Response:
    """Store the address as a verified address of the user (POST)."""
    here, token = session_of(request), text(request.POST, TOKEN)
    if here is None:
        return ask_to_log_in(request)
    link = _link_of(request, here, token)
    if link is None or not links.use(request.dbsession, KIND, token):
        return invalid_link(request, KIND)
    if not _store(request, here.subject, link.mail):
        return outcome(
            request,
            _("Another account has this address"),
            _("An address belongs to one account. Log in with that one."),
            status=409,
        )
    links.end_all(request.dbsession, KIND, here.subject)
    if here.mail_verified and here.mail != link.mail:
        send_letter(request, CHANGED, to=here.mail, language=here.locale)
    return outcome(
        request,
        _("Your mail address is verified"),
        _("From now on, mail of this site goes there."),
        route="profile",
        label=_("Your account"),
    )


def _link_of(request: Request, here: Row[Any], token: str) -> Row[Any] | None:
    """Return the link, if it belongs to the logged-in user."""
    link = links.find(request.dbsession, KIND, token)
    if link is None or link.subject != here.subject:
        return None
    return link if has_digest(here.password_hash, link.password_digest) else None


def _store(request: Request, subject: str, mail: str) -> bool:
    """Store the address of the user; return False if another user has verified it."""
    session = request.dbsession
    if is_verified_by_anybody(session, mail, besides=subject):
        return False
    try:
        with session.begin_nested():
            execute(session, _VERIFY, {"_subject": subject, "_mail": mail})
    except IntegrityError:
        return False  # in the meantime
    return True


def write_changed(request: Request, content: Mapping[str, Any]) -> Letter:
    """Write to the former address that it was replaced."""
    return Letter(
        to=content["to"],
        language=content["language"],
        subject=_("Your mail address was changed"),
        paragraphs=(
            _("Your account has another mail address now; mail no longer comes here."),
            _("If that was not you, tell those who run the site."),
        ),
    )


def includeme(config: Configurator) -> None:
    """Add the route, the views and the letters, if mail is configured."""
    if has_mail(config.registry):
        config.add_route(PAGE, "/mail/verify")
        add_page(config, PAGE, GET=show, POST=verify)
        add_letter(config, KIND, write)
        add_letter(config, CHANGED, write_changed)
