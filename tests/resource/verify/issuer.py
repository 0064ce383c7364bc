"""An issuer of a test: a real HTTP server with metadata, keys and introspection."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from pyramid_oauth import clock
from pyramid_oauth.jose.jwk import generate, public_jwk
from pyramid_oauth.jose.jws import KeySigner, sign
from tests.support.servers import Server, build_response

API = "https://api.example"


class Issuer:
    """Answers as an authorization server; the test changes what it says."""

    def __init__(self) -> None:
        self.server = Server()
        self.server.handler = self._answer
        self.url = f"http://127.0.0.1:{self.server.port}/oauth"
        self.metadata_path = "/.well-known/oauth-authorization-server/oauth"
        self.metadata: dict[str, Any] = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "introspection_endpoint": f"{self.url}/introspect",
        }
        self.signers: dict[str, KeySigner] = {}
        self.jwks: list[dict[str, Any]] = []
        self.tokens: dict[str, dict[str, Any]] = {}
        self.signed_answer: bytes | None = None
        self.paths: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.headers: list[str] = []
        self.failure: Callable[[socket.socket, bytes], None] | None = None
        self.delay = 0.0
        self.add_key("k1")

    def add_key(self, kid: str, alg: str = "ES256") -> None:
        key = generate(alg)
        self.signers[kid] = KeySigner(key, alg, kid)
        self.jwks.append(public_jwk(key, kid=kid, use="sig", alg=alg))

    def jwt(self, kid: str = "k1", typ: str | None = "at+jwt", **claims: Any) -> str:
        now = clock.timestamp()
        members = {
            "iss": self.url,
            "aud": API,
            "sub": "alice",
            "client_id": "app",
            "scope": "read",
            "jti": "1",
            "iat": now,
            "exp": now + 300,
            **claims,
        }
        given = {name: value for name, value in members.items() if value is not None}
        return sign(given, self.signers[kid], typ=typ)

    def count(self, path: str) -> int:
        return self.paths.count(path)

    def _answer(self, peer: socket.socket, request: bytes) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        self.paths.append(path)
        time.sleep(self.delay)
        if self.failure is not None:
            self.failure(peer, request)
            return
        documents = {
            self.metadata_path: self.metadata,
            "/oauth/jwks": {"keys": self.jwks},
        }
        if path == "/oauth/introspect":
            form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
            self.forms.append(form)
            self.headers.append(head.decode())
            if self.signed_answer is not None:
                peer.sendall(build_response(self.signed_answer))
                return
            documents[path] = self.tokens.get(form["token"], {"active": False})
        if path not in documents:
            peer.sendall(build_response(status="404 Not Found"))
            return
        peer.sendall(build_response(json.dumps(documents[path]).encode()))

    def close(self) -> None:
        self.server.close()
