"""Why an outbound request was refused or failed: a reason to act on, not prose.

The caller decides what its protocol answers (for example `invalid_request_uri`, OpenID
Connect Core 3.1.2.6); telling a stranger the reason would let them map a network.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What went wrong; the values are stable and may be logged or counted."""

    URL = "url"
    """Not an absolute http(s) URL of plain ASCII, or too long."""
    SCHEME = "scheme"
    """Neither https nor, where that is allowed, http."""
    USERINFO = "userinfo"
    """The URL carries a user name or password."""
    FRAGMENT = "fragment"
    """The URL has a fragment."""
    HOST = "host"
    """The host is neither a plain DNS name nor a canonical IP address."""
    PORT = "port"
    """A port on which other kinds of services listen."""
    UNRESOLVED = "unresolved"
    """The name has no address."""
    ADDRESS = "address"
    """At least one address of the name is not public."""
    CONNECT = "connect"
    """No connection to any of the addresses."""
    TLS = "tls"
    """The TLS handshake failed: certificate, host name or protocol version."""
    TIMEOUT = "timeout"
    """Not finished by the deadline."""
    STATUS = "status"
    """An answer other than 200; `FetchError.status` has it."""
    ENCODING = "encoding"
    """A compressed answer although none was asked for."""
    SIZE = "size"
    """The body is over the limit."""
    PROTOCOL = "protocol"
    """The answer is not proper HTTP, or broke off."""
    BUSY = "busy"
    """Too many requests under way in this process; nothing was sent."""
    ABANDONED = "abandoned"
    """The thread that was fetching for everybody was interrupted."""


class FetchError(Exception):
    """An outbound request did not bring what was asked for.

    `reason` says why, `url` what was asked (as given), `status` the HTTP status if it
    came to one, `cached` whether this repeats a failure that is still in back-off.
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

    def again(self, *, cached: bool = False) -> FetchError:
        """The same failure as a new exception, for another thread to raise."""
        return FetchError(self.reason, self.url, self.status, cached=cached)
