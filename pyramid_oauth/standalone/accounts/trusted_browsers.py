"""The trusted-browser cookie: a signed list of the users who logged in before.

Failed logins elsewhere do not lock a user out of a trusted browser.
"""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.response import Response
from webob.cookies import SignedCookieProfile

from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.security import cookie_name
from pyramid_oauth.standalone.settings import StandaloneSettings

PROFILE = "standalone.known"

MAX_USERS = 5

LIFETIME = 180 * 86400


def is_trusted(request: Request, name: str) -> bool:
    """Whether the user `name` has logged in in this browser."""
    return _mark(name) in _marks(request)


def trust(request: Request, response: Response, name: str) -> None:
    """Record that the user `name` has logged in in this browser."""
    others = [mark for mark in _marks(request) if mark != _mark(name)]
    profile = request.registry[PROFILE].bind(request)
    profile.set_cookies(response, [_mark(name), *others][:MAX_USERS])


def _marks(request: Request) -> list[str]:
    value = request.registry[PROFILE].bind(request).get_value()
    return value if isinstance(value, list) else []


def _mark(name: str) -> str:
    return sha256_digest(f"known\n{name}")


def set_up(config: Configurator, options: StandaloneSettings, *, secure: bool) -> None:
    """Make the cookie's profile; `secure` where the issuer is https."""
    config.registry[PROFILE] = SignedCookieProfile(
        options.session_secret.hex(),
        "pyramid_oauth.standalone.accounts.trusted_browsers",
        cookie_name("known", secure=secure),
        secure=secure,
        max_age=LIFETIME,
        httponly=True,
        samesite="Lax",
    )
