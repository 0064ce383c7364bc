"""HTTP exchange with pinned addresses, a size limit and a total deadline.

RFC 9110 over httpcore, without redirects, cookies, proxy settings or decompression;
TLS verifies the host name of the URL (RFC 9525).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore

from pyramid_oauth.fetch.addresses import Address
from pyramid_oauth.fetch.errors import FetchError, Reason
from pyramid_oauth.fetch.url import Target

Headers = list[tuple[bytes, bytes]]

_WRITE_SIZE = 4096


@dataclass(frozen=True)
class Reply:
    """Status, headers and, if it was read, body of a response."""

    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the values of a header, joined by commas; empty without it."""
        raw_name = name.lower().encode("ascii")
        values = (value for key, value in self.headers if key.lower() == raw_name)
        return b", ".join(values).decode("latin-1")


class _TimedStream(httpcore.NetworkStream):
    """Network stream whose operations share one deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._deadline.is_over:
            raise httpcore.ReadTimeout
        return self._inner.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The inner stream restarts its time-out with each part that the peer accepts.
        for start in range(0, len(buffer), _WRITE_SIZE):
            if self._deadline.is_over:
                raise httpcore.WriteTimeout
            part = buffer[start : start + _WRITE_SIZE]
            self._inner.write(part, self._deadline.remaining())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        remaining = self._deadline.remaining()
        inner = self._inner.start_tls(ssl_context, server_hostname, remaining)
        return _TimedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - of httpcore
        return self._inner.get_extra_info(info)


class _PinnedBackend(httpcore.NetworkBackend):
    """Network backend that connects to the checked addresses only."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectTimeout()
        for tried, address in enumerate(self._addresses):
            if self._deadline.is_over:
                raise httpcore.ConnectTimeout
            share = self._deadline.remaining() / (len(self._addresses) - tried)
            try:
                stream = self._sockets.connect_tcp(str(address), port, timeout=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure


@dataclass(frozen=True)
class Exchange:
    """An HTTP request to `target` over one of `addresses`."""

    target: Target
    addresses: Sequence[Address]
    deadline: Deadline
    ssl_context: ssl.SSLContext

    def send(
        self,
        method: str,
        headers: dict[str, str],
        content: bytes | None = None,
        *,
        max_bytes: int | None = None,
    ) -> Reply:
        """Send and return the reply; with `max_bytes`, read the body of a 200."""
        try:
            return self._send(method, self._headers(headers), content, max_bytes)
        except httpcore.TimeoutException as error:
            raise self._error(Reason.TIMEOUT) from error
        except httpcore.ConnectError as error:
            tls = isinstance(error.__cause__, ssl.SSLError)
            raise self._error(Reason.TLS if tls else Reason.CONNECT) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise self._error(Reason.PROTOCOL) from error

    def _send(
        self, method: str, headers: Headers, content: bytes | None, limit: int | None
    ) -> Reply:
        target = self.target
        url = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path
        )
        backend = _PinnedBackend(self.addresses, self.deadline)
        with (
            httpcore.HTTPConnection(
                url.origin, ssl_context=self.ssl_context, network_backend=backend
            ) as connection,
            connection.stream(method, url, headers=headers, content=content) as answer,
        ):
            reply = Reply(answer.status, answer.headers)
            if limit is None:
                return reply
            self._check(reply)
            return Reply(reply.status, reply.headers, self._read(answer, limit))

    def _headers(self, headers: dict[str, str]) -> Headers:
        fixed = {
            "Host": self.target.authority,
            "User-Agent": "pyramid_oauth",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        merged = {**fixed, **headers}
        return [
            (key.encode("ascii"), text.encode("ascii")) for key, text in merged.items()
        ]

    def _check(self, reply: Reply) -> None:
        """Refuse by status and headers, before the body is read."""
        if reply.status != 200:
            raise self._error(Reason.STATUS, reply.status)
        if reply.header("Content-Encoding").strip().lower() not in ("", "identity"):
            raise self._error(Reason.ENCODING, reply.status)

    def _read(self, answer: httpcore.Response, limit: int) -> bytes:
        body = bytearray()
        for chunk in answer.iter_stream():
            body += chunk
            if len(body) > limit:
                raise self._error(Reason.SIZE, answer.status)
        return bytes(body)

    def _error(self, reason: Reason, status: int | None = None) -> FetchError:
        return FetchError(reason, str(self.target), status)


_MINIMUM_TIMEOUT = 0.001


class Deadline:
    """End of a period of `seconds` on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._end

    def remaining(self) -> float:
        """Return the remaining seconds; never 0, which makes sockets non-blocking."""
        return max(self._end - time.monotonic(), _MINIMUM_TIMEOUT)
