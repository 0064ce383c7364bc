"""The login sessions of the ready-made server: where users are logged in.

A session ends at logout, after its idle limit, after its absolute limit, when the user
becomes inactive, and when the password changes. A copy of the cookie ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import (
    connection,
    execute,
    execute_on,
    look_up,
    mark_written,
    prepared,
)
from pyramid_oauth.hashing import has_digest, new_credential, sha256_digest
from pyramid_oauth.models import PurgeRule
from pyramid_oauth.repositories.autonomous_transaction import AutonomousConnections
from pyramid_oauth.standalone.accounts.authentication_context import (
    BY_PASSWORD,
    Methods,
)
from pyramid_oauth.standalone.accounts.remembered_browsers import forget_all
from pyramid_oauth.standalone.accounts.users import UserRow
from pyramid_oauth.standalone.models import LoginSession, User
from pyramid_oauth.standalone.request import Request

EXPIRED_SESSIONS = PurgeRule(name="login sessions", model=LoginSession)

MAX_USER_AGENT_LENGTH = 200
"""Characters of the User-Agent header that are kept."""

_CONNECTIONS = AutonomousConnections()

_KEY = LoginSession.key_digest == bindparam("_key")

_OF_USER = LoginSession.subject == bindparam("_subject")

_COLUMNS = tuple(LoginSession.__table__.columns)

_FIND = prepared(
    look_up(
        select(
            LoginSession.key_digest,
            LoginSession.session_id,
            LoginSession.subject,
            LoginSession.password_digest,
            LoginSession.amr,
            LoginSession.auth_time,
            LoginSession.selected_at,
            LoginSession.seen_at,
            LoginSession.expires_at,
            User.username,
            User.display_name,
            User.mail,
            User.mail_verified,
            User.locale,
            User.password_hash,
            User.is_administrator,
        )
        .join(User, User.subject == LoginSession.subject)
        .where(_KEY, User.is_active)
    )
)

_ADD = prepared(insert(LoginSession))

_SEE = prepared(update(LoginSession).where(_KEY).values(seen_at=bindparam("_at")))

_CHOOSE = prepared(
    update(LoginSession).where(_KEY).values(selected_at=bindparam("_at"))
)

_END = prepared(delete(LoginSession).where(_KEY))

_END_ALL_OF = delete(LoginSession).where(_OF_USER).returning(*_COLUMNS)

_END_ONE_OF = _END_ALL_OF.where(_KEY)

_END_OTHERS_OF = _END_ALL_OF.where(LoginSession.key_digest != bindparam("_kept"))

_LIST = (
    select(*_COLUMNS)
    .where(
        _OF_USER,
        LoginSession.expires_at > bindparam("_at"),
        LoginSession.seen_at > bindparam("_idle_since"),
    )
    .order_by(LoginSession.seen_at.desc())
)


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """The absolute limit of a session, and its idle limit."""

    lifetime: timedelta
    idle: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How and when a user logged in.

    Attributes:
        amr: The authentication methods (RFC 8176).
        session_id: The `session_id` of the session that this one continues, or "".
        auth_time: The time of the login; None: now.
    """

    amr: Methods = BY_PASSWORD
    session_id: str = ""
    auth_time: datetime | None = None


def begin(
    session: Session, user: UserRow, limits: SessionLimits, browser: str, login: Login
) -> str:
    """Store a session of `user`; return its key for the cookie.

    Args:
        session: Where it is stored.
        user: Who logged in.
        limits: How long it lasts.
        browser: The value of the User-Agent field.
        login: How and when the user logged in.
    """
    key, at = new_credential(), now()
    values = {
        "key_digest": sha256_digest(key),
        "session_id": login.session_id or new_credential(16),
        "subject": user.subject,
        "password_digest": sha256_digest(user.password_hash),
        "browser": "".join(filter(str.isprintable, browser))[:MAX_USER_AGENT_LENGTH],
        "amr": " ".join(login.amr),
        "auth_time": login.auth_time or at,
        "selected_at": None,
        "seen_at": at,
        "expires_at": at + limits.lifetime,
    }
    execute(session, _ADD, values)
    return key


def find(request: Request, key: str, limits: SessionLimits) -> Row[Any] | None:
    """Return the session with this key and its user; None if the session has ended.

    The time of the last use is stored at most ten times within the idle limit.
    """
    digest = {"_key": sha256_digest(key)}
    row: Row[Any] | None = request.oauth.fetch_login(_FIND, digest, "subject")
    if row is None:
        return None
    at = now()
    unseen = at - row.seen_at
    if at >= row.expires_at or unseen >= limits.idle:
        return None
    if not has_digest(row.password_hash, row.password_digest):
        return None
    if unseen >= limits.idle / 10:
        # By itself: a password may be checked next, which takes long, and must not
        # hold a transaction open.
        with _CONNECTIONS.open(request.dbsession, _SEE) as on:
            execute_on(on, _SEE, {"_key": row.key_digest, "_at": at})
    return row


def choose(session: Session, key: str) -> None:
    """Store that the user chose the account of this session now."""
    execute(session, _CHOOSE, {"_key": sha256_digest(key), "_at": now()})


def end(session: Session, key: str) -> None:
    """End the session with this key."""
    execute(session, _END, {"_key": sha256_digest(key)})


def end_all(session: Session, subject: str) -> list[str]:
    """End the sessions of `subject`; return the `session_id` of each."""
    forget_all(session, subject)
    rows = _end_rows(session, _END_ALL_OF, {"_subject": subject})
    return [row.session_id for row in rows]


def end_listed(session: Session, subject: str, key_digest: str) -> Sequence[Any]:
    """End the session with this digest if it belongs to `subject`; return its row."""
    return _end_rows(session, _END_ONE_OF, {"_subject": subject, "_key": key_digest})


def end_others(session: Session, subject: str, kept: str) -> Sequence[Any]:
    """End the sessions of `subject` except that of the digest `kept`; return them."""
    forget_all(session, subject)
    return _end_rows(session, _END_OTHERS_OF, {"_subject": subject, "_kept": kept})


def _end_rows(
    session: Session, statement: Executable, parameters: dict[str, Any]
) -> Sequence[Any]:
    rows = connection(session, statement).execute(statement, parameters).all()
    mark_written(session)
    return rows


def list_sessions(
    session: Session, subject: str, limits: SessionLimits
) -> Sequence[Any]:
    """Return the open sessions of `subject`, the last used one first."""
    at = now()
    parameters = {"_subject": subject, "_at": at, "_idle_since": at - limits.idle}
    return connection(session, _LIST).execute(_LIST, parameters).all()
