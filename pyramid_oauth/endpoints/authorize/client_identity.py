"""Identity of a self-registered client, as the resource owner saw it: name and logo.

RFC 7591 section 5. Such a client may change both at any time, and so imitate another
one. Then the resource owner is asked again, and also before the browser is sent to a
host that it was not sent to before. A change of its redirect URIs deletes its
consents.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.hashing import sha256_digest
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import ADMINISTRATOR
from pyramid_oauth.repositories.consent_records import IDENTITY

HOSTS = "hosts"
"""The member with the hosts of redirect URIs, the last one first."""

MAX_HOSTS = 20

_VARIANTS = ("client_name#", "logo_uri#")


def current_identity(client: AbstractApplication) -> dict[str, Any] | None:
    """Return what a consent keeps of a client; None unless it registered itself."""
    if client.source == ADMINISTRATOR:
        return None
    metadata = client.client_metadata or {}
    variants = sorted(
        (name, value) for name, value in metadata.items() if name.startswith(_VARIANTS)
    )
    return {
        "name": client.name,
        "logo": client.declared("logo_uri"),
        "variants": sha256_digest(json.dumps(variants)) if variants else None,
    }


def identity_after(authorization: Authorization) -> dict[str, Any] | None:
    """Return what the consent keeps of the client after a decision.

    Beside the present name and logo these are the hosts that the browser was sent to.
    """
    current = current_identity(authorization.oauth.client)
    if current is None:
        return None
    remembered = authorization.remembered
    stored = ((remembered.details if remembered else None) or {}).get(IDENTITY) or {}
    host = redirect_host(authorization.oauth.redirect_uri)
    hosts = dict.fromkeys([host, *stored.get(HOSTS, ())])
    return {**current, HOSTS: list(hosts)[:MAX_HOSTS]}


def former_identity(authorization: Authorization) -> dict[str, Any] | None:
    """Return what the stored consent keeps of the client if that has changed.

    Of a consent that was stored without hosts only the rest is compared.
    """
    client, remembered = authorization.oauth.client, authorization.remembered
    if client.source == ADMINISTRATOR or remembered is None:
        return None
    stored: dict[str, Any] | None = (remembered.details or {}).get(IDENTITY)
    if stored is None:
        return None
    host = redirect_host(authorization.oauth.redirect_uri)
    is_same_host = host in stored.get(HOSTS, (host,))
    rest = {name: value for name, value in stored.items() if name != HOSTS}
    return None if is_same_host and rest == current_identity(client) else stored


def redirect_host(redirect_uri: str | None) -> str:
    """Return the host, or else the scheme, of a redirect URI."""
    parts = urlsplit(redirect_uri or "")
    return parts.hostname or parts.scheme
