"""The login and logout views.

An unknown name and a wrong password get the same answer. The return path stays on this
site. A user who is logged in may log in again.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.errors import TooManyRequests
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import trusted_browsers
from pyramid_oauth.standalone.accounts.adapter import log_in, username_of
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    login_form,
    text,
    too_many_attempts,
)
from pyramid_oauth.standalone.accounts.second_step import login_options
from pyramid_oauth.standalone.accounts.users import UserRow, authenticated, canonical
from pyramid_oauth.standalone.demo import PEOPLE
from pyramid_oauth.standalone.mail import has_mail
from pyramid_oauth.standalone.page import add_page
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import OPEN, StandaloneSettings
from pyramid_oauth.throttling import password_attempt

WRONG = _("User name and password do not match. Check both and try again.")


def show(request: Request) -> Response:
    """Show the form (GET)."""
    entry = LoginContext.of(request.GET)
    same = username_of(request) if entry.reason in ("reauthenticate", "step_up") else ""
    return login_form(
        request, "login", entry, suggested=same, **form_values(request, "")
    )


def attempt(request: Request) -> Response:
    """Begin a session and redirect to the return path, or show the error (POST)."""
    given = request.POST
    entry = LoginContext.of(given)
    username, password = text(given, "username"), text(given, "password")
    values = form_values(request, username)
    try:
        user = authenticate_user(request, username, password)
    except TooManyRequests as error:
        return too_many_attempts(request, "login", entry, error.seconds, **values)
    if user is None:
        values |= {"problem": WRONG, "faulty": ("username", "password")}
        return login_form(request, "login", entry, status=403, **values)
    return log_in(request, user, entry)


def authenticate_user(request: Request, username: str, password: str) -> UserRow | None:
    """Return the active user with these credentials, or None; count the attempt.

    Raises:
        TooManyRequests: A limit is reached; the password was not checked.
    """
    options: StandaloneSettings = request.registry["standalone.options"]
    with password_attempt(
        request,
        request.oauth.server,
        username,
        options.password_limits,
        is_known_browser=trusted_browsers.is_trusted(request, canonical(username)),
    ) as attempt:
        user = authenticated(request.dbsession, username, password)
        attempt.succeeded = user is not None
    return user


def log_out(request: Request) -> Response:
    """Log out here and at every client (POST)."""
    response: Response = request.oauth.log_out(request.route_path("landing"))
    return response


def form_values(request: Request, username: str) -> dict[str, Any]:
    """Return what the form shows beside the login context."""
    options: StandaloneSettings = request.registry["standalone.options"]
    return {
        "username": username,
        "sign_up": options.sign_up == OPEN,
        "can_reset": has_mail(request.registry),
        "passkey_options": login_options(request),
        "people": PEOPLE if options.development else (),
    }


def includeme(config: Configurator) -> None:
    """Add the routes and views of login and logout."""
    config.add_route("login", "/login")
    config.add_route("logout", "/logout")
    add_page(config, "login", GET=show, POST=attempt)
    add_page(config, "logout", POST=log_out)
