"""Identity of an access token: a small frozen value, never an ORM row.

RFC 7662 section 2.2: the members by which a resource server decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

LATEST = 253402214400
"""A day before the last second that `datetime` can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIdentity:
    """The verified content of an access token.

    Attributes:
        client_id: The client.
        user_id: The subject; None if the client acts for itself.
        scope: The granted scope as text, in its order.
        audience: The audience of the token; empty without one.
        token_type: The scheme of the token, such as `Bearer` or `DPoP`.
        expires_at: When the token expires (aware); None without expiry.
        grant_id: The grant of the token.
        issuer: Who issued the token, where a verifier knows it. With several issuers a
            user id is unique only together with it.
        claims: Further members, left out of `repr`, which may be logged.
        scopes: The set of scopes, derived from `scope`.
        confirmation: The claim `cnf` (RFC 7800): what the sender must prove.
    """

    client_id: str
    user_id: str | None = None
    scope: str = ""
    audience: tuple[str, ...] = ()
    token_type: str = "Bearer"
    expires_at: datetime | None = None
    grant_id: UUID | None = None
    issuer: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    scopes: frozenset[str] = field(init=False, repr=False)
    confirmation: Mapping[str, Any] = field(init=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", frozenset(self.scope.split()))
        object.__setattr__(self, "confirmation", self.claims.get("cnf") or {})

    def has(self, *scopes: str) -> bool:
        """Whether the token has all of `scopes`."""
        return self.scopes.issuperset(scopes)

    @property
    def acr(self) -> str | None:
        """The class of the login (RFC 9068 section 2.2.1); None if it is not known."""
        value = self.claims.get("acr")
        return value if isinstance(value, str) and value else None

    @property
    def auth_time(self) -> datetime | None:
        """The time of the login (aware); None if it is not known."""
        value = self.claims.get("auth_time")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return datetime.fromtimestamp(value, UTC) if 0 <= value <= LATEST else None

    @property
    def authorization_details(self) -> tuple[Mapping[str, Any], ...]:
        """What the token allows beside scopes: objects with a `type` (RFC 9396 9)."""
        details = self.claims.get("authorization_details")
        if not isinstance(details, list):
            return ()
        return tuple(each for each in details if isinstance(each, Mapping))

    def details_of(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """Return the authorization details whose `type` is `kind` (RFC 9396)."""
        details = self.authorization_details
        return tuple(each for each in details if each.get("type") == kind)
