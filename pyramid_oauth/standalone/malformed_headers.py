"""A tween that refuses malformed headers and unsupported media types.

RFC 9110 sections 5.5, 8.6 and 15.5.16. Frameworks raise for these headers wherever a
session, a form or a language is read, in error views too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.tweens import INGRESS

from pyramid_oauth.standalone.body_limit import REFUSED

Handler = Callable[[Any], Response]

URL_HEADERS = ("HTTP_ORIGIN", "HTTP_REFERER")

PLAIN_MEDIA_TYPES = frozenset({"application/x-www-form-urlencoded", "application/json"})


def factory(handler: Handler, registry: Any) -> Handler:
    """Create the tween; a well-formed request costs a few look-ups."""

    def tween(request: Any) -> Response:
        status = _error_status(request)
        if status is None:
            return handler(request)
        response = Response("The request is malformed.", status)
        response.content_type = "text/plain"
        response.headers["Cache-Control"] = "no-store"
        return response

    return tween


def _error_status(request: Any) -> int | None:
    """Return the error status of a malformed request, or None."""
    environ = request.environ
    try:
        for name in URL_HEADERS:
            if name in environ:
                urlsplit(environ[name])
    except ValueError:
        return 400
    if environ.get(REFUSED) == 400:
        return 400
    kind = environ.get("CONTENT_TYPE")
    if kind and kind not in PLAIN_MEDIA_TYPES and not _is_supported(request):
        return 415
    return None


def _is_supported(request: Any) -> bool:
    """Whether the body may be a form or JSON: no multipart, only UTF-8."""
    multipart = request.content_type.startswith("multipart/")
    charset: str = request.charset
    return not multipart and charset.upper() == "UTF-8"


def includeme(config: Configurator) -> None:
    """Add the tween before all others."""
    config.add_tween(
        "pyramid_oauth.standalone.malformed_headers.factory", under=INGRESS
    )
