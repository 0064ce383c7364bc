"""Headers of every response of the ready-made server, static files and errors too."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.events import NewResponse

from pyramid_oauth.http.responses import NO_SNIFF


def includeme(config: Configurator) -> None:
    """Forbid content sniffing; promise https for the future, where the host says so.

    `X-Content-Type-Options` (WHATWG Fetch), `Strict-Transport-Security` (RFC 6797).
    """
    seconds = config.registry["standalone.options"].strict_transport_security
    headers = dict([NO_SNIFF])
    if seconds:
        headers["Strict-Transport-Security"] = f"max-age={seconds}"

    def add_headers(event: Any) -> None:
        event.response.headers.update(headers)

    config.add_subscriber(add_headers, NewResponse)
