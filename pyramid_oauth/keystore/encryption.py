"""Secrets at rest under a key-encryption key, of which several can be live at once.

RFC 7516 with `dir` and A256GCM; the sealing key is derived per purpose (RFC 5869).
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OctKey

from pyramid_oauth.jose.errors import InvalidToken, KeysError
from pyramid_oauth.jose.jwe import decrypt, encrypt
from pyramid_oauth.jose.jws import unverified_header

LEAST_BYTES = 32


class SealBroken(KeysError):
    """What is stored was sealed under a key-encryption key not at hand, or altered."""


class Seal:
    """Seals with the first key-encryption key, opens with any of them.

    `keks` are secrets of at least 32 bytes; `purpose` separates kinds of content, so
    that one kind cannot be passed off as another.
    """

    def __init__(self, keks: Sequence[bytes], purpose: str) -> None:
        if not keks or any(len(kek) < LEAST_BYTES for kek in keks):
            raise ValueError(f"a key-encryption key needs {LEAST_BYTES} bytes or more")
        self._keys = tuple(_derived(kek, purpose) for kek in keks)

    def __repr__(self) -> str:
        return f"<Seal under {len(self._keys)} keys>"

    def seal(self, content: bytes) -> str:
        """`content`, readable only with the first key-encryption key."""
        return encrypt(content, self._keys[0], alg="dir", enc="A256GCM", cty=None)

    def open(self, sealed: str) -> bytes:
        """The content; SealBroken if no key-encryption key opens it."""
        try:
            return decrypt(sealed, self._keys, algorithms=["dir"], content=["A256GCM"])
        except InvalidToken as error:
            raise SealBroken("no key-encryption key opens this") from error

    def is_current(self, sealed: str) -> bool:
        """It was sealed under the first key-encryption key."""
        return unverified_header(sealed).get("kid") == self._keys[0].kid


def key_seal(keks: Sequence[bytes]) -> Seal:
    """The seal of private keys in the database."""
    return Seal(keks, "signing key")


def _derived(kek: bytes, purpose: str) -> OctKey:
    info = f"pyramid_oauth {purpose}".encode()
    key = OctKey.import_key(HKDF(SHA256(), 32, None, info).derive(kek))
    key.ensure_kid()
    return key


PURPOSE = "client secret"


def client_secret_seal(keks: tuple[bytes, ...]) -> Seal:
    """The seal of client secrets that are needed in the clear (HMAC, `dir`)."""
    return Seal(keks, PURPOSE)
