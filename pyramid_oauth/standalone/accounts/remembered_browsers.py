"""Browsers in which the user passed the second step, which is then not due for a while.

NIST SP 800-63B section 4.1.2 permits no such thing at a fresh login; so it never counts
where an application, a page or the settings ask for two factors. The cookie has a
random key for each user, the database its digest. A new password, a change of the
factors, and a logout everywhere end it.
"""

from __future__ import annotations

from datetime import timedelta

from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session
from webob.cookies import SignedCookieProfile

from pyramid_oauth.clock import now
from pyramid_oauth.database import execute, fetch_one, look_up, prepared
from pyramid_oauth.hashing import has_digest, new_credential, sha256_digest
from pyramid_oauth.models import PurgeRule
from pyramid_oauth.standalone.accounts import second_factors
from pyramid_oauth.standalone.accounts.users import UserRow
from pyramid_oauth.standalone.models import RememberedBrowser
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.security import cookie_name
from pyramid_oauth.standalone.settings import StandaloneSettings

PROFILE = "standalone.remembered"

MAX_USERS = 5
"""Users of one browser whose keys its cookie has."""

KEY_LENGTH = 43

EXPIRED_BROWSERS = PurgeRule(name="remembered browsers", model=RememberedBrowser)

_ADD = prepared(insert(RememberedBrowser))

_FIND = prepared(
    look_up(
        select(
            RememberedBrowser.password_digest.label("password_digest"),
            RememberedBrowser.expires_at.label("expires_at"),
        ).where(
            RememberedBrowser.key_digest == bindparam("_key"),
            RememberedBrowser.subject == bindparam("_subject"),
        )
    )
)

_FORGET = delete(RememberedBrowser).where(
    RememberedBrowser.subject == bindparam("_subject")
)


def lifetime(options: StandaloneSettings) -> int:
    """Return for how many seconds a browser is remembered; 0: the server does not."""
    return 0 if options.second_factor == "off" else options.remember_browser


def days(options: StandaloneSettings) -> int:
    """Return the lifetime in whole days, for the page of the second step."""
    return -(-lifetime(options) // 86400)


def is_enough(request: Request, user: UserRow, need: str) -> bool:
    """Whether this browser replaces the second step.

    Only where the user's own choice asks for it: no application (`need`), no setting.
    """
    options: StandaloneSettings = request.registry["standalone.options"]
    if need or second_factors.must_have_one(options, user):
        return False
    return is_remembered(request, user)


def is_remembered(request: Request, user: UserRow) -> bool:
    """Whether the user passed the second step in this browser, and nothing ended it."""
    options: StandaloneSettings = request.registry["standalone.options"]
    if not lifetime(options):
        return False
    for key in _keys(request):
        bound = {"_key": sha256_digest(key), "_subject": user.subject}
        row = fetch_one(request.dbsession, _FIND, bound)
        if row is not None:
            is_live = now() < row.expires_at
            return is_live and has_digest(user.password_hash, row.password_digest)
    return False


def remember(request: Request, response: Response, user: UserRow) -> None:
    """Remember this browser for `user`, by a new key."""
    options: StandaloneSettings = request.registry["standalone.options"]
    key, seconds = new_credential(), lifetime(options)
    if not seconds:
        return
    values = {
        "key_digest": sha256_digest(key),
        "subject": user.subject,
        "password_digest": sha256_digest(user.password_hash),
        "expires_at": now() + timedelta(seconds=seconds),
    }
    execute(request.dbsession, _ADD, values)
    keys = [key, *_keys(request)][:MAX_USERS]
    request.registry[PROFILE].bind(request).set_cookies(response, keys)


def forget_all(session: Session, subject: str) -> None:
    """Ask for the second step in every browser of `subject` again."""
    execute(session, _FORGET, {"_subject": subject})


def _keys(request: Request) -> list[str]:
    """Return the keys of the cookie, whose signature is valid."""
    value = request.registry[PROFILE].bind(request).get_value()
    if not isinstance(value, list):
        return []
    return [key for key in value if isinstance(key, str) and len(key) == KEY_LENGTH]


def set_up(config: Configurator, options: StandaloneSettings, *, secure: bool) -> None:
    """Make the cookie's profile; `secure` where the issuer is https."""
    config.registry[PROFILE] = SignedCookieProfile(
        options.session_secret.hex(),
        "pyramid_oauth.standalone.accounts.remembered_browsers",
        cookie_name("remembered", secure=secure),
        secure=secure,
        max_age=lifetime(options) or None,
        httponly=True,
        samesite="Lax",
    )
