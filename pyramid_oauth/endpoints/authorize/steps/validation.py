"""VALIDATE steps: client, redirect URI, response type and mode, PKCE, scopes.

RFC 6749 section 4.1.1, RFC 7636, OAuth 2.0 Multiple Response Type Encoding Practices.
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    InvalidRequestFatalError,
    InvalidScopeError,
)
from oauthlib.openid.connect.core.exceptions import (
    RequestNotSupported,
    RequestURINotSupported,
)
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import NAME, Authorization
from pyramid_oauth.endpoints.authorize.response import default_mode

APPROVAL_PROMPTS = ("auto", "force")


def validate(authorization: Authorization) -> Response | None:
    """Check the response mode, client, redirect URI, response type, PKCE and scopes.

    A request without scope is accepted if another consent source has items.
    """
    oauth, server = authorization.oauth, authorization.server
    # First, since it says how to send errors (OpenID Connect Core section 3.1.2.6).
    mode = oauth.response_mode
    if mode is not None and mode not in server.response_modes:
        raise InvalidRequestFatalError(description="response_mode is not supported.")
    oauth.may_lack_scopes = len(server.consent_sources) > 1
    server.oauthlib_endpoints[NAME].validate_request(oauth)
    if not oauth.scopes and not _may_lack_scopes(authorization):
        raise InvalidScopeError(request=oauth)
    if mode in server.response_mode_checks:
        server.response_mode_checks[mode](authorization)
    return None


def _may_lack_scopes(authorization: Authorization) -> bool:
    """Whether something else is requested, or the server has no scopes."""
    requested = any(
        items
        for source, items in authorization.items_by_source
        if not source.needs_scope
    )
    catalogue = authorization.server.scopes.catalogue
    return requested or not catalogue(authorization.request)


def check_values(authorization: Authorization) -> Response | None:
    """Refuse unknown or contradictory values of other parameters.

    Multiple Response Types section 2.1. Unknown values of `prompt` are ignored (OpenID
    Connect Core section 3.1.2.1).
    """
    oauth = authorization.oauth
    if oauth.response_mode == "query" and default_mode(oauth) == "fragment":
        oauth.response_mode = None
        raise InvalidRequestError(description="Tokens never travel in a query.")
    if oauth.parameters.get("approval_prompt", "auto") not in APPROVAL_PROMPTS:
        raise InvalidRequestError(description="approval_prompt is auto or force.")
    if "request" in oauth.parameters:
        raise RequestNotSupported
    if "request_uri" in oauth.parameters:
        raise RequestURINotSupported
    if "none" in authorization.prompts and len(authorization.prompts) > 1:
        raise InvalidRequestError(description="prompt=none goes with no other value.")
    return None
