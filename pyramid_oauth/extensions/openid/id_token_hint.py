"""Verification of an `id_token_hint`: an ID Token that this server issued.

OpenID Connect Core section 3.1.2.1 (`id_token_hint`), RP-Initiated Logout section 2.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

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
from pyramid_oauth.server import Server, ServerRequest

_TYPES = ("JWT", None)

_REQUIRED = ("iss", "sub", "aud", "exp", "iat")

_ENCRYPTION = [name for name in KEY_MANAGEMENT if name != "dir"]


def verify_id_token_hint(
    server: Server, request: ServerRequest, token: str, *, retired: bool = False
) -> SignedClaims:
    """Return the claims of an ID Token that this server issued, also an expired one.

    `retired=True` accepts keys that are no longer published. Other tokens of this
    server (signed UserInfo, logout tokens) are refused. The caller checks subject and
    `audience`. Raises InvalidToken.
    """

    def session() -> Session:
        return server.session(request)

    if is_encrypted(token):
        token = _decrypt(server, session, token)
    alg = unverified_header(token)["alg"]
    if alg in SIGNING and SIGNING[alg].symmetric:
        claims = verify(
            token,
            [_secret_key(server, session, token, alg)],
            algorithms=[alg],
            types=_TYPES,
        )
    else:
        claims = _verify_with_ring(server, session, token, retired)
    _check(server, claims)
    return claims


def audience(claims: SignedClaims) -> Sequence[str]:
    """Return the clients to which the ID Token was issued."""
    value = claims["aud"]
    return value if isinstance(value, list) else [value]


def _verify_with_ring(
    server: Server, session: SessionMaker, token: str, retired: bool
) -> SignedClaims:
    ring = ring_of(server)

    def verify_with_current_keys() -> SignedClaims:
        keys = ring.current(session).verification_keys(retired=retired)
        return verify(token, keys, algorithms=ASYMMETRIC_SIGNING, types=_TYPES)

    try:
        return verify_with_current_keys()
    except UnknownKey:
        # Another process may have created the key; `find` limits how often it looks.
        ring.find(unverified_header(token).get("kid", ""), session)
        return verify_with_current_keys()


def _secret_key(server: Server, session: SessionMaker, token: str, alg: str) -> Key:
    """Return the secret of the client that is the audience of the token.

    Only if its ID Tokens are signed so: a client with a secret for its assertions could
    forge a hint.
    """
    client_id = unverified_claims(token).get("aud")
    application = None
    if isinstance(client_id, str):
        application = server.repositories.applications.get(session(), client_id)
    if application and application.declared("id_token_signed_response_alg") != alg:
        application = None
    secret = application and secret_of(application, server.secret_seal)
    if not secret:
        raise UnknownKey("the client has no secret to verify this")
    try:
        return secret_key(secret, alg)
    except UnusableKey as error:
        raise InvalidToken("the secret is too short for this algorithm") from error


def _decrypt(server: Server, session: SessionMaker, token: str) -> str:
    """Decrypt a hint that the client encrypted to this server (Core 3.1.2.1)."""
    keys = ring_of(server).current(session).decryption_keys()
    content = decrypt(token, keys, algorithms=_ENCRYPTION, content=list(CONTENT))
    if not content.isascii():
        raise InvalidToken("the content is not a token")
    return content.decode()


def _check(server: Server, claims: SignedClaims) -> None:
    if any(name not in claims for name in _REQUIRED):
        raise InvalidToken("not an ID Token")
    if claims["iss"] != server.issuer:
        raise InvalidToken("the token of another issuer")
    clients = audience(claims)
    names = (claims["sub"], *clients)
    if not clients or not all(isinstance(name, str) for name in names):
        raise InvalidToken("sub or aud is not a string")
