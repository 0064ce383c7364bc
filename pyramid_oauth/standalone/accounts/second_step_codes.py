"""Codes of the second step: those of an app (TOTP), and recovery codes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from pyramid_oauth import events
from pyramid_oauth.keystore.encryption import Seal
from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.standalone.accounts import (
    one_time_passwords,
    recovery_codes,
    trusted_browsers,
)
from pyramid_oauth.standalone.accounts.users import canonical
from pyramid_oauth.standalone.events import RecoveryCodeUsed
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings
from pyramid_oauth.throttling import SECOND_FACTOR, password_attempt

SEAL = "standalone.one_time_password_seal"


def check_code(request: Request, user: Row[Any], code: str) -> bool:
    """Check a code of the user and consume it; count the attempt.

    Raises:
        TooManyRequests: A limit is reached; the code was not checked.
    """
    options: StandaloneSettings = request.registry["standalone.options"]
    name = canonical(user.username)
    with password_attempt(
        request,
        request.oauth.server,
        name,
        options.code_limits,
        is_known_browser=trusted_browsers.is_trusted(request, name),
        secret=SECOND_FACTOR,
    ) as counted:
        counted.succeeded = _use_code(request, user.subject, code)
    return counted.succeeded


def _use_code(request: Request, subject: str, code: str) -> bool:
    session, plain = request.dbsession, "".join(code.split())
    if len(plain) == one_time_passwords.DIGITS:
        seal: Seal = request.registry[SEAL]
        return one_time_passwords.accept(session, seal, subject, plain)
    keys = key_encryption_keys(request.oauth.settings)
    if not recovery_codes.use(session, keys, subject, plain):
        return False
    left = recovery_codes.count(session, subject)
    events.notify(RecoveryCodeUsed(request=request, user_id=subject, left=left))
    return True
