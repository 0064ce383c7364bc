"""ID Tokens that come back to us as hints, recognized as our own.

OpenID Connect Core section 3.1.2.1 (`id_token_hint`), RP-Initiated Logout section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid_oauth.clients.keys import secret_of
from pyramid_oauth.jose.algorithms import (
    ASYMMETRIC_SIGNING,
    CONTENT,
    KEY_MANAGEMENT,
    SIGNING,
)
from pyramid_oauth.jose.errors import InvalidToken, UnknownKey, UnusableKey
from pyramid_oauth.jose.jwe import decrypt
from pyramid_oauth.jose.jwk import Key, secret_key
from pyramid_oauth.jose.jws import (
    SignedClaims,
    is_encrypted,
    unverified_claims,
    unverified_header,
    verify,
)
from pyramid_oauth.keystore.cached_ring import SessionMaker
from pyramid_oauth.protocol.response_jwt import ring_of
from pyramid_oauth.server import Server

_TYPES = ("JWT", None)

_NEEDED = ("iss", "sub", "aud", "exp", "iat")

_ENCRYPTION = [name for name in KEY_MANAGEMENT if name != "dir"]


def verify_id_token_hint(
    server: Server, request: Any, token: str, *, retired: bool = False
) -> SignedClaims:
    """The claims of an ID Token that this server issued, expired or not.

    `retired=True` accepts keys that are no longer published. Other tokens of ours
    (signed UserInfo, logout tokens) are none. Whose token it is and for whom, the
    caller judges: see `audience`. Raises keys.errors.InvalidToken.
    """

    def session() -> Any:
        return server.session(request)

    if is_encrypted(token):
        token = _decrypted(server, session, token)
    alg = unverified_header(token)["alg"]
    if alg in SIGNING and SIGNING[alg].symmetric:
        claims = verify(
            token,
            [_secret_key(server, session, token, alg)],
            algorithms=[alg],
            types=_TYPES,
        )
    else:
        claims = _by_ring(server, session, token, retired)
    _check(server, claims)
    return claims


def audience(claims: SignedClaims) -> Sequence[str]:
    """The clients for which an ID Token was made."""
    named = claims["aud"]
    return named if isinstance(named, list) else [named]


def _by_ring(
    server: Server, session: SessionMaker, token: str, retired: bool
) -> SignedClaims:
    ring = ring_of(server)

    def verified() -> SignedClaims:
        keys = ring.current(session).verification_keys(retired=retired)
        return verify(token, keys, algorithms=ASYMMETRIC_SIGNING, types=_TYPES)

    try:
        return verified()
    except UnknownKey:
        # Another process may have made the key since; this looks again, now and then.
        ring.find(unverified_header(token).get("kid", ""), session)
        return verified()


def _secret_key(server: Server, session: SessionMaker, token: str, alg: str) -> Key:
    """The secret of the client which the token itself names as its audience.

    Only where its ID Tokens are signed so: with a secret that it has for its own
    assertions the client could make itself what it likes.
    """
    client_id = unverified_claims(token).get("aud")
    application = None
    if isinstance(client_id, str):
        application = server.repositories.applications.get(session(), client_id)
    if application and application.declared("id_token_signed_response_alg") != alg:
        application = None
    secret = application and secret_of(application, server.secret_seal)
    if not secret:
        raise UnknownKey("no secret verifies this")
    try:
        return secret_key(secret, alg)
    except UnusableKey as error:
        raise InvalidToken("the secret is too short for this algorithm") from error


def _decrypted(server: Server, session: SessionMaker, token: str) -> str:
    """A client that got its ID Token encrypted may encrypt it to us again."""
    keys = ring_of(server).current(session).decryption_keys()
    content = decrypt(token, keys, algorithms=_ENCRYPTION, content=list(CONTENT))
    if not content.isascii():
        raise InvalidToken("the content is no token")
    return content.decode()


def _check(server: Server, claims: SignedClaims) -> None:
    if any(name not in claims for name in _NEEDED):
        raise InvalidToken("not an ID Token")
    if claims["iss"] != server.issuer:
        raise InvalidToken("another issuer's token")
    named = audience(claims)
    if not named or not all(isinstance(name, str) for name in (claims["sub"], *named)):
        raise InvalidToken("sub or aud is not text")
