"""Validation and comparison of redirect URIs.

RFC 9700 section 2.1 (exact comparison), RFC 8252 sections 7.1 (private-use schemes) and
7.3 (any port on loopback addresses). The same rules apply to registration and use.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from pyramid_oauth.i18n import Problem

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


def _is_top_level(host: str) -> bool:
    return "." not in host


@dataclass(frozen=True, slots=True)
class Rules:
    """What a server allows in addition to the strict rules.

    Attributes:
        localhost: Treat `localhost` as a loopback address.
        wildcards: Allow `*` as the first label of a host.
        http: Allow http on every host.
        native: Private-use URIs without a domain name in the scheme, and such schemes,
            each followed by a colon.
        is_public_suffix: Whether different parties register names below a host; no
            wildcard is allowed there. By default only top-level domains are known.
    """

    localhost: bool = False
    wildcards: bool = False
    http: bool = False
    native: frozenset[str] = frozenset()
    is_public_suffix: Callable[[str], bool] = field(
        default=_is_top_level, compare=False, repr=False
    )


STRICT = Rules()


def split(uri: str) -> SplitResult | None:
    """Return the parts of `uri`, or None if it is not a URI (RFC 3986)."""
    if not _CHARACTERS.match(uri) or _BAD_ESCAPE.search(uri):
        return None
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  (reading it validates it)
    except ValueError:
        return None
    return parts if _SCHEME.match(parts.scheme) else None


def is_host(parts: SplitResult) -> bool:
    """Whether the authority is a DNS name or an IP address.

    RFC 3986 section 3.2.2 also allows escapes and other characters. They are refused:
    in a content security policy they would have a meaning of their own.
    """
    host = parts.hostname or ""
    if not parts.netloc.startswith("["):
        return bool(_NAME.match(host))
    try:
        return ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


def is_loopback(host: str | None, rules: Rules = STRICT) -> bool:
    """Whether `host` is a loopback address (or localhost, by opt-in)."""
    if host is None:
        return False
    if host == "localhost":
        return rules.localhost
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def validation_error(uri: str, rules: Rules = STRICT) -> Problem | None:
    """Return why `uri` cannot be a redirect URI, or None if it can."""
    if "#" in uri:
        return Problem("has a fragment (RFC 6749 section 3.1.2)")
    parts = split(uri)
    if parts is None:
        return Problem("is not a valid URI (RFC 3986)")
    if parts.username is not None or parts.password is not None:
        return Problem("has user information")
    if parts.scheme in SCRIPT_SCHEMES:
        return Problem(
            "has a scheme that is not allowed: ${scheme}", scheme=parts.scheme
        )
    if parts.scheme in _WEB:
        return _http_error(parts, rules)
    return _private_use_error(parts, is_native=is_native(uri, rules))


def _wildcard_error(scheme: str, host: str, rules: Rules) -> Problem | None:
    if not rules.wildcards:
        return Problem("has a wildcard, which this server does not allow")
    if scheme != "https" or not _WILD_HOST.match(host):
        return Problem("may have a wildcard only as the first label of an https host")
    if rules.is_public_suffix(host[2:]):
        return Problem(
            "has a wildcard below the public suffix ${suffix}", suffix=host[2:]
        )
    return None


def _http_error(parts: SplitResult, rules: Rules) -> Problem | None:
    host = parts.hostname
    if not host:
        return Problem("has no host")
    if "*" in parts.netloc:
        if problem := _wildcard_error(parts.scheme, host, rules):
            return problem
    elif not is_host(parts):
        return Problem("has a host that is neither a DNS name nor an IP address")
    if parts.scheme == "https" or rules.http or is_loopback(host, rules):
        return None
    if host == "localhost":
        return Problem(
            "uses localhost; register http://127.0.0.1 (RFC 8252 section 8.3)"
        )
    return Problem("is plain http on a host that is not a loopback address")


def is_native(uri: str, rules: Rules) -> bool:
    """Whether the rules name this private-use URI, or its scheme."""
    native = rules.native
    return bool(native) and (
        uri in native or f"{uri.partition(':')[0].lower()}:" in native
    )


def _private_use_error(parts: SplitResult, *, is_native: bool) -> Problem | None:
    if "." not in parts.scheme and not is_native:
        return Problem(
            "has a private-use scheme without a domain name (RFC 8252 section 7.1)"
        )
    if parts.netloc and not parts.path and not parts.hostname:
        return Problem("has no path")
    return None


def is_interceptable(uri: str) -> bool:
    """Whether another program on the device could receive the response.

    This is so for loopback and private-use URIs (RFC 8252 sections 8.1 and 8.6). The
    server always asks for consent to a client that uses one without a secret.
    """
    parts = split(uri)
    if parts is None or parts.scheme not in _WEB:
        return True
    return is_loopback(parts.hostname, Rules(localhost=True))


def first_difference(
    registered: str, requested: str, rules: Rules = STRICT
) -> str | None:
    """Return the first component in which the two URIs differ, or None.

    The name of the component is for the log, never for the client.
    """
    if registered == requested:
        return _problem_of_registered(registered, rules)
    one, other = split(registered), split(requested)
    if one is None or other is None:
        return "syntax"
    problem = _problem(requested, rules)
    if problem is not None:
        return problem
    if one.scheme != other.scheme:
        return "scheme"
    if not _same_host(one, other, rules):
        return "host"
    if one.port != other.port and not _any_port(one, rules):
        return "port"
    return _first_difference_after_port(registered, requested, one, other)


def _problem(uri: str, rules: Rules) -> str | None:
    """Return the component for which no request may have `uri`, or None."""
    parts = split(uri)
    if parts is None:
        return "syntax"
    if validation_error(uri, rules) is not None:
        return "validity"
    # A request must not have a wildcard.
    return "host" if "*" in parts.netloc else None


# Not for other URIs: they can be long, and anybody chooses them.
_problem_of_registered = lru_cache(maxsize=1024)(_problem)


def _first_difference_after_port(
    registered: str, requested: str, one: SplitResult, other: SplitResult
) -> str | None:
    if one.path != other.path:
        return "path"
    # The query is compared as written, including an empty "?".
    if registered.partition("?")[1:] != requested.partition("?")[1:]:
        return "query"
    # Only the first label of the host and the port may vary.
    varies = one.hostname != other.hostname or one.port != other.port
    start, same_start = registered.partition(":")[0], requested.partition(":")[0]
    return None if varies and start == same_start else "spelling"


def _any_port(parts: SplitResult, rules: Rules) -> bool:
    return parts.scheme == "http" and is_loopback(parts.hostname, rules)


def _same_host(one: SplitResult, other: SplitResult, rules: Rules) -> bool:
    if one.hostname == other.hostname:
        return True
    wild = one.hostname or ""
    if not (rules.wildcards and _WILD_HOST.match(wild)):
        return False
    if rules.is_public_suffix(wild[2:]):
        return False  # it was registered before the suffix was known
    label, dot, rest = (other.hostname or "").partition(".")
    return bool(dot) and bool(_LABEL.match(label)) and rest == wild[2:]


def origin_of(uri: str) -> str | None:
    """Return the origin of an http(s) URI as browsers send it (RFC 6454 section 6.2).

    None if the URI has none that `origin_problem` accepts.
    """
    parts = split(uri)
    if parts is None:
        return None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    is_default = parts.port in (None, {"https": 443, "http": 80}.get(parts.scheme))
    origin = f"{parts.scheme}://{host}" + ("" if is_default else f":{parts.port}")
    return None if origin_problem(origin) else origin


def origin_problem(origin: str, rules: Rules = STRICT) -> Problem | None:
    """Return why `origin` cannot be an allowed CORS origin, or None if it can."""
    parts = split(origin)
    if parts is None or parts.scheme not in _WEB or not is_host(parts):
        return Problem("is not an http(s) origin")
    if origin != f"{parts.scheme}://{parts.netloc}" or parts.username is not None:
        return Problem("has more than scheme, host and port")
    if "*" in origin or origin != origin.lower():
        return Problem("has a wildcard or capital letters")
    local = is_loopback(parts.hostname, Rules(localhost=True))
    if parts.scheme == "http" and not (rules.http or local):
        return Problem("is plain http on a host that is not a loopback address")
    return None
