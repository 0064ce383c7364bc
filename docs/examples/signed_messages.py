"""A client that signs its requests, and programs that read what the server signs."""

from __future__ import annotations

import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ISSUER = "https://as.example/oauth"
ALGORITHMS = ["RS256", "PS256", "ES256"]
KEY = ECKey.generate_key("P-256", {"kid": "2026", "alg": "ES256", "use": "sig"})


def public_keys() -> dict[str, Any]:
    """What the client registers as `jwks`."""
    return {"keys": [KEY.as_dict(private=False)]}


def sign_request(client_id: str, parameters: dict[str, str]) -> str:
    """The parameter `request` of an authorization request."""
    now = int(time.time())
    own = {"client_id": client_id, "iss": client_id, "aud": ISSUER}
    claims = {**parameters, **own, "nbf": now, "exp": now + 300}
    header = {"typ": "oauth-authz-req+jwt", "alg": "ES256", "kid": KEY.kid}
    return jwt.encode(header, claims, KEY)


def read_response(
    response: str, keys: KeySet, client_id: str, state: str
) -> dict[str, Any]:
    """The members of a signed authorization response; `keys` are at `jwks_uri`."""
    claims = jwt.decode(response, keys, algorithms=ALGORITHMS).claims
    if (claims["iss"], claims["aud"]) != (ISSUER, client_id):
        raise ValueError("the response is not of this server, or not for this client")
    if claims["exp"] < time.time():
        raise ValueError("the response has expired")
    if claims.get("state") != state:
        raise ValueError("the response is not for a request of this browser")
    return claims


def read_introspection(response: str, keys: KeySet, client_id: str) -> dict[str, Any]:
    """What the server says of a token in a signed introspection response."""
    token = jwt.decode(response, keys, algorithms=ALGORITHMS)
    if token.header["typ"] != "token-introspection+jwt":
        raise ValueError("this is another JWT")
    if (token.claims["iss"], token.claims["aud"]) != (ISSUER, client_id):
        raise ValueError("the response is not of this server, or not for this API")
    said: dict[str, Any] = token.claims["token_introspection"]
    return said
