"""Claims of a token, as JWT or introspection response, and the identity that they make.

RFC 9068 section 2.2, RFC 7662 section 2.2. Their types are checked, so that no issuer
can cause an error of the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from pyramid_oauth import clock
from pyramid_oauth.resource.token_identity import LATEST, TokenIdentity
from pyramid_oauth.resource.verify.errors import InvalidToken

Claims = Mapping[str, Any]

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Subject = Callable[[Claims], str | None]
"""Returns the user of a token; None for a client that acts for itself."""


def user_of(claims: Claims) -> str | None:
    """Return the user of a token; None for a client that acts for itself.

    RFC 9068 section 2.2: the `sub` of such a token is its client. It must not be taken
    for a person (section 5).
    """
    subject = claims.get("sub")
    if subject is None or subject == client_of(claims):
        return None
    return text(subject, "sub")


def client_of(claims: Claims) -> str:
    """Return the client, which servers before RFC 9068 name in `azp`."""
    return text(claims.get("client_id", claims.get("azp")), "client_id")


def text(value: object, name: str) -> str:
    """Return a claim that is text, not empty and without control characters.

    RFC 6749 appendix A.1. A database of the API may not be able to store U+0000.
    """
    if not isinstance(value, str) or not value:
        raise InvalidToken(f"the token has no {name}, or one that is not text")
    if _CONTROL.search(value):
        raise InvalidToken(f"{name} has a control character")
    return value


def texts(value: object, name: str) -> tuple[str, ...]:
    """Return a claim that is one text or a list of them; () if it is missing."""
    if value is None:
        return ()
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise InvalidToken(f"{name} is neither text nor a list of texts")
    return tuple(values)


def moment(claims: Claims, name: str) -> datetime | None:
    """Return a time (NumericDate, RFC 7519 section 2); None if it is missing."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"{name} is not a number")
    if not 0 <= value <= LATEST:
        raise InvalidToken(f"{name} is out of range")
    return datetime.fromtimestamp(value, UTC)


def check_times(claims: Claims, leeway: timedelta) -> datetime | None:
    """Check `exp`, `nbf` and `iat`; return the expiry, with the leeway.

    Raises:
        InvalidToken: The token has expired or is not valid yet.
    """
    now = clock.now()
    for name in ("nbf", "iat"):
        begins = moment(claims, name)
        if begins is not None and begins > now + leeway:
            raise InvalidToken(f"{name} is in the future")
    expires = moment(claims, "exp")
    if expires is None:
        return None
    if expires + leeway <= now:
        raise InvalidToken("the token has expired")
    return expires + leeway


def check_audience(claims: Claims, accepted: frozenset[str]) -> tuple[str, ...]:
    """Return the audience; raise InvalidToken unless one of `accepted` is in it."""
    audience = texts(claims.get("aud"), "aud")
    if accepted and accepted.isdisjoint(audience):
        raise InvalidToken(f"the token is for another audience: {audience!r:.200}")
    return audience


def identity(
    claims: Claims,
    *,
    issuer: str | None,
    subject: Subject,
    audience: tuple[str, ...],
    expires_at: datetime | None,
    token_type: str,
) -> TokenIdentity:
    """Return the identity of verified claims; raise InvalidToken for malformed ones."""
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken("scope is not text")
    if not isinstance(claims.get("cnf", {}), Mapping):
        raise InvalidToken("cnf is not an object")
    _check_details(claims.get("authorization_details"))
    return TokenIdentity(
        client_id=client_of(claims),
        user_id=subject(claims),
        scope=scope,
        audience=audience,
        token_type=token_type,
        expires_at=expires_at,
        issuer=issuer,
        claims=MappingProxyType(dict(claims)),
    )


def _check_details(value: object) -> None:
    """Refuse authorization details that are no objects with a type (RFC 9396 2)."""
    details = [] if value is None else value
    if not isinstance(details, list) or not all(map(_is_detail, details)):
        raise InvalidToken("authorization_details is no list of objects with a type")


def _is_detail(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("type"), str)
