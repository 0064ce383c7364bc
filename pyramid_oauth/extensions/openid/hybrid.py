"""Tokens straight from the authorization endpoint: the implicit and hybrid flows.

OpenID Connect Core sections 3.2 and 3.3; OAuth 2.0 Multiple Response Type Encoding
Practices. Off by default: tokens in URLs leak (RFC 9700 section 2.1.2).
"""

from __future__ import annotations

from typing import Any, ClassVar

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError

from pyramid_oauth.extensions.legacy_grants import Implicit
from pyramid_oauth.extensions.openid import id_token
from pyramid_oauth.protocol import issuance
from pyramid_oauth.protocol.grants.authorization_code import AuthorizationCode
from pyramid_oauth.protocol.grants.grant_type import Check, add_grant
from pyramid_oauth.protocol.request import OAuthRequest


def response_includes_id_token(request: OAuthRequest) -> bool:
    """Whether the answer itself is to carry an ID Token."""
    return "id_token" in (request.response_type or "").split()


def check_nonce(request: Any) -> dict[str, Any]:
    """Refuse an ID Token through the browser that nothing binds to its request."""
    if not response_includes_id_token(request):
        return {}
    if not id_token.is_wanted(request):
        raise InvalidScopeError(
            description="An ID Token needs the scope openid.", request=request
        )
    if request.nonce is None:
        raise InvalidRequestError(description="nonce is missing.", request=request)
    return {}


IMPLICIT = ("id_token", "id_token token")

HYBRID = ("code id_token", "code token", "code id_token token")


class OpenIDImplicit(Implicit):
    """`id_token` and `id_token token`: nothing passes through the token endpoint."""

    response_types: list[str] = ["token", "id_token"]
    post_auth: ClassVar[tuple[Check, ...]] = (check_nonce,)

    def authorized(self, request: OAuthRequest, **details: Any) -> dict[str, str]:
        """Make the grant and its tokens; returns the members of the answer."""
        check_keys(request)
        grant_id = add_grant(request, **details)
        return with_tokens(request, {}, grant_id, details)


class Hybrid(AuthorizationCode):
    """`code` with an ID Token, an access token or both beside it."""

    post_auth: ClassVar[tuple[Check, ...]] = (check_nonce,)

    def authorized(self, request: OAuthRequest, **details: Any) -> dict[str, str]:
        """Make the grant, its code and its tokens; returns the answer's members."""
        check_keys(request)
        code, grant_id = self.add_code(request, **details)
        return with_tokens(request, {"code": code}, grant_id, details)


def check_keys(request: OAuthRequest) -> None:
    """Before anything is written: there is a key, and `openid` was not unticked."""
    if not response_includes_id_token(request):
        return
    if not id_token.is_wanted(request):
        raise InvalidScopeError(description="The scope openid was not allowed.")
    id_token.prepare(request)


def with_tokens(
    request: OAuthRequest,
    members: dict[str, str],
    grant_id: Any,
    details: dict[str, Any],
) -> dict[str, str]:
    """Add the tokens which the response type names to an answer's `members`."""
    words = (request.response_type or "").split()
    if "token" in words:
        payload = issuance.access_token(
            request, grant_type="implicit", grant_id=grant_id
        )
        members.update((name, str(value)) for name, value in payload.items())
    if response_includes_id_token(request):
        members["id_token"] = id_token.id_token(
            request,
            authentication=details.get("authentication"),
            sid=details.get("session_id"),
            access_token=members.get("access_token"),
            code=members.get("code"),
            # Section 5.4: without an access token there is no other place for them.
            scope_claims=words == ["id_token"]
            or request.server.settings.id_token_scope_claims,
        )
    return members
