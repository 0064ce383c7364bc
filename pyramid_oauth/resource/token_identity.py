"""Identity of an access token: a small frozen value, never an ORM row.

RFC 7662 section 2.2: the members by which a resource server decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pyramid.authorization import Authenticated, Everyone


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
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    scopes: frozenset[str] = field(init=False, repr=False)
    confirmation: Mapping[str, Any] = field(init=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", frozenset(self.scope.split()))
        object.__setattr__(self, "confirmation", self.claims.get("cnf") or {})

    def has(self, *scopes: str) -> bool:
        """Whether the token has all of `scopes`."""
        return self.scopes.issuperset(scopes)


_RESERVED = ("client:", "scope:", "system.")


def token_principals(identity: TokenIdentity) -> list[str]:
    """Return the principals of an identity for ACLs.

    They are the user id, `client:<id>`, `scope:<name>` for each scope, and Pyramid's
    own. `Authenticated` is a user: a client that acts for itself does not have it. A
    user id that looks like another principal (`scope:admin`) is left out, so that a
    user cannot gain a scope by a chosen name.
    """
    principals = [Everyone, f"client:{identity.client_id}"]
    principals += [f"scope:{scope}" for scope in sorted(identity.scopes)]
    if identity.user_id is not None:
        principals.append(Authenticated)
        if not identity.user_id.startswith(_RESERVED):
            principals.append(identity.user_id)
    return principals
