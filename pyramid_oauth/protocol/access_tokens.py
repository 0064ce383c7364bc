"""Verifies access tokens by the database.

RFC 6750 section 3.1 (`invalid_token`); the reasons are for the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.resource import (
    HEADER,
    InvalidToken,
    Outcome,
    Places,
    TokenIdentity,
    authenticate,
)
from pyramid_oauth.resource.authentication import moment
from pyramid_oauth.server import Server, ServerRequest


def require_active_token(
    server: Server,
    request: ServerRequest,
    session: Session,
    found: FoundAccessToken | None,
    moment: datetime,
) -> tuple[FoundAccessToken, AbstractApplication]:
    """Return a valid token and its client.

    Raises:
        InvalidToken: The token, its client or its user is not active.
    """
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


def _user_is_active(
    server: Server, request: ServerRequest, found: FoundAccessToken
) -> bool:
    if found.user_id is None or found.user_active is not None:
        return True  # no user, or `is_live_at` checked the column
    if not server.asks_is_active:
        return True
    return server.accounts.is_active(request, found.user_id)


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """The access token behind an identity, for endpoints of the server itself.

    `authentication` is the login that the grant remembers, where it was asked for.
    """

    application: AbstractApplication
    authentication: dict[str, Any] | None


def verify_access_token(request: ServerRequest, token: str) -> TokenIdentity:
    """Return the identity of `token`.

    Raises:
        InvalidToken: With a reason for the log.
    """
    server: Server = request.oauth.server
    session = server.session(request)
    tokens = server.repositories.access_tokens
    lookup: _GrantLookup | None = request.__dict__.get(_LOOKUP)
    find = tokens.find if lookup is None else tokens.find_with_grant
    found, application = require_active_token(
        server, request, session, find(session, token), moment(request)
    )
    if lookup is not None:
        lookup.token = ActiveToken(application, found.authentication)
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


class _GrantLookup:
    """Asks the verifier for the grant too, and takes what it finds."""

    token: ActiveToken | None = None


_LOOKUP = "_pyramid_oauth_token_with_grant"
"""The attribute of a request that has a `_GrantLookup`."""


def authenticate_with_grant(
    request: ServerRequest, places: Places = HEADER
) -> tuple[Outcome, ActiveToken | None]:
    """Like `resource.authenticate`; return also the client and the login of the token.

    One statement finds all. A verifier of the host finds no login.
    """
    lookup = request.__dict__[_LOOKUP] = _GrantLookup()
    outcome = authenticate(request, places)
    if outcome.identity is None:
        return outcome, None
    return outcome, lookup.token or _active_client(request, outcome.identity)


def _active_client(
    request: ServerRequest, identity: TokenIdentity
) -> ActiveToken | None:
    server: Server = request.oauth.server
    application = server.repositories.applications.get(
        server.session(request), identity.client_id
    )
    if application is None or not application.is_usable:
        return None
    return ActiveToken(application, None)


def includeme(config: Configurator) -> None:
    """Verify by the database where nobody names another verifier."""
    config.set_oauth_token_verifier(verify_access_token, default=True)
