"""The scripts that drive the server under test.

RFC 6749 (4.1, 4.4, 6), RFC 7636 (PKCE), RFC 7662 (introspection), RFC 6750, RFC 9126.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.message import Answer, Request, Unexpected, Unit, expect, form

Header = tuple[str, str]


@dataclass(frozen=True)
class Client:
    """A registered application and its secret."""

    client_id: str
    client_secret: str
    redirect_uri: str = ""
    scope: str = "read write"

    def basic(self) -> Header:
        """Return the Authorization header of client_secret_basic."""
        pair = f"{self.client_id}:{self.client_secret}".encode()
        return ("Authorization", f"Basic {base64.b64encode(pair).decode()}")


def claims(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of a successful answer."""
    document = json.loads(expect(answer, 200).body)
    if not isinstance(document, dict):
        raise Unexpected(f"no JSON object: {document!r}")
    return document


def _require(document: dict[str, Any], *names: str) -> None:
    if absent := [name for name in names if not document.get(name)]:
        raise Unexpected(f"the answer lacks {absent}")


@dataclass(frozen=True)
class Document:
    """GET a JSON document that has a member; discovery, JWKS and resources."""

    name: str
    request: Request
    member: str = ""

    def unit(self, worker: int) -> Unit:
        """Fetch it once."""
        answer = expect((yield self.request), 200)
        if f'"{self.member}"'.encode() not in answer.body:
            raise Unexpected(f"no member {self.member} in {answer.body[:200]!r}")


@dataclass(frozen=True)
class ClientCredentials:
    """One token request with the client_credentials grant."""

    name: str
    token: str
    client: Client

    def unit(self, worker: int) -> Unit:
        """Obtain one token."""
        fields = {"grant_type": "client_credentials", "scope": "read"}
        answer = yield form(self.token, fields, self.client.basic())
        _require(claims(answer), "access_token")


@dataclass(frozen=True)
class Introspection:
    """One introspection of an active token by an authenticated client."""

    name: str
    introspect: str
    client: Client
    value: str

    def unit(self, worker: int) -> Unit:
        """Introspect once."""
        answer = yield form(self.introspect, {"token": self.value}, self.client.basic())
        if claims(answer).get("active") is not True:
            raise Unexpected("the token is not active")


def bearer(name: str, target: str, token: str, member: str) -> Document:
    """Return the flow that calls a protected resource."""
    header = ("Authorization", f"Bearer {token}")
    return Document(name, Request("GET", target, (header,)), member)


@dataclass
class Refresh:
    """One rotation; every worker keeps the refresh token it got last."""

    name: str
    token: str
    client: Client
    current: list[str] = field(repr=False)

    def unit(self, worker: int) -> Unit:
        """Exchange the worker's refresh token for the next one."""
        old = self.current[worker]
        fields = {"grant_type": "refresh_token", "refresh_token": old}
        document = claims((yield form(self.token, fields, self.client.basic())))
        _require(document, "access_token", "refresh_token")
        if document["refresh_token"] == old:
            raise Unexpected("the refresh token was not rotated")
        self.current[worker] = document["refresh_token"]


@dataclass(frozen=True)
class Code:
    """Authorize with a session and remembered consent, then redeem with PKCE."""

    name: str
    authorize: str
    token: str
    client: Client
    cookie: str = field(repr=False)
    wanted: tuple[str, ...] = ("access_token",)

    def unit(self, worker: int) -> Unit:
        """Run one whole flow: two requests."""
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(8)
        target = authorization(self.authorize, self.client, verifier, state)
        answer = yield Request("GET", target, (("Cookie", self.cookie),))
        code = code_of(answer, self.client, state)
        answer = yield redemption(self.token, self.client, code, verifier)
        _require(claims(answer), *self.wanted)


@dataclass(frozen=True)
class PushedRequest:
    """One pushed authorization request (RFC 9126)."""

    name: str
    par: str
    client: Client

    def unit(self, worker: int) -> Unit:
        """Push one request."""
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(8)
        fields = authorization_parameters(self.client, verifier, state)
        answer = expect((yield form(self.par, fields, self.client.basic())), 201)
        if b'"request_uri"' not in answer.body:
            raise Unexpected(f"no request_uri in {answer.body[:200]!r}")


def authorization(authorize: str, client: Client, verifier: str, state: str) -> str:
    """Return the authorization request's path and query."""
    parameters = authorization_parameters(client, verifier, state)
    return f"{authorize}?{urlencode(parameters)}"


def authorization_parameters(
    client: Client, verifier: str, state: str
) -> dict[str, str]:
    """Return the parameters of an authorization request."""
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def code_of(answer: Answer, client: Client, state: str) -> str:
    """Return the code in a redirect to the client, checking the state."""
    location = expect(answer, 302, 303).header("location")
    if not location.startswith(client.redirect_uri):
        raise Unexpected(f"not sent back to the client but to {location}")
    found = parse_qs(urlsplit(location).query)
    if found.get("state") != [state] or len(found.get("code", ())) != 1:
        raise Unexpected(f"no code for this state in {location}")
    return found["code"][0]


def redemption(token: str, client: Client, code: str, verifier: str) -> Request:
    """Return the token request for a code."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }
    return form(token, fields, client.basic())
