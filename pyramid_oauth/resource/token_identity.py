"""Who a bearer token speaks for: a small frozen value, never an ORM row.

The fields are those of RFC 7662 section 2.2 that a resource server decides by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pyramid.authorization import Authenticated, Everyone


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIdentity:
    """What a verifier found behind an access token.

    `user_id` is None where no resource owner stands behind the token (a client acts
    for itself). `scope` is the text as granted, in its order; `scopes` is derived.
    `claims` holds whatever else the verifier knows; it is left out of `repr`, which
    may end up in a log. `confirmation` is its member `cnf` (RFC 7800): what the sender
    has to prove.
    """

    client_id: str
    user_id: str | None = None
    scope: str = ""
    audience: tuple[str, ...] = ()
    token_type: str = "Bearer"
    expires_at: datetime | None = None
    grant_id: Any = None
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    scopes: frozenset[str] = field(init=False, repr=False)
    confirmation: Mapping[str, Any] = field(init=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scopes", frozenset(self.scope.split()))
        object.__setattr__(self, "confirmation", self.claims.get("cnf") or {})

    def has(self, *scopes: str) -> bool:
        """Whether the token carries every one of `scopes`."""
        return self.scopes.issuperset(scopes)


_RESERVED = ("client:", "scope:", "system.")


def token_principals(identity: TokenIdentity) -> list[str]:
    """The user id, `client:<id>`, `scope:<name>` for each scope, and Pyramid's own.

    `Authenticated` is a user: a client that acts for itself does not have it. A user
    id that reads like another principal (`scope:admin`) is left out, so that nobody
    gains a scope by choosing a name.
    """
    found = [Everyone, f"client:{identity.client_id}"]
    found += [f"scope:{scope}" for scope in sorted(identity.scopes)]
    if identity.user_id is not None:
        found.append(Authenticated)
        if not identity.user_id.startswith(_RESERVED):
            found.append(identity.user_id)
    return found
