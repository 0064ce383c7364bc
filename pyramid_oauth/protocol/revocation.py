"""Revoking grants, with the reason told to log and listeners."""

from __future__ import annotations

import logging
from typing import Any

from pyramid_oauth import events
from pyramid_oauth.clock import now
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)


def revoke_grant(
    request: OAuthRequest, grant_id: Any, reason: str, level: int = logging.INFO
) -> None:
    """Kill a grant and every token of it, in one UPDATE; logged at `level`."""
    request.server.repositories.grants.revoke(request.session, grant_id, request.now)
    client_id = request.client.client_id
    log.log(level, "grant %s of client %r revoked: %s", grant_id, client_id, reason)
    events.notify(
        events.GrantRevoked(
            request=request.pyramid,
            client_id=client_id,
            user_id=request.user,
            grant_id=grant_id,
            reason=reason,
        )
    )


def withdraw_consent(
    request: Any, server: Server, subject: str, client_id: str, scopes: frozenset[str]
) -> int:
    """Delete a consent, or `scopes` of it, and revoke its grants; return their number.

    The consent first: a decision of the user locks both in this order.
    """
    session, records = server.session(request), server.repositories
    if scopes:
        records.consents.narrow(session, subject, client_id, scopes, now())
    else:
        records.consents.delete(session, subject, client_id)
    ended = records.grants.revoke_of_user(session, subject, client_id, now(), scopes)
    log.info("a user withdrew a consent to %r: %s grants revoked", client_id, ended)
    events.notify(
        events.ConsentWithdrawn(
            request=request,
            client_id=client_id,
            user_id=subject,
            scopes=tuple(sorted(scopes)),
            grants=ended,
        )
    )
    return ended


def revoke_replayed(request: OAuthRequest, grant_id: Any, kind: str) -> None:
    """A used credential came back: revoke its grant and say so (RFC 9700 4.14.2)."""
    events.notify(
        events.CredentialReplayed(
            request=request.pyramid,
            client_id=request.client.client_id,
            user_id=request.user,
            kind=kind,
            grant_id=grant_id,
        )
    )
    reason = f"a used {kind} was presented again"
    revoke_grant(request, grant_id, reason, logging.WARNING)
