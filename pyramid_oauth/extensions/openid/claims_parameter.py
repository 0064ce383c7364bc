"""The `claims` parameter, read strictly and within bounds.

OpenID Connect Core sections 5.5 and 5.5.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_object

TARGETS = ("id_token", "userinfo")

LONGEST = 16 * 1024

MOST_CLAIMS = 200

DEEPEST = 8

Requested = dict[str, dict[str, Any]]


def requested_claims(text: str) -> Requested:
    """What was asked for, by target (`id_token`, `userinfo`) and name of the claim.

    Each claim has None or an object with `essential`, `value`, `values`; whatever else
    is said there is left out, as section 5.5.1 wants it. Raises InvalidRequestError.
    """
    if len(text) > LONGEST:
        raise _malformed("is too long")
    try:
        given = json_object(text.encode())
    except (InvalidToken, UnicodeEncodeError) as error:
        raise _malformed("is not a JSON object") from error
    if _depth(given) > DEEPEST:
        raise _malformed("is nested too deeply")
    found = {name: _of_target(name, given[name]) for name in TARGETS if name in given}
    return {name: claims for name, claims in found.items() if claims}


def accepted(requested: Requested, target: str, claim: str) -> list[Any] | None:
    """The values which a claim may have, or None where any will do."""
    asked = requested.get(target, {}).get(claim) or {}
    values: list[Any] = list(asked.get("values", ()))
    if "value" in asked:
        values.insert(0, asked["value"])
    return values if {"value", "values"} & asked.keys() else None


def is_essential(requested: Requested, target: str, claim: str) -> bool:
    """Whether the claim was called essential."""
    asked = requested.get(target, {}).get(claim) or {}
    return asked.get("essential", False) is True


def _of_target(target: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise _malformed(f"has a {target} that is no object")
    if len(given) > MOST_CLAIMS:
        raise _malformed("asks for too much")
    return {name: _individual(name, asked) for name, asked in given.items()}


def _individual(name: str, asked: Any) -> dict[str, Any] | None:
    if asked is None:
        return None
    if not isinstance(asked, Mapping):
        raise _malformed(f"asks for {_shown(name)} by what is neither null nor object")
    if not isinstance(asked.get("essential", False), bool):
        raise _malformed(f"has an essential of {_shown(name)} that is no truth value")
    if not isinstance(asked.get("values", []), list):
        raise _malformed(f"has values of {_shown(name)} that are no array")
    known = ("essential", "value", "values")
    return {member: asked[member] for member in known if member in asked}


def _depth(value: Any) -> int:
    """How deeply objects and arrays lie in each other; the parser bounds recursion."""
    level, depth = [value], 0
    while level:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return depth


def _shown(name: str) -> str:
    # RFC 6749 section 4.1.2.1: a description has no other characters.
    return name if name.isascii() and name.replace("_", "").isalnum() else "a claim"


def _malformed(problem: str) -> InvalidRequestError:
    return InvalidRequestError(description=f"The claims parameter {problem}.")
