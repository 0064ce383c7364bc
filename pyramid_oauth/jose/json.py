"""Strict base64url and JSON for headers and claims of tokens.

RFC 7515 section 4 (unique header names), RFC 7519 section 7.2, RFC 8725 section 3.
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64
from math import isfinite
from typing import Any, NoReturn

from pyramid_oauth.jose.errors import InvalidToken

MAX_BYTES = 131072

DEEPEST = 32
"""Levels of objects and arrays."""

LONGEST_INTEGER = 18
"""Characters of an integer, so that every database and JSON parser can hold it."""


_LAST_CHARACTERS = {1: frozenset("AEIMQUYcgkosw048"), 2: frozenset("AQgw")}
"""By the missing padding: last characters whose unused bits are zero (RFC 4648 3.5)."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def encode_base64url(data: bytes) -> str:
    """Return base64url text without padding."""
    return b2a_base64(data, newline=False).translate(_URL_SAFE, b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url text, or raise InvalidToken."""
    if "=" in text or "+" in text or "/" in text:
        raise InvalidToken("not base64url")
    padding = -len(text) % 4
    if padding and text[-1] not in _LAST_CHARACTERS.get(padding, ()):
        raise InvalidToken("not canonical base64url")
    standard = text.replace("-", "+").replace("_", "/") + "=" * padding
    try:
        return a2b_base64(standard, strict_mode=True)
    except ValueError as cause:
        raise InvalidToken(f"not base64url: {type(cause).__name__}") from cause


_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def serialize_json(value: object) -> bytes:
    """Return compact JSON."""
    return _ENCODER.encode(value).encode()


def encoded_json(value: object) -> str:
    """Return compact JSON as base64url text."""
    return encode_base64url(serialize_json(value))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidToken("a member is repeated")
    return members


def _no_constant(name: str) -> NoReturn:
    raise InvalidToken(f"{name} is not JSON")


def _integer(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise InvalidToken("a number is too large")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise InvalidToken("a number is too large")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_no_constant,
    parse_int=_integer,
    parse_float=_finite,
)


def json_value(data: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON value in `data`, or raise InvalidToken.

    Refused is what parsers interpret differently or databases cannot store: repeated
    members, NaN and infinite numbers (`1e999`), integers of over 18 digits, lone
    surrogates, and deep nesting (RFC 7493 section 2). U+0000 is left to whoever judges
    the member that has it.
    """
    try:
        text = data.decode()
        value = _DECODER.decode(text)
        if "\\u" in text or text.count("[") + text.count("{") > DEEPEST:
            _check(value, DEEPEST)
    except (ValueError, RecursionError) as cause:
        raise InvalidToken(f"not JSON: {type(cause).__name__}") from cause
    return value


def json_object(data: bytes) -> dict[str, Any]:
    """Return the JSON object in `data`, or raise InvalidToken; see `json_value`."""
    value = json_value(data)
    if not isinstance(value, dict):
        raise InvalidToken("not a JSON object")
    return value


def has_nul(value: object) -> bool:
    """Whether a text in a JSON value has U+0000, which PostgreSQL does not store."""
    return "\\u0000" in json.dumps(value)


def _check(value: object, levels: int) -> None:
    """Check texts, which escapes may have brought in, and the depth."""
    if isinstance(value, str):
        value.encode()  # fails on lone surrogates
    elif isinstance(value, (dict, list)):
        if not levels:
            raise InvalidToken("nested too deeply")
        for item in value:
            _check(item, levels - 1)
        for item in value.values() if isinstance(value, dict) else ():
            _check(item, levels - 1)
