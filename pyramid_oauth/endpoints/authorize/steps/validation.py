"""The request itself: client, redirect URI, response type, PKCE, scopes, modes.

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

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.response import default_mode

PROMPTS = ("auto", "force")


def validate(authorization: Authorization) -> Response | None:
    """oauthlib's checks: client, redirect URI, response type, PKCE, scopes.

    A request without scope passes where something else is asked for.
    """
    oauth, server = authorization.oauth, authorization.server
    oauth.may_lack_scopes = len(server.consent_sources) > 1
    authorization.endpoint.validate_request(oauth)
    if authorization.scopes or authorization.consent_items:
        return None
    if server.scopes.catalogue(authorization.request):
        raise InvalidScopeError(request=oauth)
    return None


def check_mode(authorization: Authorization) -> Response | None:
    """Refuse an unknown response mode by a page: it says how to answer.

    OpenID Connect Core section 3.1.2.6.
    """
    mode = authorization.oauth.response_mode
    if mode is not None and mode not in authorization.server.response_modes:
        raise InvalidRequestFatalError(description="response_mode is not supported.")
    return None


def check_values(authorization: Authorization) -> Response | None:
    """Refuse unknown or contradictory values of the parameters that are ours to know.

    Multiple Response Types section 2.1; unknown values of `prompt` pass (OpenID Connect
    Core section 3.1.2.1).
    """
    oauth = authorization.oauth
    if oauth.response_mode == "query" and default_mode(oauth) == "fragment":
        oauth.response_mode = None
        raise InvalidRequestError(description="Tokens never travel in a query.")
    if oauth.parameters.get("approval_prompt", "auto") not in PROMPTS:
        raise InvalidRequestError(description="approval_prompt is auto or force.")
    if "request" in oauth.parameters:
        raise RequestNotSupported
    if "request_uri" in oauth.parameters:
        raise RequestURINotSupported
    if "none" in authorization.prompts and len(authorization.prompts) > 1:
        raise InvalidRequestError(description="prompt=none goes with no other value.")
    return None
