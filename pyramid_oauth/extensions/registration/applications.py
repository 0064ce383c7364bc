"""Applications from client metadata documents: registration and update.

RFC 7591 section 3, RFC 7592 section 2.2. `policy` decides who may register; nothing
here writes to the database.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyramid_oauth.clients.metadata import Document
from pyramid_oauth.clients.self_registration import set_stated_fields, stated_fields
from pyramid_oauth.clients.validation import (
    require_valid_fields,
    set_fields,
    settle_secret,
    verify_documents,
)
from pyramid_oauth.clock import now
from pyramid_oauth.extensions.registration.settings import (
    RegistrationSettings,
    metadata_limits,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import REGISTRATION
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.server import Server, ServerRequest

ApplicationAndSecret = tuple[Any, str | None]
"""An application, and its client secret if that is new."""


def build_application(
    server: Server, request: ServerRequest, document: Document
) -> ApplicationAndSecret:
    """Return a new, valid application of the configured class.

    Raises:
        FieldErrors: The metadata are invalid.
    """
    values = _build_values(server, request, document)
    application = server.models.Application(source=REGISTRATION)
    set_fields(application, values)
    apply_defaults(application)
    application, secret = _validate(server, application)
    verify_documents(server, application)
    return application, secret


def replace_metadata(
    server: Server,
    request: ServerRequest,
    application: AbstractApplication,
    document: Document,
) -> ApplicationAndSecret:
    """Replace all metadata of `application` and validate it; fetch no document.

    Raises:
        FieldErrors: The metadata are invalid.
    """
    set_stated_fields(server, application, _build_values(server, request, document))
    apply_defaults(application, server.application_rules.schema.columns)
    return _validate(server, application)


def _build_values(
    server: Server, request: ServerRequest, document: Document
) -> dict[str, Any]:
    return stated_fields(server, request, document, metadata_limits(server.settings))


def _validate(server: Server, application: AbstractApplication) -> ApplicationAndSecret:
    """Issue the secret that the metadata require, then validate without a fetch."""
    secret = settle_secret(server, application)
    lifetime = server.settings[RegistrationSettings].registration_secret_lifetime
    if secret is not None:
        application.client_secret_expires_at = (
            now() + timedelta(seconds=lifetime) if lifetime else None
        )
    require_valid_fields(server, application)
    return application, secret
