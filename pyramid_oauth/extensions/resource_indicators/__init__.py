"""Resource Indicators for OAuth 2.0 (RFC 8707).

A client names the protected resources that it wants tokens for. The grant is limited to
them, and each access token to some of them, by its audience, scopes and lifetime.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions.resource_indicators.catalogue import (
    RESOURCES,
    ResourceCatalogue,
    add_oauth_resource,
)
from pyramid_oauth.extensions.resource_indicators.checks import CHECKS
from pyramid_oauth.extensions.resource_indicators.consent import ResourceConsent
from pyramid_oauth.extensions.resource_indicators.introspection import IsForServer
from pyramid_oauth.extensions.resource_indicators.policy import (
    ResourcePolicy,
    parse_identifiers,
)
from pyramid_oauth.extensions.resource_indicators.resource import Resource
from pyramid_oauth.extensions.resource_indicators.settings import ResourceSettings
from pyramid_oauth.extensions.resource_indicators.steps import CheckResources
from pyramid_oauth.extensions.resource_indicators.token_step import ResourceTokens
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.repositories.consent_records import RESOURCE
from pyramid_oauth.server import Server
from pyramid_oauth.settings import PREFIX
from pyramid_oauth.settings.directive_registration import add_directive

__all__ = ["Resource", "includeme"]


def includeme(config: Configurator) -> None:
    """Add the directive, the parameters, and the steps that limit grants and tokens."""
    settings = config.add_oauth_settings(ResourceSettings)
    catalogue = ResourceCatalogue(settings.resource_provider)
    policy = ResourcePolicy.of(catalogue, settings)
    config.registry[RESOURCES] = catalogue
    add_directive(config, add_oauth_resource)
    config.add_oauth_check(*CHECKS)
    for identifier, name in settings.resources.items():
        _declare(config, settings, identifier, name)
    for name in policy.parameters:
        config.add_oauth_parameter(
            name,
            endpoints=("authorize", "token"),
            repeatable=True,
            decode=parse_identifiers,
        )
    config.add_oauth_authorize_step(
        "check_resources", CheckResources(policy), after="check_values"
    )
    config.add_oauth_consent_source(RESOURCE, ResourceConsent(policy))
    config.add_oauth_token_step("resource_indicators", ResourceTokens(policy))
    config.add_oauth_introspection_rule("resource_indicators", IsForServer(catalogue))
    if settings.publish_resources:
        config.add_oauth_metadata(
            "resource_indicators", lambda server: metadata(server, catalogue)
        )


def _declare(
    config: Configurator, settings: ResourceSettings, identifier: str, name: str
) -> None:
    """Declare a resource of the setting `resources`, with its other rows."""
    scopes = settings.resource_scopes.get(identifier)
    clients = settings.resource_clients.get(identifier)
    servers = settings.resource_servers.get(identifier, "")
    try:
        config.add_oauth_resource(
            identifier,
            name=name,
            scopes=None if scopes is None else scopes.split(),
            lifetime=settings.resource_lifetimes.get(identifier),
            token_format=settings.resource_token_formats.get(identifier),
            clients=None if clients is None else clients.split(),
            introspected_by=servers.split(),
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"{PREFIX}resources: {error}") from error


def metadata(server: Server, catalogue: ResourceCatalogue) -> dict[str, Any]:
    """Return the member of RFC 9728 section 4: the declared resources."""
    return {
        "protected_resources": [each.identifier for each in catalogue.declared.values()]
    }
