"""The probe of an MCP server and of the authorization servers that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyramid_oauth.scripts.probe import (
    access_token,
    authorization_request,
    authorization_server,
    authorization_server_rules,
    protected_resource,
    protected_resource_rules,
    registration,
)
from pyramid_oauth.scripts.probe.authorization_request import Client
from pyramid_oauth.scripts.probe.authorization_server import AuthorizationServer
from pyramid_oauth.scripts.probe.client import ProbeClient, is_secure
from pyramid_oauth.scripts.probe.rules import ProbeFinding

MOST_SERVERS = 3
"""How many of the named authorization servers are probed."""

RULE_SETS = (
    protected_resource_rules.RULES,
    authorization_server_rules.RULES,
    authorization_request.RULES,
    registration.RULES,
    access_token.RULES,
)


@dataclass(frozen=True)
class McpProbe:
    """What the operator wants to have tried.

    Attributes:
        client: Sends the requests.
        url: The URL of the MCP server.
        registers: Whether to register clients, and delete them again.
        registered: A client for the authorization requests.
        token: An access token for the MCP server.
    """

    client: ProbeClient
    url: str
    registers: bool = False
    registered: Client | None = None
    token: str | None = None

    def findings(self) -> Iterator[ProbeFinding]:
        """Yield all findings, in the order in which a client would meet them."""
        resource = protected_resource.observe(self.client, self.url)
        yield from protected_resource_rules.RULES.findings(resource)
        for issuer in resource.authorization_servers[:MOST_SERVERS]:
            server = authorization_server.observe(self.client, issuer, resource.scopes)
            yield from self._server_findings(server)
        # Where the way is not safe, rule P101 says so.
        if self.token is not None and is_secure(self.url):
            answer = protected_resource.call(self.client, self.url, self.token)
            call = access_token.AuthorizedCall(answer)
            yield from access_token.RULES.findings(call)

    def _server_findings(self, server: AuthorizationServer) -> Iterator[ProbeFinding]:
        yield from authorization_server_rules.RULES.findings(server)
        made = self._register(server)
        try:
            if server.endpoint("authorization_endpoint"):
                observed = authorization_request.observe(
                    self.client, server, self.url, self.registered or _client(made)
                )
                yield from authorization_request.RULES.findings(observed)
        finally:
            if made is not None:
                registration.delete(self.client, made)
        if made is not None:
            yield from registration.RULES.findings(made)

    def _register(
        self, server: AuthorizationServer
    ) -> registration.Registration | None:
        endpoint = server.endpoint("registration_endpoint")
        if not self.registers or not endpoint:
            return None
        return registration.register(
            self.client, endpoint, server.scopes, server.listed("scopes_supported")
        )


def _client(made: registration.Registration | None) -> Client | None:
    if made is None or not made.client:
        return None
    return Client(made.client["client_id"], registration.LOOPBACK)
