"""Protections of a client that an administrator has set, which nobody else removes.

No specification. A protection is a member of the client metadata that only restricts
the client, such as `dpop_bound_access_tokens`. A member of ours names those that an
administrator has set: an owner and the client itself cannot change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from pyramid_oauth.models.client_metadata_fields import ClientMetadataSchema

ADMINISTRATOR_MEMBERS = "administrator_members"
"""Ours: the member with the names of the protections that an administrator has set."""

Members = Mapping[str, Any]


def held_members(members: Members | None) -> frozenset[str]:
    """Return the names of the protections that an administrator has set."""
    names = (members or {}).get(ADMINISTRATOR_MEMBERS)
    return frozenset(names) if _is_well_formed(names) else frozenset()


def _is_well_formed(names: object) -> TypeGuard[list[str]]:
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def hold_protections(
    schema: ClientMetadataSchema, present: Members, changed: Members
) -> dict[str, Any]:
    """Return the metadata that an administrator has changed, with what is held now.

    Args:
        schema: The members of the server.
        present: The metadata before the change; empty for a new application.
        changed: The metadata after it. A protection that was removed is held no more.
            Names of held ones that are malformed stay, for validation to refuse.
    """
    if not _is_well_formed(changed.get(ADMINISTRATOR_MEMBERS, [])):
        return dict(changed)
    held = set(held_members(changed))
    for name, field in schema.fields.items():
        if field.is_protection and changed.get(name) != present.get(name):
            held.add(name)
    held = {name for name in held if changed.get(name)}
    others = {key: changed[key] for key in changed if key != ADMINISTRATOR_MEMBERS}
    return others | ({ADMINISTRATOR_MEMBERS: sorted(held)} if held else {})
