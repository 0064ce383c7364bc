"""What goes wrong with keys and tokens: four classes, none of them a library's.

RFC 7515 section 5.2 and RFC 7516 section 5.2: every failed step rejects the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class KeysError(Exception):
    """The root of what this floor raises; the text is for operators, not clients."""


class InvalidToken(KeysError):
    """A token is malformed, not allowed, or its signature or encryption is wrong."""


class UnknownKey(InvalidToken):
    """No key offered fits the token's header: a fresh copy of the set may help."""


class UnusableKey(KeysError):
    """Key material is malformed, too weak, or unfit for the algorithm."""


class NoSuchKey(KeysError):
    """No key for this algorithm or identifier is at hand."""


@contextmanager
def rejected(problem: str, error: type[KeysError] = InvalidToken) -> Iterator[None]:
    """Turn whatever a library raises on foreign bytes inside the block into `error`.

    Parsers of several libraries meet here (JSON, base64, ASN.1, curve arithmetic):
    their exceptions are no contract, so every one of them means "rejected".
    """
    try:
        yield
    except KeysError:
        raise
    except Exception as cause:
        raise error(f"{problem}: {type(cause).__name__}") from cause
