"""The `claims` parameter (OpenID Connect Core sections 5.5 and 5.5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_object

TARGETS = ("id_token", "userinfo")

MAX_LENGTH = 16 * 1024

MAX_CLAIMS = 200

MAX_DEPTH = 8

Requested = dict[str, dict[str, Any]]


def requested_claims(text: str) -> Requested:
    """Parse the requested claims, by target (`id_token`, `userinfo`) and name.

    Each claim has None or an object with `essential`, `value`, `values`; unknown
    members are ignored (section 5.5.1). Raises InvalidRequestError.
    """
    if len(text) > MAX_LENGTH:
        raise _malformed("is too long")
    try:
        value = json_object(text.encode())
    except (InvalidToken, UnicodeEncodeError) as error:
        raise _malformed("is not a JSON object") from error
    if _depth(value) > MAX_DEPTH:
        raise _malformed("is nested too deeply")
    targets = {
        name: _target_claims(name, value[name]) for name in TARGETS if name in value
    }
    return {name: claims for name, claims in targets.items() if claims}


def accepted_values(requested: Requested, target: str, claim: str) -> list[Any] | None:
    """Return the accepted values of a claim, or None for all."""
    details = requested.get(target, {}).get(claim) or {}
    values: list[Any] = list(details.get("values", ()))
    if "value" in details:
        values.insert(0, details["value"])
    return values if {"value", "values"} & details.keys() else None


def is_essential(requested: Requested, target: str, claim: str) -> bool:
    """Whether the claim is requested as essential."""
    details = requested.get(target, {}).get(claim) or {}
    return details.get("essential", False) is True


def _target_claims(target: str, claims: object) -> dict[str, Any]:
    if not isinstance(claims, Mapping):
        raise _malformed(f"has a {target} that is not an object")
    if len(claims) > MAX_CLAIMS:
        raise _malformed("has too many claims")
    return {name: _claim_details(name, details) for name, details in claims.items()}


def _claim_details(name: str, details: object) -> dict[str, Any] | None:
    if details is None:
        return None
    if not isinstance(details, Mapping):
        raise _malformed(
            f"has a value of {_printable_name(name)} that is neither null nor an object"
        )
    if not isinstance(details.get("essential", False), bool):
        raise _malformed(
            f"has an essential of {_printable_name(name)} that is not a boolean"
        )
    if not isinstance(details.get("values", []), list):
        raise _malformed(f"has values of {_printable_name(name)} that are not an array")
    known = ("essential", "value", "values")
    return {member: details[member] for member in known if member in details}


def _depth(value: object) -> int:
    """Return the depth of nested objects and arrays, without recursion."""
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


def _printable_name(name: str) -> str:
    # RFC 6749 section 4.1.2.1 restricts the characters of a description.
    return name if name.isascii() and name.replace("_", "").isalnum() else "a claim"


def _malformed(problem: str) -> InvalidRequestError:
    return InvalidRequestError(description=f"The claims parameter {problem}.")


def matches_request(value: object, details: Mapping[str, Any] | None) -> bool:
    """Whether the value of a claim is a requested one (section 5.5.1).

    Without `value` and `values` every value matches.
    """
    details = details or {}
    accepted = list(details.get("values", ()))
    if "value" in details:
        accepted.append(details["value"])
    elif "values" not in details:
        return True
    # In Python True == 1; in JSON they differ.
    return any(
        value == one and isinstance(value, bool) == isinstance(one, bool)
        for one in accepted
    )
