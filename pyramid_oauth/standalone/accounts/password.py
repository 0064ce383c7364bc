"""The page on which users change their password.

Every other session ends. The user may end the access of applications, too.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response
from sqlalchemy import Row

from pyramid_oauth.errors import TooManyRequests
from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import sessions
from pyramid_oauth.standalone.accounts.adapter import log_in, session_of
from pyramid_oauth.standalone.accounts.login import authenticate_user
from pyramid_oauth.standalone.accounts.login_context import (
    TOO_MANY,
    ask_to_log_in,
    text,
)
from pyramid_oauth.standalone.accounts.users import (
    MIN_PASSWORD_LENGTH,
    find_problem,
)
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import add_page, page, translate
from pyramid_oauth.standalone.request import Request

WRONG = _("The current password is wrong.")


def show(request: Request) -> Response:
    """Show the form (GET)."""
    here = session_of(request)
    return ask_to_log_in(request) if here is None else _form(request, here)


def change(request: Request) -> Response:
    """Replace the password, or show the error (POST)."""
    here, given = session_of(request), request.POST
    if here is None:
        return ask_to_log_in(request)
    try:
        if not _is_current(request, here, text(given, "current")):
            return _form(request, here, 403, WRONG, "current")
    except TooManyRequests as error:
        problem = _(TOO_MANY, mapping={"minutes": -(-error.seconds // 60)})
        response = _form(request, here, 429, problem)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    chosen = text(given, "password")
    wrong = find_problem(here.username, chosen)
    if wrong is not None:
        return _form(request, here, 400, wrong.sentence, "password")
    # Before the transaction begins: it takes long.
    password_hash = hash_chosen(chosen)
    user = _replace(request, here, password_hash)
    if text(given, "end_grants"):
        request.oauth.end_all_grants(here.subject, "the user changed the password")
    return log_in(request, user, request.route_path("sessions"))


def _is_current(request: Request, here: Row[Any], password: str) -> bool:
    """Check the current password, under the limits of the login page."""
    user = authenticate_user(request, here.username, password)
    return user is not None and user.subject == here.subject


def _replace(request: Request, here: Row[Any], password_hash: str) -> User:
    """Store the hash, and end all sessions of the user; clients learn of the others."""
    user = request.dbsession.get_one(User, here.subject)
    user.password_hash = password_hash
    request.dbsession.flush()
    ended = sessions.end_all(request.dbsession, here.subject)
    others = [each for each in dict.fromkeys(ended) if each != here.session_id]
    request.oauth.end_sessions(here.subject, others)
    return user


def _form(
    request: Request,
    here: Row[Any],
    status: int = 200,
    problem: str | None = None,
    faulty: str = "",
) -> Response:
    return page(
        request,
        "password",
        status=status,
        username=here.username,
        least=MIN_PASSWORD_LENGTH,
        problem=translate(request, problem) if problem else None,
        faulty=(faulty,) if faulty else (),
        csrf_token=get_csrf_token(request),
    )


def includeme(config: Configurator) -> None:
    """Add the route and the views."""
    config.add_route("password", "/password")
    add_page(config, "password", GET=show, POST=change)
