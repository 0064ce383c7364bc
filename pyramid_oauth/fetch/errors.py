"""Errors of outbound requests, with a machine-readable reason.

The caller chooses the error code of its protocol (for example `invalid_request_uri`,
OpenID Connect Core 3.1.2.6). A client must not see the reason: it could use it to map
an internal network.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a request failed; the values are stable, for logs and metrics."""

    URL = "url"
    """Not an absolute http(s) URL of plain ASCII, or too long."""
    SCHEME = "scheme"
    """Not https, nor http where `allow_http` is set."""
    USERINFO = "userinfo"
    """The URL carries a user name or password."""
    FRAGMENT = "fragment"
    """The URL has a fragment."""
    HOST = "host"
    """The host is neither a plain DNS name nor a canonical IP address."""
    PORT = "port"
    """A system port that is not the default of the scheme."""
    UNRESOLVED = "unresolved"
    """The host name does not resolve."""
    ADDRESS = "address"
    """At least one address of the host is not public."""
    CONNECT = "connect"
    """No connection to any of the addresses."""
    TLS = "tls"
    """The TLS handshake failed: certificate, host name or protocol version."""
    TIMEOUT = "timeout"
    """The deadline passed."""
    STATUS = "status"
    """A status other than 200; see `FetchError.status`."""
    ENCODING = "encoding"
    """A compressed response although the request excludes it."""
    SIZE = "size"
    """The body is over the limit."""
    PROTOCOL = "protocol"
    """The response is not valid HTTP, or incomplete."""
    BUSY = "busy"
    """Too many concurrent requests in this process; nothing was sent."""
    ABANDONED = "abandoned"
    """The thread that fetched for several callers was interrupted."""


class FetchError(Exception):
    """An outbound request was refused or failed.

    Attributes:
        reason: Why.
        url: The URL as the caller passed it.
        status: The HTTP status, None without a response.
        cached: True if the failure is from the cache, during the back-off.
    """

    def __init__(
        self,
        reason: Reason,
        url: str,
        status: int | None = None,
        *,
        cached: bool = False,
    ) -> None:
        super().__init__(reason.value, url, status)
        self.reason = reason
        self.url = url
        self.status = status
        self.cached = cached

    def copy(self, *, cached: bool = False) -> FetchError:
        """Return the same failure as a new exception, for another thread to raise."""
        return FetchError(self.reason, self.url, self.status, cached=cached)
