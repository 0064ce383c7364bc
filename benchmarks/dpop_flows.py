"""The scripts that bind tokens to a key: each request has a proof (RFC 9449).

The proofs are signed with ES256 by the load process, whose time is not the server's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.flows import (
    Client,
    Header,
    authorization,
    claims,
    code_of,
    redemption,
)
from benchmarks.message import Request, Unexpected, Unit, expect, form


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def _private_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


@cache
def _header(number: int) -> str:
    numbers = _private_key(number).public_key().public_numbers()
    x, y = (_encode(part.to_bytes(32)) for part in (numbers.x, numbers.y))
    jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    return _encode(json.dumps(header).encode())


@dataclass(frozen=True)
class ProofKey:
    """The key of a client: a number, which the load process can be sent."""

    number: int = field(default_factory=lambda: 1 + secrets.randbits(250), repr=False)

    def proof(self, method: str, url: str, token: str = "") -> Header:
        """Return the header with a new proof."""
        made: dict[str, str | int] = {"htm": method, "htu": url}
        made |= {"jti": secrets.token_urlsafe(12), "iat": int(time.time())}
        if token:
            made["ath"] = _encode(hashlib.sha256(token.encode()).digest())
        signed = f"{_header(self.number)}.{_encode(json.dumps(made).encode())}"
        der = _private_key(self.number).sign(signed.encode(), ec.ECDSA(SHA256()))
        r, s = decode_dss_signature(der)
        return ("DPoP", f"{signed}.{_encode(r.to_bytes(32) + s.to_bytes(32))}")


@dataclass(frozen=True)
class BoundClientCredentials:
    """One token request of a client for itself, with a proof."""

    name: str
    token: str
    token_url: str
    client: Client
    key: ProofKey = field(repr=False)

    def unit(self, worker: int) -> Unit:
        """Obtain one token."""
        fields = {"grant_type": "client_credentials", "scope": "read"}
        proof = self.key.proof("POST", self.token_url)
        answer = yield form(self.token, fields, self.client.basic(), proof)
        if claims(answer).get("token_type") != "DPoP":
            raise Unexpected("the token is not bound")


@dataclass(frozen=True)
class BoundBearer:
    """One call of a protected resource with a bound token and a new proof."""

    name: str
    target: str
    url: str
    value: str = field(repr=False)
    key: ProofKey = field(repr=False)
    member: str = ""

    def unit(self, worker: int) -> Unit:
        """Call it once."""
        proof = self.key.proof("GET", self.url, self.value)
        headers = (("Authorization", f"DPoP {self.value}"), proof)
        answer = expect((yield Request("GET", self.target, headers)), 200)
        if f'"{self.member}"'.encode() not in answer.body:
            raise Unexpected(f"no member {self.member} in {answer.body[:200]!r}")


@dataclass(frozen=True)
class BoundCode:
    """Authorize with remembered consent, then redeem with PKCE and a proof."""

    name: str
    authorize: str
    token: str
    token_url: str
    client: Client
    cookie: str = field(repr=False)
    key: ProofKey = field(repr=False)

    def unit(self, worker: int) -> Unit:
        """Run one whole flow: two requests."""
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(8)
        target = authorization(self.authorize, self.client, verifier, state)
        answer = yield Request("GET", target, (("Cookie", self.cookie),))
        code = code_of(answer, self.client, state)
        request = redemption(self.token, self.client, code, verifier)
        proof = self.key.proof("POST", self.token_url)
        answer = yield Request(
            request.method, request.target, (*request.headers, proof), request.body
        )
        if claims(answer).get("token_type") != "DPoP":
            raise Unexpected("the token is not bound")
