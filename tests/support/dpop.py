"""A client that signs DPoP proofs, made with PyJWT (RFC 9449)."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from base64 import urlsafe_b64encode
from typing import Any

import jwt
from joserfc.jwk import OctKey
from pyramid.config import Configurator
from pyramid.request import Request
from webtest import TestResponse

from tests.support.host import Host, build_code_exchange, me
from tests.support.key_material import private_key
from tests.support.types import Credentials, Form, Status

DPOP = "RFC 9449"
ORIGIN = "https://as.example"
TOKEN_URL = f"{ORIGIN}/oauth/token"
PAR_URL = f"{ORIGIN}/oauth/par"


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class ProofSigner:
    """The key of a client, and the proofs that it signs.

    Attributes:
        nonce: The nonce that proofs get; the client keeps the newest.
    """

    def __init__(self, algorithm: str = "ES256", number: int = 0) -> None:
        self.algorithm = algorithm
        self.key = private_key(algorithm, number)
        assert not isinstance(self.key, OctKey)
        public = self.key.as_dict(private=False)
        names = ("kty", "crv", "x", "y", "n", "e")
        self.jwk = {name: public[name] for name in names if name in public}
        self.nonce: str | None = None

    @property
    def thumbprint(self) -> str:
        """The thumbprint of RFC 7638."""
        text = json.dumps(dict(sorted(self.jwk.items())), separators=(",", ":"))
        return base64url(hashlib.sha256(text.encode()).digest())

    def sign(
        self,
        method: str,
        url: str,
        token: str | None = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A proof; None in `changes` or `header` leaves a member out."""
        claims = {
            "jti": uuid.uuid4().hex,
            "htm": method,
            "htu": url,
            "iat": int(time.time()),
            "nonce": self.nonce,
            "ath": token and base64url(hashlib.sha256(token.encode()).digest()),
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        full = {"typ": "dpop+jwt", "jwk": self.jwk, **(header or {})}
        key: Any = self.key.private_key
        return jwt.encode(claims, key, self.algorithm, headers=full)

    def headers(self, method: str, url: str, token: str | None = None) -> Form:
        """The headers of a request, with a new proof."""
        headers = {"DPoP": self.sign(method, url, token)}
        return (
            headers if token is None else {"Authorization": f"DPoP {token}"} | headers
        )


class NamedResource:
    """A resource of the host that is named as its URL is."""

    __parent__ = None

    def __init__(self, request: Request) -> None:
        self.__name__ = request.matchdict["name"]


def include_dpop(config: Configurator) -> None:
    """What a host adds to its configuration."""
    config.include("pyramid_oauth.extensions.dpop")
    config.add_route("vault", "/vault")
    config.add_view(
        me, route_name="vault", oauth_scopes="read", oauth_sender_constrained=True
    )
    config.add_route("any", "/any/{name}", factory=NamedResource)
    config.add_view(me, route_name="any", oauth_scopes="read")


def post_form(
    host: Host,
    path: str,
    form: Form,
    signer: ProofSigner | None = None,
    status: Status | None = None,
    proof: str | None = None,
) -> TestResponse:
    """Post a form to an endpoint, with a proof."""
    if signer is not None:
        proof = signer.sign("POST", f"{ORIGIN}{path}")
    headers = {} if proof is None else {"DPoP": proof}
    return host.browser().post(path, form, headers=headers, status=status)


def redeem(
    host: Host,
    client: Credentials,
    code: str,
    signer: ProofSigner | None = None,
    status: Status | None = None,
) -> TestResponse:
    """Redeem a code, with a proof."""
    form = build_code_exchange(code, client)
    return post_form(host, "/oauth/token", form, signer, status)


def refresh(
    host: Host,
    client: Credentials,
    token: str,
    signer: ProofSigner | None = None,
    status: Status | None = None,
) -> TestResponse:
    """Refresh, with a proof."""
    form = {"grant_type": "refresh_token", "refresh_token": token, **client}
    return post_form(host, "/oauth/token", form, signer, status)


def call_view(
    host: Host,
    token: str,
    signer: ProofSigner,
    path: str = "/me",
    status: Status | None = None,
    **changes: Any,
) -> TestResponse:
    """Call a protected view with a token and a proof."""
    proof = signer.sign("GET", f"{ORIGIN}{path}", token, **changes)
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    return host.browser().get(path, headers=headers, status=status)
