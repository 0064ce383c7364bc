"""The Cookie header, without what WebOb reads slowly or not at all (RFC 6265 5.4).

WebOb looks for a `=` from every character on, which takes quadratic time where there is
none, and fails on bytes that are not UTF-8. Our endpoints clean the header themselves.
A host whose tweens read cookies (a session, `pyramid_tm.annotate_user`) adds the tween
of this module: ``config.include("pyramid_oauth.cookies")``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from typing import Any

from pyramid.tweens import INGRESS
from webob.cookies import RequestCookies

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.interfaces.request import Request

HEADER = "HTTP_COOKIE"

LONGEST_STRAY = 64
"""Characters in sequence that belong to no cookie."""

_NAME = r"[\w~!@#$%^&*()+`.?|:/{}<>'-]"

_VALUE = r"[\w~!@#$%^&*()+`.?|:/{}<>'=-]"

_USUAL = re.compile(rf"{_NAME}+={_VALUE}*(?:; ?{_NAME}+={_VALUE}*)*", re.ASCII)

# WebOb's own expression, but a name begins where its first character stands.
_COOKIE = re.compile(
    rf"(?<!{_VALUE}){_VALUE}+?\s*=\s*"
    r'(?:"(?:\\"|.)*?"'
    r"|\w{3},\s[\w-]{9,11}\s[\d:]{8}\sGMT"
    rf"|(?:{_VALUE}|\\(?:[0-3][0-7][0-7]|.))*)",
    re.ASCII,
)

_STRAY = re.compile(rf"{_VALUE}{{{LONGEST_STRAY + 1}}}", re.ASCII)


def clean(environ: MutableMapping[str, Any]) -> None:
    """Leave those cookies in the header that can be read, and read in linear time."""
    header = environ.get(HEADER)
    if header and not _USUAL.fullmatch(header):
        environ[HEADER] = keep_readable(header)


def keep_readable(header: str) -> str:
    """Return `header` as it is if it is readable, else its readable cookies."""
    if _is_readable(header):
        return header
    found = (match[0] for match in _COOKIE.finditer(header))
    kept = "; ".join(cookie for cookie in found if _is_text(cookie))
    return kept if _is_readable(kept) else ""


def _is_readable(header: str) -> bool:
    return not _STRAY.search(_COOKIE.sub(" ", header)) and _is_text(header)


def _is_text(header: str) -> bool:
    if header.isascii() and "\\" not in header:
        return True  # no byte of it, and no escape, can be anything but text
    try:
        RequestCookies({HEADER: header}).keys()
    except UnicodeDecodeError:
        return False
    return True


Handler = Callable[[Any], Any]


def tween_factory(handler: Handler, registry: Registry) -> Handler:
    """Create the tween that cleans the header of every request."""

    def tween(request: Request) -> object:
        clean(request.environ)
        return handler(request)

    return tween


def includeme(config: Configurator) -> None:
    """Add the tween before all others."""
    config.add_tween("pyramid_oauth.cookies.tween_factory", under=INGRESS)
