"""The login sessions of the ready-made server, for the pages that list and end them.

`pyramid_oauth.interfaces.login_sessions.LoginSessions` over the table of sessions. A
form names a session by the digest of its key, which is no credential.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pyramid_oauth.interfaces.login_sessions import LoginSessionInfo
from pyramid_oauth.standalone.accounts import sessions
from pyramid_oauth.standalone.accounts.adapter import accounts_of, session_of
from pyramid_oauth.standalone.request import Request


class StoredLoginSessions:
    """The sessions of the table `standalone_session`."""

    def of_user(self, request: Request, subject: str) -> Sequence[LoginSessionInfo]:
        """Return the sessions of a user that have not ended, the last used first."""
        limits = accounts_of(request).limits
        rows = sessions.list_sessions(request.dbsession, subject, limits)
        return _describe(request, rows)

    def end(self, request: Request, subject: str, key: str) -> LoginSessionInfo | None:
        """End one session and return it; None if it does not belong to this user."""
        rows = sessions.end_listed(request.dbsession, subject, key)
        return next(iter(_describe(request, rows)), None)

    def end_all(
        self, request: Request, subject: str, *, keep: str | None = None
    ) -> Sequence[LoginSessionInfo]:
        """End the sessions of a user, except `keep`, and return them."""
        return _describe(
            request, sessions.end_others(request.dbsession, subject, keep or "")
        )


def _describe(request: Request, rows: Iterable[Any]) -> list[LoginSessionInfo]:
    here = session_of(request)
    return [
        LoginSessionInfo(
            key=row.key_digest,
            session_id=row.session_id,
            began_at=row.auth_time,
            last_used_at=row.seen_at,
            user_agent=row.browser,
            is_current=here is not None and here.key_digest == row.key_digest,
        )
        for row in rows
    ]
