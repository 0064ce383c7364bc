"""The page on which users change their mail address.

A verified address stays until the new one is verified. The page `verification` then
notifies the former address.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row, bindparam, update

from pyramid_oauth.database import execute
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts.adapter import session_of
from pyramid_oauth.standalone.accounts.link_views import outcome
from pyramid_oauth.standalone.accounts.login_context import (
    TOO_MANY,
    ask_to_log_in,
    text,
)
from pyramid_oauth.standalone.accounts.own_password import Refusal, check_own_password
from pyramid_oauth.standalone.accounts.sign_up import MALFORMED
from pyramid_oauth.standalone.accounts.verification import ask_to_verify
from pyramid_oauth.standalone.mail import has_mail
from pyramid_oauth.standalone.mail.addresses import parse_address
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import add_page, page, translate
from pyramid_oauth.standalone.request import Request

PAGE = "change_mail"

_GIVE = (
    update(User)
    .where(User.subject == bindparam("_subject"), ~User.mail_verified)
    .values(mail=bindparam("_mail"))
)


def show(request: Request) -> Response:
    """Show the form (GET)."""
    here = session_of(request)
    return ask_to_log_in(request) if here is None else _form(request, here)


def change(request: Request) -> Response:
    """Send a link to the new address, or show the error (POST)."""
    here, given = session_of(request), request.POST
    if here is None:
        return ask_to_log_in(request)
    mail = parse_address(text(given, "mail"))
    if mail is None:
        return _form(request, here, Refusal(400, MALFORMED, "mail"))
    refusal = check_own_password(request, here, text(given, "current"))
    if refusal is not None:
        return _form(request, here, refusal)
    wait = ask_to_verify(request, here.subject, mail)
    if wait:
        sentence = _(TOO_MANY, mapping={"minutes": -(-wait // 60)})
        return _form(request, here, Refusal(429, sentence, wait=wait))
    execute(request.dbsession, _GIVE, {"_subject": here.subject, "_mail": mail})
    return outcome(
        request,
        _("Look into your mail"),
        _("A link is on its way to the new address. It is yours once you follow it."),
        route="profile",
        label=_("Your account"),
    )


def _form(request: Request, here: Row[Any], refusal: Refusal | None = None) -> Response:
    response = page(
        request,
        PAGE,
        status=refusal.status if refusal else 200,
        username=here.username,
        current_mail=here.mail,
        is_verified=here.mail_verified,
        mail=text(request.POST, "mail") or ("" if here.mail_verified else here.mail),
        problem=translate(request, refusal.sentence) if refusal else None,
        faulty=(refusal.field,) if refusal and refusal.field else (),
        csrf_token=get_csrf_token(request),
    )
    return refusal.mark(response) if refusal else response


def includeme(config: Configurator) -> None:
    """Add the route and the views, if mail is configured."""
    if has_mail(config.registry):
        config.add_route(PAGE, "/mail")
        add_page(config, PAGE, GET=show, POST=change)
