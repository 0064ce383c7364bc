"""The outermost tween of the ready-made server: headers of requests and responses.

RFC 9110 sections 5.5, 8.6, 15.5.14 and 15.5.16. Frameworks raise for malformed headers
wherever a session, a form or a language is read, in error views too. All checks are in
one tween, because each tween costs a call per request; and in no subscriber, because
with one subscriber Pyramid makes and sends the events of every request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPRequestEntityTooLarge
from pyramid.response import Response
from pyramid.tweens import INGRESS

from pyramid_oauth.http.responses import NO_SNIFF
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.standalone.body_limit import REFUSED
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

Handler = Callable[[Any], Response]

URL_HEADERS = ("HTTP_ORIGIN", "HTTP_REFERER")

CHECKED = frozenset({*URL_HEADERS, REFUSED})
"""The keys of the WSGI environment that are checked where they are present."""

PLAIN_MEDIA_TYPES = frozenset(
    {None, "", "application/x-www-form-urlencoded", "application/json"}
)


def factory(handler: Handler, registry: Registry) -> Handler:
    """Create the tween; a request of a client costs two look-ups."""
    added = _response_headers(registry["standalone.options"])

    def tween(request: Request) -> Response:
        environ = request.environ
        is_plain = environ.get("CONTENT_TYPE") in PLAIN_MEDIA_TYPES
        refusal = None
        if not (is_plain and environ.keys().isdisjoint(CHECKED)):
            refusal = _check(request)
        response = handler(request) if refusal is None else refusal
        given = response.headerlist
        for header in added:
            if header not in given:
                given.append(header)
        return response

    return tween


def _response_headers(options: StandaloneSettings) -> tuple[tuple[str, str], ...]:
    """Return the headers of every response: no content sniffing, and https for later.

    `X-Content-Type-Options` (WHATWG Fetch); `Strict-Transport-Security` (RFC 6797)
    where `standalone.strict_transport_security` says for how long.
    """
    seconds = options.strict_transport_security
    if not seconds:
        return (NO_SNIFF,)
    return NO_SNIFF, ("Strict-Transport-Security", f"max-age={seconds}")


def _check(request: Request) -> Response | None:
    """Return the refusal of a malformed request, or None."""
    status = _error_status(request)
    if status is None:
        return None
    if status == 413:
        error = HTTPRequestEntityTooLarge()
        page: Response = request.invoke_exception_view((type(error), error, None))
        return page
    response = Response("The request is malformed.", status)
    response.content_type = "text/plain"
    response.headers["Cache-Control"] = "no-store"
    return response


def _error_status(request: Request) -> int | None:
    """Return the error status of a request, or None."""
    environ = request.environ
    try:
        for name in URL_HEADERS:
            if name in environ:
                urlsplit(environ[name])
    except ValueError:
        return 400
    refused: int | None = environ.get(REFUSED)
    if refused == 400:
        return 400
    if environ.get("CONTENT_TYPE") not in PLAIN_MEDIA_TYPES:
        return refused if _is_supported(request) else 415
    return refused


def _is_supported(request: Request) -> bool:
    """Whether the body may be a form or JSON: no multipart, only UTF-8."""
    multipart = request.content_type.startswith("multipart/")
    charset: str = request.charset
    return not multipart and charset.upper() == "UTF-8"


def includeme(config: Configurator) -> None:
    """Add the tween around all others that are there."""
    config.add_tween("pyramid_oauth.standalone.headers.factory", under=INGRESS)
