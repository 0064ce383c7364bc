"""The logout itself: who is told, which tokens die, and the browser forgets.

OpenID Connect RP-Initiated Logout section 2, Back-Channel Logout sections 2.3 and 2.7.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from pyramid_oauth import events, outbox
from pyramid_oauth.accounts import Account
from pyramid_oauth.browser import login_session
from pyramid_oauth.extensions.logout import back_channel, front_channel
from pyramid_oauth.extensions.logout.repository import Participant
from pyramid_oauth.extensions.logout.request import LogoutRequest
from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.server import Server

Frames = tuple[str, ...]

log = logging.getLogger(__name__)


def log_out(request: Any, account: Account, client_id: str | None = None) -> Frames:
    """End the session of `account` at this browser, everywhere.

    `client_id` is the client that asked. Returns the URLs which the browser has still
    to load (Front-Channel Logout section 3).
    """
    frames = end(
        request, login_session.session_ids(request, account), account.subject, client_id
    )
    server: Server = request.oauth.server
    server.accounts.log_out(request)
    login_session.invalidate(request)
    return frames


def switch_user(request: Any, former: Account) -> Frames:
    """End the session of `former`, in whose place somebody else logs in here.

    What the browser is known by stays: a request of it may wait for that login.
    """
    return end(
        request, login_session.session_ids(request, former), former.subject, None
    )


def end_expired_session(request: Any, asked: LogoutRequest) -> Frames:
    """End, for the clients, a session which the host itself has ended before.

    Only where the hint names one that this browser had: to hold an ID Token of
    somebody is no right to log them out elsewhere.
    """
    former = login_session.previous_session_id(request)
    if former is None or not asked.names_session(request, former):
        return ()
    frames = end(request, (former,), None, asked.client_id)
    login_session.invalidate(request)
    return frames


def end(
    request: Any, sids: tuple[str, ...], user_id: str | None, client_id: str | None
) -> Frames:
    """Tell the clients of these sessions, and let the tokens die that are to die."""
    server: Server = request.oauth.server
    database, settings = server.session(request), server.settings
    taking_part = server.repositories.login_sessions.participants(database, sids)
    told = list(_applications(server, database, taking_part))
    if settings[LogoutSettings].logout_revokes != "nothing":
        everything = settings[LogoutSettings].logout_revokes == "everything"
        server.repositories.login_sessions.revoke(database, sids, everything=everything)
    if settings[LogoutSettings].backchannel_logout:
        made = [back_channel.message(*one) for one in told]
        outbox.enqueue(request, back_channel.KIND, [one for one in made if one])
    _announce(request, sids[0], user_id, client_id, taking_part)
    if not settings[LogoutSettings].frontchannel_logout:
        return ()
    frames = [front_channel.frame(server, one, at.sid) for one, at in told]
    return tuple(dict.fromkeys(frame for frame in frames if frame))


def _applications(
    server: Server, database: Any, taking_part: tuple[Participant, ...]
) -> Iterator[tuple[Any, Participant]]:
    for participant in taking_part:
        application = server.repositories.applications.at_revision(
            database, participant.client_id, participant.revision
        )
        if application is not None:
            yield application, participant


def _announce(
    request: Any,
    sid: str,
    user_id: str | None,
    client_id: str | None,
    taking_part: tuple[Participant, ...],
) -> None:
    if user_id is None and taking_part:
        user_id = taking_part[0].user_id
    names = tuple(dict.fromkeys(one.client_id for one in taking_part))
    log.info("session of %r ended; clients: %s", user_id, ", ".join(names) or "none")
    events.notify(
        events.SessionEnded(
            request=request,
            client_id=client_id,
            user_id=user_id,
            sid=sid,
            client_ids=names,
        )
    )
