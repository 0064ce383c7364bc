"""One-time passwords of an app (TOTP, RFC 6238), by pyotp.

The secret is encrypted at rest. The app is enabled by its first correct code. Each time
step is accepted once.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.database import execute, fetch_one, look_up, prepared
from pyramid_oauth.hashing import constant_time_equal
from pyramid_oauth.keystore.encryption import Seal, SealBroken
from pyramid_oauth.standalone.models import AuthenticatorApp

with suppress(ImportError):  # includeme reports the missing extra `second-factors`
    import pyotp

log = logging.getLogger(__name__)

STEP = 30
"""Seconds of a time step."""

DIGITS = 6
"""Of a code."""

WINDOW = 1
"""Steps before and after the present one whose codes are accepted (section 5.2)."""

CONFIRMATION_TIME = timedelta(hours=1)
"""How long a new secret waits for its first code."""

PURPOSE = "one-time password"

_SUBJECT = AuthenticatorApp.subject == bindparam("_subject")

_FIND = prepared(
    look_up(
        select(
            AuthenticatorApp.secret,
            AuthenticatorApp.created_at,
            AuthenticatorApp.confirmed_at,
            AuthenticatorApp.last_step,
            AuthenticatorApp.last_used_at,
        ).where(_SUBJECT)
    )
)

_FORGET_UNCONFIRMED = prepared(
    delete(AuthenticatorApp).where(_SUBJECT, AuthenticatorApp.confirmed_at.is_(None))
)

_ADD = insert(AuthenticatorApp)

_ACCEPTED: dict[str, Any] = {
    "last_step": bindparam("_step"),
    "last_used_at": bindparam("_at"),
}

_CONFIRM = prepared(
    update(AuthenticatorApp)
    .where(
        _SUBJECT,
        AuthenticatorApp.confirmed_at.is_(None),
        AuthenticatorApp.secret == bindparam("_secret"),
    )
    .values(confirmed_at=bindparam("_at"), **_ACCEPTED)
)

_ACCEPT = prepared(
    update(AuthenticatorApp)
    .where(
        _SUBJECT,
        AuthenticatorApp.confirmed_at.is_not(None),
        AuthenticatorApp.secret == bindparam("_secret"),
        AuthenticatorApp.last_step < bindparam("_step"),
    )
    .values(**_ACCEPTED)
)

_REMOVE = prepared(delete(AuthenticatorApp).where(_SUBJECT))


@dataclass(frozen=True, slots=True)
class App:
    """The data of an app that pages show."""

    created_at: datetime
    last_used_at: datetime | None


def find(session: Session, subject: str) -> App | None:
    """Return the confirmed app of `subject`, or None."""
    row = fetch_one(session, _FIND, {"_subject": subject})
    if row is None or row.confirmed_at is None:
        return None
    return App(row.confirmed_at, row.last_used_at)


def start(session: Session, seal: Seal, subject: str) -> str | None:
    """Store a new secret, which `confirm` enables; None if the user has an app."""
    secret = pyotp.random_base32()
    values = {
        "subject": subject,
        "secret": seal.seal(secret.encode()),
        "created_at": now(),
        "last_step": 0,
    }
    execute(session, _FORGET_UNCONFIRMED, {"_subject": subject})
    try:
        with session.begin_nested():
            execute(session, _ADD, values)
    except IntegrityError:
        return None
    return secret


def confirm(session: Session, seal: Seal, subject: str, code: str) -> bool:
    """Enable the new secret by a first code; return whether the code was correct."""
    row = fetch_one(session, _FIND, {"_subject": subject})
    if row is None or now() >= row.created_at + CONFIRMATION_TIME:
        return False
    return _use(session, seal, _CONFIRM, subject, row.secret, code)


def accept(session: Session, seal: Seal, subject: str, code: str) -> bool:
    """Use a code; return whether it belongs to the user's app and was unused."""
    row = fetch_one(session, _FIND, {"_subject": subject})
    if row is None or row.confirmed_at is None:
        return False
    return _use(session, seal, _ACCEPT, subject, row.secret, code)


def remove(session: Session, subject: str) -> bool:
    """Delete the app of `subject`; return whether there was one."""
    return execute(session, _REMOVE, {"_subject": subject}) > 0


def provisioning_uri(secret: str, username: str, site: str) -> str:
    """Return the URI that a QR code shows to the app (otpauth)."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=site)


def _use(
    session: Session,
    seal: Seal,
    statement: Executable,
    subject: str,
    sealed: str,
    code: str,
) -> bool:
    step = _find_step(seal, sealed, code)
    if step is None:
        return False
    values = {"_subject": subject, "_secret": sealed, "_step": step, "_at": now()}
    return execute(session, statement, values) > 0


def _find_step(seal: Seal, sealed: str, code: str) -> int | None:
    """Return the latest time step in the window that has this code, or None."""
    try:
        totp = pyotp.TOTP(seal.open(sealed).decode())
    except SealBroken:
        log.error("the secret of an app cannot be decrypted: its key is missing")
        return None
    present = int(now().timestamp()) // STEP
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if constant_time_equal(totp.generate_otp(step), code):
            found = step
    return found
