"""Strict base64url and JSON for headers and claims of tokens.

RFC 7515 section 4 (unique header names), RFC 7519 section 7.2, RFC 8725 section 3.
"""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from typing import Any, NoReturn

from pyramid_oauth.jose.errors import InvalidToken, rejected

MAX_BYTES = 131072


def encoded(data: bytes) -> str:
    """Return base64url text without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of unpadded base64url text, or raise InvalidToken."""
    if "=" in text or "+" in text or "/" in text:
        raise InvalidToken("not base64url")
    with rejected("not base64url"):
        return b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)


def serialized(value: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidToken("a member is repeated")
    return members


def _no_constant(name: str) -> NoReturn:
    raise InvalidToken(f"{name} is not JSON")


def json_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object in `data`, or raise InvalidToken.

    Repeated members, NaN and lone surrogates are refused: parsers interpret them
    differently, and lone surrogates cannot be encoded as UTF-8.
    """
    with rejected("not a JSON object"):
        text = data.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if not isinstance(value, dict):
            raise InvalidToken("not a JSON object")
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
