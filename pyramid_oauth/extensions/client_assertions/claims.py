"""What the claims of a client assertion must say (RFC 7523 section 3).

The signature is checked elsewhere; the order here is that of the section.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyramid_oauth.clock import timestamp

LONGEST_JTI = 255

MOST = 2**53  # beyond it, JSON numbers are not the same to every reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who must have made the assertion, for whom, and for how many seconds at most.

    With `sole` no other audience may be named. `leeway` is by how many seconds the
    client's clock may be wrong.
    """

    client_id: str
    audience: frozenset[str]
    lifetime: int
    leeway: int
    sole: bool = False


def problem(claims: Mapping[str, Any], terms: Terms) -> str | None:
    """Why the assertion does not count, in words for the log; None where it does."""
    for check in CHECKS:
        found = check(claims, terms)
        if found is not None:
            return f"the client assertion {found}"
    return None


def lives_until(claims: Mapping[str, Any]) -> datetime:
    """The `exp` of claims without a problem."""
    return datetime.fromtimestamp(claims["exp"], UTC)


def _parties(claims: Mapping[str, Any], terms: Terms) -> str | None:
    if claims.get("iss") == claims.get("sub") == terms.client_id:
        return None
    return "has an iss and sub that are not both the client_id"


def _audience(claims: Mapping[str, Any], terms: Terms) -> str | None:
    found = claims.get("aud")
    named = found if isinstance(found, list) else [found]
    ours = [isinstance(item, str) and item in terms.audience for item in named]
    if any(ours) and not (terms.sole and len(ours) > 1):
        return None
    return f"is for {found!r:.200}, not for {' or '.join(sorted(terms.audience))}"


def _expiry(claims: Mapping[str, Any], terms: Terms) -> str | None:
    moment, now = claims.get("exp"), timestamp()
    if moment is None or not _is_moment(moment):
        return "has no exp"
    if moment + terms.leeway <= now:
        return "has expired"
    if moment > now + terms.lifetime + terms.leeway:
        return f"lives longer than {terms.lifetime} seconds"
    return None


def _beginning(claims: Mapping[str, Any], terms: Terms) -> str | None:
    for name in ("nbf", "iat"):
        moment = claims.get(name)
        if moment is None:
            continue
        if not _is_moment(moment):
            return f"has an {name} that is no number"
        if moment > timestamp() + terms.leeway:
            return f"has an {name} in the future"
    return None


def _identifier(claims: Mapping[str, Any], terms: Terms) -> str | None:
    jti = claims.get("jti")
    if isinstance(jti, str) and 0 < len(jti) <= LONGEST_JTI:
        return None
    return f"has no jti of at most {LONGEST_JTI} characters"


def _is_moment(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and -MOST < value < MOST


CHECKS: tuple[Callable[[Mapping[str, Any], Terms], str | None], ...] = (
    _parties,
    _audience,
    _expiry,
    _beginning,
    _identifier,
)
