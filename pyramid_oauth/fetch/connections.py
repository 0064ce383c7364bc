"""Connections to one server, kept open, with a time limit for each request.

RFC 9112 section 9.3 (persistence). For a server that the operator names and that is
asked often, such as an introspection endpoint; `Fetcher` is for URLs of others.
"""

from __future__ import annotations

import ssl
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import httpcore

from pyramid_oauth.fetch.client import require_verification, system_ssl_context
from pyramid_oauth.fetch.dns_pinning import PinningResolver, Resolver, system_resolver
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.transport import (
    Deadline,
    PinnedBackend,
    Reply,
    check_reply,
    fetch_errors,
    read_body,
)
from pyramid_oauth.fetch.url import Target

_IDLE_SECONDS = 30


class Connections:
    """Sends requests to the server of one URL. Thread-safe.

    Args:
        url: The absolute URL of all requests.
        timeout: Total seconds of a request, with DNS resolution and waiting for a free
            connection.
        max_bytes: Limit of a response body.
        max_connections: Limit of concurrent requests.
        allow_http: Accept an `http` URL.
        resolver: Resolves a host name and port to addresses.
        ssl_context: Default: one with the trusted roots of the system.

    Raises:
        FetchError: The URL is not one.
        ValueError: `ssl_context` does not verify certificates and host names.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        max_bytes: int = 65536,
        max_connections: int = 10,
        allow_http: bool = False,
        resolver: Resolver = system_resolver,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._target = Target.parse(url, allow_http=allow_http)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._deadline = _ThreadDeadline()
        pinning = PinningResolver(
            resolver, allow_private=True, max_concurrent=max_connections
        )
        self._pool = httpcore.ConnectionPool(
            ssl_context=require_verification(ssl_context or system_ssl_context()),
            max_connections=max_connections,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_Backend(self._target, pinning, self._deadline),
        )
        weakref.finalize(self, self._pool.close)

    def post_form(self, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """POST `fields` as a form and return the body of a response of status 200.

        The request must be one that may be repeated: it is, once, if the server closed
        the connection meanwhile.

        Raises:
            FetchError: The request failed.
        """
        self._deadline.start(self._timeout)
        body = urlencode(fields).encode("ascii")
        try:
            return self._post(body, headers)
        except FetchError as error:
            if error.reason is not Reason.PROTOCOL:
                raise
        return self._post(body, headers)

    def _post(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        target = self._target
        url = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path
        )
        sent = {
            "Host": target.authority,
            "User-Agent": "pyramid_oauth",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            **headers,
        }
        pairs = [(name.encode(), value.encode("ascii")) for name, value in sent.items()]
        waiting = {"timeout": {"pool": self._deadline.remaining()}}
        with (
            fetch_errors(str(target)),
            self._pool.stream(
                "POST", url, headers=pairs, content=body, extensions=waiting
            ) as answer,
        ):
            check_reply(Reply(answer.status, answer.headers), str(target))
            return read_body(answer, self._max_bytes, str(target))


class _ThreadDeadline(Deadline):
    """The deadline of the request that this thread sends now."""

    def __init__(self) -> None:
        self._ends = threading.local()

    def start(self, seconds: float) -> None:
        """Begin the period of a request."""
        self._ends.at = time.monotonic() + seconds

    @property
    def end(self) -> float:
        return float(self._ends.at)


class _Backend(httpcore.NetworkBackend):
    """Network backend that resolves and connects within the deadline."""

    def __init__(
        self, target: Target, resolver: PinningResolver, deadline: Deadline
    ) -> None:
        self._target, self._resolver, self._deadline = target, resolver, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._resolver.resolve(self._target, self._deadline)
        return PinnedBackend(addresses, self._deadline).connect_tcp(host, port)
