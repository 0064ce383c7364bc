"""Verification of access tokens without a row (RFC 9068 section 4).

A client presents a token many times, so that a process remembers those that it has
verified: by the key, which is another object as soon as the ring is reloaded.
"""

from __future__ import annotations

from functools import lru_cache

from pyramid_oauth.extensions.jwt_access_tokens.claims import STATELESS, StatelessClaims
from pyramid_oauth.jose import jws
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.keystore.cached_ring import SessionMaker
from pyramid_oauth.keystore.key_ring import RingKey
from pyramid_oauth.protocol.response_jwt import ring_of
from pyramid_oauth.resource import InvalidToken
from pyramid_oauth.resource.schemes import LONGEST_TOKEN
from pyramid_oauth.server import Server

TYPE = "at+jwt"
"""The media type, without `application/` (section 2.1)."""

MOST_REMEMBERED = 1000
"""Tokens of at most `LONGEST_TOKEN` characters each."""


def key_id(credential: str) -> str | None:
    """Return the `kid` of a token that says that it has no row; None for others.

    Nothing of it is verified yet.
    """
    if len(credential) > LONGEST_TOKEN or credential.count(".") != 2:
        return None
    return _key_id(credential)


@lru_cache(maxsize=MOST_REMEMBERED)
def _key_id(credential: str) -> str | None:
    try:
        if jws.unverified_claims(credential).get(STATELESS) is not True:
            return None
        kid: str | None = jws.unverified_header(credential).get("kid")
        return kid
    except KeysError:
        return None


def verify(server: Server, session: SessionMaker, credential: str) -> StatelessClaims:
    """Return the claims of a token that this server signed; they may have expired.

    Only the key that the header names counts, with its own algorithm.

    Raises:
        InvalidToken: The token is not one of this server.
    """
    kid = key_id(credential)
    key = ring_of(server).find(kid, session) if kid else None
    if key is None or key.use != "sig":
        raise InvalidToken("no key has the kid of the token")
    return _claims(credential, key, server.issuer)


@lru_cache(maxsize=MOST_REMEMBERED)
def _claims(credential: str, key: RingKey, issuer: str) -> StatelessClaims:
    try:
        signed = jws.verify(
            credential, [key.public], algorithms=[key.alg], types=[TYPE]
        )
    except KeysError as error:
        raise InvalidToken(f"a token without a row: {error}") from error
    return StatelessClaims(signed, issuer)
