"""The users to whom mail goes: active ones, at an address that they have verified.

All look-ups run before a transaction begins: a hash of a password may follow.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from pyramid_oauth.database import fetch_one, look_up
from pyramid_oauth.standalone.accounts.users import canonical
from pyramid_oauth.standalone.models import User

_ACTIVE = select(
    User.subject,
    User.username,
    User.password_hash,
    User.mail,
    User.locale,
).where(User.is_active)

_SELECT = _ACTIVE.where(User.mail_verified, User.mail.is_not(None))

_ACTIVE_BY_SUBJECT = look_up(_ACTIVE.where(User.subject == bindparam("subject")))

_BY_SUBJECT = look_up(_SELECT.where(User.subject == bindparam("subject")))

_BY_MAIL = look_up(_SELECT.where(User.mail == bindparam("mail")))

# Users that were not created by sign-up may have capital letters.
_BY_NAME = look_up(
    _SELECT.where(User.username.in_((bindparam("name"), bindparam("canonical"))))
)

_VERIFIED_BY = look_up(
    select(User.subject).where(
        User.mail == bindparam("mail"),
        User.mail_verified,
        User.subject != bindparam("besides"),
    )
)


def find_active(session: Session, subject: str) -> Row[Any] | None:
    """Return the active user, whatever their address."""
    return fetch_one(session, _ACTIVE_BY_SUBJECT, {"subject": subject})


def find_recipient(session: Session, subject: str) -> Row[Any] | None:
    """Return the user, if mail can go to them."""
    return fetch_one(session, _BY_SUBJECT, {"subject": subject})


def find_by_mail(session: Session, mail: str) -> Row[Any] | None:
    """Return the active user who has verified this address."""
    return fetch_one(session, _BY_MAIL, {"mail": mail})


def find_by_mail_or_name(session: Session, text: str) -> Row[Any] | None:
    """Return the user with this address or name.

    The address counts first: a name may look like the address of somebody else.
    """
    names = {"name": text.strip(), "canonical": canonical(text)}
    return find_by_mail(session, canonical(text)) or fetch_one(session, _BY_NAME, names)


def is_verified_by_anybody(session: Session, mail: str, *, besides: str = "") -> bool:
    """Whether a user, active or not, but `besides`, has verified this address."""
    values = {"mail": mail, "besides": besides}
    return fetch_one(session, _VERIFIED_BY, values) is not None
