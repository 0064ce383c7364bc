"""Whether an access token that was found still counts, for whoever asks.

RFC 6750 section 3.1 (`invalid_token`); the reasons are for the log.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.resource import InvalidToken, TokenIdentity
from pyramid_oauth.server import SERVER, Server


def require_active_token(
    server: Server, request: Any, session: Any, found: FoundAccessToken | None
) -> tuple[FoundAccessToken, Any]:
    """A token that counts, and its client; raises resource.InvalidToken otherwise."""
    if found is None:
        raise InvalidToken("unknown token")
    if not found.is_live:
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
        return True  # no user, or `is_live` has looked at what the statement said
    return server.accounts.is_active(request, found.user_id)


def verify_access_token(request: Any, token: str) -> TokenIdentity:
    """The identity behind `token`; raises InvalidToken with a reason for the log."""
    server: Server = request.registry[SERVER]
    session = server.session(request)
    found, application = require_active_token(
        server, request, session, server.repositories.access_tokens.find(session, token)
    )
    return TokenIdentity(
        client_id=found.client_id,
        user_id=found.user_id,
        scope=" ".join(server.scopes.narrowed(found.scope, application, request)),
        audience=tuple(found.audience.split()),
        expires_at=found.expires_at,
        grant_id=found.grant_id,
    )


def includeme(config: Any) -> None:
    """Verify by the database where nobody names another verifier."""
    config.set_oauth_token_verifier(verify_access_token, default=True)
