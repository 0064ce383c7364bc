"""What a client signed, checked with its keys or under its secret.

RFC 7523 section 3 (assertions), OpenID Connect Core section 6.3.2 (request objects).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pyramid_oauth.clients.keys import keys_of, secret_of
from pyramid_oauth.clock import now
from pyramid_oauth.jose.errors import UnknownKey, UnusableKey
from pyramid_oauth.jose.jwk import Key, secret_key
from pyramid_oauth.jose.jws import SignedClaims, unverified_header, verify

Types = Collection[str | None] | None


def by_key(
    application: Any,
    token: str,
    server: Any,
    allowed: Sequence[str],
    types: Types = None,
) -> SignedClaims:
    """The claims under one of the client's public keys.

    A missing key is looked up once more: clients rotate by publishing new ones. Raises
    InvalidToken.
    """
    keys = keys_of(application, server.fetcher)
    try:
        return verify(token, keys, algorithms=allowed, types=types)
    except UnknownKey:
        if application.declared("jwks_uri") is None:
            raise
    keys = keys_of(application, server.fetcher, fresh_after=now())
    return verify(token, keys, algorithms=allowed, types=types)


def by_secret(
    application: Any,
    token: str,
    server: Any,
    allowed: Sequence[str],
    types: Types = None,
) -> SignedClaims:
    """The claims under the client's sealed secret, unless that has expired.

    Raises InvalidToken or UnusableKey.
    """
    key: Key = secret_key(live_secret(application, server), _algorithm(token))
    return verify(token, [key], algorithms=allowed, types=types)


def live_secret(application: Any, server: Any) -> str:
    """The client's secret in the clear; UnusableKey where none may be used."""
    secret = secret_of(application, server.secret_seal)
    # The stored digest has the say on whether that secret still counts.
    if secret is None or not application.client_secret_matches(secret):
        raise UnusableKey("the client has no live secret that serves as a key")
    return secret


def _algorithm(token: str) -> str:
    name: str = unverified_header(token)["alg"]
    return name
