"""Revocation of grants, with a log record and an event (RFC 9700 section 4.14)."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from pyramid_oauth import events
from pyramid_oauth.clock import now
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.authorizations import GrantFilter
from pyramid_oauth.repositories.autonomous_transaction import call_after_transaction
from pyramid_oauth.server import Server, ServerRequest

log = logging.getLogger(__name__)

MAX_GRANTS = 1000
"""The newest grants of a user that are read for lists."""

ROLLED_BACK = (
    "a revocation was rolled back with its refused request, and was made again: let "
    "your commit veto commit responses with the header X-Tm: commit, as "
    "pyramid_tm.default_commit_veto does"
)


def revoke_grant(request: OAuthRequest, grant_id: UUID, reason: str) -> None:
    """Revoke a grant and every token of it, in one UPDATE."""
    events.notify(_revoke(request, grant_id, reason, logging.INFO))


def revoke_retried(request: OAuthRequest, grant_id: UUID, reason: str) -> None:
    """Revoke the grant of a client that presented a used credential once more."""
    revoked = _revoke(request, grant_id, reason, logging.INFO)
    _notify_and_ensure(request, grant_id, revoked)


def revoke_replayed(request: OAuthRequest, grant_id: UUID, kind: str) -> None:
    """Revoke the grant of a used credential that came back (RFC 9700 4.14.2)."""
    replayed = events.CredentialReplayed(
        request=request.pyramid,
        client_id=request.client.client_id,
        user_id=request.user,
        kind=kind,
        grant_id=grant_id,
    )
    reason = f"a used {kind} was presented again"
    revoked = _revoke(request, grant_id, reason, logging.WARNING)
    _notify_and_ensure(request, grant_id, replayed, revoked)


def _revoke(
    request: OAuthRequest, grant_id: UUID, reason: str, level: int
) -> events.GrantRevoked:
    """Revoke and log; returns the event."""
    request.server.repositories.grants.revoke(request.session, grant_id, request.now)
    client_id = request.client.client_id
    log.log(level, "grant %s of client %r revoked: %s", grant_id, client_id, reason)
    return events.GrantRevoked(
        request=request.pyramid,
        client_id=client_id,
        user_id=request.user,
        grant_id=grant_id,
        reason=reason,
    )


def _notify_and_ensure(
    request: OAuthRequest, grant_id: UUID, *notices: events.OAuthEvent
) -> None:
    """Notify of a revocation by a refused request, and see that it survives.

    The response is marked to be committed, but a host's own commit veto may look at
    the status alone. So the grant is revoked again after the transaction has ended,
    when it holds no lock; then the events that waited for its commit are due, too. A
    host may end it as late as after the request.
    """
    for notice in notices:
        events.notify(notice)
    session, moment = request.session, request.now
    grants = request.server.repositories.grants
    due = notices if events.is_managed(request.pyramid) else ()

    def revoke_again() -> None:
        try:
            was_lost = grants.revoke_after(session, grant_id, moment)
        except SQLAlchemyError as error:
            log.error("grant %s not revoked: %s", grant_id, type(error).__name__)
            return
        if was_lost:
            log.warning(ROLLED_BACK)
            for notice in due:
                events.send(notice)

    request.pyramid.add_finished_callback(
        lambda _: call_after_transaction(session, revoke_again)
    )


def end_grants(
    request: ServerRequest, server: Server, grant_filter: GrantFilter, reason: str
) -> int:
    """Revoke the grants that the filter selects; return their number.

    Raises:
        ValueError: The filter has no condition.
    """
    session = server.session(request)
    revoked = server.repositories.authorizations.revoke(session, grant_filter, now())
    log.info("%s grants revoked: %s", len(revoked), reason)
    for grant in revoked:
        events.notify(
            events.GrantRevoked(
                request=request,
                client_id=grant.client_id,
                user_id=grant.user_id,
                grant_id=grant.id,
                reason=reason,
            )
        )
    return len(revoked)
