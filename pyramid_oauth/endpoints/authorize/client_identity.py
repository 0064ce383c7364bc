"""Name and logo of a client that registered itself, as the resource owner saw them.

RFC 7591 section 5. Such a client may change both at any time, and so take those of
another one. Then the resource owner is asked again. A change of its redirect URIs
deletes its consents.
"""

from __future__ import annotations

import json
from typing import Any

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import REGISTRATION

MEMBER = "client_identity"
"""The member of a consent's details."""

_VARIANTS = ("client_name#", "logo_uri#")


def current_identity(client: AbstractApplication) -> dict[str, Any] | None:
    """Return what a consent keeps of a client; None unless it registered itself."""
    if client.source != REGISTRATION:
        return None
    metadata = client.client_metadata or {}
    variants = sorted(
        (name, value) for name, value in metadata.items() if name.startswith(_VARIANTS)
    )
    return {
        "name": client.name,
        "logo": metadata.get("logo_uri"),
        "variants": sha256_digest(json.dumps(variants)) if variants else None,
    }


def former_identity(authorization: Authorization) -> dict[str, Any] | None:
    """Return what the stored consent keeps of the client if that has changed."""
    client, remembered = authorization.oauth.client, authorization.remembered
    if client.source != REGISTRATION or remembered is None:
        return None
    stored: dict[str, Any] | None = (remembered.details or {}).get(MEMBER)
    return stored if stored is not None and stored != current_identity(client) else None
