"""Configuration directives of the server, for hosts and extensions.

Each directive resolves dotted names, adds an introspectable, and defers `register` to
an action with a discriminator. Our defaults use them too; one call of a host overrides
them.
"""

from __future__ import annotations

from pyramid_oauth.config.directives.authorization import (
    add_oauth_authorization_response,
    add_oauth_authorize_step,
    add_oauth_consent_recorder,
    add_oauth_consent_source,
    add_oauth_parameter,
    add_oauth_response_mode,
    add_oauth_response_type,
    add_oauth_scope,
)
from pyramid_oauth.config.directives.models import (
    add_oauth_client_metadata,
    add_oauth_model,
    add_oauth_purge_rule,
    add_oauth_repository,
    set_oauth_accounts,
    set_oauth_application_factory,
    set_oauth_login_sessions,
    set_oauth_models,
    set_oauth_scope_provider,
    set_oauth_user_key,
)
from pyramid_oauth.config.directives.server import (
    add_oauth_cors_headers,
    add_oauth_endpoint,
    add_oauth_metadata,
    add_oauth_request_method,
    add_oauth_server,
    add_oauth_subscriber,
    add_oauth_view,
    require_oauth_keys,
    set_oauth_client_logo_url,
    set_oauth_metadata_document,
)
from pyramid_oauth.config.directives.tokens import (
    add_oauth_client_auth,
    add_oauth_client_source,
    add_oauth_grant,
    add_oauth_introspection,
    add_oauth_introspection_format,
    add_oauth_introspection_rule,
    add_oauth_request_check,
    add_oauth_request_validation,
    add_oauth_token_format,
    add_oauth_token_step,
)
from pyramid_oauth.config.registry import COLLECTED, Registrations
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.settings.directive_registration import add_directive
from pyramid_oauth.tree import REGISTRATIONS as ENDPOINTS

DIRECTIVES = (
    add_oauth_server,
    add_oauth_request_method,
    add_oauth_model,
    add_oauth_purge_rule,
    add_oauth_repository,
    set_oauth_models,
    set_oauth_application_factory,
    set_oauth_user_key,
    set_oauth_accounts,
    set_oauth_login_sessions,
    set_oauth_scope_provider,
    add_oauth_scope,
    add_oauth_grant,
    add_oauth_request_validation,
    add_oauth_response_type,
    add_oauth_client_auth,
    add_oauth_client_source,
    add_oauth_client_metadata,
    add_oauth_endpoint,
    add_oauth_metadata,
    add_oauth_cors_headers,
    add_oauth_authorize_step,
    add_oauth_consent_source,
    add_oauth_consent_recorder,
    add_oauth_parameter,
    add_oauth_response_mode,
    add_oauth_authorization_response,
    add_oauth_request_check,
    add_oauth_token_step,
    add_oauth_token_format,
    add_oauth_introspection,
    add_oauth_introspection_format,
    add_oauth_introspection_rule,
    set_oauth_metadata_document,
    set_oauth_client_logo_url,
    require_oauth_keys,
)


AT_ANY_TIME = (add_oauth_view, add_oauth_subscriber)
"""Directives whose effect does not depend on the build of the server."""


def includeme(config: Configurator) -> None:
    """Add the directives to the configurator."""
    config.include("pyramid_oauth.settings.directives")
    config.registry[COLLECTED] = Registrations()
    config.registry[ENDPOINTS] = {}
    for directive in DIRECTIVES:
        add_directive(config, directive)
    for independent in AT_ANY_TIME:
        config.add_directive(independent.__name__, independent)
