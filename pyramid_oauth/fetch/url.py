"""The URL of an outbound request, taken apart once and strictly.

RFC 3986 narrowed: the parts found here are what is resolved, connected to and sent, so
no second parser can read the same text differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyramid_oauth.fetch.addresses import Address, parse_address
from pyramid_oauth.fetch.errors import FetchError, Reason

MAX_URL_LENGTH = 2048
"""Characters; longer URLs are refused."""

_DEFAULT_PORTS = {"https": 443, "http": 80}

_FIRST_FREE_PORT = 1024

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
    """Where a request goes. `host` has no brackets; `path` includes the query.

    `address` is set when the host is itself an IP address, so nothing is resolved.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @classmethod
    def parse(cls, url: str, *, allow_http: bool = False) -> Target:
        """Take `url` apart; FetchError says which rule it breaks."""
        parts = _URL.fullmatch(url) if len(url) <= MAX_URL_LENGTH else None
        if parts is None:
            raise FetchError(Reason.URL, url)
        scheme = parts["scheme"].lower()
        if scheme != "https" and not (allow_http and scheme == "http"):
            raise FetchError(Reason.SCHEME, url)
        if parts["fragment"] is not None:
            raise FetchError(Reason.FRAGMENT, url)
        host, port, address = _authority(parts["authority"], scheme, url)
        path = (parts["path"] or "/") + (parts["query"] or "")
        return cls(scheme, host, port, path, address)

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them (RFC 9112 section 3.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = self.port == _DEFAULT_PORTS[self.scheme]
        return host if default else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def _authority(text: str, scheme: str, url: str) -> tuple[str, int, Address | None]:
    """Host, port and, for a literal, the address."""
    if "@" in text:
        raise FetchError(Reason.USERINFO, url)
    parts = _AUTHORITY.fullmatch(text)
    if parts is None:
        raise FetchError(Reason.HOST, url)
    literal = parts["v6"]
    host, address = _name(parts["name"].lower()) if literal is None else _v6(literal)
    if not host:
        raise FetchError(Reason.HOST, url)
    return host, _port(parts["port"], scheme, url), address


def _v6(text: str) -> tuple[str, Address | None]:
    """The bracketed literal in its one canonical spelling; an empty host if wrong."""
    address = parse_address(text)
    return (str(address), address) if address and address.version == 6 else ("", None)


def _name(text: str) -> tuple[str, Address | None]:
    """A DNS name in ASCII or a dotted IPv4 address; an empty host for all else.

    Resolvers read `127.1`, `0x7f.1` and `2130706433` as addresses, so a name that
    ends in a number must be an address in the usual spelling.
    """
    labels = text.split(".")
    if _NUMERIC_END.fullmatch(labels[-1]):
        address = parse_address(text)
        return (text, address) if address else ("", None)
    wrong = len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels)
    return ("" if wrong else text, None)


def _port(text: str | None, scheme: str, url: str) -> int:
    """The scheme's own port or one that no system service has (RFC 6335 section 6)."""
    default = _DEFAULT_PORTS[scheme]
    if text is None:
        return default
    port = int(text) if _PORT.fullmatch(text) else 0
    if port != default and not _FIRST_FREE_PORT <= port <= 65535:
        raise FetchError(Reason.PORT, url)
    return port
