"""Keys of a client: its public keys, and its secret if it is also a key.

RFC 7591 section 2 (`jwks`, `jwks_uri`), OpenID Connect Core sections 10.1 and 10.2.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pyramid_oauth.clients.documents import fetch_json
from pyramid_oauth.clock import now
from pyramid_oauth.fetch import Fetcher
from pyramid_oauth.jose.jwk import Key, public_keys
from pyramid_oauth.keystore.encryption import Seal, SealBroken
from pyramid_oauth.models import AbstractApplication

log = logging.getLogger(__name__)


def public_keys_of(
    application: AbstractApplication,
    fetcher: Fetcher,
    *,
    fresh_after: datetime | None = None,
) -> tuple[Key, ...]:
    """Return the public keys that the client registered or publishes; none on failure.

    Keys from before the registration or last change of the client are not used: the
    URI may have belonged to another client.

    Args:
        application: The client.
        fetcher: Fetches the `jwks_uri`.
        fresh_after: Fetch again unless the cached set is newer; for a missing key.
    """
    uri = application.declared("jwks_uri")
    if uri is None:
        return public_keys(application.declared("jwks") or {})
    since = application.updated_at
    return published_keys(uri, application.client_id, fetcher, fresh_after, since)


def published_keys(
    uri: str,
    whose: str,
    fetcher: Fetcher,
    fresh_after: datetime | None = None,
    not_before: datetime | None = None,
) -> tuple[Key, ...]:
    """Return the public keys at `uri`; on failure log the reason and return none.

    Args:
        uri: The URL of a JWK set.
        whose: The owner of the keys, for the log.
        fetcher: Fetches it.
        fresh_after: Fetch again unless the cached set is newer.
        not_before: Never use a set that was fetched earlier.

    Raises:
        ServerBusy: Too many threads wait for others' servers.
    """
    return public_keys(
        fetch_json(
            fetcher,
            uri,
            f"the keys of {whose!r}",
            fresh_after=fresh_after,
            not_before=not_before,
        )
    )


def secret_of(application: AbstractApplication, seal: Seal | None) -> str | None:
    """Return the decrypted secret of the client, or None if none is stored."""
    sealed = application.sealed_client_secret
    if sealed is None or seal is None:
        return None
    try:
        return seal.open(sealed).decode()
    except SealBroken:
        log.error("the secret of %r cannot be decrypted", application.client_id)
        return None


def renew_secret(
    application: AbstractApplication, overlap: timedelta, lifetime: timedelta | None
) -> tuple[str, datetime]:
    """Set a new secret; return it, and until when the former one is accepted.

    That is never longer than without the rotation. What was the former secret until now
    is not valid any more.
    """
    moment, former_end = now(), application.client_secret_expires_at
    secret = application.rotate_client_secret(overlap)
    until = moment + overlap
    until = until if former_end is None else min(until, former_end)
    application.retiring_client_secret_expires_at = until
    application.client_secret_expires_at = moment + lifetime if lifetime else None
    return secret, until


def seal_secret(
    application: AbstractApplication, secret: str, seal: Seal | None
) -> None:
    """Store `secret` encrypted if it is also a key; otherwise do nothing."""
    needed = needs_secret_as_key(
        application.client_metadata or {}, application.token_endpoint_auth_method
    )
    if needed and seal is not None:
        application.sealed_client_secret = seal.seal(secret.encode())


def needs_secret_as_key(declared: Mapping[str, Any], method: str) -> bool:
    """Whether the metadata name an algorithm whose key is the client secret."""
    if method == "client_secret_jwt":
        return True
    return any(
        isinstance(value, str)
        and name.endswith(("_alg", "_signing_alg"))
        and (value.startswith("HS") or value == "dir")
        for name, value in declared.items()
    )
