"""The Cookie header as browsers mean it: pairs between semicolons (RFC 6265 5.4).

WebOb finds a cookie behind any character that no cookie may have. So a host of the same
domain that sets `x=y __Host-session=z` gives a cookie to us whose prefix promises that
nobody else has set it (RFC 6265bis section 4.1.3). WebOb also takes quadratic time
where there is no `=`, and fails on bytes that are not UTF-8.

So `request.cookies` of every application cleans the header when it is first read: in a
tween, a predicate, a session factory or a view. A request whose cookies are not read
costs nothing. ``config.include("pyramid_oauth")`` includes this module.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any

from webob.cookies import RequestCookies

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.request import Request

HEADER = "HTTP_COOKIE"

LONGEST_STRAY = 64
"""Characters in sequence that belong to no cookie."""

_NAME = r"[\w~!@#$%^&*()+`.?|:/{}<>'-]"

_VALUE = r"[\w~!@#$%^&*()+`.?|:/{}<>'=-]"

_USUAL = re.compile(rf"{_NAME}+={_VALUE}*(?:; ?{_NAME}+={_VALUE}*)*", re.ASCII)

_TOKEN = re.compile(r"[\w!#%&'*+.^`|~-][\w!#$%&'*+.^`|~-]*", re.ASCII)

_RESERVED = frozenset(
    {
        "path",
        "comment",
        "domain",
        "max-age",
        "expires",
        "secure",
        "httponly",
        "samesite",
    }
)
"""Names that WebOb reads as attributes (RFC 2109)."""

_PARSED = "webob._parsed_cookies"
"""Key of the environ for the cookies and the header that WebOb has parsed."""

# The expressions of WebOb, but no name begins in the middle of a longer one.
_READ_VALUE = (
    r'(?:"(?:\\"|.)*?"'
    r"|\w{3},\s[\w-]{9,11}\s[\d:]{8}\sGMT"
    rf"|(?:{_VALUE}|\\(?:[0-3][0-7][0-7]|.))*)"
)

_COOKIE = re.compile(rf"(?<!{_VALUE})({_VALUE}+?)\s*=\s*({_READ_VALUE})", re.ASCII)

_PAIR = re.compile(rf"[ \t]*({_NAME}+)[ \t]*=\s*({_READ_VALUE})", re.ASCII)

_STRAY = re.compile(rf"{_VALUE}{{{LONGEST_STRAY + 1}}}", re.ASCII)


def clean(environ: MutableMapping[str, Any]) -> None:
    """Leave those cookies in the header that can be read, and read in linear time."""
    header = environ.get(HEADER)
    if not header:
        return
    if not _USUAL.fullmatch(header):
        environ[HEADER] = keep_readable(header)
    elif _PARSED not in environ:
        environ[_PARSED] = (_split(header), header)


def _split(header: str) -> dict[str, str]:
    """Return the cookies of a usual header, as WebOb finds them in a longer way."""
    pairs = [part.lstrip(" ").partition("=") for part in header.split(";")]
    return {
        name: value
        for name, _, value in pairs
        if _TOKEN.fullmatch(name) and name.lower() not in _RESERVED
    }


def keep_readable(header: str) -> str:
    """Return `header` as it is if WebOb reads it as browsers mean it.

    Else return its cookies that can be read; of a value, what WebOb reads of it.
    """
    matches = (_PAIR.match(part) for part in header.split(";"))
    pairs = [match.groups() for match in matches if match]
    if _is_readable(header) and _COOKIE.findall(header) == pairs:
        return header
    cookies = (f"{name}={value}" for name, value in pairs)
    readable = "; ".join(cookie for cookie in cookies if _is_text(cookie))
    return readable if _is_readable(readable) else ""


def _is_readable(header: str) -> bool:
    return not _STRAY.search(_COOKIE.sub(" ", header)) and _is_text(header)


def _is_text(header: str) -> bool:
    if header.isascii() and "\\" not in header:
        return True  # ASCII without escapes is always text
    try:
        RequestCookies({HEADER: header}).keys()
    except UnicodeDecodeError:
        return False
    return True


def read_cookies(request: Request) -> RequestCookies:
    """Return what WebOb's `request.cookies` returns, of the cleaned header."""
    clean(request.environ)
    return RequestCookies(request.environ)


def includeme(config: Configurator) -> None:
    """Let `request.cookies` clean the header when it is first read."""
    config.add_request_method(read_cookies, "cookies", reify=True)
