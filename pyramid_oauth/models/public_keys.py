"""Shape of the public keys in client metadata (RFC 7517 section 5)."""

from __future__ import annotations

import re
from typing import Any

from pyramid_oauth.i18n import Problem
from pyramid_oauth.models.redirect_uris import Rules

MOST_KEYS = 64

MOST_NUMBER = 10**18

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def key_set(value: object, rules: Rules) -> str | None:
    """Shape of a JWK set of public keys (RFC 7517 section 5)."""
    members: dict[str, Any] = value if isinstance(value, dict) else {}
    keys = members.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        return Problem("is not a JWK set of 1 to ${count} keys", count=MOST_KEYS)
    for key in keys:
        if not isinstance(key, dict) or not isinstance(key.get("kty"), str):
            return Problem("has an entry that is not a JWK")
        if _PRIVATE & key.keys():
            return Problem("has a private or symmetric key; register public keys only")
    if not all(map(_is_plain, (*keys, {**members, "keys": []}))):
        return Problem("has a member that is neither text, a number nor a list of them")
    return None


def _is_plain(members: dict[str, Any]) -> bool:
    """Whether no member is nested (except lists such as `x5c`) or has control codes.

    Members need not be text: browsers export `ext`, some sets have `iat` and `exp`.
    """
    items = [*members]
    for value in members.values():
        items += value if isinstance(value, list) else [value]
    return all(
        not _CONTROL.search(item)
        if isinstance(item, str)
        else item is None or _is_small(item)
        for item in items
    )


def _is_small(item: object) -> bool:
    """Whether every JSON parser and database can store the number."""
    return isinstance(item, (bool, int, float)) and abs(item) < MOST_NUMBER
