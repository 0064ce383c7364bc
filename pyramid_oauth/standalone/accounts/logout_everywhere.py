"""Logout of a user in all browsers, with notification of the clients."""

from __future__ import annotations

from pyramid_oauth.standalone.accounts import sessions
from pyramid_oauth.standalone.request import Request


def log_out_everywhere(request: Request, subject: str, *, staying: str = "") -> int:
    """End all sessions of a user and notify the clients; return how many ended.

    Args:
        request: The Pyramid request.
        subject: The user.
        staying: The `session_id` of a session that its browser continues, of which the
            clients do not learn.
    """
    ended = sessions.end_all(request.oauth.session, subject)
    others = [each for each in dict.fromkeys(ended) if each != staying]
    # A method of the extension `logout`, which a server may leave out.
    if "end_sessions" in request.oauth.server.request_methods:
        request.oauth.end_sessions(subject, others)
    return len(ended)
