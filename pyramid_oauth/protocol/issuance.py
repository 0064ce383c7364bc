"""Issuance of access and refresh tokens, for every grant (RFC 6749 sections 4 and 5).

The order is the same for all grants, those of the authorization endpoint and stock
grants of oauthlib included: the token steps check, the draft is built and encoded, then
one conditional statement consumes the credential and stores the tokens. So whatever can
fail, such as a signature, is done before anything is consumed or written.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, InvalidScopeError
from oauthlib.oauth2.rfc6749.tokens import TokenBase

from pyramid_oauth import events, lifetimes
from pyramid_oauth.http.responses import service_unavailable
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.columns import new_id
from pyramid_oauth.protocol.credentials import FIRST
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.sender_constraint import require_sender_constraint
from pyramid_oauth.protocol.token_draft import (
    BEARER,
    StoredRow,
    TokenDraft,
    TokenSteps,
)
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)

FORMAT = "access_token_format"
"""Names the format of an application's tokens: its attribute, else a member of its
client metadata, which clients cannot register."""


class TokenFormat(Protocol):
    """A format of access tokens, added by `add_oauth_token_format`."""

    def encode(
        self, request: OAuthRequest, draft: TokenDraft
    ) -> tuple[str, StoredRow | None]:
        """Return the token, and the row to store; None where nothing is stored."""


class OpaqueToken:
    """The format of random access tokens, whose digest is stored."""

    def encode(
        self, request: OAuthRequest, draft: TokenDraft
    ) -> tuple[str, StoredRow | None]:
        """Generate a token and its row."""
        return add_row(request, draft)


def add_row(
    request: OAuthRequest, draft: TokenDraft, credential: str | None = None
) -> tuple[str, StoredRow]:
    """Return the token of a draft with its row, which has only its digest.

    Args:
        request: The request.
        draft: The draft, after all steps have built.
        credential: The encoded token; None generates a random one.
    """
    claims, moment = draft.claims, request.now
    if draft.token_type != BEARER:
        claims = {**claims, "token_type": draft.token_type}
    return request.server.repositories.access_tokens.new(
        credential,
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
        self._formats: Mapping[str, TokenFormat] = server.token_formats
        self._default_format = server.settings.access_token_format
        self._offers_refresh_tokens = "refresh_token" in server.settings.grant_types
        self._requires_binding = server.settings.require_sender_constrained_tokens

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
        _require_distinct_subject(request)
        grant_id = credential.grant_id
        if grant_id is None and request.user is not None:
            grant_id = new_id()
        draft = self._begin(request, grant_type, grant_id)
        for build in steps.builds:
            build(request, draft)
        if self._requires_binding:
            require_sender_constraint(request, draft)
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
        token, draft.access_row = self._format(request, draft).encode(request, draft)
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

    def _format(self, request: OAuthRequest, draft: TokenDraft) -> TokenFormat:
        """Return the format that a token step, the application or the setting names."""
        client = request.client
        of_client = getattr(client, FORMAT, None) or (client.client_metadata or {}).get(
            FORMAT
        )
        chosen = draft.token_format or of_client or self._default_format
        found = self._formats.get(chosen)
        if found is None:
            raise service_unavailable(
                f"client {request.client.client_id!r} gets no token: the format "
                f"{chosen!r} is unknown; there are {', '.join(self._formats)}"
            )
        return found

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


def _require_distinct_subject(request: OAuthRequest) -> None:
    """Refuse a token about a user who is called like the client.

    Its `sub` would be its `client_id`, by which resource servers know a token that the
    client has for itself (RFC 9700 section 4.15, RFC 9068 section 5).
    """
    if request.user != request.client.client_id:
        return
    log.error(
        "no token for client %r about the user of the same identifier; give the client "
        "another client_id",
        request.client.client_id,
    )
    raise AccessDeniedError(
        description="The resource owner has the identifier of the client.",
        request=request,
    )


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
    registry = request.pyramid.registry
    if not (registry.has_listeners or events.SUBSCRIBERS in registry):
        return  # most servers have none, so that not even the event is made
    if not events.has_subscribers(request.pyramid, events.TokenIssued):
        return
    events.notify(
        events.TokenIssued(
            request=request.pyramid,
            client_id=request.client.client_id,
            user_id=request.user,
            grant_type=draft.grant_type,
            scopes=draft.scopes,
            grant_id=draft.grant_id,
            audience=draft.audience,
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


def includeme(config: Configurator) -> None:
    """Register the format of access tokens, and the validation for stock grants."""
    config.add_oauth_token_format("opaque", OpaqueToken())
    config.add_oauth_request_validation(IssuanceValidation)
