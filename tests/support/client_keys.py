"""Client keys and client assertions, made with PyJWT."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import jwt
from joserfc.jwk import OctKey
from sqlalchemy.orm import Session
from webtest import TestResponse

from pyramid_oauth.clients.keys import seal_secret
from pyramid_oauth.jose.jwk import public_jwk
from pyramid_oauth.server import SERVER
from tests.support.host import Host
from tests.support.key_material import private_key
from tests.support.servers import Server, build_response
from tests.support.types import Claims, Form

ISSUER = "https://as.example/oauth"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHODS = "none client_secret_post private_key_jwt client_secret_jwt"


class ClientSite:
    """A client's own https server."""

    def __init__(self, server: Server, authority: str) -> None:
        self.server = server
        self.url = f"https://localhost:{server.port}/document"
        self.settings = {
            "outbound_ca_file": authority,
            "outbound_allow_private": "true",
        }

    def respond_with(self, value: object) -> None:
        """Answer with `value` as JSON from now on."""
        self.server.respond_with(build_response(json.dumps(value).encode()))


def key_set(*algs: str, number: int = 0, **members: Any) -> Claims:
    """A JWK set with the public half of a key for each algorithm."""
    keys = [private_key(alg, number) for alg in algs]
    return {"keys": [{**public_jwk(key), **members} for key in keys]}


def sign_claims(claims: Claims, alg: str, number: int = 0, **headers: str) -> str:
    """`claims` as a JWT; the key is named by its thumbprint."""
    key = private_key(alg, number)
    assert not isinstance(key, OctKey), "of an asymmetric algorithm"
    headers.setdefault("kid", key.thumbprint())
    # A PEM would be checked again, which takes longer for RSA than to sign.
    return jwt.encode(claims, key.private_key, alg, headers)  # type: ignore[arg-type]


def build_assertion_claims(client_id: str = "robot", **changes: Any) -> Claims:
    """The claims of an assertion; None leaves one out."""
    parameters = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "exp": int(time.time()) + 60,
        "iat": int(time.time()),
        "jti": uuid.uuid4().hex,
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def build_assertion_form(assertion: str, **more: str) -> Form:
    """The form of a token request that authenticates by `assertion`."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": TYPE,
        "client_assertion": assertion,
        **more,
    }


def register_robot(
    host: Host, method: str = "private_key_jwt", **metadata: Any
) -> str | None:
    """Register the client `robot`; returns its secret."""
    server = host.wsgi.registry[SERVER]
    application = host.models.Application(
        client_id="robot",
        authorization_grant_type="client_credentials",
        token_endpoint_auth_method=method,
        client_metadata=metadata,
    )
    secret = application.new_client_secret()
    seal_secret(application, secret, server.secret_seal)
    application.validate()
    with Session(host.engine) as session:
        session.add(application)
        session.commit()
    result: str | None = secret
    return result


def post_assertion(
    host: Host, assertion: str, endpoint: str = "token", **more: str
) -> TestResponse:
    """Post the assertion to an endpoint; the answer, whatever its status."""
    browser = host.browser()
    return browser.post(
        f"/oauth/{endpoint}",
        build_assertion_form(assertion, **more),
        expect_errors=True,
    )


def is_refused(answer: TestResponse) -> bool:
    """Check that client authentication failed (RFC 6749 section 5.2)."""
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_client"
    return True
