"""Changes of a user's second factors: log line, event, and end of other sessions."""

from __future__ import annotations

import logging
import re

from pyramid_oauth import events
from pyramid_oauth.standalone.accounts import (
    one_time_passwords,
    passkeys,
    recovery_codes,
    remembered_browsers,
    second_factors,
    sessions,
)
from pyramid_oauth.standalone.accounts.notices import send_notice
from pyramid_oauth.standalone.events import SecondFactorAdded, SecondFactorRemoved
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

log = logging.getLogger(__name__)

_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}\Z")

PASSKEY = "passkey"

APP = "app"


def record_addition(request: Request, subject: str, kind: str, here: str) -> None:
    """Report an added factor; end all sessions except the one with digest `here`."""
    log.info("second factor added: %s of %s", kind, subject)
    events.notify(SecondFactorAdded(request=request, user_id=subject, kind=kind))
    send_notice(request, "second_factor", subject)
    remembered_browsers.forget_all(request.dbsession, subject)
    _end_sessions(request, subject, here)


def remove_factor(request: Request, subject: str, chosen: str, here: str = "") -> bool:
    """Remove a factor of `subject`, the recovery codes with the last one.

    Args:
        request: The request.
        subject: The user.
        chosen: `APP`, or the digest of a passkey.
        here: The digest of the session that does not end, or "".

    Returns:
        Whether there was such a factor.
    """
    session = request.dbsession
    if chosen == APP:
        kind, removed = APP, one_time_passwords.remove(session, subject)
    else:
        # PostgreSQL refuses some characters with an error; no digest has them.
        is_digest = _DIGEST.match(chosen) is not None
        kind = PASSKEY
        removed = is_digest and passkeys.remove(session, subject, chosen)
    if not removed:
        return False
    if not second_factors.find(session, subject):
        recovery_codes.remove_all(session, subject)
    log.info("second factor removed: %s of %s", kind, subject)
    events.notify(SecondFactorRemoved(request=request, user_id=subject, kind=kind))
    send_notice(request, "second_factor", subject)
    remembered_browsers.forget_all(session, subject)
    _end_sessions(request, subject, here)
    return True


def _end_sessions(request: Request, subject: str, here: str) -> None:
    options: StandaloneSettings = request.registry["standalone.options"]
    if not options.factor_change_ends_sessions:
        return
    ended = sessions.end_others(request.dbsession, subject, here)
    if "end_sessions" in request.oauth.server.request_methods:
        ids = dict.fromkeys(row.session_id for row in ended)
        request.oauth.end_sessions(subject, list(ids))
