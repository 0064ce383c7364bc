"""Digests: how a credential is recognised without being stored.

What the server makes itself is long and random, so one SHA-256 is enough; what a
person chose is hashed with argon2 (RFC 9106).
"""

from __future__ import annotations

import hmac
import secrets
from binascii import b2a_base64
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

DIGEST_LENGTH = 43

GENERATED = "sha256$"

_URL_SAFE = bytes.maketrans(b"+/", b"-_")

_argon2 = PasswordHasher()


def base64url(value: bytes) -> str:
    """Unpadded base64url text of `value` (RFC 4648 section 5)."""
    return b2a_base64(value, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def new_credential(size: int = 32) -> str:
    """A fresh credential of `size` random bytes, as base64url text."""
    return secrets.token_urlsafe(size)


def sha256_digest(credential: str) -> str:
    """The 43 characters under which `credential` is stored and looked up."""
    return base64url(sha256(credential.encode("utf-8", "surrogatepass")).digest())


def hmac_sha256(key: bytes, *parts: str) -> str:
    """HMAC-SHA-256 of `parts` under `key`, as 43 characters of base64url.

    The parts are length-prefixed, so that no two lists of parts collide.
    """
    raws = [part.encode("utf-8", "surrogatepass") for part in parts]
    message = b"".join([len(raw).to_bytes(4) + raw for raw in raws])
    return base64url(hmac.digest(key, message, "sha256"))


def constant_time_equal(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def hash_generated(secret: str) -> str:
    """The stored form of a secret which the server generated."""
    return GENERATED + sha256_digest(secret)


def hash_chosen(secret: str) -> str:
    """The stored form of a secret which a person chose (argon2id)."""
    return _argon2.hash(secret)


def is_stored_form(value: str) -> bool:
    """Whether `value` is what `hash_generated` or `hash_chosen` returned."""
    generated = value.startswith(GENERATED) and len(value) == len(GENERATED) + 43
    return generated or value.startswith("$argon2")


def matches(stored: str | None, secret: str) -> bool:
    """Whether `secret` is the one behind `stored`."""
    if not stored:
        return False
    if stored.startswith(GENERATED):
        return constant_time_equal(stored, hash_generated(secret))
    try:
        return _argon2.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return False
