"""Encryption of secrets at rest, under one or more key-encryption keys.

RFC 7516 with `dir` and A256GCM; the content key is derived per purpose (RFC 5869).
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OctKey

from pyramid_oauth.jose.errors import InvalidToken, KeysError
from pyramid_oauth.jose.jwe import decrypt, encrypt
from pyramid_oauth.jose.jws import unverified_header

MIN_KEK_BYTES = 32


class SealBroken(KeysError):
    """A stored secret is altered, or its key-encryption key is missing."""


class Seal:
    """Encrypts with the first key-encryption key, decrypts with any of them.

    Args:
        keks: Secrets of at least 32 bytes.
        purpose: Separates kinds of content, so that one cannot replace another.
    """

    def __init__(self, keks: Sequence[bytes], purpose: str) -> None:
        if not keks or any(len(kek) < MIN_KEK_BYTES for kek in keks):
            raise ValueError(
                f"a key-encryption key needs {MIN_KEK_BYTES} bytes or more"
            )
        self._keys = tuple(_derive_key(kek, purpose) for kek in keks)

    def __repr__(self) -> str:
        return f"<Seal under {len(self._keys)} keys>"

    def seal(self, content: bytes) -> str:
        """Encrypt `content` under the first key-encryption key."""
        return encrypt(content, self._keys[0], alg="dir", enc="A256GCM", cty=None)

    def open(self, sealed: str) -> bytes:
        """Return the content, or raise SealBroken if no key decrypts it."""
        try:
            return decrypt(sealed, self._keys, algorithms=["dir"], content=["A256GCM"])
        except InvalidToken as error:
            raise SealBroken("no key-encryption key opens this") from error

    def is_current(self, sealed: str) -> bool:
        """Whether `sealed` is encrypted under the first key-encryption key."""
        return unverified_header(sealed).get("kid") == self._keys[0].kid


def key_seal(keks: Sequence[bytes]) -> Seal:
    """Return the seal for private keys in the database."""
    return Seal(keks, "signing key")


def _derive_key(kek: bytes, purpose: str) -> OctKey:
    info = f"pyramid_oauth {purpose}".encode()
    key = OctKey.import_key(HKDF(SHA256(), 32, None, info).derive(kek))
    key.ensure_kid()
    return key


PURPOSE = "client secret"


def client_secret_seal(keks: tuple[bytes, ...]) -> Seal:
    """Return the seal for client secrets that are needed in the clear."""
    return Seal(keks, PURPOSE)
