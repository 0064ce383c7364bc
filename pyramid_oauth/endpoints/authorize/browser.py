"""The browser that began a request, known by a cookie of our own.

A pending request is bound to it, so that a link to somebody else's consent page is
worth nothing (RFC 9700 section 4.7).
"""

from __future__ import annotations

import re
from typing import Any

from pyramid.response import Response

from pyramid_oauth.models.secret import new_credential
from pyramid_oauth.server import Server

COOKIE = "oauth_browser"
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def present(request: Any) -> str | None:
    """The browser's value, if it has a well-formed one."""
    value = request.cookies.get(COOKIE)
    return value if value is not None and _VALUE.match(value) else None


def ensured(request: Any) -> str:
    """The browser's value, a new one where it has none."""
    return present(request) or new_credential()


def keep(response: Response, server: Server, value: str) -> Response:
    """Set the cookie: for this session, out of reach of scripts and other sites."""
    response.set_cookie(
        COOKIE,
        value,
        path="/",
        secure=server.issuer.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return response
