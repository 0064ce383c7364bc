"""OAuth clients: how they prove who they are (RFC 6749 section 2.3)."""

from __future__ import annotations

from typing import Any

from pyramid_oauth.clients.methods import (
    ClientSecretBasic,
    ClientSecretPost,
    NoAuthentication,
)


def includeme(config: Any) -> None:
    """Register our methods by the public directive."""
    for method in (NoAuthentication(), ClientSecretBasic(), ClientSecretPost()):
        config.add_oauth_client_auth(method)
    config.include("pyramid_oauth.extensions.client_assertions")
