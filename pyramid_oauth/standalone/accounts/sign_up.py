"""The sign-up views, which create a user and log in.

Initiating User Registration via OpenID Connect 1.0 (`prompt=create`). The setting
`standalone.sign_up` enables them.
"""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.accounts import rate_limits
from pyramid_oauth.standalone.accounts.adapter import log_in
from pyramid_oauth.standalone.accounts.login_context import (
    LoginContext,
    locked_out,
    login_form,
    text,
)
from pyramid_oauth.standalone.accounts.users import LEAST_PASSWORD, add, problem_of
from pyramid_oauth.standalone.page import add_page
from pyramid_oauth.standalone.settings import StandaloneSettings

TAKEN = _("This user name is taken. Choose another one.")

PAGE = "sign_up"


def show(request: Any) -> Response:
    """Show the form (GET)."""
    entry = LoginContext.of(request.GET)
    return login_form(request, PAGE, entry, username=entry.hint, least=LEAST_PASSWORD)


def attempt(request: Any) -> Response:
    """Create a user, log in and redirect, or show the error (POST)."""
    options: StandaloneSettings = request.registry["standalone.options"]
    session, given = request.dbsession, request.POST
    entry = LoginContext.of(given)
    username, password = text(given, "username"), text(given, "password")
    shown: dict[str, Any] = {"username": username, "least": LEAST_PASSWORD}
    limits = rate_limits.of_sign_up(request)
    wait = rate_limits.seconds_to_wait(session, limits)
    if wait:
        return locked_out(request, PAGE, entry, wait, **shown)
    wrong = problem_of(username, password)
    if wrong is not None:
        shown |= {"problem": wrong.sentence, "faulty": (wrong.field,)}
        return login_form(request, PAGE, entry, status=400, **shown)
    # Counted in any case: repeated attempts reveal which names exist.
    rate_limits.record_failure(session, limits, options.login_window)
    user = add(session, username, password)
    if user is None:
        shown |= {"problem": TAKEN, "faulty": ("username",)}
        return login_form(request, PAGE, entry, status=409, **shown)
    return log_in(request, user, entry.next)


def includeme(config: Configurator) -> None:
    """Add the route and the views, if the setting is on."""
    options: StandaloneSettings = config.registry["standalone.options"]
    if options.sign_up:
        config.add_route("sign_up", "/sign-up")
        add_page(config, "sign_up", GET=show, POST=attempt)
