"""An authorization server that does much wrong, over real HTTP; tests say what."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from tests.support.servers import Server, build_response

PATH = "/.well-known/oauth-authorization-server"
SHORT_KEY = {
    "kty": "RSA",
    "kid": "short",
    "n": "x" * 172,
    "e": "AQAB",
    "d": "hidden-half",
}
REASONS = {200: "OK", 201: "Created", 302: "Found", 400: "Bad Request", 500: "Error"}


class FaultyServer:
    """Answers everything that a stranger asks."""

    def __init__(self) -> None:
        self.server = Server()
        self.server.handler = self._handle
        self.issuer = f"http://127.0.0.1:{self.server.port}"
        endpoint = {
            f"{name}_endpoint": f"{self.issuer}/{name}"
            for name in ("authorization", "token", "introspection", "userinfo")
        }
        self.keys = [SHORT_KEY]
        self.metadata = {
            "issuer": self.issuer,
            **endpoint,
            "pushed_authorization_request_endpoint": f"{self.issuer}/par",
            "revocation_endpoint": "http://elsewhere.example/revoke",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code", "token"],
            "grant_types_supported": ["password"],
            "code_challenge_methods_supported": ["plain"],
            "request_object_signing_alg_values_supported": ["none", "RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "response_modes_supported": ["query"],
        }

    def _handle(self, peer, request):
        head, _, _ = request.partition(b"\r\n\r\n")
        method, target, _ = head.decode().split("\r\n")[0].split()
        peer.sendall(self._respond(method, urlsplit(target)))

    def _respond(self, method, parts):
        if parts.path == PATH:
            return respond(200, self.metadata, Date="Mon, 01 Jan 2024 00:00:00 GMT")
        if parts.path == "/.well-known/openid-configuration":
            return respond(400)
        if parts.path == "/jwks":
            return respond(200, {"keys": self.keys})
        if parts.path == "/authorization" and method == "OPTIONS":
            return respond(200, **{"Access-Control-Allow-Origin": "*"})
        if parts.path == "/authorization":
            (uri,) = parse_qs(parts.query)["redirect_uri"]
            return respond(302, Location=f"{uri}?error=x", **{"Set-Cookie": "a=b"})
        if parts.path == "/par":
            return respond(201, {"request_uri": "urn:x", "expires_in": 60})
        if parts.path == "/token" and method == "GET":
            return respond(500)
        origin = "https://mcp-check.invalid"
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        }
        return respond(200, {"active": False}, **headers)


def respond(status, document=None, **headers):
    body = b"" if document is None else json.dumps(document).encode()
    return build_response(body, f"{status} {REASONS[status]}", headers)
