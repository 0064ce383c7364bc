"""The login by a passkey alone, without user name and password."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.standalone.accounts.adapter import log_in
from pyramid_oauth.standalone.accounts.login import form_values
from pyramid_oauth.standalone.accounts.login_context import LoginContext, login_form
from pyramid_oauth.standalone.accounts.relying_party import PARTY
from pyramid_oauth.standalone.accounts.second_step import (
    FIRST_STEP,
    PASSKEY_REFUSED,
    verify_passkey,
)
from pyramid_oauth.standalone.page import add_page
from pyramid_oauth.standalone.request import Request


def attempt(request: Request) -> Response:
    """Begin the session of the user whose passkey this is, or show the error (POST)."""
    entry = LoginContext.of(request.POST)
    assertion = verify_passkey(request, FIRST_STEP, get_csrf_token(request))
    if assertion is None:
        values = {**form_values(request, ""), "problem": PASSKEY_REFUSED}
        return login_form(request, "login", entry, status=403, **values)
    return log_in(request, assertion.passkey, entry, assertion.amr)


def includeme(config: Configurator) -> None:
    """Add the route and the view, where passkeys can be used."""
    if config.registry.get(PARTY) is not None:
        config.add_route("passkey_login", "/login/passkey")
        add_page(config, "passkey_login", POST=attempt)
