"""Strict parser for the URL of an outbound request.

A subset of RFC 3986. The parts parsed here are those resolved, connected to and sent,
so that no second parser can read the same text differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyramid_oauth.fetch.addresses import Address, parse_address
from pyramid_oauth.fetch.errors import FetchError, Reason

MAX_URL_LENGTH = 2048
"""Characters; longer URLs are refused."""

_DEFAULT_PORTS = {"https": 443, "http": 80}

_LOWEST_USER_PORT = 1024

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?P<authority>[^/?#]*)"
    r"(?P<path>/(?:[A-Za-z0-9._~:@!$&'()*+,;=/-]|%[0-9A-Fa-f]{2})*)?"
    r"(?P<query>\?(?:[A-Za-z0-9._~:@!$&'()*+,;=/?-]|%[0-9A-Fa-f]{2})*)?"
    r"(?P<fragment>#.*)?",
    re.ASCII | re.DOTALL,
)

_AUTHORITY = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]*))(?::(?P<port>.*))?",
    re.DOTALL,
)

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)

_NUMERIC_END = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)

_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


@dataclass(frozen=True)
class Target:
    """The parts of a URL. `host` has no brackets; `path` includes the query.

    `address` is set if the host is an IP address, which needs no DNS resolution.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @classmethod
    def parse(cls, url: str, *, allow_http: bool = False) -> Target:
        """Parse `url`; raise FetchError with the rule that it breaks."""
        parts = _URL.fullmatch(url) if len(url) <= MAX_URL_LENGTH else None
        if parts is None:
            raise FetchError(Reason.URL, url)
        scheme = parts["scheme"].lower()
        if scheme != "https" and not (allow_http and scheme == "http"):
            raise FetchError(Reason.SCHEME, url)
        if parts["fragment"] is not None:
            raise FetchError(Reason.FRAGMENT, url)
        host, port, address = _parse_authority(parts["authority"], scheme, url)
        path = (parts["path"] or "/") + (parts["query"] or "")
        return cls(scheme, host, port, path, address)

    @property
    def authority(self) -> str:
        """Host and port for the Host header (RFC 9112 section 3.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = self.port == _DEFAULT_PORTS[self.scheme]
        return host if default else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def _parse_authority(
    text: str, scheme: str, url: str
) -> tuple[str, int, Address | None]:
    """Return host, port and, for an IP literal, its address."""
    if "@" in text:
        raise FetchError(Reason.USERINFO, url)
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        raise FetchError(Reason.HOST, url)
    literal = parts["v6"]
    host, address = (
        _parse_host_name(parts["name"].lower())
        if literal is None
        else _parse_ipv6_literal(literal)
    )
    if not host:
        raise FetchError(Reason.HOST, url)
    return host, _parse_port(parts["port"], scheme, url), address


def _parse_ipv6_literal(text: str) -> tuple[str, Address | None]:
    """Return the canonical form of a bracketed literal; an empty host if invalid."""
    address = parse_address(text)
    return (str(address), address) if address and address.version == 6 else ("", None)


def _parse_host_name(text: str) -> tuple[str, Address | None]:
    """Return an ASCII DNS name or a dotted IPv4 address; an empty host if invalid.

    Resolvers read `127.1`, `0x7f.1` and `2130706433` as addresses, so a name that
    ends in a number must be an address in dotted decimal form.
    """
    labels = text.split(".")
    if _NUMERIC_END.fullmatch(labels[-1]):
        address = parse_address(text)
        return (text, address) if address else ("", None)
    valid = len(text) <= 253 and all(_LABEL.fullmatch(label) for label in labels)
    return (text if valid else "", None)


def _parse_port(text: str | None, scheme: str, url: str) -> int:
    """Return the default port of the scheme or a user port (RFC 6335 section 6)."""
    default = _DEFAULT_PORTS[scheme]
    if text is None:
        return default
    port = int(text) if _PORT.fullmatch(text) else 0
    if port != default and not _LOWEST_USER_PORT <= port <= 65535:
        raise FetchError(Reason.PORT, url)
    return port
