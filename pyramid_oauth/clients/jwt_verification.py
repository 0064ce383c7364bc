"""Verification of JWTs that a client signed, by its keys or its secret.

RFC 7523 section 3 (assertions), OpenID Connect Core section 6.3.2 (request objects).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyramid_oauth.clients.keys import public_keys_of, secret_of
from pyramid_oauth.clock import now
from pyramid_oauth.jose.errors import UnknownKey, UnusableKey
from pyramid_oauth.jose.jwk import Key, secret_key
from pyramid_oauth.jose.jws import SignedClaims, unverified_header, verify
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server

Types = Collection[str | None] | None


def by_key(
    application: AbstractApplication,
    token: str,
    server: Server,
    allowed: Sequence[str],
    types: Types = None,
) -> SignedClaims:
    """Verify `token` by the public keys of the client and return its claims.

    If no key matches, the keys are fetched again: a client rotates its keys by
    publishing new ones.

    Raises:
        InvalidToken: The token is malformed or has no valid signature.
    """
    keys = public_keys_of(application, server.fetcher)
    try:
        return verify(token, keys, algorithms=allowed, types=types)
    except UnknownKey:
        if application.declared("jwks_uri") is None:
            raise
    keys = public_keys_of(application, server.fetcher, fresh_after=now())
    return verify(token, keys, algorithms=allowed, types=types)


def by_secret(
    application: AbstractApplication,
    token: str,
    server: Server,
    allowed: Sequence[str],
    types: Types = None,
) -> SignedClaims:
    """Verify `token` by the secret of the client and return its claims.

    Raises:
        InvalidToken: The token is malformed or has no valid signature.
        UnusableKey: The client has no valid secret that is also a key.
    """
    key: Key = secret_key(live_secret(application, server), _algorithm(token))
    return verify(token, [key], algorithms=allowed, types=types)


def live_secret(application: AbstractApplication, server: Server) -> str:
    """Return the decrypted secret of the client; UnusableKey if none is valid."""
    secret = secret_of(application, server.secret_seal)
    # The stored digest decides whether that secret is still valid.
    if secret is None or not application.client_secret_matches(secret):
        raise UnusableKey("the client has no valid secret that is also a key")
    return secret


def _algorithm(token: str) -> str:
    name: str = unverified_header(token)["alg"]
    return name
