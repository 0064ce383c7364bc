"""End login sessions that the host stores, also for their clients.

OpenID Connect Back-Channel Logout section 2.7: the tokens of a session end with it, and
its clients are told, as at a logout. That is what the extension `logout` does.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth.interfaces.login_sessions import LoginSessionInfo, LoginSessions
from pyramid_oauth.server import Server, ServerRequest


def stored_sessions(server: Server) -> LoginSessions:
    """Return the login sessions of the host.

    Raises:
        LookupError: The host has registered none.
    """
    if server.login_sessions is None:
        raise LookupError("call config.set_oauth_login_sessions(...)")
    return server.login_sessions


def end_session(
    request: ServerRequest, server: Server, subject: str, key: str
) -> LoginSessionInfo | None:
    """End one login session of `subject` at another browser, if there is one."""
    ended = stored_sessions(server).end(request, subject, key)
    if ended is not None:
        _tell_clients(request, server, subject, [ended])
    return ended


def end_all_sessions(
    request: ServerRequest, server: Server, subject: str, *, keep: str | None = None
) -> int:
    """End the login sessions of `subject`, except `keep`; return their number."""
    ended = stored_sessions(server).end_all(request, subject, keep=keep)
    _tell_clients(request, server, subject, ended)
    return len(ended)


def _tell_clients(
    request: ServerRequest,
    server: Server,
    subject: str,
    ended: Sequence[LoginSessionInfo],
) -> None:
    """Revoke the tokens of the sessions and tell clients, if `logout` is included."""
    tell = server.request_methods.get("end_sessions")
    named = [each.session_id for each in ended if each.session_id is not None]
    if tell is not None and named:
        tell(request, subject, named)
