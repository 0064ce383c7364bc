"""What an ID Token from the authorization endpoint demands of its request.

OpenID Connect Core sections 3.2.2.1 and 3.3.2.1 (`nonce`), 3.1.2.1 (`openid`).
"""

from __future__ import annotations

from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError

from pyramid_oauth.protocol import id_token
from pyramid_oauth.protocol.request import OAuthRequest


def brings_id_token(request: OAuthRequest) -> bool:
    """Whether the answer itself is to carry an ID Token."""
    return "id_token" in (request.response_type or "").split()


def check_nonce(request: Any) -> dict[str, Any]:
    """Refuse an ID Token through the browser that nothing binds to its request."""
    if not brings_id_token(request):
        return {}
    if not id_token.is_wanted(request):
        raise InvalidScopeError(
            description="An ID Token needs the scope openid.", request=request
        )
    if request.nonce is None:
        raise InvalidRequestError(description="nonce is missing.", request=request)
    return {}
