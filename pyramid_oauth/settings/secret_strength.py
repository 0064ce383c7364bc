"""Detection of weak secrets: published ones, and those that are easy to guess."""

from __future__ import annotations

PUBLISHED_PREFIX = b"for-development-only"
"""Every secret in the project's repository begins with this."""

SHORTEST_RANDOM = 32
"""Bytes of a generated secret; a shorter one is a password that somebody chose."""

FEWEST_DIFFERENT_BYTES = 8
"""A random text of 32 characters, even of digits only, practically never has fewer."""


def find_weakness(secret: bytes) -> str | None:
    """Return why `secret` is weak, or None.

    It cannot tell whether a secret is random. It detects three common mistakes: a
    secret copied from an example, too few different characters, a short text repeated.
    Of passwords it detects only the first.
    """
    if secret.startswith(PUBLISHED_PREFIX):
        return "is one of those in the project's repository, which everybody knows"
    if len(secret) < SHORTEST_RANDOM:
        return None
    if len(set(secret)) < FEWEST_DIFFERENT_BYTES:
        return "has too few different characters; it can be guessed"
    if is_repetition(secret):
        return "is a short text repeated; it can be guessed"
    return None


def is_repetition(secret: bytes) -> bool:
    """Whether `secret` repeats a text of at most half its length."""
    return any(
        secret[period:] == secret[:-period] for period in range(1, len(secret) // 2 + 1)
    )
