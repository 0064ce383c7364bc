"""Make a running server ready: applications, a session, consent, tokens.

Endpoint paths come from the metadata document alone (RFC 8414, section 3).
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from benchmarks import dpop_flows, floor_flows, flows
from benchmarks.flows import Client
from benchmarks.message import Exchange, Flow, Request
from benchmarks.visitor import Visitor, path_of

METADATA = "/.well-known/oauth-authorization-server/oauth"
CALLBACK = "https://client.example/callback"
GRANTS = ("authorization_code", "refresh_token", "client_credentials")
#: The protected resource of the bearer check, and a member of its answer.
RESOURCE, RESOURCE_MEMBER = "/api/me", "sub"
USER, PASSWORD = "alice", "wonderland"
#: The algorithms by which ID Tokens are signed; the first is the default.
SIGNING = tuple(floor_flows.SIGNED)
OPENID_SCOPE = "openid profile email"


def command(*arguments: str) -> str:
    """Run pyramid-oauth and return what it printed."""
    script = str(Path(sys.executable).parent / "pyramid-oauth")
    done = subprocess.run(
        [script, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        # For the host application, which is a module of the benchmarks.
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    return done.stdout


def register(ini: str, scope: str = "read write", **metadata: str) -> Client:
    """Register a confidential application through the command line."""
    options = [f"--grant-type={grant}" for grant in GRANTS]
    options += [f"--redirect-uri={CALLBACK}", "--name=Benchmark"]
    options += ["--token-endpoint-auth-method=client_secret_basic", "--json"]
    if metadata:
        options.append(f"--client-metadata={json.dumps(metadata)}")
    made = json.loads(command("application", "create", ini, *options))
    return Client(made["client_id"], made["client_secret"], CALLBACK, scope)


@dataclass(frozen=True)
class Endpoints:
    """The paths a server's metadata names."""

    authorize: str
    token: str
    introspect: str
    jwks: str
    userinfo: str
    issuer: str
    token_url: str
    par: str
    has_dpop: bool

    @classmethod
    def read(cls, exchange: Exchange) -> Endpoints:
        """Fetch the metadata document."""
        found = flows.claims(exchange(Request("GET", METADATA)))

        def path(name: str) -> str:
            return path_of(found[name]) if name in found else ""

        return cls(
            path("authorization_endpoint"),
            path("token_endpoint"),
            path("introspection_endpoint"),
            path("jwks_uri"),
            path("userinfo_endpoint"),
            found["issuer"],
            found["token_endpoint"],
            path("pushed_authorization_request_endpoint"),
            "dpop_signing_alg_values_supported" in found,
        )


@dataclass
class Prepared:
    """A server with an application, a logged-in user who consented, and tokens."""

    exchange: Exchange
    client: Client
    jwt_client: Client
    relying: dict[str, Client]
    endpoints: Endpoints
    visitor: Visitor

    def tokens(self, client: Client) -> dict[str, Any]:
        """Complete one code flow and return the token response."""
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(8)
        paths = self.endpoints
        target = flows.authorization(paths.authorize, client, verifier, state)
        answer = self.visitor.consent(target, client.redirect_uri)
        code = flows.code_of(answer, client, state)
        request = flows.redemption(paths.token, client, code, verifier)
        return flows.claims(self.exchange(request))

    def own_token(self, client: Client) -> str:
        """Return a token of the client itself.

        With it the resource asks nothing but the token, so that the check is measured
        and not what the resource does afterwards.
        """
        request = next(
            flows.ClientCredentials("", self.endpoints.token, client).unit(0)
        )
        token: str = flows.claims(self.exchange(request))["access_token"]
        return token

    def flows(self, workers: int) -> list[Flow]:
        """Return every flow the server's metadata offers, ready to run."""
        issued = [self.tokens(self.client) for _ in range(workers)]
        access = issued[0]["access_token"]
        refresh = [document["refresh_token"] for document in issued]
        paths, client, cookie = self.endpoints, self.client, self.visitor.cookie()
        scripts: list[Flow] = [
            flows.ClientCredentials("client_credentials", paths.token, client),
            flows.Introspection("introspection", paths.introspect, client, access),
            flows.bearer(
                "bearer check", RESOURCE, self.own_token(client), RESOURCE_MEMBER
            ),
            flows.Refresh("refresh", paths.token, client, refresh),
            flows.Code("code + PKCE", paths.authorize, paths.token, client, cookie),
            flows.Document("discovery", Request("GET", METADATA), "issuer"),
        ]
        if paths.jwks:
            document = Request("GET", paths.jwks)
            scripts.append(flows.Document("JWKS", document, "keys"))
        if paths.par:
            scripts.append(flows.PushedRequest("PAR", paths.par, client))
        if paths.has_dpop:
            scripts += self.dpop_flows()
        return [*scripts, *self.jwt_flows(), *self.openid_flows()]

    def jwt_flows(self) -> list[Flow]:
        """Return the issue and the check of JWT access tokens without a row."""
        token, client = self.endpoints.token, self.jwt_client
        own = self.own_token(client)
        return [
            flows.ClientCredentials("client_credentials, JWT", token, client),
            flows.bearer("bearer check, JWT", RESOURCE, own, RESOURCE_MEMBER),
        ]

    def dpop_flows(self) -> list[Flow]:
        """Return the flows whose tokens are bound to a key."""
        paths, client, key = self.endpoints, self.client, dpop_flows.ProofKey()
        request = next(
            dpop_flows.BoundClientCredentials(
                "", paths.token, paths.token_url, client, key
            ).unit(0)
        )
        token = flows.claims(self.exchange(request))["access_token"]
        url = urljoin(paths.issuer, RESOURCE)
        return [
            dpop_flows.BoundBearer(
                "DPoP bearer check", RESOURCE, url, token, key, RESOURCE_MEMBER
            ),
            dpop_flows.BoundCode(
                "DPoP code + PKCE",
                paths.authorize,
                paths.token,
                paths.token_url,
                client,
                self.visitor.cookie(),
                key,
            ),
        ]

    def openid_flows(self) -> list[Flow]:
        """Return UserInfo, and the code flow that ends in an ID Token by algorithm."""
        paths, wanted = self.endpoints, ("access_token", "id_token")
        issued = [self.tokens(client) for client in self.relying.values()]
        access, cookie = issued[0]["access_token"], self.visitor.cookie()
        signed: list[Flow] = [
            flows.Code(
                f"code + ID Token {algorithm}",
                paths.authorize,
                paths.token,
                client,
                cookie,
                wanted,
            )
            for algorithm, client in self.relying.items()
        ]
        return [flows.bearer("UserInfo", paths.userinfo, access, "sub"), *signed]


def prepare(exchange: Exchange, ini: str) -> Prepared:
    """Register the applications at a running server and log in."""
    client, endpoints = register(ini), Endpoints.read(exchange)
    jwt_client = register(ini, access_token_format="jwt")
    relying = {
        algorithm: register(ini, OPENID_SCOPE, id_token_signed_response_alg=algorithm)
        for algorithm in SIGNING
    }
    visitor = Visitor(exchange, USER, PASSWORD)
    return Prepared(exchange, client, jwt_client, relying, endpoints, visitor)
