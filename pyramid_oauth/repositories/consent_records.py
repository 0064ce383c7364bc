"""Values of stored consents: as found, as listed, and as a decision changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

IDENTITY = "client_identity"
"""The member of a consent's details with name and logo of the client."""

RESOURCE = "resource"
"""The member of a consent's details with the scopes allowed at each resource.

RFC 8707. A scope that is allowed at one resource is not thereby allowed at another.
"""

ANYWHERE = "*"
"""Stands for a resource where a request was allowed that named none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConsent:
    """The stored consent of a user to a client, and the state of both.

    Attributes:
        id: the key of its row; None if there is none.
        scopes: what it allows; none if there is no row or it has expired.
        application_revision: the revision of the client; None if the client is unknown.
        details: what it allows beside scopes, by kind and name.
        stored_scope: the column `scope`, also of an expired consent.
        created_at: when the user first allowed something; None if nothing counts.
        updated_at: when the row was last replaced.
        expires_at: when it expires; None for never.
        user_active: whether the user is active; None if the adapter must be asked.
    """

    id: Any
    scopes: frozenset[str]
    application_revision: int | None
    details: dict[str, Any] | None = None
    stored_scope: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    user_active: bool | None = None


class ConsentRow(NamedTuple):
    """A client and the consent of a user to it, as a statement reads them.

    The columns of a consent are NULL where there is none.
    """

    id: Any
    scope: str | None
    details: dict[str, Any] | None
    created_at: datetime | None
    updated_at: datetime | None
    expires_at: datetime | None
    application_revision: int | None
    user_active: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConsent:
    """What a user allowed one client, for a list.

    Attributes:
        client_id: The client.
        scopes: What it is allowed.
        created_at: When the user first allowed it.
        resources: The resources that this is limited to; none: it is not limited.
        items: What it is allowed beside scopes: the data of items, by kind and name.
    """

    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    resources: tuple[str, ...]
    items: Mapping[str, Mapping[str, Any]]


NOT_FOUND = FoundConsent(id=None, scopes=frozenset(), application_revision=None)


Withdrawn = Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]
"""Returns what is left of the data of stored items, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChange:
    """What a decision adds to a stored consent and removes from it.

    Attributes:
        scopes: the scopes that were allowed.
        refused: the scopes that are removed.
        details: each member replaces the stored one; None removes it.
        withdrawn: what the resource owner withdraws of the stored details.
        made_at: the time of the decision.
        expires_at: when the consent expires; None for never.
    """

    scopes: frozenset[str]
    made_at: datetime
    refused: frozenset[str] = frozenset()
    details: Mapping[str, Any] | None = None
    expires_at: datetime | None = None
    withdrawn: Withdrawn = field(default_factory=dict)

    def leaves_nothing_of(self, found: FoundConsent) -> bool:
        """Whether the change leaves no scope and nothing else that was allowed."""
        columns = self.applied_to(found)
        return not columns["scope"] and not (columns["details"] or {}).keys() - {
            IDENTITY,
            RESOURCE,
        }

    def applied_to(self, found: FoundConsent) -> dict[str, Any]:
        """Return the columns of the consent after the change."""
        details = {**(found.details or {}), **(self.details or {})}
        details[RESOURCE] = _remove_scopes(details.get(RESOURCE) or {}, self.refused)
        for kind, narrow in self.withdrawn.items():
            details[kind] = dict(narrow(details.get(kind) or {})) or None
        present = {name: data for name, data in details.items() if data is not None}
        return {
            "scope": " ".join(sorted(found.scopes - self.refused | self.scopes)),
            "resource": " ".join(resources_of(present)),
            "details": present or None,
            "updated_at": self.made_at,
            "expires_at": self.expires_at,
        }


def resources_of(details: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the resources that a consent is limited to; none if it is not limited."""
    allowed: Mapping[str, Any] = details.get(RESOURCE) or {}
    return () if ANYWHERE in allowed else tuple(sorted(allowed))


def items_by_kind(details: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the data of consent items by kind and name, without resources."""
    return {
        kind: data_by_name
        for kind, data_by_name in details.items()
        if kind not in (IDENTITY, RESOURCE)
    }


def _remove_scopes(
    allowed: Mapping[str, list[str]], refused: frozenset[str]
) -> dict[str, list[str]] | None:
    """Return the scopes by resource without `refused`; None if nothing is left."""
    left = {
        resource: [name for name in scopes if name not in refused]
        for resource, scopes in allowed.items()
    }
    # A resource without scopes was allowed as such.
    return {
        resource: scopes
        for resource, scopes in left.items()
        if scopes or not allowed[resource]
    } or None
