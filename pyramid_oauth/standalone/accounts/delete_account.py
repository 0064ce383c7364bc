"""The page on which users delete their own account and all its data."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row, bindparam, delete

from pyramid_oauth.clock import now
from pyramid_oauth.database import execute
from pyramid_oauth.i18n import _
from pyramid_oauth.protocol.withdrawal import withdraw_consent
from pyramid_oauth.standalone.accounts.adapter import session_of
from pyramid_oauth.standalone.accounts.link_views import outcome
from pyramid_oauth.standalone.accounts.login_context import ask_to_log_in, text
from pyramid_oauth.standalone.accounts.logout_everywhere import log_out_everywhere
from pyramid_oauth.standalone.accounts.own_password import Refusal, check_own_password
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import add_page, page, translate
from pyramid_oauth.standalone.request import Request

PAGE = "delete_account"

_DELETE = delete(User).where(User.subject == bindparam("_subject"))


def show(request: Request) -> Response:
    """Show what would end, and ask for the password (GET)."""
    here = session_of(request)
    return ask_to_log_in(request) if here is None else _form(request, here)


def delete_own(request: Request) -> Response:
    """Delete the account, or show the error (POST)."""
    here = session_of(request)
    if here is None:
        return ask_to_log_in(request)
    refusal = check_own_password(request, here, text(request.POST, "current"))
    if refusal is not None:
        return _form(request, here, refusal)
    delete_account(request, here.subject)
    request.oauth.accounts.log_out(request)
    return outcome(
        request,
        _("Your account is deleted"),
        _("You are logged out everywhere, and no application has access any more."),
        route="landing",
        label=_("Go to the start page"),
    )


def delete_account(request: Request, subject: str) -> None:
    """Delete a user, after consents, sessions and grants; clients are notified.

    The grants last: what ends before keeps new ones from being stored.

    Args:
        request: The Pyramid request.
        subject: The user; no other one will ever have this subject.
    """
    session, server = request.oauth.session, request.oauth.server
    for consent in server.repositories.consents.of_user(session, subject, now()):
        withdraw_consent(request, server, subject, consent.client_id, frozenset())
    log_out_everywhere(request, subject)
    request.oauth.end_all_grants(subject, "the account was deleted")
    execute(session, _DELETE, {"_subject": subject})


def _form(request: Request, here: Row[Any], refusal: Refusal | None = None) -> Response:
    response = page(
        request,
        PAGE,
        status=refusal.status if refusal else 200,
        username=here.username,
        problem=translate(request, refusal.sentence) if refusal else None,
        faulty=(refusal.field,) if refusal and refusal.field else (),
        csrf_token=get_csrf_token(request),
    )
    return refusal.mark(response) if refusal else response


def includeme(config: Configurator) -> None:
    """Add the route and the views."""
    config.add_route(PAGE, "/profile/delete")
    add_page(config, PAGE, GET=show, POST=delete_own)
