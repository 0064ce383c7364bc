"""JWT Secured Authorization Response Mode for OAuth 2.0 (JARM).

The members of an authorization response travel in a JWT that the server signs, so that
the client knows from whom and for whom they are, and that nobody changed them.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.extensions.jarm import response
from pyramid_oauth.extensions.jarm.client_modes import (
    RESPONSE_MODES,
    require_registered_mode,
)
from pyramid_oauth.extensions.jarm.settings import JarmSettings
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import Errors
from pyramid_oauth.models.redirect_uris import Rules
from pyramid_oauth.protocol import response_jwt
from pyramid_oauth.protocol.response_jwt import check_client, client_fields
from pyramid_oauth.server import Server


def validate(application: AbstractApplication, rules: Rules, errors: Errors) -> None:
    """Check the members of a client (section 3)."""
    check_client(application, response.KIND, errors)


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of section 4."""
    members: dict[str, Any] = response_jwt.metadata(server, response.KIND)
    if server.settings[JarmSettings].require_jwt_response_mode:
        members["response_modes_supported"] = list(response.MODES)
    return members


def includeme(config: Configurator) -> None:
    """Register the response modes, and the metadata of clients and server (3, 4)."""
    config.include("pyramid_oauth.extensions.jwks")
    config.include("pyramid_oauth.extensions.form_post")
    settings = config.add_oauth_settings(JarmSettings)
    if settings.require_jwt_response_mode:
        config.add_oauth_authorize_step(
            "set_jwt_mode", response.set_jwt_mode, before="validate"
        )
        config.add_oauth_authorize_step(
            "require_jwt_mode", response.require_jwt_mode, after="validate"
        )
        config.add_oauth_authorization_response(
            "jwt_mode", response.sign_every_response
        )
    for name, send in response.MODES.items():
        config.add_oauth_response_mode(name, send, check=response.check)
    fields = client_fields(response.KIND, "authorization responses")
    config.add_oauth_client_metadata(RESPONSE_MODES, *fields, validate=validate)
    config.add_oauth_authorize_step(
        "require_registered_mode", require_registered_mode, after="validate"
    )
    config.add_oauth_metadata("jarm", metadata)
