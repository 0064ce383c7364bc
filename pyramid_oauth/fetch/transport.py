"""HTTP exchange with pinned addresses, a size limit and a total deadline.

RFC 9110 over httpcore, without redirects, cookies, proxy settings or decompression;
TLS verifies the host name of the URL (RFC 9525).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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


class PinnedBackend(httpcore.NetworkBackend):
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
        """Connect to the first address that answers; `host` is not resolved."""
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
        has_any_status: bool = False,
    ) -> Reply:
        """Send and return the reply; with `max_bytes`, read the body of a 200.

        With `has_any_status` the body of other responses is read, too.
        """
        with (
            fetch_errors(str(self.target)),
            self._open(method, headers, content) as answer,
        ):
            reply = Reply(answer.status, answer.headers)
            if max_bytes is None:
                return reply
            check_reply(reply, str(self.target), has_any_status=has_any_status)
            body = read_body(answer, max_bytes, str(self.target))
            return Reply(reply.status, reply.headers, body)

    @contextmanager
    def _open(
        self, method: str, headers: dict[str, str], content: bytes | None
    ) -> Iterator[httpcore.Response]:
        target = self.target
        url = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.path
        )
        backend = PinnedBackend(self.addresses, self.deadline)
        sent = self._headers(headers)
        with (
            httpcore.HTTPConnection(
                url.origin, ssl_context=self.ssl_context, network_backend=backend
            ) as connection,
            connection.stream(method, url, headers=sent, content=content) as response,
        ):
            yield response

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


@contextmanager
def fetch_errors(url: str) -> Iterator[None]:
    """Convert the errors of httpcore inside the block into FetchError."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise FetchError(Reason.TIMEOUT, url) from error
    except httpcore.ConnectError as error:
        # httpcore's pool raises again `from None`, which leaves the context alone.
        tls = isinstance(error.__cause__ or error.__context__, ssl.SSLError)
        raise FetchError(Reason.TLS if tls else Reason.CONNECT, url) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise FetchError(Reason.PROTOCOL, url) from error


def check_reply(reply: Reply, url: str, *, has_any_status: bool = False) -> None:
    """Refuse by status and headers, before the body is read."""
    if reply.status != 200 and not has_any_status:
        raise FetchError(Reason.STATUS, url, reply.status)
    if reply.header("Content-Encoding").strip().lower() not in ("", "identity"):
        raise FetchError(Reason.ENCODING, url, reply.status)


def read_body(answer: httpcore.Response, limit: int, url: str) -> bytes:
    """Return the body of a response; raise FetchError if it is too long."""
    body = bytearray()
    for chunk in answer.iter_stream():
        body += chunk
        if len(body) > limit:
            raise FetchError(Reason.SIZE, url, answer.status)
    return bytes(body)


_MINIMUM_TIMEOUT = 0.001


class Deadline:
    """End of a period of `seconds` on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def end(self) -> float:
        """The end on the monotonic clock."""
        return self._end

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.end

    def remaining(self) -> float:
        """Return the remaining seconds; never 0, which makes sockets non-blocking."""
        return max(self.end - time.monotonic(), _MINIMUM_TIMEOUT)
