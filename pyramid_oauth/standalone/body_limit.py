"""The limit of request bodies, on every path of the ready-made server.

RFC 9110 sections 8.6 and 15.5.14. `pyramid_retry` copies a body before it calls any
tween, and Pyramid's CSRF check parses it; so the execution policy looks at it first and
replaces a body that is refused by an empty one; the tween of `headers` answers. The
limit is `pyramid_oauth.body_limit`.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from wsgiref.types import InputStream

from pyramid.config import PHASE3_CONFIG
from pyramid.interfaces import IExecutionPolicy
from pyramid.response import Response

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings import SETTINGS

Policy = Callable[[dict[str, Any], Any], Response]

REFUSED = "standalone.refused_body"
"""The key of the WSGI environment with the status of the refusal."""

LONGEST_LENGTH = 15
"""Digits of a Content-Length."""


def limit_bodies(policy: Policy, limit: int) -> Policy:
    """Return an execution policy that calls `policy` without a body above `limit`."""

    def execute(environ: dict[str, Any], router: object) -> Response:
        status = _problem(environ, limit)
        if status:
            environ[REFUSED] = status
            _replace_body(environ, b"")
        return policy(environ, router)

    return execute


def _problem(environ: dict[str, Any], limit: int) -> int:
    """Return the status of the refusal, or 0."""
    length: str | None = environ.get("CONTENT_LENGTH")
    if length:
        if not (length.isascii() and length.isdigit()) or len(length) > LONGEST_LENGTH:
            return 400
        return 413 if int(length) > limit else 0
    if "HTTP_TRANSFER_ENCODING" not in environ and _is_http_1(environ):
        # Neither announces a body: asking the stream for it costs a quarter of a
        # small request.
        return 0
    if not environ.get("wsgi.input_terminated"):
        return 0
    body = _read(environ["wsgi.input"], limit + 1)
    _replace_body(environ, body)
    return 413 if len(body) > limit else 0


def _is_http_1(environ: dict[str, Any]) -> bool:
    """Whether a header announces every body (RFC 9112 section 6.3), unlike HTTP/2."""
    protocol: str = environ.get("SERVER_PROTOCOL", "")
    return protocol.startswith("HTTP/1")


def _read(stream: InputStream, most: int) -> bytes:
    """Read a body without Content-Length (RFC 9112 section 7.1), up to `most` bytes."""
    body = BytesIO()
    while body.tell() < most:
        part = stream.read(most - body.tell())
        if not part:
            break
        body.write(part)
    return body.getvalue()


def _replace_body(environ: dict[str, Any], body: bytes) -> None:
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
    environ["webob.is_body_seekable"] = True


def includeme(config: Configurator) -> None:
    """Put the limit around the execution policy that the other parts have set."""

    def surround() -> None:
        registry = config.registry
        policy = registry.getUtility(IExecutionPolicy)
        limit = registry[SETTINGS].body_limit
        registry.registerUtility(limit_bodies(policy, limit), IExecutionPolicy)

    config.action("standalone body limit", surround, order=PHASE3_CONFIG)
