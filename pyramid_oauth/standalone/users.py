"""People: finding them, and checking a password without telling who exists.

Passwords are hashed with argon2id (RFC 9106).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pyramid_oauth.models.secret import hash_chosen, matches
from pyramid_oauth.standalone.tables import User

MOST_PASSWORD = 1024
MOST_USERNAME = 255
_ABSENT = hash_chosen("what nobody's password is compared with")


def authenticated(session: Session, username: str, password: str) -> User | None:
    """The active user with these credentials, or None.

    A hash is computed for an unknown name too, so that the time an answer takes does
    not tell which names exist.
    """
    user = find(session, username)
    stored = user.password_hash if user else _ABSENT
    right = matches(stored, password[:MOST_PASSWORD])
    if user is None or not right or not user.is_active:
        return None
    return user if len(password) <= MOST_PASSWORD else None


def find(session: Session, username: str) -> User | None:
    """The user called `username`, active or not."""
    # PostgreSQL refuses some characters with an error; no name has them.
    if not username.isprintable() or not 0 < len(username) <= MOST_USERNAME:
        return None
    return session.scalars(select(User).where(User.username == username)).first()
