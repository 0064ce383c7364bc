"""The token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.config.registry import RequestOutline, Writes, get_registrations
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.endpoints import TokenEndpoint, respond
from pyramid_oauth.server import Server
from pyramid_oauth.tree import Endpoint

PARAMETERS = ("grant_type", "code", "redirect_uri", "refresh_token", "scope")
"""Of the grant types of RFC 6749 sections 4.1.3, 4.4.2 and 6."""


class Token(Endpoint):
    """`token`: the token endpoint."""

    oauthlib = TokenEndpoint


def metadata(server: Server) -> dict[str, Any]:
    """The members of RFC 8414 section 2 that describe this endpoint."""
    return {
        "grant_types_supported": list(server.grants),
        "token_endpoint_auth_methods_supported": list(server.client_auth),
    }


def includeme(config: Configurator) -> None:
    """Add the endpoint to the tree."""
    grants = get_registrations(config).grant_writes

    def writes(outline: RequestOutline) -> Writes:
        return grants.get(outline.grant_type or "", Writes.MANY)

    config.add_oauth_endpoint("token", Token, metadata="token_endpoint", writes=writes)
    config.add_oauth_metadata("token", metadata)
    for name in PARAMETERS:
        config.add_oauth_parameter(name, endpoints=("token",))
    config.add_oauth_view(
        respond, Token, permission=NO_PERMISSION_REQUIRED, require_csrf=False
    )
