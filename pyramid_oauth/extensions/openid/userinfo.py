"""The UserInfo endpoint (OpenID Connect Core section 5.3).

RFC 6750 for the token: in the header, or in the form of a POST (section 5.3.1).
"""

from __future__ import annotations

import logging
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import Writes
from pyramid_oauth.extensions.openid.claims_release import release_claims
from pyramid_oauth.extensions.openid.id_token import SCOPE
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.http.cors import allow_every_origin, expose_headers, preflight
from pyramid_oauth.http.responses import (
    error_answer,
    json_answer,
    json_object,
    not_allowed,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol import response_jwt
from pyramid_oauth.protocol.access_tokens import (
    ActiveToken,
    authenticate_with_grant,
)
from pyramid_oauth.protocol.response_jwt import PLAIN
from pyramid_oauth.resource import Places, TokenIdentity
from pyramid_oauth.resource.challenge import refusal, refuse_outcome
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.tree import Endpoint

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class UserInfo(Endpoint):
    """`userinfo`: the endpoint with the claims about the user of an access token."""


def userinfo(context: UserInfo, request: ServerRequest) -> Response:
    """Answer a UserInfo request, with CORS for every origin."""
    server: Server = request.oauth.server
    if request.method == "OPTIONS":
        return preflight(request, server, ", ".join(METHODS))
    if request.method not in METHODS:
        return not_allowed(request, *METHODS)
    try:
        response = _respond(request, server)
    except OAuth2Error as error:
        response = error_answer(request, error, server.settings.realm)
    allow_every_origin(request, response)
    return response


def _respond(request: ServerRequest, server: Server) -> Response:
    # OpenID clients may always send the token in a form (Core section 5.3.1).
    places = Places(body=True, query=server.settings.access_token_in_query)
    outcome, active = authenticate_with_grant(request, places)
    identity = outcome.identity
    if identity is None:
        response = refuse_outcome(request, outcome)
        expose_headers(request, response, *outcome.headers)
        return response
    if SCOPE not in identity.scopes:
        log.info("userinfo refused client %.260r: no openid", identity.client_id)
        return refusal(request, "insufficient_scope", SCOPE)
    if identity.user_id is None or active is None:
        log.info(
            "userinfo refused client %.260r: the token has no user, or its client was "
            "deleted",
            identity.client_id,
        )
        return refusal(request, "invalid_token")
    return _describe_user(request, server, active, identity)


def _describe_user(
    request: ServerRequest, server: Server, active: ActiveToken, identity: TokenIdentity
) -> Response:
    application, user_id = active.application, str(identity.user_id)
    jwt_envelope = response_jwt.build_envelope(
        server,
        lambda: server.session(request),
        application,
        "userinfo",
        always_signed=False,
    )
    claims = release_claims(
        server,
        request,
        application,
        user_id,
        scopes=identity.scope.split(),
        target="userinfo",
        authentication=active.authentication,
    )
    claims["sub"] = subject_for(server, application, user_id)
    if jwt_envelope is PLAIN:
        return json_object(request, claims)
    # Section 5.3.2: a signed response has iss and aud.
    claims |= {"iss": server.issuer, "aud": application.client_id}
    response = json_answer(request, jwt_envelope.sign_and_encrypt(claims))
    response.headers["Content-Type"] = "application/jwt"
    return response


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of Discovery section 3 for this endpoint."""
    return response_jwt.metadata(server, "userinfo")


def includeme(config: Configurator) -> None:
    """Add the endpoint to the tree."""
    config.add_oauth_endpoint(
        "userinfo", UserInfo, metadata="userinfo_endpoint", writes=Writes.NONE
    )
    config.add_oauth_metadata("userinfo", metadata)
    config.add_oauth_view(
        userinfo, UserInfo, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
