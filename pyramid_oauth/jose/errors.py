"""Errors of keys and tokens, independent of the libraries in use.

RFC 7515 section 5.2 and RFC 7516 section 5.2: every failed step rejects the token.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class KeysError(Exception):
    """Superclass of these errors; the text is for operators, not for clients."""


class InvalidToken(KeysError):
    """A token is malformed, not allowed, or its signature or encryption is invalid."""


class UnknownKey(InvalidToken):
    """No key matches the token's header; a refreshed key set may have it."""


class UnusableKey(KeysError):
    """A key is malformed, too weak, or unsuitable for the algorithm."""


class NoSuchKey(KeysError):
    """No key exists for this algorithm or identifier."""


@contextmanager
def rejected(problem: str, error: type[KeysError] = InvalidToken) -> Iterator[None]:
    """Convert any exception of a library inside the block into `error`.

    Several parsers process untrusted bytes (JSON, base64, ASN.1, curve arithmetic);
    their exceptions are not specified, so each of them rejects the input.
    """
    try:
        yield
    except KeysError:
        raise
    except Exception as cause:
        raise error(f"{problem}: {type(cause).__name__}") from cause
