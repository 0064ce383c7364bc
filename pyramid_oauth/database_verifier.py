"""Bearer tokens checked against our own tables, in one statement (RFC 6750)."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.models.records.access_tokens import FoundAccessToken
from pyramid_oauth.resource import InvalidToken, TokenIdentity
from pyramid_oauth.server import SERVER, Server


def verify(request: Any, token: str) -> TokenIdentity:
    """The identity behind `token`; raises InvalidToken with a reason for the log."""
    server: Server = request.registry[SERVER]
    session = server.session(request)
    found = server.records.access_tokens.find(session, token)
    if found is None:
        raise InvalidToken("unknown token")
    if not found.is_live:
        raise InvalidToken("revoked or expired token, or an inactive user")
    application = server.records.applications.at_revision(
        session, found.client_id, found.application_revision
    )
    if application is None or not application.is_usable:
        raise InvalidToken("the client is gone or disabled")
    if not _user_is_active(server, request, found):
        raise InvalidToken("the user is not active")
    return TokenIdentity(
        client_id=found.client_id,
        user_id=found.user_id,
        scope=" ".join(server.scopes.narrowed(found.scope, application, request)),
        audience=tuple(found.audience.split()),
        expires_at=found.expires_at,
        grant_id=found.grant_id,
    )


def _user_is_active(server: Server, request: Any, found: FoundAccessToken) -> bool:
    if found.user_id is None or found.user_active is not None:
        return True  # no user, or `is_live` has looked at what the statement said
    return server.accounts.is_active(request, found.user_id)


def includeme(config: Any) -> None:
    """Verify by the database where nobody names another verifier."""
    config.set_oauth_token_verifier(verify, default=True)
