"""The second factors of a user, and the rules for when a login needs one.

A factor is a passkey or an app. A recovery code replaces a factor, and is none itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import BindParameter, String, bindparam, exists, func, select
from sqlalchemy.orm import Session

from pyramid_oauth.database import fetch_one, look_up, prepared
from pyramid_oauth.standalone.accounts.authentication_context import (
    MULTI_FACTOR,
    PHISHING_RESISTANT,
    Methods,
    has_level,
)
from pyramid_oauth.standalone.models import AuthenticatorApp, Passkey
from pyramid_oauth.standalone.settings import StandaloneSettings

_SUBJECT: BindParameter[str] = bindparam("_subject", type_=String)

_FIND = prepared(
    look_up(
        select(
            select(func.count())
            .where(Passkey.subject == _SUBJECT)
            .scalar_subquery()
            .label("passkeys"),
            exists()
            .where(
                AuthenticatorApp.subject == _SUBJECT,
                AuthenticatorApp.confirmed_at.is_not(None),
            )
            .label("app"),
        )
    )
)


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """How many passkeys a user has, and whether an app."""

    passkeys: int
    app: bool

    def __bool__(self) -> bool:
        return self.passkeys > 0 or self.app


def find(session: Session, subject: str) -> SecondFactors:
    """Return the second factors of `subject`, by one statement."""
    row = fetch_one(session, _FIND, {"_subject": subject})
    return (
        SecondFactors(row.passkeys, bool(row.app)) if row else SecondFactors(0, False)
    )


class Person(Protocol):
    """The attributes that decide whether a user must have a second factor."""

    @property
    def subject(self) -> str:
        """The subject."""

    @property
    def is_administrator(self) -> bool:
        """Whether the user may administer the server."""


def must_have_one(options: StandaloneSettings, user: Person) -> bool:
    """Whether `user` needs a second factor to log in."""
    if options.second_factor == "administrators":
        return user.is_administrator
    return options.second_factor == "required"


def is_second_step_due(
    session: Session,
    options: StandaloneSettings,
    user: Person,
    amr: Methods,
    need: str = "",
) -> bool:
    """Whether a login by these methods needs a second step, or to set one up.

    Args:
        session: The session of the request.
        options: The settings.
        user: Who logs in.
        amr: The methods of the login so far.
        need: The level that the waiting request asks for, or "".
    """
    if options.second_factor == "off" or has_level(amr, MULTI_FACTOR):
        return False
    is_asked_for = need in (MULTI_FACTOR, PHISHING_RESISTANT)
    if is_asked_for or must_have_one(options, user):
        return True
    return bool(find(session, user.subject))
