"""Values of stored consents: as found, as listed, and as a decision changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConsent:
    """The stored consent of a user to a client, and the state of both.

    Attributes:
        id: the key of its row; None if there is none.
        scopes: what it allows; none if there is no row or it has expired.
        application_revision: the revision of the client; None if the client is unknown.
        details: what it allows beside scopes, by kind and name.
        stored_scope: the column `scope`, also of an expired consent.
        updated_at: when the row was last replaced.
        expires_at: when it expires; None for never.
        user_active: whether the user is active; None if the adapter must be asked.
    """

    id: Any
    scopes: frozenset[str]
    application_revision: int | None
    details: dict[str, Any] | None = None
    stored_scope: str | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    user_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConsent:
    """What a user allowed one client, for a list.

    Attributes:
        client_id: The client.
        scopes: What it is allowed.
        created_at: When the user first allowed it.
    """

    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime


NOT_FOUND = FoundConsent(id=None, scopes=frozenset(), application_revision=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange:
    """What a decision adds to a stored consent and removes from it.

    Attributes:
        scopes: the scopes that were allowed.
        refused: the scopes that are removed.
        details: each member replaces the stored one; None removes it.
        made_at: the time of the decision.
        expires_at: when the consent expires; None for never.
    """

    scopes: frozenset[str]
    made_at: datetime
    refused: frozenset[str] = frozenset()
    details: Mapping[str, Any] | None = None
    expires_at: datetime | None = None

    def applied_to(self, found: FoundConsent) -> dict[str, Any]:
        """Return the columns of the consent after the change."""
        details = {**(found.details or {}), **(self.details or {})}
        present = {name: data for name, data in details.items() if data is not None}
        return {
            "scope": " ".join(sorted(found.scopes - self.refused | self.scopes)),
            "details": present or None,
            "updated_at": self.made_at,
            "expires_at": self.expires_at,
        }
