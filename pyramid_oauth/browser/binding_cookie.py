"""The browser, known by a cookie of our own.

A pending request is bound to it, so that a link to somebody else's consent page is
worth nothing (RFC 9700 section 4.7); so is the session of a host that names none.
"""

from __future__ import annotations

import re
from typing import Any

from pyramid.request import RequestLocalCache
from pyramid.response import Response

from pyramid_oauth.hashing import new_credential
from pyramid_oauth.server import SERVER, Server

COOKIE = "oauth_browser"

_VALUE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def cookie(request: Any, name: str) -> str:
    """The cookie of this name; empty where there is none, or none that is text."""
    try:
        value: str = request.cookies.get(name, "")
    except UnicodeDecodeError:
        return ""
    return value


def get(request: Any) -> str | None:
    """The browser's value, if it has a well-formed one."""
    value = cookie(request, COOKIE)
    return value if _VALUE.match(value) else None


def get_or_create(request: Any) -> str:
    """The browser's value; one that has none gets one along with the response."""
    value: str = (
        _given.get(request, None) or get(request) or _given.get_or_create(request)
    )
    return value


def rotate(request: Any) -> None:
    """Give the browser another value: what was bound to the old one ends."""
    _given.set(request, _give(request))


def _give(request: Any) -> str:
    value = new_credential()
    server: Server = request.registry[SERVER]
    request.add_response_callback(lambda _, response: keep(response, server, value))
    return value


_given = RequestLocalCache(_give)


def keep(response: Response, server: Server, value: str) -> None:
    """Set the cookie: for this session, out of reach of scripts and other sites."""
    response.set_cookie(
        COOKIE,
        value,
        path="/",
        secure=server.issuer.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
