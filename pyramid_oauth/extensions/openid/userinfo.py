"""UserInfo: the claims about a token's user (OpenID Connect Core section 5.3).

RFC 6750 for the token: in the header, or in the form of a POST (section 5.3.1).
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.extensions.openid.claims_release import release_claims
from pyramid_oauth.extensions.openid.id_token import SCOPE
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.http.cors import preflight
from pyramid_oauth.http.responses import (
    error_answer,
    json_answer,
    json_object,
    not_allowed,
)
from pyramid_oauth.protocol import response_jwt
from pyramid_oauth.protocol.access_tokens import require_active_token
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.resource import InvalidToken
from pyramid_oauth.resource.challenge import refusal
from pyramid_oauth.resource.schemes import find_token
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.tree import Endpoint

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class UserInfo(Endpoint):
    """`userinfo`: an access token goes in, claims about its user come out."""


class _Places(NamedTuple):
    """Where a token may stand: OpenID clients may always send it in a form."""

    access_token_in_query: bool
    body_limit: int
    access_token_in_body: bool = True


def userinfo(context: UserInfo, request: Any) -> Response:
    """Answer a UserInfo request; every origin may read the answer."""
    server: Server = request.registry[SERVER]
    if request.method == "OPTIONS":
        return preflight(request, server, ", ".join(METHODS))
    if request.method not in METHODS:
        return not_allowed(*METHODS)
    try:
        response = _answer(request, server)
    except OAuth2Error as error:
        response = error_answer(request, error, server.settings.realm)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    return response


def _answer(request: Any, server: Server) -> Response:
    settings = server.settings
    presented = find_token(
        request, _Places(settings.access_token_in_query, settings.body_limit)
    )
    if presented is None:
        return refusal(request)
    if presented.problem:
        return refusal(request, "invalid_request")
    session = server.session(request)
    row = server.repositories.access_tokens.find_with_grant(session, presented.token)
    try:
        found, application = require_active_token(server, request, session, row)
    except InvalidToken as invalid:
        log.info("userinfo refused: %r", invalid.reason)
        return refusal(request, "invalid_token")
    return _told(request, server, application, found)


def _told(
    request: Any, server: Server, application: Any, found: FoundAccessToken
) -> Response:
    scopes = server.scopes.narrowed(found.scope, application, request)
    if SCOPE not in scopes:
        return refusal(request, "insufficient_scope", SCOPE)
    if found.user_id is None:
        log.info("userinfo refused: the token of a machine")
        return refusal(request, "invalid_token")
    closing = response_jwt.envelope(
        server, lambda: server.session(request), application, "userinfo", None
    )
    claims = release_claims(
        server,
        request,
        application,
        found.user_id,
        scopes=scopes,
        target="userinfo",
        authentication=found.authentication,
    )
    claims["sub"] = subject_for(server, application, found.user_id)
    if closing.is_plain:
        return json_object(request, claims)
    # Section 5.3.2: who says it and to whom.
    claims |= {"iss": server.issuer, "aud": application.client_id}
    response = json_answer(request, closing.closed(claims))
    response.headers["Content-Type"] = "application/jwt"
    return response


def metadata(server: Server) -> dict[str, Any]:
    """What Discovery section 3 wants to know of this endpoint."""
    return response_jwt.metadata(server, "userinfo")


def includeme(config: Any) -> None:
    """Add the endpoint to the tree."""
    config.add_oauth_endpoint("userinfo", UserInfo, metadata="userinfo_endpoint")
    config.add_oauth_metadata("userinfo", metadata)
    config.add_oauth_view(
        userinfo, UserInfo, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
