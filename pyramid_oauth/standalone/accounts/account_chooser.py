"""The account chooser: continue as the current user, or log in as another.

OpenID Connect Core section 3.1.2.1, `prompt=select_account`.
"""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.standalone.accounts.adapter import choose
from pyramid_oauth.standalone.accounts.login_context import LoginContext, login_form
from pyramid_oauth.standalone.page import add_page, see_other
from pyramid_oauth.standalone.request import Request


def show(request: Request) -> Response:
    """Show the current user and the choice (GET)."""
    entry = LoginContext.of(request.GET)
    if request.oauth.accounts.current(request) is None:
        return see_other(_to_login(request, entry))
    return login_form(request, "account", entry, other=_to_login(request, entry))


def continue_as_user(request: Request) -> Response:
    """Continue as the current user (POST)."""
    entry = LoginContext.of(request.POST)
    if request.oauth.accounts.current(request) is None:
        return see_other(_to_login(request, entry))
    choose(request)
    return see_other(entry.next)


def _to_login(request: Request, entry: LoginContext) -> str:
    return f"{request.route_path('login')}?{entry.query}"


def includeme(config: Configurator) -> None:
    """Add the route and the views of the account chooser."""
    config.add_route("account", "/account")
    add_page(config, "account", GET=show, POST=continue_as_user)
