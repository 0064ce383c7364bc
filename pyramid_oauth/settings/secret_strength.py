"""Secrets that are no secrets: those that everybody knows, and those easy to guess."""

from __future__ import annotations

KNOWN_TO_ALL = b"for-development-only"
"""Every secret that stands in the project's repository begins with this."""

SHORTEST_RANDOM = 32
"""Bytes of a secret that is made, not chosen."""

FEWEST_DIFFERENT_BYTES = 8
"""A random text of 32 characters, be it of digits alone, practically never has less."""


def find_weakness(secret: bytes) -> str | None:
    """Say why `secret` protects nothing; None where nothing speaks against it.

    It cannot tell whether a secret is random. It finds the three mistakes that are
    made: a secret copied from an example, a key held down, a short text repeated.
    A shorter secret is a password that somebody chose; only the first is asked of it.
    """
    if secret.startswith(KNOWN_TO_ALL):
        return "is one of those in the project's repository, which everybody knows"
    if len(secret) < SHORTEST_RANDOM:
        return None
    if len(set(secret)) < FEWEST_DIFFERENT_BYTES:
        return "has too few different characters; it can be guessed"
    if is_repetition(secret):
        return "is a short text repeated; it can be guessed"
    return None


def is_repetition(secret: bytes) -> bool:
    """Whether `secret` begins anew within its first half, and goes on so to the end."""
    return any(
        secret[period:] == secret[:-period] for period in range(1, len(secret) // 2 + 1)
    )
