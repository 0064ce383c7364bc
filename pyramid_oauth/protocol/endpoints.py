"""oauthlib's endpoints for strictly parsed requests (RFC 6749 section 3).

oauthlib's own parser raises for malformed escapes, accepts repeated parameters, and
takes `user`, `client` and `scopes` from the caller. Therefore the endpoints here take
an `OAuthRequest`, which `respond` creates from a strictly parsed form. The nodes of the
tree name the classes; the server creates one instance of each at start-up.

Errors are raised as oauthlib's classes, and `respond` returns their responses.
`catch_errors` stays off: it would hide database errors from the transaction manager.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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

from pyramid_oauth.database import GRANT_TYPE
from pyramid_oauth.http.cors import VARY_ORIGIN, allow_origin, preflight
from pyramid_oauth.http.forms import read_form
from pyramid_oauth.http.responses import (
    error_answer,
    json_answer,
    log_not_allowed,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.issuance import TokenHandler
from pyramid_oauth.protocol.refusals import log_refusal
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.applications import StaleApplication
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint

Outcome = tuple[dict[str, str], str | Mapping[str, Any], int]
"""Headers, body and status, as oauthlib's endpoints return them.

A body may also be an object, which is written as JSON.
"""

ATTEMPTS = 3


class FormEndpoint(Protocol):
    """An oauthlib endpoint whose requests are forms and whose responses are JSON."""

    def create_response(self, request: OAuthRequest) -> Outcome:
        """Return the outcome of `request`; raise OAuth2Error."""


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
        request.session.info[GRANT_TYPE] = request.grant_type
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
        self._supported = tuple(server.response_types)
        # For an unsupported type any handler validates the redirect URI first.
        self._fallback = next(iter(server.response_types.values()), None)

    def validate_request(self, request: OAuthRequest) -> None:
        """Check client, redirect URI, response type and scopes; raise OAuth2Error."""
        try:
            self._handler(request).validate_authorization_request(request)
        except UnsupportedResponseTypeError as error:
            error.description = (
                f"response_type is one of: {', '.join(self._supported)}."
            )
            raise

    def create_members(self, request: OAuthRequest, **values: object) -> dict[str, str]:
        """Issue what the response type requests.

        Args:
            request: The authorization request, which was validated.
            values: Further columns of the grant.

        Returns:
            The members of the authorization response.
        """
        members: dict[str, str] = self._handler(request).create_members(
            request, self.default_token_type, **values
        )
        return members

    def _handler(self, request: OAuthRequest) -> Any:  # noqa: ANN401 - a ResponseType
        words = frozenset((request.response_type or "").split())
        handler = self._by_words.get(words, self._fallback)
        if handler is None:
            raise InvalidRequestFatalError(description="No response type is supported.")
        return handler


def respond(context: Endpoint, request: ServerRequest) -> Response:
    """View of a form endpoint: return the response of its oauthlib endpoint."""
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
        response = json_answer(request, body, status)
        if headers:
            response.headers.update(headers)
    except OAuth2Error as error:
        if parameters is None:
            log_refusal(name, None, error)
        application = application or _find_named_application(
            request, server, parameters or {}
        )
        response = error_answer(request, error, server.settings.realm)
    response.headerlist.append(VARY_ORIGIN)
    if "HTTP_ORIGIN" in request.environ:
        allow_origin(request, response, application)
    return response


def _ask(
    request: ServerRequest, server: Server, name: str, parameters: dict[str, str]
) -> tuple[OAuthRequest, Outcome]:
    """Return the outcome of the endpoint for a current copy of the application."""
    endpoint: FormEndpoint = server.oauthlib_endpoints[name]
    checks = server.request_checks.get(name, ())
    for _ in range(ATTEMPTS):
        oauth = OAuthRequest(request, server, parameters, server.parameters[name])
        try:
            for check in checks:
                check(oauth, name)
            return oauth, endpoint.create_response(oauth)
        except StaleApplication as stale:
            oauth.server.repositories.applications.invalidate(stale.client_id)
        except OAuth2Error as error:
            if not was_stale(oauth):
                explain(oauth, error, name)
                raise
    raise temporarily_unavailable()


def explain(
    oauth: OAuthRequest,
    error: OAuth2Error,
    name: str,
    shown_at: ServerRequest | None = None,
) -> None:
    """Complete the description of `error`, and log why the request is refused.

    Failed client authentication was logged before. `shown_at` is the request if an
    error page answers it.
    """
    if isinstance(error, InvalidClientError) and oauth.client is None:
        return
    refusal = oauth.refusal
    if refusal is not None and refusal.description and not error.description:
        error.description = refusal.description
    client = oauth.client
    client_id = (
        oauth.parameters.get("client_id") if client is None else client.client_id
    )
    reason = refusal.reason if refusal else None
    log_refusal(name, client_id, error, reason, request=shown_at)


def temporarily_unavailable() -> OAuth2Error:
    """Return the error for a client that is changed again and again meanwhile."""
    error = TemporarilyUnavailableError()
    error.status_code = 503
    return error


def was_stale(oauth: OAuthRequest) -> bool:
    """Whether the copy of the application is outdated; then load it again."""
    if oauth.client is None:
        return False
    client_id, revision = oauth.client.client_id, oauth.client.revision
    applications = oauth.server.repositories.applications
    if applications.cached(client_id) is not oauth.client:
        return False
    fresh = applications.load(oauth.session, client_id)
    return fresh is None or bool(fresh.revision != revision)


def _find_named_application(
    request: ServerRequest, server: Server, parameters: dict[str, str]
) -> AbstractApplication | None:
    """Return the application named by `client_id`, whose pages may read an error.

    Its authentication may have failed, so it is looked up for the CORS header only.
    """
    client_id = parameters.get("client_id")
    if client_id is None or "HTTP_ORIGIN" not in request.environ:
        return None
    return server.repositories.applications.get(server.session(request), client_id)


def _as_error(body: str, status: int) -> OAuth2Error:
    """Return the error in the response of a stock oauthlib grant."""
    members = json.loads(body)
    error = OAuth2Error(description=members.get("error_description"))
    error.error, error.status_code = members["error"], status
    return error


def _not_allowed(request: ServerRequest) -> Response:
    log_not_allowed(request)
    return json_answer(
        request,
        '{"error": "invalid_request", "error_description": "Use POST."}',
        405,
        ("Allow", "POST, OPTIONS"),
    )
