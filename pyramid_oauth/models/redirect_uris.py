"""Redirect URIs: what may be registered, and what counts as the same.

Exact comparison (RFC 9700 section 2.1), any port on loopback literals (RFC 8252
section 7.3), private-use schemes (RFC 8252 section 7.1). One set of rules serves
registration and use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

SCRIPT_SCHEMES = frozenset(
    [
        "javascript",
        "data",
        "vbscript",
        "file",
        "blob",
        "about",
        "filesystem",
        "view-source",
        "ws",
        "wss",
        "ftp",
        "mailto",
        "tel",
        "sms",
        "chrome",
        "resource",
        "jar",
    ]
)

_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+\Z")

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*\Z")

_NAME = re.compile(r"[A-Za-z0-9._-]+\Z")

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")

_WILD_HOST = re.compile(r"\*\.(?:[a-z0-9-]+\.)+[a-z0-9-]+\Z")

_WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a server allows beyond the strict rules; each is an opt-in."""

    localhost: bool = False
    wildcards: bool = False
    http: bool = False


STRICT = Rules()


def split(uri: str) -> SplitResult | None:
    """The parts of `uri`, or None where it is no URI at all (RFC 3986)."""
    if not _CHARACTERS.match(uri) or _BAD_ESCAPE.search(uri):
        return None
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  (reading it validates it)
    except ValueError:
        return None
    return parts if _SCHEME.match(parts.scheme) else None


def is_host(parts: SplitResult) -> bool:
    """Whether the authority names a host: a DNS name, or the literal of an address.

    Of RFC 3986 section 3.2.2 this leaves out names with escapes and other signs, which
    no client has and which would say more where a target is written down, such as a
    content security policy.
    """
    host = parts.hostname or ""
    if not parts.netloc.startswith("["):
        return bool(_NAME.match(host))
    try:
        return ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


def is_loopback(host: str | None, rules: Rules = STRICT) -> bool:
    """Whether `host` is a loopback literal (or localhost, by opt-in)."""
    if host is None:
        return False
    if host == "localhost":
        return rules.localhost
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def validation_error(uri: str, rules: Rules = STRICT) -> str | None:
    """Why `uri` cannot be a redirect URI, or None where it can."""
    if "#" in uri:
        return "has a fragment (RFC 6749 section 3.1.2)"
    parts = split(uri)
    if parts is None:
        return "is not a valid URI (RFC 3986)"
    if parts.username is not None or parts.password is not None:
        return "has user information"
    if parts.scheme in SCRIPT_SCHEMES:
        return f"has a scheme that is never a redirect target: {parts.scheme}"
    if parts.scheme in _WEB:
        return _web_problem(parts, rules)
    return _private_use_problem(parts)


def _web_problem(parts: SplitResult, rules: Rules) -> str | None:
    host = parts.hostname
    if not host:
        return "has no host"
    if "*" in parts.netloc:
        if not rules.wildcards:
            return "has a wildcard, which this server does not allow"
        if parts.scheme != "https" or not _WILD_HOST.match(host):
            return "may have a wildcard only as the first label of an https host"
    elif not is_host(parts):
        return "has a host that is neither a name nor an address"
    if parts.scheme == "https" or rules.http or is_loopback(host, rules):
        return None
    if host == "localhost":
        return "uses localhost; register http://127.0.0.1 (RFC 8252 section 8.3)"
    return "is plain http off the loopback interface"


def _private_use_problem(parts: SplitResult) -> str | None:
    if "." not in parts.scheme:
        return (
            "has a private-use scheme without a domain name in it "
            "(RFC 8252 section 7.1)"
        )
    if parts.netloc and not parts.path and not parts.hostname:
        return "has no path"
    return None


def is_interceptable(uri: str) -> bool:
    """Whether another program on the device could receive the answer.

    Loopback and private-use redirects (RFC 8252 sections 8.1 and 8.6): consent is
    always asked where no secret backs the client up.
    """
    parts = split(uri)
    if parts is None or parts.scheme not in _WEB:
        return True
    return is_loopback(parts.hostname, Rules(localhost=True))


def first_difference(registered: str, asked: str, rules: Rules = STRICT) -> str | None:
    """The first component in which `asked` differs from `registered`, or None.

    The name of the component is for the log, never for the caller.
    """
    one, other = split(registered), split(asked)
    if one is None or other is None:
        return "syntax"
    if validation_error(asked, rules) is not None:
        return "validity"
    if "*" in other.netloc:
        return "host"  # a wildcard is registered, never asked for
    if registered == asked:
        return None
    if one.scheme != other.scheme:
        return "scheme"
    if not _same_host(one, other, rules):
        return "host"
    if one.port != other.port and not _any_port(one, rules):
        return "port"
    return _first_difference_after_scheme(registered, asked, one, other)


def _first_difference_after_scheme(
    registered: str, asked: str, one: SplitResult, other: SplitResult
) -> str | None:
    if one.path != other.path:
        return "path"
    # The query is compared as it was written, an empty "?" included.
    if registered.partition("?")[1:] != asked.partition("?")[1:]:
        return "query"
    # What may vary is the host's label or the port, and nothing else anywhere.
    varies = one.hostname != other.hostname or one.port != other.port
    start, same_start = registered.partition(":")[0], asked.partition(":")[0]
    return None if varies and start == same_start else "spelling"


def _any_port(parts: SplitResult, rules: Rules) -> bool:
    return parts.scheme == "http" and is_loopback(parts.hostname, rules)


def _same_host(one: SplitResult, other: SplitResult, rules: Rules) -> bool:
    if one.hostname == other.hostname:
        return True
    wild = one.hostname or ""
    if not (rules.wildcards and _WILD_HOST.match(wild)):
        return False
    label, dot, rest = (other.hostname or "").partition(".")
    return bool(dot) and bool(_LABEL.match(label)) and rest == wild[2:]


def origin_problem(origin: str, rules: Rules = STRICT) -> str | None:
    """Why `origin` cannot be an allowed CORS origin, or None where it can."""
    parts = split(origin)
    if parts is None or parts.scheme not in _WEB or not is_host(parts):
        return "is not an http(s) origin"
    if origin != f"{parts.scheme}://{parts.netloc}" or parts.username is not None:
        return "is more than scheme, host and port"
    if "*" in origin or origin != origin.lower():
        return "has a wildcard or capital letters"
    local = is_loopback(parts.hostname, Rules(localhost=True))
    if parts.scheme == "http" and not (rules.http or local):
        return "is plain http off the loopback interface"
    return None
