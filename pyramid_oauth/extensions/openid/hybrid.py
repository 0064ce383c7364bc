"""The implicit and hybrid flows: tokens from the authorization endpoint.

OpenID Connect Core sections 3.2 and 3.3; OAuth 2.0 Multiple Response Type Encoding
Practices. Off by default: tokens in URLs leak (RFC 9700 section 2.1.2).
"""

from __future__ import annotations

from typing import Any, ClassVar

from oauthlib.oauth2.rfc6749.errors import InvalidScopeError

from pyramid_oauth.extensions.openid import id_token
from pyramid_oauth.models.columns import new_id
from pyramid_oauth.protocol.credentials import add_grant, store_tokens
from pyramid_oauth.protocol.grants.authorization_code import AuthorizationCode
from pyramid_oauth.protocol.grants.grant_type import Check, ResponseType
from pyramid_oauth.protocol.issuance import TokenHandler, announce
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft


def response_includes_id_token(request: OAuthRequest) -> bool:
    """Whether the authorization response has an ID Token."""
    return "id_token" in (request.response_type or "").split()


def require_openid(request: OAuthRequest) -> dict[str, Any]:
    """Refuse an ID Token in the response without the scope `openid`.

    With it the request is an authentication request, which needs a nonce.
    """
    if response_includes_id_token(request) and not id_token.is_wanted(request):
        raise InvalidScopeError(
            description="An ID Token requires the scope openid.", request=request
        )
    return {}


IMPLICIT = ("id_token", "id_token token")

HYBRID = ("code id_token", "code token", "code id_token token")


class OpenIDImplicit(ResponseType):
    """`id_token` and `id_token token`: no token request (section 3.2)."""

    response_types: list[str] = ["token", "id_token"]
    post_auth: ClassVar[tuple[Check, ...]] = (require_openid,)

    def create_members(
        self, request: OAuthRequest, token_handler: TokenHandler, **values: object
    ) -> dict[str, str]:
        """Issue the grant and its tokens; return the members of the response."""
        draft = draft_tokens(request, token_handler)
        grant_id = new_id() if draft is None else draft.grant_id
        add_grant(request, grant_id, **values)
        return with_tokens(request, {}, draft, values)


class Hybrid(AuthorizationCode):
    """`code` with an ID Token, an access token or both (section 3.3)."""

    post_auth: ClassVar[tuple[Check, ...]] = (require_openid,)

    def create_members(
        self, request: OAuthRequest, token_handler: TokenHandler, **values: object
    ) -> dict[str, str]:
        """Issue the grant, its code and its tokens; return the members."""
        draft = draft_tokens(request, token_handler)
        grant_id = new_id() if draft is None else draft.grant_id
        code = self.add_code(request, grant_id, **values)
        return with_tokens(request, {"code": code}, draft, values)


def draft_tokens(
    request: OAuthRequest, token_handler: TokenHandler
) -> TokenDraft | None:
    """Check everything before anything is written.

    A signing key must exist and `openid` be approved; an access token is drafted if
    the response type has one.
    """
    if response_includes_id_token(request):
        if not id_token.is_wanted(request):
            raise InvalidScopeError(description="The scope openid was not allowed.")
        id_token.prepare(request)
    if "token" not in (request.response_type or "").split():
        return None
    return token_handler.draft(request, "implicit")


def with_tokens(
    request: OAuthRequest,
    members: dict[str, str],
    draft: TokenDraft | None,
    values: dict[str, Any],
) -> dict[str, str]:
    """Store the drafted access token; add it and the ID Token to `members`."""
    if draft is not None:
        store_tokens(request, draft)
        announce(request, draft)
        members.update((name, str(value)) for name, value in draft.response.items())
    if response_includes_id_token(request):
        members["id_token"] = id_token.id_token(
            request,
            authentication=values.get("authentication"),
            sid=values.get("session_id"),
            access_token=members.get("access_token"),
            code=members.get("code"),
            # Section 5.4: without an access token the client cannot use UserInfo.
            scope_claims=(draft is None and "code" not in members)
            or id_token.releases_scope_claims(request),
        )
    return members
