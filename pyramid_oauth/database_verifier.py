"""Bearer tokens checked against our own tables, in one statement (RFC 6750)."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.protocol.access import counting
from pyramid_oauth.resource import TokenIdentity
from pyramid_oauth.server import SERVER, Server


def verify(request: Any, token: str) -> TokenIdentity:
    """The identity behind `token`; raises InvalidToken with a reason for the log."""
    server: Server = request.registry[SERVER]
    session = server.session(request)
    found, application = counting(
        server, request, session, server.records.access_tokens.find(session, token)
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
    config.set_oauth_token_verifier(verify, default=True)
