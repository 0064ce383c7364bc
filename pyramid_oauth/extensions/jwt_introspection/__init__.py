"""JWT responses of token introspection (RFC 9701): signed, and where asked encrypted.

The resource server can prove later what it was told, and a token that is introspected
through others reaches it unchanged.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import Errors
from pyramid_oauth.models.redirect_uris import Rules
from pyramid_oauth.protocol import response_jwt
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.response_jwt import (
    build_envelope,
    check_client,
    client_fields,
)
from pyramid_oauth.server import Server

MEDIA_TYPE = "application/token-introspection+jwt"

TYPE = "token-introspection+jwt"

KIND = "introspection"


def encode(oauth: OAuthRequest, members: dict[str, Any]) -> str:
    """Return the members in a JWT for the client that introspects (section 5).

    The members are in a claim of their own, so that no receiver takes the JWT for an
    access token or an ID Token (section 8.1).

    Raises:
        TemporarilyUnavailableError: A key of the server is missing.
        InvalidRequestError: The client has no key to encrypt to.
    """
    claims = {
        "iss": oauth.server.issuer,
        "aud": oauth.client.client_id,
        "iat": int(oauth.now.timestamp()),
        "token_introspection": members,
    }
    envelope = build_envelope(oauth.server, lambda: oauth.session, oauth.client, KIND)
    return envelope.sign_and_encrypt(claims, typ=TYPE)


def validate(application: AbstractApplication, rules: Rules, errors: Errors) -> None:
    """Check the members of a client (section 6)."""
    check_client(application, KIND, errors)


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of section 7; none without the endpoint of RFC 7662."""
    if "introspect" not in server.endpoints:
        return {}
    return response_jwt.metadata(server, KIND)


def includeme(config: Configurator) -> None:
    """Register the format, and the metadata of clients and server (6, 7)."""
    config.include("pyramid_oauth.extensions.jwks")
    config.add_oauth_introspection_format(MEDIA_TYPE, encode)
    fields = client_fields(KIND, "introspection responses")
    config.add_oauth_client_metadata(*fields, validate=validate)
    config.add_oauth_metadata("jwt_introspection", metadata)
