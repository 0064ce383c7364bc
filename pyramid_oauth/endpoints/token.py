"""The token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from typing import Any

from oauthlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    UnsupportedGrantTypeError,
)
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.protocol.endpoints import Outcome, respond
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.tree import Endpoint


class Token(Endpoint):
    """`token`: a grant goes in, tokens come out."""


def token(context: Token, request: Any) -> Response:
    """Answer a token request."""
    return respond(request, grant)


def grant(oauth: OAuthRequest) -> Outcome:
    """Hand the request to the grant it names."""
    if oauth.grant_type is None:
        raise InvalidRequestError(description="grant_type is missing.")
    handler = oauth.server.grants.get(oauth.grant_type)
    if handler is None:
        raise UnsupportedGrantTypeError(request=oauth)
    outcome: Outcome = handler.create_token_response(oauth, None)
    return outcome


def metadata(server: Any) -> dict[str, Any]:
    """What RFC 8414 section 2 wants to know of this endpoint."""
    return {
        "grant_types_supported": list(server.grants),
        "token_endpoint_auth_methods_supported": list(server.client_auth),
    }


def includeme(config: Any) -> None:
    """Add the endpoint to the tree."""
    config.add_oauth_endpoint("token", Token, metadata="token_endpoint")
    config.add_oauth_metadata("token", metadata)
    config.add_oauth_view(
        token, Token, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
