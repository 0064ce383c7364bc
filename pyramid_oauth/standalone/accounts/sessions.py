"""The login sessions of the ready-made server: where users are logged in.

A session ends at logout, after its idle limit, after its absolute limit, when the user
becomes inactive, and when the password changes. A copy of the cookie ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import (
    connection,
    execute,
    execute_on,
    fetch_one,
    look_up,
    mark_written,
    prepared,
)
from pyramid_oauth.hashing import has_digest, new_credential, sha256_digest
from pyramid_oauth.models import PurgeRule
from pyramid_oauth.repositories.autonomous_transaction import AutonomousConnections
from pyramid_oauth.standalone.accounts.users import UserRow
from pyramid_oauth.standalone.models import LoginSession, User

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
            LoginSession.auth_time,
            LoginSession.selected_at,
            LoginSession.seen_at,
            LoginSession.expires_at,
            User.username,
            User.display_name,
            User.password_hash,
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

_END_ONE_OF = prepared(delete(LoginSession).where(_KEY, _OF_USER))

_END_ALL_OF = delete(LoginSession).where(_OF_USER).returning(LoginSession.session_id)

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


def begin(
    session: Session, user: UserRow, limits: SessionLimits, browser: str, former_id: str
) -> str:
    """Store a session of `user`; returns its key, for the cookie.

    Args:
        session: Where it is stored.
        user: Who logged in.
        limits: How long it lasts.
        browser: What the browser says it is.
        former_id: The `session_id` of the session that it continues, or "".
    """
    key, at = new_credential(), now()
    values = {
        "key_digest": sha256_digest(key),
        "session_id": former_id or new_credential(16),
        "subject": user.subject,
        "password_digest": sha256_digest(user.password_hash),
        "browser": "".join(filter(str.isprintable, browser))[:MAX_USER_AGENT_LENGTH],
        "auth_time": at,
        "selected_at": None,
        "seen_at": at,
        "expires_at": at + limits.lifetime,
    }
    execute(session, _ADD, values)
    return key


def find(session: Session, key: str, limits: SessionLimits) -> Row[Any] | None:
    """The row of the session with this key, with its user; None where it ended.

    The time of its use is stored, at most ten times within the idle limit.
    """
    row = fetch_one(session, _FIND, {"_key": sha256_digest(key)})
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
        with _CONNECTIONS.open(session, _SEE) as on:
            execute_on(on, _SEE, {"_key": row.key_digest, "_at": at})
    return row


def choose(session: Session, key: str) -> None:
    """Store that the user chose the account of this session now."""
    execute(session, _CHOOSE, {"_key": sha256_digest(key), "_at": now()})


def end(session: Session, key: str) -> None:
    """End the session with this key."""
    execute(session, _END, {"_key": sha256_digest(key)})


def end_listed(session: Session, subject: str, key_digest: str) -> bool:
    """End the session of this digest if it is one of `subject`; whether it was."""
    return execute(session, _END_ONE_OF, {"_key": key_digest, "_subject": subject}) > 0


def end_all(session: Session, subject: str) -> list[str]:
    """End the sessions of `subject`; return the `session_id` of each."""
    on = connection(session, _END_ALL_OF)
    ended = list(on.execute(_END_ALL_OF, {"_subject": subject}).scalars())
    mark_written(session)
    return ended


def list_sessions(
    session: Session, subject: str, limits: SessionLimits
) -> Sequence[Any]:
    """The sessions of `subject` that have not ended, the last used one first."""
    at = now()
    parameters = {"_subject": subject, "_at": at, "_idle_since": at - limits.idle}
    return connection(session, _LIST).execute(_LIST, parameters).all()
