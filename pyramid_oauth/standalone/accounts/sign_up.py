"""The sign-up views, which create a user and log in.

Initiating User Registration via OpenID Connect 1.0 (`prompt=create`). The setting
`standalone.sign_up` enables them.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.i18n import _
from pyramid_oauth.repositories.rate_limits import limits_by_source
from pyramid_oauth.standalone.accounts.adapter import log_in
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    login_form,
    text,
    too_many_attempts,
)
from pyramid_oauth.standalone.accounts.users import (
    MIN_PASSWORD_LENGTH,
    add,
    find_problem,
)
from pyramid_oauth.standalone.page import add_page
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings
from pyramid_oauth.throttling import too_many_requests

TAKEN = _("This user name is taken. Choose another one.")

PAGE = "sign_up"


def show(request: Request) -> Response:
    """Show the form (GET)."""
    entry = LoginContext.of(request.GET)
    return login_form(request, PAGE, entry, least=MIN_PASSWORD_LENGTH)


def attempt(request: Request) -> Response:
    """Create a user, log in and redirect, or show the error (POST)."""
    options: StandaloneSettings = request.registry["standalone.options"]
    session, given = request.dbsession, request.POST
    entry = LoginContext.of(given)
    username, password = text(given, "username"), text(given, "password")
    values: dict[str, Any] = {"username": username, "least": MIN_PASSWORD_LENGTH}
    wrong = find_problem(username, password)
    if wrong is not None:
        values |= {"problem": wrong.sentence, "faulty": (wrong.field,)}
        return login_form(request, PAGE, entry, status=400, **values)
    # Counted in any case: repeated attempts reveal which names exist.
    limits = limits_by_source(request.remote_addr, options.login_attempts, "sign up")
    counters = request.oauth.server.repositories.rate_limits
    wait = counters.attempt(session, limits, options.login_window)
    if wait:
        too_many_requests(request, "sign-up", username, wait)
        return too_many_attempts(request, PAGE, entry, wait, **values)
    user = add(session, username, password)
    if user is None:
        values |= {"problem": TAKEN, "faulty": ("username",)}
        return login_form(request, PAGE, entry, status=409, **values)
    return log_in(request, user, entry.next)


def includeme(config: Configurator) -> None:
    """Add the route and the views, if the setting is on."""
    options: StandaloneSettings = config.registry["standalone.options"]
    if options.sign_up:
        config.add_route("sign_up", "/sign-up")
        add_page(config, "sign_up", GET=show, POST=attempt)
