"""Issuance of access and refresh tokens, for every grant (RFC 6749 sections 4 and 5).

The order is the same for all grants, those of the authorization endpoint and stock
grants of oauthlib included: the token steps check, the draft is built and encoded, then
one conditional statement consumes the credential and stores the tokens. So whatever can
fail, such as a signature, is done before anything is consumed or written.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from oauthlib.oauth2.rfc6749.errors import InvalidScopeError
from oauthlib.oauth2.rfc6749.tokens import TokenBase

from pyramid_oauth import events, lifetimes
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.columns import new_id
from pyramid_oauth.protocol.credentials import FIRST
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import (
    BEARER,
    StoredRow,
    TokenDraft,
    TokenSteps,
)
from pyramid_oauth.server import Server


class OpaqueToken:
    """The format of random access tokens, whose digest is stored."""

    def encode(
        self, request: OAuthRequest, draft: TokenDraft
    ) -> tuple[str, StoredRow | None]:
        """Generate a token and its row."""
        claims, moment = draft.claims, request.now
        if draft.token_type != BEARER:
            claims = {**claims, "token_type": draft.token_type}
        return request.server.repositories.access_tokens.new(
            client_id=request.client.client_id,
            grant_id=draft.grant_id,
            user_id=request.user,
            scope=" ".join(draft.scopes),
            audience=" ".join(draft.audience),
            claims=claims,
            created_at=moment,
            expires_at=moment + timedelta(seconds=draft.lifetime),
        )


class TokenHandler(TokenBase):
    """oauthlib's token handler, which issues the tokens; one instance per endpoint."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._steps: dict[str, TokenSteps] = {}
        self._formats = server.token_formats
        self._offers_refresh_tokens = "refresh_token" in server.settings.grant_types

    def create_token(
        self, request: OAuthRequest, refresh_token: bool = False
    ) -> dict[str, Any]:
        """Draft the tokens for a stock grant of oauthlib; return the response.

        oauthlib passes it to `save_token` of the validator, which stores the draft.
        """
        draft = self.draft(
            request, request.grant_type or "", refresh_token=refresh_token
        )
        request.draft = draft
        return draft.response

    def draft(
        self, request: OAuthRequest, grant_type: str, *, refresh_token: bool = False
    ) -> TokenDraft:
        """Check everything, then generate the tokens; raise OAuth2Error.

        With `refresh_token` a refresh token is added if the server and the application
        have that grant type.
        """
        steps = self._steps_of(grant_type)
        credential = request.credential or FIRST
        self._require_scope(request)
        for check in steps.checks:
            check(request)
        credential.check(request)
        grant_id = credential.grant_id
        if grant_id is None and request.user is not None:
            grant_id = new_id()
        draft = self._begin(request, grant_type, grant_id)
        for build in steps.builds:
            build(request, draft)
        self._encode(request, draft)
        if refresh_token and self._issues_refresh_token(request, draft):
            credential.add_refresh_token(request, draft)
        for finish in steps.finishes:
            finish(request, draft)
        return draft

    def _begin(
        self, request: OAuthRequest, grant_type: str, grant_id: UUID | None
    ) -> TokenDraft:
        settings = self._server.settings
        return TokenDraft(
            grant_type=grant_type,
            grant_id=grant_id,
            audience=tuple(settings.default_audience),
            lifetime=lifetimes.access_token(
                settings, request.client, grant_type, request.pyramid
            ),
            scopes=tuple(request.scopes),
        )

    def _encode(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Encode the token and begin the response (RFC 6749 section 5.1)."""
        chosen = self._server.settings.access_token_format
        named = getattr(request.client, "access_token_format", None) or chosen
        token, draft.access_row = self._formats[named].encode(request, draft)
        draft.access_token = token
        more = draft.response
        draft.response = {
            "access_token": token,
            "token_type": draft.token_type,
            "expires_in": draft.lifetime,
        }
        if draft.scopes:
            draft.response["scope"] = " ".join(draft.scopes)
        for name, value in more.items():
            draft.response.setdefault(name, value)

    def _require_scope(self, request: OAuthRequest) -> None:
        """Refuse a grant of which no scope is left.

        A response without `scope` means that all requested scopes are granted (RFC
        6749 section 5.1). A grant that never had a scope exists for its details.
        """
        if request.scopes or _is_for_details(request):
            return
        if self._server.scopes.catalogue(request.pyramid):
            raise InvalidScopeError(description="No scope is left.", request=request)

    def _issues_refresh_token(self, request: OAuthRequest, draft: TokenDraft) -> bool:
        if draft.grant_id is None or not self._offers_refresh_tokens:
            return False
        return bool(request.client.allows_grant_type("refresh_token"))

    def _steps_of(self, grant_type: str) -> TokenSteps:
        known = self._steps.get(grant_type)
        if known is None:
            steps = (
                registration.step
                for registration in self._server.token_steps
                if registration.grant_types is None
                or grant_type in registration.grant_types
            )
            known = self._steps[grant_type] = TokenSteps.of(steps)
        return known


def _is_for_details(request: OAuthRequest) -> bool:
    """Whether the grant is for something else than scopes."""
    found = request.grant
    is_without = request.may_lack_scopes if found is None else not found.scope
    return is_without and bool(request.details)


def store(request: OAuthRequest, draft: TokenDraft) -> None:
    """Consume the credential, store the tokens and notify subscribers."""
    (request.credential or FIRST).store(request, draft)
    announce(request, draft)


def announce(request: OAuthRequest, draft: TokenDraft) -> None:
    """Notify subscribers that an access token was issued."""
    if not request.pyramid.registry.has_listeners:
        return  # most servers have none, so that not even the event is made
    events.notify(
        events.TokenIssued(
            request=request.pyramid,
            client_id=request.client.client_id,
            user_id=request.user,
            grant_type=draft.grant_type,
            scopes=draft.scopes,
            grant_id=draft.grant_id,
        )
    )


class IssuanceValidation:
    """Methods of the validator that stock grants call after `create_token`."""

    def save_token(self, token: dict[str, Any], request: OAuthRequest) -> None:
        """Consume the credential and store the draft of the token handler."""
        store(request, request.draft)

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: OAuthRequest
    ) -> None:
        """Do nothing: the statement that stored the tokens has redeemed the code."""

    def rotate_refresh_token(self, request: OAuthRequest) -> bool:
        """Return True: the refresh token of the response replaces the presented one."""
        return True


def includeme(config: Configurator) -> None:
    """Register the format of access tokens, and the validation for stock grants."""
    config.add_oauth_token_format("opaque", OpaqueToken())
    config.add_oauth_request_validation(IssuanceValidation)
