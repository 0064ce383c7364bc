"""oauthlib's endpoints on a strictly read request (RFC 6749 section 3).

oauthlib would read the request itself: it raises for malformed escapes, lets repeated
parameters pass, and takes `user`, `client` and `scopes` from the caller. So each
endpoint here takes an `OAuthRequest`, which `respond` makes of a form that was read
strictly. The objects are made once, at start-up, from what the nodes of the tree name.

Errors are raised as oauthlib's classes; `respond` answers them. `catch_errors` stays
off, since it would hide database errors from the transaction manager.
"""

from __future__ import annotations

import json
from typing import Any, Protocol, cast

from oauthlib import oauth2
from oauthlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidRequestError,
    InvalidRequestFatalError,
    OAuth2Error,
    TemporarilyUnavailableError,
    UnsupportedGrantTypeError,
    UnsupportedResponseTypeError,
)
from pyramid.response import Response

from pyramid_oauth.http.cors import allow_origin, preflight
from pyramid_oauth.http.forms import read_form
from pyramid_oauth.http.responses import error_answer, json_answer
from pyramid_oauth.protocol.issuance import TokenHandler
from pyramid_oauth.protocol.refusals import log_refusal
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.server import Server
from pyramid_oauth.tree import Endpoint

Outcome = tuple[dict[str, str], str, int]
"""Headers, body and status, as oauthlib's endpoints return them."""

ATTEMPTS = 3


class FormEndpoint(Protocol):
    """An oauthlib endpoint that answers a posted form with JSON."""

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Answer `request`; raises OAuth2Error."""


class TokenEndpoint(oauth2.TokenEndpoint):
    """The token endpoint (RFC 6749 section 3.2)."""

    def __init__(self, server: Server) -> None:
        self._grants = server.grants
        self._token_handler = TokenHandler(server)
        super().__init__("", cast(Any, self._token_handler), server.grants)

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Hand the request to the grant that `grant_type` names.

        `respond` has checked the method and the query.
        """
        if request.grant_type is None:
            raise InvalidRequestError(description="grant_type is missing.")
        grant = self._grants.get(request.grant_type)
        if grant is None:
            raise UnsupportedGrantTypeError(
                description=f"grant_type is one of: {', '.join(self._grants)}.",
                request=request,
            )
        _, body, status = grant.create_token_response(request, self._token_handler)
        if status >= 400:
            raise _as_error(body, status)
        # `json_answer` sets the headers that a stock grant returns.
        return {}, body, status


class AuthorizationEndpoint(oauth2.AuthorizationEndpoint):
    """The authorization endpoint (RFC 6749 section 3.1)."""

    def __init__(self, server: Server) -> None:
        super().__init__("", cast(Any, TokenHandler(server)), server.response_types)
        self._by_words = {
            frozenset(name.split()): handler
            for name, handler in server.response_types.items()
        }
        self._offered = tuple(server.response_types)
        # Where a type is not offered, any handler proves the redirect URI first.
        self._fallback = next(iter(server.response_types.values()), None)

    def validate_request(self, request: OAuthRequest) -> None:
        """Check client, redirect URI, response type and scopes; raises OAuth2Error."""
        try:
            self._handler(request).validate_authorization_request(request)
        except UnsupportedResponseTypeError as error:
            error.description = f"response_type is one of: {', '.join(self._offered)}."
            raise

    def create_members(self, request: OAuthRequest, **values: Any) -> dict[str, str]:
        """Make what the response type stands for; returns the answer's members.

        `values` are further columns of the grant.
        """
        members: dict[str, str] = self._handler(request).create_members(
            request, self.default_token_type, **values
        )
        return members

    def _handler(self, request: OAuthRequest) -> Any:
        words = frozenset((request.response_type or "").split())
        handler = self._by_words.get(words, self._fallback)
        if handler is None:
            raise InvalidRequestFatalError(description="Nothing is authorized here.")
        return handler


def respond(context: Endpoint, request: Any) -> Response:
    """Answer a form that was posted to `context` by its oauthlib endpoint."""
    server: Server = request.oauth.server
    method = request.method
    if method == "OPTIONS":
        return preflight(request, server, "POST, OPTIONS")
    if method != "POST":
        return _not_allowed(request)
    name = context.__name__ or ""
    application, parameters = None, None
    try:
        limit = server.settings.body_limit
        parameters = read_form(request, limit, server.parameters[name].repeatable)
        oauth, (headers, body, status) = _ask(request, server, name, parameters)
        application = oauth.client
        response = json_answer(request, body, status, *headers.items())
    except OAuth2Error as error:
        if parameters is None:
            log_refusal(name, None, error)
        application = application or _named(request, server, parameters or {})
        response = error_answer(request, error, server.settings.realm)
    return allow_origin(request, response, application)


def _ask(
    request: Any, server: Server, name: str, parameters: dict[str, str]
) -> tuple[OAuthRequest, Outcome]:
    """Ask the endpoint until its answer rests on a current copy of the application."""
    endpoint: FormEndpoint = server.oauthlib_endpoints[name]
    for _ in range(ATTEMPTS):
        oauth = OAuthRequest(request, server, parameters, server.parameters[name])
        try:
            return oauth, endpoint.create_response(oauth)
        except StaleApplication as stale:
            oauth.server.repositories.applications.invalidate(stale.client_id)
        except OAuth2Error as error:
            if not was_stale(oauth):
                explain(oauth, error, name)
                raise
    raise temporarily_unavailable()


def explain(oauth: OAuthRequest, error: OAuth2Error, name: str) -> None:
    """Complete the description of `error`, and log why the request is refused.

    Failed client authentication has left its line in the log already.
    """
    if isinstance(error, InvalidClientError) and oauth.client is None:
        return
    refusal = oauth.refusal
    if refusal is not None and refusal.told and not error.description:
        error.description = refusal.told
    client = oauth.client
    client_id = (
        oauth.parameters.get("client_id") if client is None else client.client_id
    )
    log_refusal(name, client_id, error, refusal.reason if refusal else None)


def temporarily_unavailable() -> OAuth2Error:
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
    """The error that a stock oauthlib grant has made a response of."""
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
