"""Validation of the claims of a client assertion (RFC 7523 section 3).

The order of the checks is that of the section. `methods` verifies the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from pyramid_oauth.clients.methods import DisclosedReason

MAX_JTI_LENGTH = 255

MAX_TIMESTAMP = 2**53  # beyond it, JSON parsers differ in the number they read


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """The required issuer and audience of an assertion, and its longest lifetime.

    Attributes:
        client_id: The required `iss` and `sub`.
        audience: The accepted values of `aud`.
        lifetime: The longest lifetime in seconds.
        leeway: Seconds by which the client's clock may differ.
        now: The time of the request, in seconds since the epoch.
        sole: Whether `aud` must have no other value.
        text: Whether `aud` must be a string, not an array.
    """

    client_id: str
    audience: frozenset[str]
    lifetime: int
    leeway: int
    now: int
    sole: bool = False
    text: bool = False


def claims_error(
    claims: Mapping[str, Any], expected: Expectations
) -> DisclosedReason | None:
    """Return why the assertion is invalid, or None if it is valid.

    The response may have the reason: whoever sends it has the key of the client.
    """
    for check in CHECKS:
        error = check(claims, expected)
        if error is not None:
            return DisclosedReason(f"the client assertion {error}")
    return None


def expires_at(claims: Mapping[str, Any]) -> datetime:
    """Return the `exp` of valid claims, rounded up to the second.

    The `jti` must be known for as long as `_check_expiry` accepts the assertion, which
    compares with whole seconds.
    """
    return datetime.fromtimestamp(ceil(claims["exp"]), UTC)


def _check_issuer(claims: Mapping[str, Any], expected: Expectations) -> str | None:
    if claims.get("iss") == claims.get("sub") == expected.client_id:
        return None
    return "has an iss and sub that are not both the client_id"


def _check_audience(claims: Mapping[str, Any], expected: Expectations) -> str | None:
    audience = claims.get("aud")
    if expected.text and not isinstance(audience, str):
        return "has an aud that is not a string (FAPI 2.0 section 5.3.2.1)"
    values = audience if isinstance(audience, list) else [audience]
    matches = [isinstance(item, str) and item in expected.audience for item in values]
    if any(matches) and not (expected.sole and len(matches) > 1):
        return None
    return f"is for {audience!r:.200}, not for {' or '.join(sorted(expected.audience))}"


def _check_expiry(claims: Mapping[str, Any], expected: Expectations) -> str | None:
    value, now = claims.get("exp"), expected.now
    if value is None or not _is_timestamp(value):
        return "has no exp"
    if value + expected.leeway <= now:
        return "has expired"
    if value > now + expected.lifetime + expected.leeway:
        return f"lives longer than {expected.lifetime} seconds"
    return None


def _check_not_before(claims: Mapping[str, Any], expected: Expectations) -> str | None:
    for name in ("nbf", "iat"):
        value = claims.get(name)
        if value is None:
            continue
        if not _is_timestamp(value):
            return f"has an {name} that is not a number"
        if value > expected.now + expected.leeway:
            return f"has an {name} in the future"
    return None


def _check_jti(claims: Mapping[str, Any], expected: Expectations) -> str | None:
    jti = claims.get("jti")
    if isinstance(jti, str) and 0 < len(jti) <= MAX_JTI_LENGTH:
        return None
    return f"has no jti of at most {MAX_JTI_LENGTH} characters"


def _is_timestamp(value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return -MAX_TIMESTAMP < value < MAX_TIMESTAMP


CHECKS: tuple[Callable[[Mapping[str, Any], Expectations], str | None], ...] = (
    _check_issuer,
    _check_audience,
    _check_expiry,
    _check_not_before,
    _check_jti,
)
