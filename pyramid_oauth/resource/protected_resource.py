"""Protected resource: its identifier, the requests that it covers and its audience.

RFC 9728 section 1.2 (resource identifier), RFC 8707 section 2, RFC 9068 section 4 for
the audience.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from pyramid.traversal import split_path_info

from pyramid_oauth.configuration_errors import ConfigurationError, did_you_mean
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify import InvalidToken

PROTECTED_RESOURCES = "pyramid_oauth.protected_resources"

WELL_KNOWN = "/.well-known/oauth-protected-resource"

VIRTUAL_ROOT = "HTTP_X_VHM_ROOT"
"""Pyramid's traversal puts this before the path; anybody can send the header."""

Segments = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProtectedResource:
    """A resource that this process protects; there is one object for each.

    Attributes:
        identifier: The resource identifier, exactly as tokens name it.
        path: The segments of the path below which requests belong to it.
        metadata_url: The URL of its metadata, for challenges.
        audience: The values of which a token must name one; the identifier is among
            them.
        requires_audience: Whether a token without an audience is refused.
        issuers: The issuers of its tokens; empty if all are whom the verifier accepts.
        members: The members of the metadata that the host declared.
    """

    identifier: str
    path: Segments
    metadata_url: str
    audience: frozenset[str]
    requires_audience: bool = True
    issuers: frozenset[str] = frozenset()
    members: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def check_audience(self, identity: TokenIdentity) -> None:
        """Raise InvalidToken if the token is not for this resource.

        The comparison is by code points, without normalization (RFC 9728 section 6).
        """
        if self.issuers and identity.issuer not in self.issuers:
            raise InvalidToken(f"of {identity.issuer!r:.200}, for {self.identifier!r}")
        if not identity.audience:
            if self.requires_audience:
                raise InvalidToken(f"no audience; it must be {self.identifier!r}")
        elif self.audience.isdisjoint(identity.audience):
            shown = " ".join(identity.audience)
            raise InvalidToken(f"for {shown!r:.200}, not for {self.identifier!r}")


class ProtectedResources:
    """The protected resources of an application.

    Attributes:
        by_identifier: Each resource.
        by_path: Each resource by the segments of its path; empty without resources.
        named: The identifiers that views name.
    """

    def __init__(self) -> None:
        self.by_identifier: dict[str, ProtectedResource] = {}
        self.by_path: dict[Segments, ProtectedResource] = {}
        self.named: set[str] = set()
        self._longest = 0

    def add(self, resource: ProtectedResource) -> None:
        """Add a resource; its path must be its own."""
        other = self.by_path.get(resource.path)
        if other is not None and other.identifier != resource.identifier:
            raise ConfigurationError(
                f"the protected resources {other.identifier} and {resource.identifier} "
                f"have the same path, /{'/'.join(resource.path)}"
            )
        self.by_identifier[resource.identifier] = resource
        self.by_path[resource.path] = resource
        self._longest = max(self._longest, len(resource.path))

    def check_names(self) -> None:
        """Raise ConfigurationError if a view names an undeclared resource."""
        for name in sorted(self.named - self.by_identifier.keys()):
            near = did_you_mean(name, self.by_identifier)
            raise ConfigurationError(f"oauth_resource={name!r} is not declared{near}")

    def find(self, environ: Mapping[str, Any]) -> tuple[ProtectedResource, ...]:
        """Return the resources in which a request lies: usually one or none.

        A path that can be read in several ways (`//`, `..`, a virtual root) lies in the
        resource of each reading, since routes take a path literally and traversal
        normalizes it. A token must then be for all of them.
        """
        script, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
        literal = self._longest_match(segments_of(script + path))
        root = environ.get(VIRTUAL_ROOT)
        if not (root or "//" in path or "/." in path):
            return () if literal is None else (literal,)
        normalized = (*segments_of(script), *split_path_info(path))
        below_root = (*segments_of(script), *split_path_info(f"{root or ''}/{path}"))
        others = map(self._longest_match, (normalized, below_root))
        found = dict.fromkeys((literal, *others))
        return tuple(each for each in found if each is not None)

    def _longest_match(self, path: Segments) -> ProtectedResource | None:
        for length in range(min(len(path), self._longest), -1, -1):
            resource = self.by_path.get(path[:length])
            if resource is not None:
                return resource
        return None


def segments_of(path: str) -> Segments:
    """Return the segments of a path; a slash at its start or end makes none."""
    stripped = path.removeprefix("/").removesuffix("/")
    return tuple(stripped.split("/")) if stripped else ()


def decoded_path(identifier: str) -> str:
    """Return the path of an identifier as WSGI has paths: percent-decoded Latin-1."""
    return unquote_to_bytes(urlsplit(identifier).path).decode("latin-1")


def metadata_url_of(identifier: str) -> str:
    """Return the URL of the metadata of a resource (RFC 9728 section 3.1)."""
    parts = urlsplit(identifier)
    path = parts.path if parts.path != "/" else ""
    return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{path}"


def check_identifier(identifier: str) -> None:
    """Raise ConfigurationError if it is no resource identifier (RFC 9728 section 1.2).

    A query is refused too ("SHOULD NOT"): requests could not be told apart by it.
    """
    problem = _problem_of(identifier)
    if problem:
        raise ConfigurationError(f"protected resource: {identifier!r} {problem}")


def _problem_of(identifier: str) -> str:
    try:
        parts = urlsplit(identifier)
        is_url = parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        return "is not a URL"
    if not is_url or not identifier.isascii() or not identifier.isprintable():
        return "is not an absolute http(s) URL in ASCII"
    if set('"\\<> {}|^`') & set(identifier):
        return "has characters that a URL cannot have"
    if "?" in identifier or "#" in identifier or parts.username is not None:
        return "has a query, a fragment or user information"
    segments = decoded_path(identifier).split("/")[1:]
    if {"", ".", ".."} & set(segments[:-1]) or segments[-1:] in (["."], [".."]):
        return "has an empty or dotted segment in its path"
    return ""


def is_plain_http(identifier: str) -> bool:
    """Whether requests travel unencrypted to another machine."""
    parts = urlsplit(identifier)
    if parts.scheme != "http" or parts.hostname == "localhost":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True
