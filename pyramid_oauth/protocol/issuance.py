"""Issuing tokens: the only place where access and refresh tokens come into being."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidScopeError

from pyramid_oauth import events, lifetimes
from pyramid_oauth.clock import now
from pyramid_oauth.hashing import new_credential
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.refresh_tokens import RefreshCredential

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """An access token that is made and not yet stored, and the token response so far.

    So everything that can fail, a signature among it, is over before a credential is
    used up.
    """

    payload: Payload
    row: dict[str, Any]


def draft(
    request: OAuthRequest,
    *,
    grant_type: str,
    grant_id: Any,
    claims: Mapping[str, Any] | None = None,
) -> Draft:
    """Make an access token for `request`; `claims` are stored with it."""
    server, client = request.server, request.client
    seconds = lifetimes.access_token(
        server.settings, client, grant_type, request.pyramid
    )
    token, scope = new_credential(), " ".join(request.scopes or ())
    row = server.repositories.access_tokens.row(
        token,
        client_id=client.client_id,
        grant_id=grant_id,
        user_id=request.user,
        scope=scope,
        audience=" ".join(server.settings.default_audience),
        claims=claims,
        created_at=now(),
        expires_at=lifetimes.from_now(seconds),
    )
    payload = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
    return Draft({**payload, "scope": scope} if scope else payload, row)


def access_token(request: OAuthRequest, *, grant_type: str, grant_id: Any) -> Payload:
    """Issue an access token for `request` and return the token response so far."""
    made = draft(request, grant_type=grant_type, grant_id=grant_id)
    tokens = request.server.repositories.access_tokens
    if grant_id is None:
        tokens.add_for_current(request.session, made.row, request.client)
    else:
        tokens.add(request.session, made.row)
    announce(request, grant_type=grant_type, grant_id=grant_id)
    return made.payload


def first_refresh_token(request: OAuthRequest, grant_id: Any) -> str:
    """Issue the first refresh token of a grant."""
    token, row = draft_refresh_token(request, grant_id)
    request.server.repositories.refresh_tokens.add(request.session, row)
    return token


def draft_refresh_token(
    request: OAuthRequest, grant_id: Any, claims: Mapping[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """Make the first refresh token of a grant: the token and what is to be stored.

    `claims` stay with the lineage through every rotation.
    """
    server, client = request.server, request.client
    idle = lifetimes.refresh_token_idle(server.settings, client, request.pyramid)
    whole = lifetimes.refresh_token_absolute(server.settings, client, request.pyramid)
    credential = RefreshCredential.new()
    row = server.repositories.refresh_tokens.row(
        credential,
        client_id=client.client_id,
        grant_id=grant_id,
        user_id=request.user,
        scope=" ".join(request.scopes or ()),
        created_at=now(),
        expires_at=lifetimes.from_now(idle),
        absolute_expires_at=lifetimes.from_now(whole),
        claims=claims,
    )
    return credential.text(server.settings.secret[0]), row


def check(request: OAuthRequest, grant_type: str) -> None:
    """Let the token steps refuse, before anything is used up or written.

    A grant of which no scope is left brings no token: it would be one for nothing, and
    an answer that names no scope means that all are granted (RFC 6749 section 5.1).
    """
    if not request.scopes and request.server.scopes.catalogue(request.pyramid):
        raise InvalidScopeError(description="No scope is left.", request=request)
    for step in request.server.token_steps:
        if step.check is not None:
            step.check(request, grant_type)


def finish(request: OAuthRequest, payload: Payload, grant_type: str) -> Payload:
    """Let the registered token steps add to the token response of a grant."""
    for step in request.server.token_steps:
        step.add(request, payload, grant_type)
    return payload


def wants_refresh_token(request: OAuthRequest) -> bool:
    """Whether server and application know the refresh grant."""
    offered = "refresh_token" in request.server.grants
    return offered and bool(request.client.allows_grant_type("refresh_token"))


def announce(request: OAuthRequest, *, grant_type: str, grant_id: Any) -> None:
    """Tell who listens that an access token was issued."""
    if not events.has_subscribers(request.pyramid):
        return
    events.notify(
        events.TokenIssued(
            request=request.pyramid,
            client_id=request.client.client_id,
            user_id=request.user,
            grant_type=grant_type,
            scopes=tuple(request.scopes or ()),
            grant_id=grant_id,
        )
    )
