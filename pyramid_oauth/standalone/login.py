"""Log in and out.

The same answer for an unknown name and a wrong password; the way back stays on this
site. Whoever is logged in already logs in anew.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.standalone import throttle
from pyramid_oauth.standalone.accounts import log_in, username_of
from pyramid_oauth.standalone.demo_data import PEOPLE
from pyramid_oauth.standalone.entry import Entry, text
from pyramid_oauth.standalone.options import Options
from pyramid_oauth.standalone.page import page, see_other
from pyramid_oauth.standalone.routing import add_page
from pyramid_oauth.standalone.users import authenticated

WRONG = "User name and password do not match. Check both and try again."
PATIENCE = "Too many attempts. Try again in {} minutes."


def show(request: Any) -> Response:
    """GET: the form."""
    entry = Entry.of(request.GET)
    same = username_of(request) if entry.reason in ("reauthenticate", "step_up") else ""
    return _form(request, entry, username=entry.hint or same)


def attempt(request: Any) -> Response:
    """POST: a new session and the way back, or the form with the problem."""
    options: Options = request.registry["standalone.options"]
    session, form = request.dbsession, request.POST
    entry = Entry.of(form)
    username, password = text(form, "username"), text(form, "password")
    key = throttle.key(username, request.remote_addr or "")
    wait = throttle.seconds_to_wait(session, key, options.login_attempts)
    if wait:
        problem = PATIENCE.format(-(-wait // 60))
        response = _form(request, entry, 429, problem, username)
        response.headers["Retry-After"] = str(wait)
        return response
    user = authenticated(session, username, password)
    if user is None:
        throttle.note_failure(session, key, options.login_window)
        return _form(request, entry, 403, WRONG, username)
    throttle.forget(session, key)
    log_in(request, user)
    return see_other(entry.next)


def leave(request: Any) -> Response:
    """POST: log out, here and at every application."""
    response: Response = request.oauth.log_out(request.route_path("landing"))
    return response


def _form(
    request: Any,
    entry: Entry,
    status: int = 200,
    problem: str | None = None,
    username: str = "",
) -> Response:
    options: Options = request.registry["standalone.options"]
    return page(
        request,
        "login",
        status=status,
        form_action=entry.form_action,
        entry=entry,
        problem=problem,
        username=username,
        sign_up=options.sign_up,
        people=PEOPLE if options.development else (),
        csrf_token=get_csrf_token(request),
    )


def includeme(config: Configurator) -> None:
    """The routes and views of logging in and out."""
    config.add_route("login", "/login")
    config.add_route("logout", "/logout")
    add_page(config, "login", GET=show, POST=attempt)
    add_page(config, "logout", POST=leave)
