"""Verifies access tokens by the database.

RFC 6750 section 3.1 (`invalid_token`); the reasons are for the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyramid.request import RequestLocalCache

from pyramid_oauth.clock import now
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.resource import (
    HEADER,
    InvalidToken,
    Outcome,
    Places,
    TokenIdentity,
    authenticate,
)
from pyramid_oauth.server import Server


def require_active_token(
    server: Server,
    request: Any,
    session: Any,
    found: FoundAccessToken | None,
    moment: datetime,
) -> tuple[FoundAccessToken, Any]:
    """A token that counts, and its client; raises resource.InvalidToken otherwise."""
    if found is None:
        raise InvalidToken("unknown token")
    if not found.is_live_at(moment):
        raise InvalidToken("revoked or expired token, or an inactive user")
    application = server.repositories.applications.at_revision(
        session, found.client_id, found.application_revision
    )
    if application is None or not application.is_usable:
        raise InvalidToken("the client is gone or disabled")
    if not _user_is_active(server, request, found):
        raise InvalidToken("the user is not active")
    return found, application


def _user_is_active(server: Server, request: Any, found: FoundAccessToken) -> bool:
    if found.user_id is None or found.user_active is not None:
        return True  # no user, or `is_live_at` has judged the column
    return server.accounts.is_active(request, found.user_id)


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """The access token behind an identity, for endpoints of the server itself.

    `authentication` is the login that the grant remembers, where it was asked for.
    """

    application: Any
    authentication: dict[str, Any] | None


def verify_access_token(request: Any, token: str) -> TokenIdentity:
    """The identity behind `token`; raises InvalidToken with a reason for the log."""
    server: Server = request.oauth.server
    session = server.session(request)
    tokens = server.repositories.access_tokens
    with_grant = _with_grant.get_or_create(request)
    find = tokens.find_with_grant if with_grant else tokens.find
    found, application = require_active_token(
        server, request, session, find(session, token), now()
    )
    if with_grant:
        _active.set(request, ActiveToken(application, found.authentication))
    return TokenIdentity(
        client_id=found.client_id,
        user_id=found.user_id,
        scope=" ".join(
            server.scopes.keep_allowed(found.scope.split(), application, request)
        ),
        audience=tuple(found.audience.split()),
        expires_at=found.expires_at,
        grant_id=found.grant_id,
        claims=found.claims or {},
    )


_with_grant = RequestLocalCache(lambda request: False)

_active: RequestLocalCache = RequestLocalCache()


def authenticate_with_grant(
    request: Any, places: Places = HEADER
) -> tuple[Outcome, ActiveToken | None]:
    """Like `resource.authenticate`, with the client and the login behind the token.

    One statement finds all. A verifier of the host's own knows no login.
    """
    _with_grant.set(request, True)
    outcome = authenticate(request, places)
    if outcome.identity is None:
        return outcome, None
    active = _active.get(request, None)
    return outcome, active or _active_client(request, outcome.identity)


def _active_client(request: Any, identity: TokenIdentity) -> ActiveToken | None:
    server: Server = request.oauth.server
    application = server.repositories.applications.get(
        server.session(request), identity.client_id
    )
    if application is None or not application.is_usable:
        return None
    return ActiveToken(application, None)


def includeme(config: Any) -> None:
    """Verify by the database where nobody names another verifier."""
    config.set_oauth_token_verifier(verify_access_token, default=True)
