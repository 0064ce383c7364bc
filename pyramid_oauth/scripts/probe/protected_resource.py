"""Probe of an MCP server as protected resource: challenge and RFC 9728 document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid_oauth.scripts.probe.challenge import bearer_parameters
from pyramid_oauth.scripts.probe.client import Answer, ProbeClient, on_host_of, path_of
from pyramid_oauth.scripts.probe.rules import words

WELL_KNOWN = "/.well-known/oauth-protected-resource"

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "pyramid-oauth mcp-check", "version": "1"},
    },
}

INVENTED_TOKEN = "mcp-check-invented-token"


@dataclass(frozen=True)
class ProtectedResource:
    """What a client without a token sees of an MCP server.

    Attributes:
        url: The URL of the MCP server.
        refusal: The answer to a call without a token.
        invented: The answer to a call with an invented token.
        documents: The answer of each URL of the RFC 9728 document, in the order in
            which clients try them.
    """

    url: str
    refusal: Answer
    invented: Answer
    documents: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def challenge(self) -> Mapping[str, str]:
        """The parameters of the challenge."""
        return bearer_parameters(self.refusal.header("WWW-Authenticate")) or {}

    @property
    def found(self) -> Answer | None:
        """The first answer with a document."""
        usable = (answer for answer in self.documents.values() if answer.is_document)
        return next(usable, None)

    @property
    def metadata(self) -> dict[str, Any]:
        """The RFC 9728 document; empty without one."""
        return (self.found.document if self.found else None) or {}

    @property
    def authorization_servers(self) -> list[str]:
        """The issuers that the document names."""
        return words(self.metadata.get("authorization_servers"))

    @property
    def scopes(self) -> list[str]:
        """The scopes that a client asks for first."""
        if "scope" in self.challenge:
            return self.challenge["scope"].split()
        return words(self.metadata.get("scopes_supported"))


def observe(client: ProbeClient, url: str) -> ProtectedResource:
    """Call the MCP server without a token and fetch its document."""
    refusal = call(client, url)
    named = (bearer_parameters(refusal.header("WWW-Authenticate")) or {}).get(
        "resource_metadata"
    )
    places = dict.fromkeys([*([named] if named else []), *well_known_urls(url)])
    return ProtectedResource(
        url,
        refusal,
        call(client, url, INVENTED_TOKEN),
        {place: client.get(place) for place in places},
    )


def call(client: ProbeClient, url: str, token: str | None = None) -> Answer:
    """Return the answer to the first request of an MCP client."""
    headers = {"Accept": "application/json, text/event-stream"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return client.post_json(url, INITIALIZE, **headers)


def well_known_urls(url: str) -> list[str]:
    """Return the well-known URLs of the document of `url` (RFC 9728 section 3.1)."""
    path = path_of(url)
    paths = [f"{WELL_KNOWN}{path}", WELL_KNOWN] if path else [WELL_KNOWN]
    return [on_host_of(url, way) for way in paths]
