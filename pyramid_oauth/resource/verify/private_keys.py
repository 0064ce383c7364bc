"""Private keys of the API: it signs assertions and decrypts answers with them.

RFC 7468 (PEM), RFC 7517 (JWK).
"""

from __future__ import annotations

from collections.abc import Iterable

from pyramid_oauth.jose.algorithms import KEY_MANAGEMENT
from pyramid_oauth.jose.errors import KeysError, UnusableKey
from pyramid_oauth.jose.jwk import Key, check_fit, from_jwk, from_pem, parsed

DECRYPTION = tuple(n for n, a in KEY_MANAGEMENT.items() if not a.symmetric)
"""The key management algorithms of keys whose public half the issuer has."""


def read_private_key(text: str) -> Key:
    """Return the private key in a PEM or a JWK.

    Raises:
        ValueError: It is no private key.
    """
    is_jwk = text.lstrip().startswith("{")
    try:
        key = from_jwk(parsed(text)) if is_jwk else from_pem(text.encode())
    except KeysError as error:
        raise ValueError(f"the key of the client: {error}") from error
    if not key.is_private:
        raise ValueError("the key of the client is not a private key")
    return key


def read_decryption_keys(texts: Iterable[str]) -> tuple[Key, ...]:
    """Return the private keys that decrypt; see `read_private_key`.

    Raises:
        ValueError: One is no private key, or fits no algorithm of `DECRYPTION`.
    """
    keys = tuple(map(read_private_key, texts))
    for key in keys:
        if not any(_fits(key, name) for name in DECRYPTION):
            raise ValueError("a decryption key fits none of " + ", ".join(DECRYPTION))
    return keys


def _fits(key: Key, name: str) -> bool:
    try:
        check_fit(key, KEY_MANAGEMENT[name])
    except UnusableKey:
        return False
    return True
