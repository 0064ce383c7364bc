"""Log in and out.

The same answer for an unknown name and a wrong password; the way back stays on this
site. Whoever is logged in already logs in anew.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import rate_limits, trusted_browsers
from pyramid_oauth.standalone.accounts.adapter import log_in, username_of
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    locked_out,
    login_form,
    text,
)
from pyramid_oauth.standalone.accounts.users import authenticated, canonical
from pyramid_oauth.standalone.demo import PEOPLE
from pyramid_oauth.standalone.page import add_page
from pyramid_oauth.standalone.settings import StandaloneSettings

WRONG = _("User name and password do not match. Check both and try again.")


def show(request: Any) -> Response:
    """GET: the form."""
    entry = LoginContext.of(request.GET)
    same = username_of(request) if entry.reason in ("reauthenticate", "step_up") else ""
    return login_form(request, "login", entry, **_shown(request, entry.hint or same))


def attempt(request: Any) -> Response:
    """POST: a new session and the way back, or the form with the problem."""
    options: StandaloneSettings = request.registry["standalone.options"]
    session, given = request.dbsession, request.POST
    entry = LoginContext.of(given)
    username, password = text(given, "username"), text(given, "password")
    shown = _shown(request, username)
    name = canonical(username)
    limits = rate_limits.of_login(request, name)
    wait = rate_limits.seconds_to_wait(session, limits)
    if wait:
        return locked_out(request, "login", entry, wait, **shown)
    user = authenticated(session, username, password)
    if user is None:
        rate_limits.record_failure(session, limits, options.login_window)
        shown |= {"problem": WRONG, "faulty": ("username", "password")}
        return login_form(request, "login", entry, status=403, **shown)
    rate_limits.reset(request, session, name)
    response = log_in(request, user, entry.next)
    trusted_browsers.trust(request, response, name)
    return response


def leave(request: Any) -> Response:
    """POST: log out, here and at every application."""
    response: Response = request.oauth.log_out(request.route_path("landing"))
    return response


def _shown(request: Any, username: str) -> dict[str, Any]:
    options: StandaloneSettings = request.registry["standalone.options"]
    return {
        "username": username,
        "sign_up": options.sign_up,
        "people": PEOPLE if options.development else (),
    }


def includeme(config: Configurator) -> None:
    """The routes and views of logging in and out."""
    config.add_route("login", "/login")
    config.add_route("logout", "/logout")
    add_page(config, "login", GET=show, POST=attempt)
    add_page(config, "logout", POST=leave)
