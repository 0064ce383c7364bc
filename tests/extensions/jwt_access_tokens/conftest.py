"""Servers whose access tokens are JWTs."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from jwt.algorithms import get_default_algorithms
from sqlalchemy.orm import Session

from pyramid_oauth.jose import jws

API = "https://api.example"
EXTENSION = "pyramid_oauth.extensions.jwt_access_tokens"


@pytest.fixture
def new_jwt_provider(new_provider):
    """Make providers whose access tokens are JWTs for an API, in both ways."""

    def make(configure=None, client=None, **settings):
        def include(config):
            config.include(EXTENSION)
            if configure is not None:
                configure(config)

        made = new_provider(
            include,
            **{
                "access_token_format": "jwt",
                "access_token_lifetime": "600",
                "default_audience": API,
                **settings,
            },
        )
        made.web = client or made.register_client()
        return made

    return make


@pytest.fixture
def jwt_provider(new_jwt_provider):
    """A provider that stores its JWT access tokens."""
    return new_jwt_provider()


@pytest.fixture
def stateless_provider(new_jwt_provider):
    """A provider that does not store its JWT access tokens."""
    return new_jwt_provider(jwt_access_token_stateless="true")


@pytest.fixture
def denylist_provider(new_jwt_provider):
    """A provider that stores which of its JWT access tokens are revoked."""
    return new_jwt_provider(
        jwt_access_token_stateless="true", jwt_access_token_denylist="true"
    )


def read_token(host: Any, token: str, audience: str = API) -> Any:
    """Verify an access token by PyJWT with the published keys; returns its claims."""
    header = jwt.get_unverified_header(token)
    keys = host.browser().get("/oauth/jwks").json["keys"]
    (key,) = [each for each in keys if each["kid"] == header["kid"]]
    return jwt.decode(
        token,
        get_default_algorithms()[key["alg"]].from_jwk(json.dumps(key)),
        algorithms=[key["alg"]],
        audience=audience,
        issuer="https://as.example/oauth",
        options={"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]},
    )


def sign_with_ring(provider: Any, claims: Any, typ: str | None = "at+jwt") -> str:
    """Sign claims by the key of the provider, as only the provider itself can."""
    with Session(provider.engine) as session:
        key = provider.server.ring.signer("RS256", lambda: session)
    return jws.sign(claims, key.signer, typ=typ)
