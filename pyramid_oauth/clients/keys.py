"""A client's own keys, and its secret where that serves as a key.

RFC 7591 section 2 (`jwks`, `jwks_uri`), OpenID Connect Core sections 10.1 and 10.2.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pyramid_oauth.fetch import Fetcher, FetchError
from pyramid_oauth.jose.jwk import Key, public_keys
from pyramid_oauth.keystore.encryption import Seal, SealBroken

log = logging.getLogger(__name__)


def keys_of(
    application: Any, fetcher: Fetcher, *, fresh_after: datetime | None = None
) -> tuple[Key, ...]:
    """The public keys which the client registered or publishes; none on failure.

    `fresh_after` asks for a set fetched later than that, for a key that is missing
    (a client rotates its keys by publishing new ones). What another client of the same
    URI had there before this one registered is of no use.
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
    """The public keys at `uri`; none, and a line in the log, on failure."""
    try:
        document = fetcher.get(uri, fresh_after=fresh_after, not_before=not_before)
        return public_keys(json.loads(document.body))
    except FetchError as error:
        log.warning("the keys of %r: %s", whose, error.reason)
    except (ValueError, RecursionError):
        log.warning("the keys of %r are no JSON", whose)
    return ()


def secret_of(application: Any, seal: Seal | None) -> str | None:
    """The client's secret in the clear, where it was sealed for use as a key."""
    sealed = application.sealed_client_secret
    if sealed is None or seal is None:
        return None
    try:
        return seal.open(sealed).decode()
    except SealBroken:
        log.error("the sealed secret of %r does not open", application.client_id)
        return None


def seal_secret(application: Any, secret: str, seal: Seal | None) -> None:
    """Keep `secret`, just set, readable where it serves as a key; never otherwise."""
    needed = needs_secret_as_key(
        application.client_metadata or {}, application.token_endpoint_auth_method
    )
    if needed and seal is not None:
        application.sealed_client_secret = seal.seal(secret.encode())


def needs_secret_as_key(declared: Mapping[str, Any], method: str) -> bool:
    """Whether the metadata names an algorithm whose key is the client's secret."""
    if method == "client_secret_jwt":
        return True
    return any(
        isinstance(value, str)
        and name.endswith(("_alg", "_signing_alg"))
        and (value.startswith("HS") or value == "dir")
        for name, value in declared.items()
    )
