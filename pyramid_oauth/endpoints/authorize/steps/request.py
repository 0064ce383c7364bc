"""The request itself: client, redirect URI, response type, PKCE, scopes, modes.

RFC 6749 section 4.1.1, RFC 7636, OAuth 2.0 Multiple Response Type Encoding Practices.
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    InvalidRequestFatalError,
)
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.authorization import Authorization

PROMPTS = ("auto", "force")


def validate(authorization: Authorization) -> Response | None:
    """oauthlib's checks: client, redirect URI, response type, PKCE, scopes."""
    oauth, server = authorization.oauth, authorization.server
    asked = set((oauth.response_type or "").split())
    offered = server.response_types
    if not offered:
        raise InvalidRequestFatalError(description="Nothing is authorized here.")
    # Where it is not offered, the code handler proves the redirect URI first.
    name = next((name for name in offered if set(name.split()) == asked), None)
    handler = offered[name] if name else next(iter(offered.values()))
    handler.validate_authorization_request(oauth)
    authorization.handler = handler
    return None


def check_modes(authorization: Authorization) -> Response | None:
    """Refuse unknown values of the parameters that are ours to know."""
    oauth = authorization.oauth
    if oauth.response_mode not in (None, "query", "fragment"):
        oauth.response_mode = None
        raise InvalidRequestError(description="response_mode is not supported.")
    carries_token = "token" in (oauth.response_type or "").split()
    if oauth.response_mode == "query" and carries_token:
        oauth.response_mode = None
        raise InvalidRequestError(description="Tokens never travel in a query.")
    if oauth.parameters.get("approval_prompt", "auto") not in PROMPTS:
        raise InvalidRequestError(description="approval_prompt is auto or force.")
    return None
