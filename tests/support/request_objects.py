"""Request objects, made with PyJWT and joserfc."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt
from joserfc import jwe
from joserfc.jwk import JWKRegistry, OctKey
from sqlalchemy.orm import Session
from webtest import TestApp, TestResponse

from pyramid_oauth.clients.keys import seal_secret
from pyramid_oauth.jose.jwk import public_jwk
from tests.support.host import CALLBACK, CHALLENGE, build_authorization_request
from tests.support.key_material import private_key
from tests.support.provider import Provider
from tests.support.types import Claims

ISSUER = "https://as.example/oauth"


def build_request_object_claims(**changes: Any) -> Claims:
    """The claims of a request object; None leaves one out."""
    claims = {
        "iss": "web",
        "aud": ISSUER,
        "exp": int(time.time()) + 60,
        "client_id": "web",
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "of the object",
        "nonce": "of the object",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def sign_request_object(
    claims: Claims, alg: str = "ES256", number: int = 0, **headers: str
) -> str:
    key = private_key(alg, number)
    assert not isinstance(key, OctKey), "of an asymmetric algorithm"
    headers.setdefault("kid", key.thumbprint())
    # A PEM would be checked again, which takes longer for RSA than to sign.
    return jwt.encode(claims, key.private_key, alg, headers)  # type: ignore[arg-type]


def build_unsigned_request_object(claims: Claims) -> str:
    def part(value: object) -> str:
        raw = json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def sign_changed_object(changes: Claims) -> str:
    """A signed request object whose claims differ by `changes`."""
    return sign_request_object(build_request_object_claims(**changes))


def build_changed_unsigned_object(changes: Claims) -> str:
    """An unsigned request object whose claims differ by `changes`."""
    return build_unsigned_request_object(build_request_object_claims(**changes))


def encrypt_request_object(
    content: str, jwk: Any, alg: str, enc: str = "A128CBC-HS256"
) -> str:
    header = {"alg": alg, "enc": enc, "cty": "JWT"}
    key = jwk if isinstance(jwk, OctKey) else JWKRegistry.import_key(jwk)
    if not isinstance(jwk, OctKey):
        header["kid"] = jwk["kid"]
    return jwe.encrypt_compact(header, content.encode(), key, algorithms=[alg, enc])


def set_client_keys(
    login_provider: Provider, *algs: str, number: int = 0, **metadata: Any
) -> None:
    """Give the client `web` keys and further metadata."""
    keys = [public_jwk(private_key(alg, number)) for alg in algs]
    jwks = {"jwks": {"keys": keys}} if algs else {}
    login_provider.update_application(client_metadata={**jwks, **metadata})


def set_client_secret(login_provider: Provider, **metadata: Any) -> str:
    """Give the client `web` a secret that serves as a key; returns it."""
    with Session(login_provider.engine) as session:
        application = (
            session.query(login_provider.models.Application)
            .filter_by(client_id="web")
            .one()
        )
        application.client_metadata = metadata
        secret = application.new_client_secret()
        seal_secret(application, secret, login_provider.server.secret_seal)
        session.commit()
    login_provider.web["client_secret"] = secret
    result: str = secret
    return result


def request_by_object(
    browser: TestApp, token: str, **outside: str | None
) -> TestResponse:
    """Send the parameters that Core requires beside the object; None leaves one out."""
    left_out = dict.fromkeys(
        ("state", "redirect_uri", "code_challenge", "code_challenge_method")
    )
    parameters = build_authorization_request(
        **{**left_out, "scope": "openid", "request": token, **outside}
    )
    return browser.get("/oauth/authorize", parameters, expect_errors=True)


def request_by_jar(browser: TestApp, token: str, **outside: str | None) -> TestResponse:
    """Send the parameters that RFC 9101 requires beside the object."""
    parameters = {"client_id": "web", "request": token, **outside}
    return browser.get("/oauth/authorize", parameters, expect_errors=True)
