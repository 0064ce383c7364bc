"""One exchange with a machine: form in, JSON out, errors returned.

The frame of the token, revocation and introspection endpoints. It starts an exchange
again when the application it used turned out to be outdated.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error, TemporarilyUnavailableError
from pyramid.response import Response

from pyramid_oauth.http.cors import allow_origin, preflight
from pyramid_oauth.http.forms import read_form
from pyramid_oauth.http.responses import error_answer, json_answer
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.server import SERVER, Server

Outcome = tuple[dict[str, str], str, int]

Handler = Callable[[OAuthRequest], Outcome]

ATTEMPTS = 3


def respond(request: Any, handle: Handler) -> Response:
    """Answer a POSTed form with what `handle` makes of it."""
    server: Server = request.registry[SERVER]
    method = request.method
    if method == "OPTIONS":
        return preflight(request, server, "POST, OPTIONS")
    if method != "POST":
        return _not_allowed(request)
    application, parameters = None, {}
    try:
        parameters = read_form(request, server.settings.body_limit)
        oauth, (headers, body, status) = _settled(request, server, parameters, handle)
        application = oauth.client
        if status >= 400:
            raise _as_error(body, status)
        response = json_answer(request, body, status, *headers.items())
    except OAuth2Error as error:
        application = application or _named(request, server, parameters)
        response = error_answer(request, error, server.settings.realm)
    return allow_origin(request, response, application)


def _settled(
    request: Any, server: Server, parameters: dict[str, str], handle: Handler
) -> tuple[OAuthRequest, Outcome]:
    """Run `handle` until it rested on a current copy of the application."""
    for _ in range(ATTEMPTS):
        oauth = OAuthRequest(request, server, parameters)
        try:
            return oauth, handle(oauth)
        except StaleApplication as stale:
            server.repositories.applications.forget(stale.client_id)
        except OAuth2Error:
            if not was_stale(oauth):
                raise
    raise busy()


def busy() -> OAuth2Error:
    """The client is being changed faster than requests are answered."""
    error = TemporarilyUnavailableError()
    error.status_code = 503
    return error


def was_stale(oauth: OAuthRequest) -> bool:
    """Whether a refusal rested on an outdated copy; if so it is dropped."""
    if oauth.client is None:
        return False
    client_id, revision = oauth.client.client_id, oauth.client.revision
    applications = oauth.server.repositories.applications
    if applications.cached(client_id) is not oauth.client:
        return False
    fresh = applications.load(oauth.session, client_id)
    return fresh is None or bool(fresh.revision != revision)


def _named(request: Any, server: Server, parameters: dict[str, str]) -> Any:
    """The application whose pages may read an error, where it is known.

    Authentication may be what failed, so only the cross-origin reader asks for it.
    """
    client_id = parameters.get("client_id")
    if client_id is None or "HTTP_ORIGIN" not in request.environ:
        return None
    return server.repositories.applications.get(server.session(request), client_id)


def _as_error(body: str, status: int) -> OAuth2Error:
    members = json.loads(body)
    error = OAuth2Error(description=members.get("error_description"))
    error.error, error.status_code = members["error"], status
    return error


def _not_allowed(request: Any) -> Response:
    return json_answer(
        request,
        '{"error": "invalid_request", "error_description": "Use POST."}',
        405,
        ("Allow", "POST, OPTIONS"),
    )
