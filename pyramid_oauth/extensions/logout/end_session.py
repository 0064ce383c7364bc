"""End a login session: notify clients, revoke tokens, clear the browser's cookies.

OpenID Connect RP-Initiated Logout section 2, Back-Channel Logout sections 2.3 and 2.7.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy.orm import Session

from pyramid_oauth import events, outbox
from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import login_session
from pyramid_oauth.extensions.logout import back_channel, front_channel
from pyramid_oauth.extensions.logout.repository import Participant
from pyramid_oauth.extensions.logout.request import LogoutRequest
from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server, ServerRequest

Frames = tuple[str, ...]

log = logging.getLogger(__name__)


def log_out(
    request: ServerRequest, account: Account, client_id: str | None = None
) -> Frames:
    """End the login session of `account` in this browser and at its clients.

    `client_id` is the client that requested it. Returns the URLs for the browser to
    load (Front-Channel Logout section 3).
    """
    frames = end(
        request, login_session.session_ids(request, account), account.subject, client_id
    )
    server: Server = request.oauth.server
    server.accounts.log_out(request)
    login_session.invalidate(request)
    return frames


def switch_user(request: ServerRequest, former: Account) -> Frames:
    """End the login session of `former` because another user logs in.

    The binding cookie stays: a pending request of the browser may wait for that login.
    """
    return end(
        request, login_session.session_ids(request, former), former.subject, None
    )


def end_expired_session(request: ServerRequest, logout: LogoutRequest) -> Frames | None:
    """End, for the clients, a login session that the host has already ended.

    Only if the hint names a session of this browser: an ID Token of a user does not
    entitle its holder to log them out elsewhere. Returns None if there is none.
    """
    former = login_session.previous_session_id(request)
    if former is None or not logout.names_session(request, former):
        return None
    frames = end(request, (former,), None, logout.client_id)
    login_session.invalidate(request)
    return frames


def end(
    request: ServerRequest,
    sids: tuple[str, ...],
    user_id: str | None,
    client_id: str | None,
) -> Frames:
    """Notify the clients of these sessions, and revoke tokens as the settings say."""
    server: Server = request.oauth.server
    database, settings = server.session(request), server.settings
    participants = server.repositories.login_sessions.participants(database, sids)
    notified = list(_applications(server, database, participants))
    if settings[LogoutSettings].logout_revokes != "nothing":
        everything = settings[LogoutSettings].logout_revokes == "everything"
        server.repositories.login_sessions.revoke(database, sids, everything=everything)
    if settings[LogoutSettings].backchannel_logout:
        messages = [back_channel.message(*pair) for pair in notified]
        outbox.enqueue(request, back_channel.KIND, [item for item in messages if item])
    _announce(request, sids[0], user_id, client_id, participants)
    if not settings[LogoutSettings].frontchannel_logout:
        return ()
    frames = [
        front_channel.frame_url(server, application, participant.sid)
        for application, participant in notified
    ]
    return tuple(dict.fromkeys(frame for frame in frames if frame))


def _applications(
    server: Server, database: Session, participants: tuple[Participant, ...]
) -> Iterator[tuple[AbstractApplication, Participant]]:
    for participant in participants:
        application = server.repositories.applications.at_revision(
            database, participant.client_id, participant.revision
        )
        if application is not None:
            yield application, participant


def _announce(
    request: ServerRequest,
    sid: str,
    user_id: str | None,
    client_id: str | None,
    participants: tuple[Participant, ...],
) -> None:
    if user_id is None and participants:
        user_id = participants[0].user_id
    client_ids = tuple(dict.fromkeys(item.client_id for item in participants))
    log.info(
        "session of %r ended; clients: %s", user_id, ", ".join(client_ids) or "none"
    )
    events.notify(
        events.SessionEnded(
            request=request,
            client_id=client_id,
            user_id=user_id,
            sid=sid,
            client_ids=client_ids,
        )
    )
