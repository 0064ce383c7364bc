"""Binding cookie: identifies a browser and binds pending requests to it.

RFC 9700 section 4.7: a link to the consent page of another user is useless. It also
identifies the login session of a host that sets no `session_id`. At an https issuer its
name begins with `__Host-` (RFC 6265bis section 4.1.3.2), so that no other host of the
domain can set it.
"""

from __future__ import annotations

import re

from pyramid.request import RequestLocalCache
from pyramid.response import Response

from pyramid_oauth.hashing import has_digest, new_credential
from pyramid_oauth.server import Server, ServerRequest

COOKIE = "oauth_browser"
"""The name without the prefix."""

_VALUE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def cookie(request: ServerRequest, name: str) -> str:
    """Return the cookie of this name; empty if it is missing or not text."""
    try:
        value: str = request.cookies.get(name, "")
    except UnicodeDecodeError:
        return ""
    return value


def host_cookie(request: ServerRequest, name: str) -> str:
    """Return the cookie that `set_host_cookie` set under this name, or ""."""
    server: Server = request.oauth.server
    return cookie(request, server.cookie_prefix + name)


def get(request: ServerRequest) -> str | None:
    """Return the value of the cookie if it is well-formed."""
    value = host_cookie(request, COOKIE)
    return value if _VALUE.match(value) else None


def is_bound_to(request: ServerRequest, digest: str) -> bool:
    """Whether this browser sent the value with this digest."""
    value = get(request)
    return value is not None and has_digest(value, digest)


def get_or_create(request: ServerRequest) -> str:
    """Return the value of the cookie; set a new one if there is none."""
    value: str = (
        _new_values.get(request, None)
        or get(request)
        or _new_values.get_or_create(request)
    )
    return value


def rotate(request: ServerRequest) -> None:
    """Set a new value, which ends everything bound to the old one."""
    _new_values.set(request, _set_new_value(request))


def _set_new_value(request: ServerRequest) -> str:
    value = new_credential()
    set_host_cookie(request, COOKIE, value)
    return value


_new_values = RequestLocalCache(_set_new_value)


def set_host_cookie(request: ServerRequest, name: str, value: str) -> None:
    """Set a session cookie that is not readable by scripts (HttpOnly, SameSite).

    Args:
        name: Its name without the prefix.
        value: Its value; "" deletes it. Browsers refuse to delete a `__Host-` cookie
            by one without Secure, which WebOb's `delete_cookie` sends.
    """
    server: Server = request.oauth.server

    def add(_: object, response: Response) -> None:
        response.set_cookie(
            server.cookie_prefix + name,
            value,
            max_age=None if value else 0,
            path="/",
            secure=server.is_https,
            httponly=True,
            samesite="Lax",
            overwrite=True,
        )

    request.add_response_callback(add)
