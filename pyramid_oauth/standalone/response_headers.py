"""Headers of every response of the ready-made server, static files and errors too.

A tween: with one subscriber to its events, Pyramid would make and send the events of
every request, which costs more than the response.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.tweens import INGRESS

from pyramid_oauth.http.responses import NO_SNIFF


def add_headers(handler: Callable[[Any], Response], registry: Any) -> Any:
    """Create the tween: it forbids content sniffing, and promises https for later.

    `X-Content-Type-Options` (WHATWG Fetch); `Strict-Transport-Security` (RFC 6797)
    where `standalone.strict_transport_security` says for how long.
    """
    headers = [NO_SNIFF]
    seconds = registry["standalone.options"].strict_transport_security
    if seconds:
        headers.append(("Strict-Transport-Security", f"max-age={seconds}"))

    def tween(request: Any) -> Response:
        response = handler(request)
        given = response.headerlist
        given.extend(header for header in headers if header not in given)
        return response

    return tween


def includeme(config: Configurator) -> None:
    """Add the tween around all others that are there."""
    config.add_tween(
        "pyramid_oauth.standalone.response_headers.add_headers", under=INGRESS
    )
