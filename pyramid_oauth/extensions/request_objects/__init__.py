"""Request objects: an authorization request as a JWT (RFC 9101).

OpenID Connect Core section 6.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.request_objects import client_metadata
from pyramid_oauth.settings import SETTINGS


def includeme(config: Any) -> None:
    """Add the client metadata of the ways in which the settings accept them."""
    settings = config.registry[SETTINGS]
    if not settings.openid:
        return
    if settings.request_objects:
        config.add_oauth_client_metadata(
            *client_metadata.FIELDS, validate=client_metadata.validate
        )
    if settings.request_uris:
        config.add_oauth_client_metadata(client_metadata.REQUEST_URIS)
