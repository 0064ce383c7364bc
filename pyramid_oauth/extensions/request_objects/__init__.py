"""Request objects: an authorization request as a JWT (RFC 9101).

OpenID Connect Core section 6.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.extensions.request_objects import client_metadata, steps
from pyramid_oauth.extensions.request_objects.parameter_assembly import BY_OBJECT
from pyramid_oauth.extensions.request_objects.request_object import algorithm_metadata
from pyramid_oauth.extensions.request_objects.settings import (
    CHECKS,
    RequestObjectSettings,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server
from pyramid_oauth.settings import SETTINGS


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of Discovery section 3 and RFC 9101 section 10.5."""
    by_value = server.settings[RequestObjectSettings].request_objects
    by_reference = server.settings[RequestObjectSettings].request_uris
    members = {
        "request_parameter_supported": by_value,
        # A missing member means true.
        "request_uri_parameter_supported": by_reference,
        "require_request_uri_registration": True if by_reference else None,
        "require_signed_request_object": (
            server.settings[RequestObjectSettings].require_signed_request_object or None
        ),
    }
    return members | (algorithm_metadata(server) if by_value or by_reference else {})


def includeme(config: Configurator) -> None:
    """Register the steps, server metadata and client metadata, and the settings."""
    settings = config.add_oauth_settings(RequestObjectSettings)
    config.add_oauth_check(*CHECKS)
    is_openid = is_openid_provider(config.registry[SETTINGS])
    required = settings.is_strict or settings.require_signed_request_object
    if not (is_openid or required):
        return
    config.add_oauth_authorize_step(
        "load_request_object",
        steps.load_request_object,
        phase=Phase.LOAD,
        parameters=BY_OBJECT,
    )
    config.add_oauth_authorize_step(
        "require_object", steps.require_object, after="check_values"
    )
    config.add_oauth_metadata("request_objects", metadata)
    if settings.request_objects:
        config.add_oauth_client_metadata(
            *client_metadata.FIELDS,
            validate=client_metadata.build_validation(
                settings.request_object_signing_algorithms
            ),
        )
    if settings.request_uris:
        config.add_oauth_client_metadata(client_metadata.REQUEST_URIS)
