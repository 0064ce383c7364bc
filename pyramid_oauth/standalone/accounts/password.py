"""The page on which users change their password.

Every other session ends. The user may end the access of applications, too.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.standalone.accounts.adapter import keep_login, session_of
from pyramid_oauth.standalone.accounts.login_context import ask_to_log_in, text
from pyramid_oauth.standalone.accounts.own_password import (
    WRONG,
    Refusal,
    check_own_password,
)
from pyramid_oauth.standalone.accounts.password_change import replace_password
from pyramid_oauth.standalone.accounts.users import (
    MIN_PASSWORD_LENGTH,
    find_problem,
)
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import add_page, page, translate
from pyramid_oauth.standalone.request import Request


def show(request: Request) -> Response:
    """Show the form (GET)."""
    here = session_of(request)
    return ask_to_log_in(request) if here is None else _form(request, here)


def change(request: Request) -> Response:
    """Replace the password, or show the error (POST)."""
    here, given = session_of(request), request.POST
    if here is None:
        return ask_to_log_in(request)
    refusal = check_own_password(request, here, text(given, "current"))
    if refusal is not None:
        return _form(request, here, refusal)
    chosen = text(given, "password")
    wrong = find_problem(here.username, chosen)
    if wrong is not None:
        return _form(request, here, Refusal(400, wrong.sentence, "password"))
    # Hash before the transaction begins, because hashing takes long.
    password_hash = hash_chosen(chosen)
    if not replace_password(
        request,
        here.subject,
        here.password_hash,
        password_hash,
        staying=here.session_id,
    ):
        return _form(request, here, Refusal(403, WRONG, "current"))
    user = request.dbsession.get_one(User, here.subject)
    if text(given, "end_grants"):
        request.oauth.end_all_grants(here.subject, "the user changed the password")
    return keep_login(request, user, request.oauth.url("sessions"))


def _form(request: Request, here: Row[Any], refusal: Refusal | None = None) -> Response:
    response = page(
        request,
        "password",
        status=refusal.status if refusal else 200,
        username=here.username,
        least=MIN_PASSWORD_LENGTH,
        problem=translate(request, refusal.sentence) if refusal else None,
        faulty=(refusal.field,) if refusal and refusal.field else (),
        csrf_token=get_csrf_token(request),
    )
    return refusal.mark(response) if refusal else response


def includeme(config: Configurator) -> None:
    """Add the route and the views."""
    config.add_route("password", "/password")
    add_page(config, "password", GET=show, POST=change)
