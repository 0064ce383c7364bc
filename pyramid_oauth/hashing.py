"""Hashes of credentials, and comparison in constant time.

RFC 6749 section 10.10, RFC 9106 (argon2). Generated credentials are long and random, so
one SHA-256 is enough; a secret that a person chose is hashed with argon2id.
"""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from os import urandom
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pyramid_oauth.errors import ServerBusy

DIGEST_LENGTH = 43

GENERATED = "sha256$"

CHOSEN = "$argon2"

_URL_SAFE = bytes.maketrans(b"+/", b"-_")

LONGEST_WAIT = 3.0
"""Seconds for which a request waits until it may compute an argon2 hash."""

_argon2 = PasswordHasher()

_slots = BoundedSemaphore(2)


def limit_concurrency(hashes: int) -> None:
    """Let this process compute so many argon2 hashes at the same time.

    Each takes 64 MiB and a fifth of a second of several cores.
    """
    global _slots
    _slots = BoundedSemaphore(hashes)


@contextmanager
def _slot() -> Iterator[None]:
    slots = _slots
    if not slots.acquire(timeout=LONGEST_WAIT):
        raise ServerBusy
    try:
        yield
    finally:
        slots.release()


def base64url(value: bytes) -> str:
    """Return `value` as unpadded base64url text (RFC 4648 section 5)."""
    return b2a_base64(value, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def new_credential(size: int = 32) -> str:
    """Return a new credential of `size` random bytes, as base64url text."""
    # Like `secrets.token_urlsafe`, which costs twice as much.
    return base64url(urandom(size))


def new_hashed_credential() -> tuple[str, str]:
    """Return a new credential and its stored form (see `sha256_digest`)."""
    credential = base64url(urandom(32))
    return credential, sha256_digest(credential)


def sha256_digest(credential: str) -> str:
    """Return the stored form of `credential`, 43 characters of base64url."""
    return base64url(sha256(credential.encode("utf-8", "surrogatepass")).digest())


def hmac_sha256(key: bytes, *parts: str) -> str:
    """Return the HMAC-SHA-256 of `parts` under `key`, 43 characters of base64url.

    The parts are length-prefixed, so that no two lists of parts collide.
    """
    message = b""
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        message += len(raw).to_bytes(4) + raw
    # One call into OpenSSL; half of what a copy of a kept state costs.
    return base64url(hmac.digest(key, message, "sha256"))


def constant_time_equal(one: str, other: str) -> bool:
    """Whether two texts are equal, compared in constant time."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def has_digest(credential: str, digest: str) -> bool:
    """Whether `credential` has this `sha256_digest`, compared in constant time."""
    return constant_time_equal(sha256_digest(credential), digest)


def is_hmac_sha256(value: str, key: bytes, *parts: str) -> bool:
    """Whether `value` is this `hmac_sha256`, compared in constant time."""
    return constant_time_equal(value, hmac_sha256(key, *parts))


def hash_generated(secret: str) -> str:
    """Return the stored form of a secret that the server generated."""
    return GENERATED + sha256_digest(secret)


def hash_chosen(secret: str) -> str:
    """Return the stored form of a secret that a person chose (argon2id).

    Raises:
        ServerBusy: Too many hashes are being computed.
    """
    with _slot():
        return _argon2.hash(secret)


def is_stored_form(value: str) -> bool:
    """Whether `value` has the form of a hash from this module."""
    generated = value.startswith(GENERATED) and len(value) == len(GENERATED) + 43
    return generated or value.startswith(CHOSEN)


def matches(stored: str | None, secret: str) -> bool:
    """Whether `secret` has the hash `stored`.

    Raises:
        ServerBusy: Too many argon2 hashes are being computed.
    """
    if not stored:
        return False
    if stored.startswith(GENERATED):
        return constant_time_equal(stored, hash_generated(secret))
    try:
        with _slot():
            return _argon2.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return False


def match_nothing(secret: str) -> None:
    """Take as long as the comparison of `secret` with one that a person chose.

    So that the time does not tell an unknown client or user from a known one.

    Raises:
        ServerBusy: Too many argon2 hashes are being computed.
    """
    matches(_unmatchable_hash(), secret)


@cache
def _unmatchable_hash() -> str:
    return hash_chosen(new_credential())
