"""Claims signed as a compact JWS, by a ring key, a client secret or an HSM.

RFC 7515 section 7.1, RFC 7519 section 7.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from pyramid_oauth.keys.algorithms import model
from pyramid_oauth.keys.jose_json import encoded, serialized
from pyramid_oauth.keys.jwk import Key, secret_key


class Signer(Protocol):
    """What signs: a key of the ring, or a host's own key in an HSM or KMS.

    `sign` returns the raw JWS signature (for ES256-512 r and s side by side, RFC 7518
    section 3.4, not DER).
    """

    @property
    def kid(self) -> str | None:
        """The identifier for the token's header; None leaves it out."""

    @property
    def alg(self) -> str:
        """The name of the signature algorithm."""

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`."""


class KeySigner:
    """A key of this process that signs with one algorithm."""

    def __init__(self, key: Key, alg: str, kid: str | None) -> None:
        self.kid, self.alg = kid, alg
        self._key, self._model = key, model(alg)
        self._model.check_key(key)

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`."""
        return self._model.sign(data, self._key)


def secret_signer(secret: str | bytes, alg: str) -> KeySigner:
    """HS256-512 with a client secret; UnusableKey where the secret is too short."""
    return KeySigner(secret_key(secret, alg), alg, None)


@lru_cache(maxsize=256)
def _header(alg: str, kid: str | None, typ: str | None) -> str:
    members = {"alg": alg, "kid": kid, "typ": typ}
    return encoded(serialized({k: v for k, v in members.items() if v is not None}))


def sign(claims: Mapping[str, Any], key: Signer, *, typ: str | None) -> str:
    """`claims` as a signed compact token; `typ` as RFC 8725 section 3.11 advises."""
    header = _header(key.alg, key.kid, typ)
    signing_input = f"{header}.{encoded(serialized(dict(claims)))}"
    return f"{signing_input}.{encoded(key.sign(signing_input.encode()))}"
