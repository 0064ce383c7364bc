"""The user service: lookup, creation and password verification of users.

Passwords are hashed with argon2id (RFC 9106).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row, bindparam, case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pyramid_oauth.database import fetch_one, look_up
from pyramid_oauth.hashing import hash_chosen, match_nothing, matches
from pyramid_oauth.i18n import _
from pyramid_oauth.standalone.models import User

MIN_PASSWORD_LENGTH = 10

MAX_PASSWORD_LENGTH = 1024

MAX_USERNAME_LENGTH = 255

_NEW_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,62}[a-z0-9]\Z")

NAME_RULE = _(
    "A user name has 3 to 64 letters, digits or . _ - @ + characters, and begins and "
    "ends with a letter or digit."
)

TOO_SHORT = _("A password has at least ${least} characters.")

TOO_LONG = _("A password has at most ${most} characters.")

EASY = _("This password is easy to guess. Choose another one.")

# Users that were not created by sign-up may have capital letters.
_FIND = look_up(
    select(
        User.subject,
        User.username,
        User.display_name,
        User.password_hash,
        User.is_active,
        User.is_administrator,
    )
    .where(User.username.in_((bindparam("name"), bindparam("canonical"))))
    .order_by(case((User.username == bindparam("name"), 0), else_=1))
)


class UserRow(Protocol):
    """The attributes of a user that a login needs."""

    @property
    def subject(self) -> str:
        """The subject."""

    @property
    def username(self) -> str:
        """The name by which the user logs in."""

    @property
    def display_name(self) -> str:
        """The name that pages show."""

    @property
    def password_hash(self) -> str:
        """The hash of the password, to which a session is tied."""

    @property
    def is_administrator(self) -> bool:
        """Whether the user may administer the server."""


def authenticated(session: Session, username: str, password: str) -> UserRow | None:
    """Return the active user with these credentials, or None.

    A hash is computed for an unknown name too, so that the response time does not
    reveal which names exist. No transaction begins here: a hash takes long.

    Raises:
        ServerBusy: Too many hashes are being computed.
    """
    user, tried = _find(session, username), password[:MAX_PASSWORD_LENGTH]
    if user is None:
        match_nothing(tried)
        return None
    if not matches(user.password_hash, tried) or not user.is_active:
        return None
    found: UserRow | None = user if len(password) <= MAX_PASSWORD_LENGTH else None
    return found


def canonical(username: str) -> str:
    """Return the stored form of a name: "Alice" and "alice " become "alice"."""
    return username.strip().lower()


def _find(session: Session, username: str) -> Row[Any] | None:
    name = username.strip()
    # PostgreSQL refuses some characters with an error; no name has them.
    if not name.isprintable() or not 0 < len(name) <= MAX_USERNAME_LENGTH:
        return None
    return fetch_one(session, _FIND, {"name": name, "canonical": canonical(name)})


@dataclass(frozen=True)
class Problem:
    """A validation error of the sign-up form: the field and a sentence."""

    field: str
    sentence: str


def find_problem(username: str, password: str) -> Problem | None:
    """Return the validation error of a new user's name or password, or None.

    Length is what makes a password hard to guess (NIST SP 800-63B section 3.1.1.2).
    """
    if not _NEW_USERNAME.match(canonical(username)):
        return Problem("username", NAME_RULE)
    if len(password) < MIN_PASSWORD_LENGTH:
        return Problem("password", _(TOO_SHORT, mapping={"least": MIN_PASSWORD_LENGTH}))
    if len(password) > MAX_PASSWORD_LENGTH:
        return Problem("password", _(TOO_LONG, mapping={"most": MAX_PASSWORD_LENGTH}))
    if (
        canonical(username) in password.lower()
        or len(set(password)) < MIN_PASSWORD_LENGTH // 2
    ):
        return Problem("password", EASY)
    return None


def add(session: Session, username: str, password: str, **values: Any) -> User | None:  # noqa: ANN401 - of columns
    """Store a new user; return None if the name is taken, ignoring case."""
    # Hash before the transaction begins, because hashing takes long.
    return store(session, username, hash_chosen(password), **values)


def store(
    session: Session,
    username: str,
    password_hash: str,
    **values: Any,  # noqa: ANN401 - of columns
) -> User | None:
    """Store a new user whose password is hashed; `values` as for `User`."""
    name = canonical(username)
    taken = select(User.subject).where(func.lower(User.username) == name).limit(1)
    if session.scalar(taken) is not None:
        return None
    # The stored form in lower case: a capital I looks like a small l.
    defaults = {"display_name": name, "claims": {"preferred_username": name}}
    user = User(username=name, password_hash=password_hash, **{**defaults, **values})
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        # A concurrent request has stored the name.
        return None
    return user
