"""OAuth clients: authentication, metadata, keys and validation.

RFC 6749 section 2, RFC 7591 section 2.
"""

from __future__ import annotations

from pyramid_oauth.clients.methods import (
    ClientSecretBasic,
    ClientSecretPost,
    NoAuthentication,
)
from pyramid_oauth.config.parameters import EVERY_ENDPOINT
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models.client_metadata import FIELDS, VALIDATIONS


def includeme(config: Configurator) -> None:
    """Register the authentication methods, their parameters and client metadata."""
    config.include("pyramid_oauth.repositories.rate_limits")
    config.add_oauth_parameter("client_id", endpoints=(EVERY_ENDPOINT,))
    config.add_oauth_parameter(
        "client_secret", endpoints=(EVERY_ENDPOINT,), credential=True
    )
    config.add_oauth_client_metadata(*FIELDS)
    for validation in VALIDATIONS:
        config.add_oauth_client_metadata(validate=validation)
    for method in (NoAuthentication(), ClientSecretBasic(), ClientSecretPost()):
        config.add_oauth_client_auth(method)
