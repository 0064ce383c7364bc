"""Cookies that are no text, taken off a request before a view of ours meets them.

RFC 6265 section 5.4 lets anybody send them. Where one value is no UTF-8 WebOb raises
for all of them, wherever a session or a locale is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webob.cookies import RequestCookies

HEADER = "HTTP_COOKIE"
View = Callable[[Any, Any], Any]


def with_readable_cookies(view: View) -> View:
    """A view decorator: the request goes on with those cookies that can be read."""

    def decorated(context: Any, request: Any) -> Any:
        given = request.environ.get(HEADER)
        if given and not _is_readable(given):
            request.environ[HEADER] = _readable(given)
        return view(context, request)

    return decorated


def _readable(header: str) -> str:
    kept = ";".join(part for part in header.split(";") if _is_readable(part))
    # Quotes may reach over several parts, which only together make no sense.
    return kept if _is_readable(kept) else ""


def _is_readable(header: str) -> bool:
    if header.isascii() and "\\" not in header:
        return True  # no byte of it, and no escape, can be anything but text
    try:
        RequestCookies({HEADER: header}).keys()
    except UnicodeDecodeError:
        return False
    return True
