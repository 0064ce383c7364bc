"""Pending logins: the password was correct, the second step has not been completed.

A pending login is no login session: no page accepts it but those of the second step.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select

from pyramid_oauth.clock import now
from pyramid_oauth.database import execute, fetch_one, look_up, prepared
from pyramid_oauth.hashing import has_digest, new_credential, sha256_digest
from pyramid_oauth.models import PurgeRule
from pyramid_oauth.standalone.accounts.authentication_context import Methods
from pyramid_oauth.standalone.accounts.users import UserRow
from pyramid_oauth.standalone.models import PendingLogin, User
from pyramid_oauth.standalone.request import Request

KEY = "pending"
"""The member of the browser's session that has the key."""

LIFETIME = timedelta(minutes=15)

EXPIRED_PENDING_LOGINS = PurgeRule(name="pending logins", model=PendingLogin)

_KEY = PendingLogin.key_digest == bindparam("_key")

_ADD = prepared(insert(PendingLogin))

_END = prepared(delete(PendingLogin).where(_KEY))

_FIND = prepared(
    look_up(
        select(
            PendingLogin.key_digest,
            PendingLogin.subject,
            PendingLogin.password_digest,
            PendingLogin.amr,
            PendingLogin.expires_at,
            User.username,
            User.display_name,
            User.password_hash,
            User.is_administrator,
        )
        .join(User, User.subject == PendingLogin.subject)
        .where(_KEY, User.is_active)
    )
)


def begin(request: Request, user: UserRow, amr: Methods) -> None:
    """Store that `user` has passed the first step in this browser."""
    session = request.dbsession
    end(request)
    key = new_credential()
    values = {
        "key_digest": sha256_digest(key),
        "subject": user.subject,
        "password_digest": sha256_digest(user.password_hash),
        "amr": " ".join(amr),
        "expires_at": now() + LIFETIME,
    }
    execute(session, _ADD, values)
    request.session[KEY] = key


def find(request: Request) -> Row[Any] | None:
    """Return the pending login of this browser with its user; None if it ended."""
    key = request.session.get(KEY)
    if not isinstance(key, str):
        return None
    row = fetch_one(request.dbsession, _FIND, {"_key": sha256_digest(key)})
    if row is None or now() >= row.expires_at:
        return None
    return row if has_digest(row.password_hash, row.password_digest) else None


def end(request: Request) -> bool:
    """End the pending login of this browser; return whether there was one."""
    key = request.session.pop(KEY, None)
    if not isinstance(key, str):
        return False
    return execute(request.dbsession, _END, {"_key": sha256_digest(key)}) > 0


def methods_of(row: Row[Any]) -> Methods:
    """Return the methods of a login session or of a pending login."""
    return tuple(row.amr.split())
