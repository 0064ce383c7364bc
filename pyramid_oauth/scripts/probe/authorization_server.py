"""Probe of an authorization server by its metadata (RFC 8414, OpenID Discovery)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid_oauth.scripts.probe.client import Answer, ProbeClient, on_host_of, path_of
from pyramid_oauth.scripts.probe.rules import words

OAUTH = "/.well-known/oauth-authorization-server"

OPENID = "/.well-known/openid-configuration"

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint")


@dataclass(frozen=True)
class AuthorizationServer:
    """What a client sees of an authorization server before it has a client ID.

    Attributes:
        issuer: The issuer as the client knows it.
        forms: The answer of each URL of the metadata, in the order in which clients
            try them.
        scopes: The scopes that clients will ask for.
    """

    issuer: str
    forms: Mapping[str, Answer]
    scopes: list[str] = field(default_factory=list)

    @property
    def found(self) -> Answer | None:
        """The first answer with metadata."""
        usable = (answer for answer in self.forms.values() if answer.is_document)
        return next(usable, None)

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata; empty without them."""
        return (self.found.document if self.found else None) or {}

    def listed(self, member: str) -> list[str]:
        """Return the strings of a member of the metadata."""
        return words(self.metadata.get(member))

    def endpoint(self, member: str) -> str:
        """Return the URL of an endpoint; empty without it."""
        value = self.metadata.get(member)
        return value if isinstance(value, str) else ""


def observe(
    client: ProbeClient, issuer: str, scopes: list[str] | None = None
) -> AuthorizationServer:
    """Fetch the metadata of `issuer` in every form."""
    forms = {url: client.get(url) for url in metadata_urls(issuer)}
    return AuthorizationServer(issuer, forms, scopes or [])


def metadata_urls(issuer: str) -> list[str]:
    """Return the URLs that clients try, in their order.

    RFC 8414 sections 3.1 and 5; MCP, Authorization Server Metadata Discovery.
    """
    path = path_of(issuer)
    paths = [f"{OAUTH}{path}", f"{OPENID}{path}"]
    if path:
        paths.append(f"{path}{OPENID}")
    return [on_host_of(issuer, way) for way in paths]
