"""Login sessions of a host: where a user is logged in, and how that ends.

No specification. A host that stores its login sessions implements `LoginSessions` and
registers it with ``config.set_oauth_login_sessions``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pyramid_oauth.interfaces.request import AnyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSessionInfo:
    """One login session of a user, as pages show it.

    Attributes:
        key: Names the session in forms. Pages contain it, so it must not be the value
            of a cookie, nor anything else with which somebody is logged in.
        session_id: `Account.session_id` of the session, by which its clients are told;
            None if the host does not name its sessions.
        began_at: When the user logged in (aware).
        last_used_at: When the session was last used (aware), if that is known.
        user_agent: What the browser said it is (RFC 9110 section 10.1.5).
        address: Where it was used, as precisely as users and administrators may see it;
            "" shows nothing.
        is_current: Whether it is the session of the request.
    """

    key: str
    session_id: str | None
    began_at: datetime
    last_used_at: datetime | None = None
    user_agent: str = ""
    address: str = ""
    is_current: bool = False


class LoginSessions(Protocol):
    """The login sessions that a host stores.

    Each method ends or lists sessions of `subject` only, whatever the key: keys come
    from forms. They do not tell clients; the caller does.
    """

    def of_user(self, request: AnyRequest, subject: str) -> Sequence[LoginSessionInfo]:
        """Return the sessions of a user that have not ended, the last used first."""

    def end(
        self, request: AnyRequest, subject: str, key: str
    ) -> LoginSessionInfo | None:
        """End one session and return it; None if it is none of this user."""

    def end_all(
        self, request: AnyRequest, subject: str, *, keep: str | None = None
    ) -> Sequence[LoginSessionInfo]:
        """End the sessions of a user and return them.

        Args:
            request: The request.
            subject: The user.
            keep: The key of a session that goes on.
        """
