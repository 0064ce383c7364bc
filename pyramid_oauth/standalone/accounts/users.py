"""The user service: lookup, creation and password verification of users.

Passwords are hashed with argon2id (RFC 9106).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pyramid_oauth.hashing import hash_chosen, matches
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.models import User

LEAST_PASSWORD = 10

MOST_PASSWORD = 1024

MOST_USERNAME = 255

_NEW_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,62}[a-z0-9]\Z")

NAME_RULE = _(
    "A user name has 3 to 64 letters, digits or . _ - @ + characters, and begins and "
    "ends with a letter or digit."
)

TOO_SHORT = _("A password has at least ${least} characters.")

TOO_LONG = _("A password has at most ${most} characters.")

EASY = _("This password is easy to guess. Choose another one.")

_ABSENT = hash_chosen("what nobody's password is compared with")


def authenticated(session: Session, username: str, password: str) -> User | None:
    """Return the active user with these credentials, or None.

    A hash is computed for an unknown name too, so that the response time does not
    reveal which names exist.
    """
    user = find(session, username)
    stored = user.password_hash if user else _ABSENT
    right = matches(stored, password[:MOST_PASSWORD])
    if user is None or not right or not user.is_active:
        return None
    return user if len(password) <= MOST_PASSWORD else None


def canonical(username: str) -> str:
    """Return the stored form of a name: "Alice" and "alice " become "alice"."""
    return username.strip().lower()


def find(session: Session, username: str) -> User | None:
    """Return the user called `username`, active or not."""
    name = username.strip()
    # PostgreSQL refuses some characters with an error; no name has them.
    if not name.isprintable() or not 0 < len(name) <= MOST_USERNAME:
        return None
    # Users that were not created by sign-up may have capital letters.
    names = {name, canonical(name)}
    found = session.scalars(select(User).where(User.username.in_(names))).all()
    return max(found, key=lambda user: user.username == name, default=None)


@dataclass(frozen=True)
class Problem:
    """A validation error of the sign-up form: the field and a sentence."""

    field: str
    sentence: str


def problem_of(username: str, password: str) -> Problem | None:
    """Return the validation error of a new user's name or password, or None.

    Length is what makes a password hard to guess (NIST SP 800-63B section 3.1.1.2).
    """
    if not _NEW_USERNAME.match(canonical(username)):
        return Problem("username", NAME_RULE)
    if len(password) < LEAST_PASSWORD:
        return Problem("password", _(TOO_SHORT, mapping={"least": LEAST_PASSWORD}))
    if len(password) > MOST_PASSWORD:
        return Problem("password", _(TOO_LONG, mapping={"most": MOST_PASSWORD}))
    if (
        canonical(username) in password.lower()
        or len(set(password)) < LEAST_PASSWORD // 2
    ):
        return Problem("password", EASY)
    return None


def add(session: Session, username: str, password: str) -> User | None:
    """Store a new user; return None if the name is taken, ignoring case."""
    name = canonical(username)
    taken = select(User.subject).where(func.lower(User.username) == name).limit(1)
    if session.scalar(taken) is not None:
        return None
    user = User(
        username=name,
        password_hash=hash_chosen(password),
        # As it is kept: a capital I looks like a small l.
        display_name=name,
        claims={"preferred_username": name},
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        # A concurrent request took the name.
        return None
    return user
