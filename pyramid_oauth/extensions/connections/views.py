"""The page `connections`: shows what the user allowed, and withdraws it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from pyramid.csrf import get_csrf_token
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser.locale import choose_language
from pyramid_oauth.browser.login_session import current_resource_owner
from pyramid_oauth.extensions.connections.overview import find_connections
from pyramid_oauth.http.forms import is_csrf_valid, read_parameters
from pyramid_oauth.http.responses import not_allowed, see_other
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.pages.error import error_page
from pyramid_oauth.pages.rendering import page, target
from pyramid_oauth.protocol.revocation import withdraw_consent
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint

METHODS = ("GET", "HEAD", "POST")

TEMPLATE = "pyramid_oauth:extensions/connections/templates/connections.oauth"

WITHDRAWN = "withdrawn"
"""The parameter that names the client whose access was withdrawn just before."""


class Connections(Endpoint):
    """`connections`: the page of applications with access to the user's account."""


def respond(context: Connections, request: ServerRequest) -> Response:
    """Show the page (GET), or withdraw access (POST)."""
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    server: Server = request.oauth.server
    try:
        parameters = read_parameters(request, server.settings.body_limit)
    except OAuth2Error as error:
        return error_page(request, error)
    choose_language(request, server, parameters.get("ui_locales"))
    account = current_resource_owner(request, server)
    if account is None:
        return _ask_to_log_in(request, server)
    if request.method == "POST":
        return _withdraw(request, server, account, parameters)
    return _show(request, server, account, parameters.get(WITHDRAWN))


def _ask_to_log_in(request: ServerRequest, server: Server) -> Response:
    return see_other(
        server.accounts.login_url(
            request, current_path(request), reason="login", hints={}
        )
    )


def _withdraw(
    request: ServerRequest,
    server: Server,
    account: Account,
    parameters: Mapping[str, str],
) -> Response:
    """Withdraw one scope of a client, or all that it is allowed."""
    if not is_csrf_valid(request, parameters.get("csrf_token", "")):
        error = InvalidRequestError(description="The form has no valid CSRF token.")
        return error_page(request, error, 403)
    client_id = parameters.get("client_id")
    if not client_id or not client_id.isprintable():
        return error_page(request, InvalidRequestError(description="No client."))
    scope = parameters.get("scope")
    scopes = frozenset() if scope is None else frozenset({scope})
    withdraw_consent(request, server, account.subject, client_id, scopes)
    return see_other(f"{current_path(request)}?{urlencode({WITHDRAWN: client_id})}")


def _show(
    request: ServerRequest, server: Server, account: Account, withdrawn: str | None
) -> Response:
    connections = find_connections(request, server, account.subject)
    logos = [each.client.logo for each in connections if each.client.logo]
    values = {
        "connections": connections,
        "account_name": account.display_name or account.subject,
        "withdrawn_name": _name(request, withdrawn),
        "is_connected": any(each.client_id == withdrawn for each in connections),
        "csrf_token": get_csrf_token(request),
        "action": current_path(request),
    }
    images = tuple(dict.fromkeys(map(target, logos)))
    return page(request, TEMPLATE, values, images=images)


def _name(request: ServerRequest, client_id: str | None) -> str | None:
    client = request.oauth.shown_client(client_id) if client_id else None
    return client.name if client is not None else None
